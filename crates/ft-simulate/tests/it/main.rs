//! The public API of ft-simulate.

#![expect(clippy::unwrap_used, reason = "what stands around the tests should stop them too")]

mod books;
mod comparison;
mod determinism;
mod naive;
mod outcomes;
mod plans;
mod returns;
mod scenarios;
mod wrong_files;

use ft_simulate::{Options, Scenario, SimulationReport, shipped, simulate};

/// A scenario that ships.
fn scenario(name: &str) -> Scenario {
    let found = shipped().iter().find(|scenario| scenario.name == name).unwrap();
    Scenario::from_toml(found.text, found.name).unwrap()
}

/// A scenario that ships, with so many requests.
fn played(name: &str, requests: u64) -> SimulationReport {
    played_with(&scenario(name), requests)
}

/// The first so many minutes of a scenario.
fn begun(scenario: &Scenario, minutes: u64) -> SimulationReport {
    let duration = Some(std::time::Duration::from_secs(60 * minutes));
    let options = Options { duration, ..Options::default() };
    simulate(scenario, &options, |_, _| {}).unwrap()
}

fn played_with(scenario: &Scenario, requests: u64) -> SimulationReport {
    let options = Options { requests: Some(requests), ..Options::default() };
    simulate(scenario, &options, |_, _| {}).unwrap()
}
