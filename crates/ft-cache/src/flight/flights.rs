//! Who leads and who follows, and what they are told.

use std::fmt;

use tokio::sync::oneshot;

use super::FlightKey;
use super::machine::{Joined, Table, Ticket};
use super::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Locks over which flights are spread; a power of two.
///
/// Every request takes one twice when coalescing is on. With a single lock that would be the one place where all
/// cores meet; with sixteen, picked by bits of the key, they rarely do.
const SHARDS: usize = 16;

/// Calls under way, each with one leader and those who wait for it.
///
/// A clone shares them. `T` is the outcome of the whole chain, an error as well as an answer; it is cloned for
/// each follower, so it should be cheap to clone. `C` is what a leader [shows](LeadGuard::carry) of its call to those
/// who follow, such as a weak pointer by which they can keep it going and see how far it is; nothing by default.
pub struct Flights<T, C: Clone = ()> {
    shards: Arc<[Shard<T, C>]>,
}

type Shard<T, C> = Mutex<Waiting<T, C>>;
type Waiting<T, C> = Table<oneshot::Sender<Told<T, C>>, C>;

/// What a follower is told.
#[derive(Debug)]
pub(super) enum Told<T, C: Clone> {
    Ended(FollowEnd<T, C>),
    /// A call, and by what the next word comes.
    Shown(C, oneshot::Receiver<Told<T, C>>),
}

/// What a call is to do.
#[derive(Debug)]
#[must_use = "a dropped role leaves the flight"]
pub enum Role<T, C: Clone = ()> {
    /// Make the call, and tell the outcome.
    Lead(LeadGuard<T, C>),
    /// Wait for the outcome.
    Follow(Follower<T, C>),
}

/// How waiting ends.
#[derive(Debug)]
#[must_use = "a dropped lead is passed on"]
pub enum FollowEnd<T, C: Clone = ()> {
    /// The leader's chain came to its end, whatever that is.
    Shared(T),
    /// The leader came to an end of its own: it is this call's turn to lead those who still wait.
    Lead(LeadGuard<T, C>),
}

/// What a follower learns.
#[derive(Debug)]
#[must_use = "a dropped lead is passed on"]
pub enum News<T, C: Clone = ()> {
    /// Its waiting is over.
    Ended(FollowEnd<T, C>),
    /// The leader of this moment makes this call. More follows.
    Shown(C),
}

impl<T> Flights<T> {
    /// No flights, of leaders who show nothing of their calls. [`Default`] makes those of others.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T, C: Clone> Flights<T, C> {
    /// Follows the flight of this key, or starts one and leads it.
    pub fn join(&self, key: FlightKey) -> Role<T, C> {
        match self.sit(key) {
            Ok(seat) => Role::Follow(Follower { flights: self.clone(), key, seat: Some(seat) }),
            Err(lead) => Role::Lead(lead),
        }
    }

    /// How many flights are under way. For gauges; while it counts, flights come and go.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    fn sit(&self, key: FlightKey) -> Result<Seat<T, C>, LeadGuard<T, C>> {
        // Made before the lock is taken and mostly not needed, but then the lock is held for a map's work only.
        let (tell, told) = oneshot::channel();
        let joined = self.table(&key).join(key, tell);
        match joined {
            Joined::Follow(ticket, shown) => Ok(Seat { ticket, told, shown }),
            Joined::Lead(_unused) => Err(LeadGuard { flights: self.clone(), key, leads: true }),
        }
    }

    pub(super) fn table(&self, key: &FlightKey) -> MutexGuard<'_, Waiting<T, C>> {
        // One byte of each: maps take their own bits from a keyed hash of all of it.
        let top = key.0.as_bytes()[7] ^ key.1.to_le_bytes()[7];
        lock(&self.shards[usize::from(top) % SHARDS])
    }
}

// Nothing under these locks calls foreign code: wakers and outcomes are touched after they are released. So a
// poisoned one still guards a sound table.
fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leads a flight. Dropped, it passes the lead on.
#[must_use = "a dropped lead is passed on"]
pub struct LeadGuard<T, C: Clone = ()> {
    flights: Flights<T, C>,
    key: FlightKey,
    leads: bool,
}

impl<T: Clone, C: Clone> LeadGuard<T, C> {
    /// Tells all who wait how the chain ended, and returns how many they were.
    ///
    /// For ends that concern them as well: an answer, a refusal by the provider, all targets out. Whoever joins
    /// after this starts a new flight.
    pub fn finish(mut self, outcome: T) -> usize {
        self.leads = false;
        let (mut waiting, call) = self.flights.table(&self.key).finish(&self.key);
        drop(call);
        let Some(last) = waiting.next_back() else { return 0 };
        let mut told = 0;
        for follower in waiting {
            told += usize::from(tell(follower, FollowEnd::Shared(outcome.clone())).is_ok());
        }
        told + usize::from(tell(last, FollowEnd::Shared(outcome)).is_ok())
    }
}

/// Ends somebody's waiting; the end comes back when nobody listens any more.
fn tell<T, C: Clone>(
    to: oneshot::Sender<Told<T, C>>,
    end: FollowEnd<T, C>,
) -> Result<(), Option<FollowEnd<T, C>>> {
    to.send(Told::Ended(end)).map_err(|back| match back {
        Told::Ended(end) => Some(end),
        Told::Shown(..) => None,
    })
}

impl<T, C: Clone> LeadGuard<T, C> {
    /// Shows this call to all who follow, now and from now on.
    pub fn carry(&self, call: C) {
        let (before, waiting) =
            self.flights.table(&self.key).carry(&self.key, &call, || oneshot::channel());
        drop(before);
        for (told_by, next) in waiting {
            // Whoever has left since needs no call.
            let _ = told_by.send(Told::Shown(call.clone(), next));
        }
    }

    /// Passes the lead to the one who has waited longest; with nobody waiting, the flight ends.
    ///
    /// For ends that are this caller's own: its deadline, its spend limit, its leaving. Dropping does the same.
    pub fn abandon(self) {
        drop(self);
    }

    /// How many wait for it just now.
    #[must_use]
    pub fn followers(&self) -> usize {
        self.flights.table(&self.key).waiting(&self.key)
    }

    /// The key that it leads.
    #[must_use]
    pub const fn key(&self) -> FlightKey {
        self.key
    }
}

impl<T, C: Clone> Drop for LeadGuard<T, C> {
    fn drop(&mut self) {
        if !self.leads {
            return;
        }
        self.leads = false;
        // A successor may leave between being picked and being told: then the lead comes back and goes to the
        // next. One told already and leaving passes it on by dropping this very guard.
        let mut lead = Self { flights: self.flights.clone(), key: self.key, leads: true };
        loop {
            let (successor, call) = self.flights.table(&self.key).pass_on(&self.key);
            drop(call);
            let Some(successor) = successor else {
                lead.leads = false;
                return;
            };
            match tell(successor, FollowEnd::Lead(lead)) {
                Err(Some(FollowEnd::Lead(back))) => lead = back,
                Ok(()) | Err(_) => return,
            }
        }
    }
}

/// Waits for the outcome of a flight. Dropped, it leaves without a trace.
#[must_use = "a dropped follower leaves the flight"]
pub struct Follower<T, C: Clone = ()> {
    flights: Flights<T, C>,
    key: FlightKey,
    seat: Option<Seat<T, C>>,
}

struct Seat<T, C: Clone> {
    ticket: Ticket,
    told: oneshot::Receiver<Told<T, C>>,
    /// The call that was there on joining, until it is told.
    shown: Option<C>,
}

impl<T, C: Clone> Follower<T, C> {
    /// Waits for the flight's outcome, or for the lead.
    ///
    /// The lead comes at most once. A call after the end joins the key's flight anew, so it may lead at once.
    ///
    /// # Cancel safety
    ///
    /// Safe: a call that was dropped can be made again and misses nothing. A follower that is dropped after the
    /// lead was handed to it, and before it was taken, passes it on.
    pub async fn wait(&mut self) -> FollowEnd<T, C> {
        loop {
            if let News::Ended(end) = self.news().await {
                return end;
            }
        }
    }

    /// As [`wait`](Self::wait), and tells on the way which call the leader makes: at once where it shows one already,
    /// and each time that one is shown, also by the next leader.
    ///
    /// # Cancel safety
    ///
    /// As [`wait`](Self::wait).
    pub async fn news(&mut self) -> News<T, C> {
        loop {
            let Some(seat) = &mut self.seat else {
                match self.flights.sit(self.key) {
                    Ok(seat) => self.seat = Some(seat),
                    Err(lead) => return News::Ended(FollowEnd::Lead(lead)),
                }
                continue;
            };
            if let Some(call) = seat.shown.take() {
                return News::Shown(call);
            }
            match (&mut seat.told).await {
                Ok(Told::Shown(call, next)) => {
                    seat.told = next;
                    return News::Shown(call);
                }
                Ok(Told::Ended(end)) => {
                    self.seat = None;
                    return News::Ended(end);
                }
                // The leader panicked while it told the others, and there is no flight any more.
                Err(_) => self.seat = None,
            }
        }
    }
}

impl<T, C: Clone> Drop for Follower<T, C> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            let left = self.flights.table(&self.key).leave(&self.key, seat.ticket);
            // Only here, with the lock released: it may hold the lead, which takes the lock to be passed on.
            drop((left, seat));
        }
    }
}

impl<T, C: Clone> Clone for Flights<T, C> {
    fn clone(&self) -> Self {
        Self { shards: Arc::clone(&self.shards) }
    }
}

impl<T, C: Clone> Default for Flights<T, C> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl<T, C: Clone> fmt::Debug for Flights<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("count", &self.count()).finish()
    }
}

impl<T, C: Clone> fmt::Debug for LeadGuard<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeadGuard").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<T, C: Clone> fmt::Debug for Follower<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("key", &self.key).finish_non_exhaustive()
    }
}
