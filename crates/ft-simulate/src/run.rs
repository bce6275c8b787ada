//! One run from its scenario to its tally, on a runtime of its own.

use std::sync::PoisonError;
use std::time::Duration;

use ft_client::config::{ChainConfig, ClientConfig};
use ft_core::Provider;

use crate::arrivals::Source;
use crate::breakers::Breakers;
use crate::demand::Demands;
use crate::engine::{Progress, drive};
use crate::plan::Plan;
use crate::report::RunReport;
use crate::scenario::{InvalidScenario, RunSpec, Scenario};
use crate::tally::{Tally, TargetTally};
use crate::trace::Trace;
use crate::world::{Direct, Setting, Who, World};

/// What a simulation takes from elsewhere than its scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The seed instead of the scenario's.
    pub seed: Option<u64>,
    /// How many requests instead of the scenario's: where they come at a rate, about as many of them in the same time.
    pub requests: Option<u64>,
    /// How many times as many requests as the scenario's, in the same time; beside `requests` it has no effect.
    pub scale: Option<f64>,
    /// How long instead of the scenario's duration; of a scenario with a number of requests at most so long.
    pub duration: Option<Duration>,
    /// A client's configuration instead of the scenario's chains, breakers, limits and budgets. Its providers are
    /// modelled by those of the scenario that have their names.
    pub config: Option<ClientConfig>,
    /// A recorded trace instead of the scenario's traffic.
    pub trace: Option<Trace>,
}

/// Runs one of a scenario's runs.
pub(crate) fn run(
    scenario: &Scenario,
    spec: &RunSpec,
    options: &Options,
    tell: &mut dyn FnMut(Progress),
) -> Result<RunReport, InvalidScenario> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| InvalidScenario::new("", format!("cannot start a runtime: {error}")))?;
    // The runtime hands what the future says up by value, at each turn also while it says nothing.
    let boxed = async { Box::new(simulated(scenario, spec, options, tell).await) };
    // All of it is one task, which never has to make room for another.
    *runtime.block_on(tokio::task::unconstrained(boxed))
}

async fn simulated(
    scenario: &Scenario,
    spec: &RunSpec,
    options: &Options,
    tell: &mut dyn FnMut(Progress),
) -> Result<RunReport, InvalidScenario> {
    let seed = options.seed.unwrap_or(scenario.seed);
    let plan = Plan::new(scenario, options)?;
    let setting = Setting { seed, config: options.config.as_ref() };
    let world = World::build(scenario, spec, &setting)?;
    let demands = Demands::new(scenario, spec, plan.trace.as_ref(), seed);
    let chains = chains(scenario, spec, options, &world, &demands)?;
    let source = Source::new(&scenario.traffic, plan.trace, seed ^ ARRIVALS, plan.factor);
    let mut tally = tally(&world, &chains, scenario, options);
    drive(&world, &demands, source, plan.limit, &mut tally, tell).await;
    // It lasted until its end, and not until its last request.
    if tally.requests < plan.limit.requests && plan.limit.duration < Duration::MAX {
        tally.until = tally.until.max(plan.limit.duration);
    }
    let transitions =
        std::mem::take(&mut *world.transitions.lock().unwrap_or_else(PoisonError::into_inner));
    let breakers = Breakers::new(&world.clock, transitions, tally.until);
    // A provider that is asked directly has no budget over it.
    let budget = budget(scenario, options).filter(|_| spec.has_client());
    let mut report = RunReport::new(spec, &world, &tally, &breakers, budget);
    report.notes = plan.notes;
    report.notes.extend(unplayed(scenario, tally.until));
    Ok(report)
}

/// Outages that the end came before.
fn unplayed(scenario: &Scenario, until: Duration) -> Option<String> {
    let late = scenario.outages().filter(|(_, outage)| outage.from >= until).count();
    let (outages, were) = if late == 1 { ("outage", "was") } else { ("outages", "were") };
    let end = crate::report::span(until.as_secs_f64());
    (late > 0).then(|| {
        format!("{late} {outages} would have begun after the end at {end}, and {were} not played.")
    })
}

/// Arrivals have a seed of their own, so that they do not follow the same numbers as what is asked.
const ARRIVALS: u64 = 0x6172_7269_7661_6c73;

/// The chains that requests are sent to; every one of them is there.
fn chains<'a>(
    scenario: &'a Scenario,
    spec: &RunSpec,
    options: &'a Options,
    world: &World,
    demands: &Demands,
) -> Result<Vec<&'a ChainConfig>, InvalidScenario> {
    if matches!(world.who, Who::Directly { .. }) {
        return Ok(Vec::new());
    }
    let known = options.config.as_ref().map_or(&scenario.chains, |config| &config.chains);
    let found = demands.chains().map(|name| {
        known.get(name).ok_or_else(|| {
            let names: Vec<_> = known.keys().map(String::as_str).collect();
            let rule = match names.as_slice() {
                [] => {
                    format!("there is no chain `{name}` for the requests that ask it, nor another")
                }
                names => format!(
                    "there is no chain `{name}` for the requests that ask it; there are: {}",
                    names.join(", ")
                ),
            };
            missing(name, rule, scenario, spec, options)
        })
    });
    found.collect()
}

/// The error of a chain that is not there, at whoever asks for it.
fn missing(
    name: &str,
    rule: String,
    scenario: &Scenario,
    spec: &RunSpec,
    options: &Options,
) -> InvalidScenario {
    if options.config.is_some() {
        return InvalidScenario::new("chains", rule).of_config();
    }
    let recorded = options.trace.as_ref().and_then(|trace| trace.line_of_chain(name));
    if let (None, Some((file, line))) = (&spec.chain, recorded) {
        return InvalidScenario::new("chain", rule).in_file(file).at_line(Some(line));
    }
    let field = if spec.chain.as_deref() == Some(name) {
        let at = scenario.runs.iter().position(|run| run.name == spec.name);
        at.map_or_else(|| "runs".to_owned(), |at| format!("runs[{at}].chain"))
    } else if scenario.traffic.chains.contains_key(name) {
        format!("traffic.chains.{name}")
    } else {
        "chains".to_owned()
    };
    InvalidScenario::new(field, rule)
}

fn budget<'a>(
    scenario: &'a Scenario,
    options: &'a Options,
) -> Option<&'a ft_client::config::SpendSettings> {
    options.config.as_ref().map_or(scenario.spend.as_ref(), |config| config.spend.as_ref())
}

fn tally(world: &World, chains: &[&ChainConfig], scenario: &Scenario, options: &Options) -> Tally {
    let starts = scenario.starts.starts();
    if let Who::Directly { targets, .. } = &world.who {
        let tier = |target: &Direct| format!("{}/{}", target.provider.name(), target.model);
        let tiers = match targets.as_slice() {
            [_] => vec!["alone".to_owned()],
            targets => targets.iter().map(tier).collect(),
        };
        let prices = targets
            .iter()
            .map(|target| world.catalogue.price(&target.profile, &target.model, starts).cloned());
        let tallies =
            targets.iter().map(|target| TargetTally::new(target.provider.name(), &target.model));
        return Tally::new(tiers, tallies.collect()).with_direct(prices.collect());
    }
    let (mut tiers, mut targets) = (Vec::<String>::new(), Vec::<TargetTally>::new());
    for tier in chains.iter().flat_map(|chain| &chain.tiers) {
        if !tiers.contains(&tier.name) {
            tiers.push(tier.name.clone());
        }
        for target in &tier.targets {
            let known = targets
                .iter()
                .any(|known| known.model == target.model && known.provider == target.provider);
            if !known {
                targets.push(TargetTally::new(&target.provider, &target.model));
            }
        }
    }
    let tally = Tally::new(tiers, targets);
    match budget(scenario, options) {
        Some(spend) => tally.with_spend(spend.per, starts),
        None => tally,
    }
}
