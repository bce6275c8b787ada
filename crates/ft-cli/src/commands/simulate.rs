//! `ft simulate`: a scenario through the real client in virtual time, and what it came to.

mod progress;
mod source;

use std::path::PathBuf;

use ft_simulate::{InvalidScenario, Options, simulate};

use crate::failure::Failure;
use crate::output::Output;
use progress::Shown;

pub(crate) const ABOUT: &str = "\
Find out what a chain would survive and cost, before it is deployed.

Plays a scenario through the same client that serves in production, with the same decisions, breakers, budgets and \
sleeps, in virtual time against modelled providers. One seed gives one result. Needs no key and no network.";

const AFTER: &str = "\
Scenarios that ship: seed, three-hour-outage, rate-limit-storm, brown-out, aggregator-down, month.

Examples:
  ft simulate seed                                 the article's table, its figures beside ours
  ft simulate month --html month.html              ten million requests, with plots
  ft simulate mine.toml --config ft.toml           your traffic, your chain
  ft simulate three-hour-outage --json | jq '.runs[0].success'

Exit codes: 0 it was simulated, 1 a file cannot be read or written, 2 the command line, the scenario or the
configuration cannot be used.";

/// What `ft simulate` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// A scenario that ships, or a file.
    #[arg(value_name = "NAME|FILE")]
    scenario: String,
    /// A client's configuration, instead of the scenario's own chains and budgets. Its providers are modelled by
    /// those of the scenario that have their names.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The seed, instead of the scenario's.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many requests, instead of the scenario's number or duration.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    requests: Option<u64>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

/// Simulates, and shows what came of it.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let scenario = source::scenario(&args.scenario)?;
    let options = Options {
        seed: args.seed,
        requests: args.requests,
        config: args.config.as_deref().map(source::config).transpose()?,
        trace: source::trace(&scenario)?,
    };
    let mut shown = Shown::new(scenario.scenario.all_runs());
    let report = simulate(&scenario.scenario, &options, |run, progress| shown.tell(run, progress))
        .map_err(|wrong| unusable(&scenario.located(wrong)))?;
    shown.clear();
    if args.json {
        output.line(&report.to_json())?;
    } else {
        output.write(crate::output::To::Stdout, &report.to_table())?;
    }
    Ok(())
}

fn unusable(wrong: &InvalidScenario) -> Failure {
    Failure::usage(wrong.to_string())
}
