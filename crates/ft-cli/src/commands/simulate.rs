//! `ft simulate`: a scenario through the real client in virtual time, and what it came to.

mod progress;
mod returns;
mod source;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ft_simulate::{InvalidScenario, Options, Side, compare, roi, simulate};

use crate::failure::Failure;
use crate::number;
use crate::output::{Output, To};
use progress::Shown;
use source::Source;

pub(crate) const ABOUT: &str = "\
Simulate the availability, latency and cost of a chain before it is deployed.

Runs a scenario through the production client, with its decisions, circuit breakers, budgets and timers, in virtual \
time against modelled providers. The same seed always gives the same result. Needs no key and no network.";

const AFTER: &str = "\
Built-in scenarios: seed, three-hour-outage, rate-limit-storm, brown-out, aggregator-down, month.

Examples:
  ft simulate seed                                 the article's table, its figures beside ours
  ft simulate seed --roi                           its prices and return on investment, recalculated
  ft simulate month --html month.html              ten million requests, with plots
  ft simulate mine.toml --config ft.toml           your traffic, your chain
  ft simulate month --requests 100000              a hundredth of the month's traffic
  ft simulate mine.toml --compare own new.toml     two chains on the same random draws
  ft simulate three-hour-outage --json | jq '.runs[0].success'

Exit codes: 0 success; 1 the page could not be written; 2 invalid command line, scenario or configuration.";

/// What `ft simulate` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// A built-in scenario, or a file.
    #[arg(value_name = "NAME|FILE", value_parser = source::Names, hide_possible_values = true)]
    scenario: String,
    /// Configuration of a client or gateway, which replaces the scenario's own chains, budgets and runs. Its providers
    /// are modelled by the scenario's providers of the same name.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "roi"])]
    config: Option<PathBuf>,
    /// Seed, instead of the scenario's.
    #[arg(long, value_name = "N", value_parser = number::seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Number of requests, instead of the scenario's, from 1 to 1000000000. If requests arrive at a rate, the rate is
    /// changed, and the duration and outages of the scenario stay the same.
    #[arg(long, value_name = "N", value_parser = requests, allow_negative_numbers = true)]
    requests: Option<u64>,
    /// Factor for the number of requests, such as 0.01 or 1%; the duration stays the same.
    #[arg(long, value_name = "FACTOR", value_parser = number::factor, allow_negative_numbers = true, conflicts_with_all = ["requests", "roi"])]
    scale: Option<f64>,
    /// Duration, such as 90m or 2d, instead of the scenario's: whatever comes later is not simulated.
    #[arg(long, value_name = "TIME", value_parser = number::span, conflicts_with = "roi")]
    duration: Option<Duration>,
    /// Compare two configurations on the same requests and random draws. `own` is the first run of the scenario through
    /// a chain.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["roi", "html"])]
    compare: Option<Vec<String>>,
    /// Number of seeds for --compare, from 1 to 1000: more seeds give narrower confidence intervals. Default 10.
    #[arg(long, value_name = "N", value_parser = seeds, requires = "compare", allow_negative_numbers = true)]
    seeds: Option<u64>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
    /// Also write an HTML page with plots to this file. With `-`, only the page is written, to stdout.
    #[arg(long, value_name = "FILE", conflicts_with = "roi")]
    html: Option<PathBuf>,
    #[command(flatten)]
    returns: returns::Args,
}

/// With how many seeds two configurations are compared where nobody says: enough to tell a difference from luck of
/// about its own size.
const SEEDS: u64 = 10;

fn requests(text: &str) -> Result<u64, String> {
    number::whole(text, 1..=1_000_000_000)
}

fn seeds(text: &str) -> Result<u64, String> {
    number::whole(text, 1..=ft_simulate::MOST_SEEDS)
}

/// Simulates, and shows what came of it.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let page_only = args.html.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if page_only && args.json {
        return Err(Failure::usage(
            "--html - and --json both write to stdout; name a file for one of them",
        ));
    }
    let source = source::scenario(&args.scenario)?;
    let options = Options {
        seed: args.seed,
        requests: args.requests,
        scale: args.scale,
        duration: args.duration,
        trace: source::trace(&source)?,
        config: args.config.as_deref().map(source::config).transpose()?,
    };
    if args.returns.roi {
        return returns(args, &source, output);
    }
    if let Some(sides) = &args.compare {
        return compared(args, &source, sides, &options, output);
    }
    let names = match &options.config {
        Some(_) => vec!["config".to_owned()],
        None => source.scenario.all_runs().into_iter().map(|run| run.name).collect(),
    };
    let mut shown = Shown::new(names);
    let report = simulate(&source.scenario, &options, |run, progress| shown.tell(run, progress));
    shown.clear();
    let report = report.map_err(|wrong| source.unusable(wrong, args.config.as_deref()))?;
    if page_only {
        return Ok(output.write(To::Stdout, &report.to_html())?);
    }
    if let Some(path) = &args.html {
        write(path, &report.to_html())?;
    }
    let text = if args.json { report.to_json() + "\n" } else { report.to_table() };
    Ok(output.write(To::Stdout, &text)?)
}

fn compared(
    args: &Args,
    source: &Source,
    sides: &[String],
    options: &Options,
    output: &mut Output,
) -> Result<(), Failure> {
    let [a, b] = sides else { return Err(Failure::usage("--compare takes two configurations")) };
    let side = |name: &String| -> Result<Side, Failure> {
        let config = (name != "own").then(|| source::config(Path::new(name))).transpose()?;
        Ok(Side { name: name.clone(), config })
    };
    let sides = [side(a)?, side(b)?];
    let seeds = args.seeds.unwrap_or(SEEDS);
    let names = (1..=seeds).flat_map(|nth| {
        sides.iter().map(move |side| format!("{}, seed {nth} of {seeds}", side.name))
    });
    let mut shown = Shown::new(names.collect());
    let report = compare(&source.scenario, &sides, options, seeds, |run, progress| {
        shown.tell(run, progress);
    });
    shown.clear();
    let report = report.map_err(|wrong| source.unusable(wrong, None))?;
    let text = if args.json { report.to_json() + "\n" } else { report.to_table() };
    Ok(output.write(To::Stdout, &text)?)
}

fn returns(args: &Args, source: &Source, output: &mut Output) -> Result<(), Failure> {
    let inputs = args.returns.inputs(args.requests);
    let mut shown = Shown::new(vec!["chain".to_owned(), "alone".to_owned()]);
    let report =
        roi(&source.scenario, &inputs, args.seed, |run, progress| shown.tell(run, progress));
    shown.clear();
    let report = report.map_err(|wrong| source.unusable(wrong, None))?;
    let text = if args.json { report.to_json() + "\n" } else { report.to_table() };
    Ok(output.write(To::Stdout, &text)?)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
}

impl Source {
    /// What is wrong, with the file and the line where the scenario has the field, or the configuration's name.
    fn unusable(&self, wrong: InvalidScenario, config: Option<&Path>) -> Failure {
        let wrong = match config {
            Some(config) => wrong.with_config(&config.display().to_string()),
            None => wrong,
        };
        Failure::usage(self.located(wrong).to_string())
    }
}
