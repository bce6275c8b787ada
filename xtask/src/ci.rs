//! `cargo xtask ci`: everything that must hold before a change is taken, in one command.

mod clients;
mod plan;
mod smoke;
mod tally;

use std::path::Path;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::process::Cmd;
use crate::{Outcome, tidy, workspace};
use clients::{Judges, Places};
use plan::{Action, Plan, Step};
use tally::Tally;

/// Run every check: format, tidy, lints, tests, real clients, docs, each feature alone, loom, a smoke run.
///
/// Each command is printed before it runs and can be repeated by hand at the workspace root.
/// The first step that fails ends the run. The last line is always `N passed, N failed`: tests,
/// and one more failure for each failed step in which no test failed (a format or build error).
/// Exit code 0 when everything held, 1 when not, 2 for wrong arguments.
///
/// Nothing but Rust is needed. Optional tools (promtool, python3, node) are used where they are
/// installed, and the end of the run says what was not checked for want of one.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only what is worth waiting for before a push: format, tidy, lints, unit tests.
    #[arg(long, conflicts_with = "only")]
    fast: bool,

    /// Go on after a failed step, and name all of them at the end.
    #[arg(long)]
    keep_going: bool,

    /// Leave out the SDKs in Python and Node, which are fetched from their registries once.
    #[arg(long)]
    no_clients: bool,

    /// Only these steps, in the usual order.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<StepName>,
}

/// A step, by the name it is printed and chosen with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StepName {
    /// The lock file is the committed one (only where CI=true).
    Lock,
    /// Everything is formatted.
    Fmt,
    /// The rules of the house.
    Tidy,
    /// Lints as errors, over all targets and features: benches and examples compile too.
    Clippy,
    /// Unit, integration and documentation tests.
    Test,
    /// Unit tests only; what `--fast` runs.
    Unit,
    /// Examples build.
    Examples,
    /// SDKs in Python and Node against the gateway, where those are installed.
    Clients,
    /// Documentation builds without a warning.
    Doc,
    /// Each crate alone: without features, and with each one by itself.
    Features,
    /// The lock-free parts under the interleavings that loom finds.
    Loom,
    /// Random worlds in which several things go wrong at once, in virtual time and over sockets.
    Worlds,
    /// Alert rules and metric text, where promtool is installed.
    Tools,
    /// An optimised binary shows its demo.
    Smoke,
}

impl StepName {
    fn text(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// How one step ended.
#[derive(Debug)]
struct Ended {
    name: StepName,
    took: Duration,
    failures: Vec<String>,
}

/// Runs the chosen steps; true when all of them held.
///
/// # Errors
/// When the workspace cannot be described; the last line is printed even then.
pub(crate) fn run(options: &Options) -> Outcome<bool> {
    let mut tally = Tally::default();
    let outcome = run_steps(options, &mut tally);
    if outcome.is_err() {
        tally.count_step_failure();
    }
    if let Err(error) = &outcome {
        println!("error: {error}");
    }
    println!("{tally}");
    Ok(outcome.unwrap_or(false))
}

fn run_steps(options: &Options, tally: &mut Tally) -> Outcome<bool> {
    let root = workspace::root();
    let metadata = workspace::metadata(&root)?;
    let Plan { steps, mut missing } = Plan::new(&metadata, &root)?.choose(options);
    // As it is typed at the root, where it is below the root.
    let target = metadata.target_directory.as_std_path();
    let places = Places { root: &root, target: target.strip_prefix(&root).unwrap_or(target) };
    let mut ended: Vec<Ended> = Vec::new();
    std::thread::scope(|scope| {
        let has_clients = steps.iter().any(|step| matches!(step.action, Action::Clients));
        let mut judges = has_clients.then(|| scope.spawn(|| clients::prepare(&places)));
        for (index, step) in steps.iter().enumerate() {
            println!("\n== {} ({} of {})", step.name.text(), index + 1, steps.len());
            let run = Run { places: &places, keep_going: options.keep_going, judges: &mut judges };
            let result = run_step(step, run, tally, &mut missing);
            let failed = !result.failures.is_empty();
            println!("-- {} took {:.1} s", step.name.text(), result.took.as_secs_f64());
            ended.push(result);
            if failed && !options.keep_going {
                break;
            }
        }
    });
    report(&ended, steps.len(), &missing);
    Ok(ended.iter().all(|step| step.failures.is_empty()))
}

/// What the steps of a run share.
struct Run<'run, 'scope> {
    places: &'run Places<'run>,
    keep_going: bool,
    /// Made ready beside the first steps, until their own step takes them.
    judges: &'run mut Option<ScopedJoinHandle<'scope, Judges>>,
}

#[expect(clippy::disallowed_methods, reason = "how long a step took is the clock's business")]
fn run_step(step: &Step, run: Run<'_, '_>, tally: &mut Tally, missing: &mut Vec<String>) -> Ended {
    let begun = Instant::now();
    let before = *tally;
    let Run { places, keep_going, judges } = run;
    let mut failures = match &step.action {
        Action::Tidy => run_tidy(),
        Action::Smoke => {
            smoke::run(places.root, missing).err().map(|e| e.to_string()).into_iter().collect()
        }
        Action::Clients => {
            let judges = judges.take().and_then(|making| making.join().ok()).unwrap_or_default();
            clients::run(judges, places, keep_going, tally, missing)
        }
        Action::Commands(commands) => run_commands(commands, places.root, keep_going, tally),
    };
    if step.counts_tests && failures.is_empty() && tally.results == before.results {
        failures.push("cargo printed no `test result` line, so nothing was counted".to_owned());
    }
    if !failures.is_empty() && tally.failed == before.failed {
        tally.count_step_failure();
    }
    for failure in &failures {
        println!("FAILED {}: {failure}", step.name.text());
    }
    Ended { name: step.name, took: begun.elapsed(), failures }
}

fn run_tidy() -> Vec<String> {
    println!("$ cargo xtask tidy");
    match tidy::run(&tidy::Options {}) {
        Ok(true) => Vec::new(),
        Ok(false) => vec!["the lines above say what to mend".to_owned()],
        Err(error) => vec![error.to_string()],
    }
}

fn run_commands(commands: &[Cmd], root: &Path, keep_going: bool, tally: &mut Tally) -> Vec<String> {
    let mut failures = Vec::new();
    for command in commands {
        println!("$ {command}");
        let ended = command.stream(root, |line| {
            println!("{line}");
            tally.read(line);
        });
        match ended {
            Ok(true) => continue,
            Ok(false) => failures.push(command.to_string()),
            Err(error) => failures.push(format!("{command}: {error}")),
        }
        if !keep_going {
            break;
        }
    }
    failures
}

fn report(ended: &[Ended], planned: usize, missing: &[String]) {
    println!("\n== summary, in minutes");
    for step in ended {
        let word = if step.failures.is_empty() { "ok" } else { "FAILED" };
        println!("{:<9} {word:<6} {:>6.2}", step.name.text(), step.took.as_secs_f64() / 60.0);
        for failure in &step.failures {
            println!("          {failure}");
        }
    }
    let minutes: f64 = ended.iter().map(|step| step.took.as_secs_f64() / 60.0).sum();
    println!("{:<16} {minutes:>6.2}", "all");
    if ended.len() < planned {
        println!("{} steps did not run after the failure (--keep-going)", planned - ended.len());
    }
    for note in missing {
        println!("NOT CHECKED: {note}");
    }
}
