//! A simulation: all runs of a scenario, one after the other.

use crate::engine::Progress;
use crate::report::SimulationReport;
use crate::run::{Options, run};
use crate::scenario::{InvalidScenario, Scenario};

/// Plays a scenario and says what came of it. `tell` hears now and then how far the current run is; runs are
/// numbered from 0.
///
/// It has runtimes of its own and blocks until it is done: call it outside of any other, or on a thread for
/// blocking work.
///
/// # Errors
/// [`InvalidScenario`] when the scenario and the options do not fit each other, or a figure in them is impossible.
pub fn simulate(
    scenario: &Scenario,
    options: &Options,
    mut tell: impl FnMut(usize, Progress),
) -> Result<SimulationReport, InvalidScenario> {
    scenario.check_providers_are_asked(&[options.config.as_ref()])?;
    let specs = match &options.config {
        // Another configuration has other chains: what the scenario says of its own does not apply.
        Some(_) => {
            vec![crate::scenario::RunSpec { name: "config".to_owned(), ..Default::default() }]
        }
        None => scenario.all_runs(),
    };
    let mut runs = Vec::with_capacity(specs.len());
    for (at, spec) in specs.iter().enumerate() {
        let report = run(scenario, spec, options, &mut |progress| tell(at, progress))?;
        runs.push(report);
    }
    Ok(SimulationReport {
        simulated: true,
        scenario: scenario.name.clone(),
        about: scenario.about.trim().to_owned(),
        seed: options.seed.unwrap_or(scenario.seed),
        starts: scenario.starts.to_string(),
        runs,
    })
}
