//! What must hold in every world.

mod books;
mod fairness;
mod time;
mod truth;

use std::fmt;

use crate::naive::Naive;
use crate::play::Played;
use crate::world::World;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub name: &'static str,
    /// Where it shows.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

/// What was found: nothing, or the first thing that shows that the invariant does not hold.
type Found = Option<String>;

/// One run of a world, and what the naive loop made of it.
pub(crate) struct Run<'a> {
    pub(crate) world: &'a World,
    pub(crate) played: &'a Played,
    pub(crate) naive: Option<&'a Naive>,
}

type Invariant = (&'static str, fn(&Run<'_>) -> Found);

/// By name, in the order in which they are asked.
const ALL: &[Invariant] = &[
    ("nothing torn is called whole", truth::whole),
    ("text is neither lost nor doubled", truth::delivered),
    ("an error says what had come", truth::partial),
    ("nobody hangs", time::nobody_hangs),
    ("the deadline holds", time::deadline),
    ("a wait is worth more than the last resort", time::patience),
    ("nobody is stranded by another's reader", time::stranded),
    ("settled and reserved stay within the limit", books::limit),
    ("nothing is reserved at rest", books::reserved),
    ("nothing is in flight at rest", books::in_flight),
    ("the provider saw every attempt that was reported", books::attempts),
    ("reports and books agree on money", books::money),
    ("the trail is short", books::trail),
    ("calls stay within the caps", books::caps),
    ("a dead target is spared", books::spared),
    ("never worse than a naive loop", fairness::answers),
    ("the first tier keeps its share", fairness::first_tier),
    ("what is well again is in use again", fairness::recovery),
];

/// The names of all invariants.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// Every invariant that this run breaks.
#[must_use]
pub fn check(world: &World, played: &Played, naive: Option<&Naive>) -> Vec<Violation> {
    let run = Run { world, played, naive };
    let found =
        ALL.iter().filter_map(|(name, holds)| holds(&run).map(|what| Violation { name, what }));
    found.collect()
}

/// Plays the world both ways, where they can be compared, and checks it.
#[must_use]
pub fn judge(world: &World) -> (Played, Vec<Violation>) {
    let played = crate::play::play(world);
    let naive = fairness::is_fair(world).then(|| crate::naive::play(world));
    let violations = check(world, &played, naive.as_ref());
    (played, violations)
}
