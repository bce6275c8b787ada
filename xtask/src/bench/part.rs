//! What is measured: the parts, and which of them names ask for.

use super::binary::Binaries;
use super::primitives::{self, Target};
use super::results::Results;
use super::{Run, behaviour, gateway, instructions, peers, seed};
use crate::Outcome;

/// One part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All criterion benches, or those of one name.
    Primitives(Vec<Target>, Scope),
    Instructions,
    Gateway,
    Behaviour,
    Seed,
    Peers,
}

/// Whether a part has all of its benches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Whole,
    Some,
}

impl Part {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Primitives(_, Scope::Whole) => "primitives".to_owned(),
            Self::Primitives(targets, Scope::Some) => {
                let names: Vec<&str> = targets.iter().map(|target| target.bench.as_str()).collect();
                names.join(", ")
            }
            Self::Instructions => "instructions".to_owned(),
            Self::Gateway => "gateway".to_owned(),
            Self::Behaviour => "behaviour".to_owned(),
            Self::Seed => "seed".to_owned(),
            Self::Peers => "peers".to_owned(),
        }
    }

    /// Whether the page tells when it ran.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self, Self::Primitives(_, Scope::Some))
    }

    /// Builds what it measures.
    ///
    /// # Errors
    /// When something does not compile.
    pub(super) fn build(&self, run: &Run<'_>) -> Outcome<()> {
        match self {
            Self::Primitives(targets, _) => primitives::build(run, targets),
            Self::Behaviour => behaviour::build(run),
            Self::Instructions | Self::Gateway | Self::Seed | Self::Peers => {
                Binaries::build(run).map(drop)
            }
        }
    }

    /// Measures it into the results; gives what had to be left out, and why.
    ///
    /// # Errors
    /// When it cannot be built or run.
    pub(super) fn measure(&self, run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
        match self {
            Self::Primitives(targets, _) => primitives::measure(run, targets, results),
            Self::Instructions => instructions::measure(run, results),
            Self::Gateway => gateway::measure(run, results),
            Self::Behaviour => behaviour::measure(run, results),
            Self::Seed => seed::measure(run, results),
            Self::Peers => peers::measure(run, results),
        }
    }
}

/// The parts that the names ask for; a name that fits nothing is an error, not an empty run.
///
/// # Errors
/// When a name is neither a part's, a crate's nor a bench's.
pub(super) fn chosen(targets: Vec<Target>, names: &[String]) -> Outcome<Vec<Part>> {
    if names.is_empty() {
        return Ok(vec![
            Part::Primitives(targets, Scope::Whole),
            Part::Instructions,
            Part::Gateway,
            Part::Behaviour,
            Part::Seed,
        ]);
    }
    let mut parts = Vec::new();
    for name in names {
        let part = match name.as_str() {
            "primitives" => Part::Primitives(targets.clone(), Scope::Whole),
            "instructions" => Part::Instructions,
            "gateway" => Part::Gateway,
            "behaviour" => Part::Behaviour,
            "seed" => Part::Seed,
            "peers" => Part::Peers,
            name => {
                let fits = |target: &&Target| target.krate == name || target.bench == name;
                let named: Vec<Target> = targets.iter().filter(fits).cloned().collect();
                if named.is_empty() {
                    return Err(format!(
                        "no part, no crate with benches and no bench is called `{name}`"
                    )
                    .into());
                }
                Part::Primitives(named, Scope::Some)
            }
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(krate: &str, bench: &str) -> Target {
        Target { krate: krate.to_owned(), bench: bench.to_owned() }
    }

    #[test]
    fn a_name_is_a_part_a_crate_or_a_bench() {
        let all = vec![target("ft-breaker", "breaker"), target("ft-cache", "hit")];
        let pick = |name: &str| chosen(all.clone(), &[name.to_owned()]);
        let some = |target| vec![Part::Primitives(vec![target], Scope::Some)];
        assert_eq!(pick("ft-cache").unwrap(), some(target("ft-cache", "hit")));
        assert_eq!(pick("breaker").unwrap(), some(target("ft-breaker", "breaker")));
        assert_eq!(pick("gateway").unwrap(), [Part::Gateway]);
        assert!(pick("nothing").is_err());
    }

    #[test]
    fn without_names_everything_but_the_peers_is_measured() {
        let all = chosen(vec![target("ft-cache", "hit")], &[]).unwrap();
        let names: Vec<String> = all.iter().map(Part::name).collect();
        assert_eq!(names, ["primitives", "instructions", "gateway", "behaviour", "seed"]);
        assert!(all.iter().all(Part::is_whole));
    }

    #[test]
    fn a_name_that_stands_twice_is_measured_once() {
        let names = ["gateway".to_owned(), "gateway".to_owned()];
        assert_eq!(chosen(vec![], &names).unwrap().len(), 1);
    }
}
