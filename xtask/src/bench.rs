//! `cargo xtask bench`: measurements as files, and tables that nobody typed.
//!
//! A group may hold references beside our cases: ids that begin with `ref ` (`ref failsafe`, `ref nginx`). The table
//! then has a column per reference with the ratio of each case to it, measured in the same run: on a shared machine the
//! ratio says more than the nanoseconds.

mod behaviour;
mod binary;
mod compare;
mod criterion;
mod gateway;
pub(crate) mod goals;
mod instructions;
mod machine;
mod part;
mod peers;
mod primitives;
mod results;
mod seed;
mod table;
mod unit;

use std::path::Path;

use cargo_metadata::Metadata;
use clap::{Args, Subcommand};

use crate::process::Cmd;
use crate::{Outcome, workspace};
use results::{PartRun, Results};

/// The page that is written from the results.
const PAGE: &str = "docs/benchmarks.md";

/// Measure, keep the figures in `bench/results/<commit>.json`, write docs/benchmarks.md.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// Parts (primitives, instructions, gateway, behaviour, seed, peers), crates or benches by name; all parts but
    /// peers if none is given. What is measured at one commit is merged into its results.
    names: Vec<String>,

    /// A first impression under target/bench, which replaces nothing that is kept.
    #[arg(long)]
    quick: bool,

    /// Build what would be measured, and stop.
    #[arg(long)]
    no_run: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Compare(compare::Options),
    /// Write docs/benchmarks.md again from kept results and bench/goals.toml.
    Table {
        /// A commit with a file in bench/results, or a path.
        results: String,
    },
}

/// Where a part runs, and how.
struct Run<'a> {
    root: &'a Path,
    metadata: &'a Metadata,
    quick: bool,
}

/// Measures, compares or renders; false when a comparison is over its threshold, or a part could not be measured.
///
/// # Errors
/// When a name is unknown, or a file cannot be read or written.
pub(crate) fn run(options: &Options) -> Outcome<bool> {
    let root = workspace::root();
    match &options.verb {
        Some(Verb::Compare(options)) => compare::run(&root, options),
        Some(Verb::Table { results }) => {
            let results = Results::find(&root, results)?;
            let needless = goals::needless(&goals::load(&root)?, &results);
            render(&root, &results)?;
            Ok(needless.is_empty())
        }
        None => measure(&root, options),
    }
}

/// Runs the parts one after the other, and keeps what each found before the next begins.
fn measure(root: &Path, options: &Options) -> Outcome<bool> {
    let metadata = workspace::metadata(root)?;
    let parts = part::chosen(primitives::targets(&metadata), &options.names)?;
    // A slip in the file shows before the measuring, not after it.
    goals::load(root)?;
    let quick = options.quick;
    let run = Run { root, metadata: &metadata, quick };
    // All of it before the first figure: a compiler is no neighbour to measure beside.
    for part in &parts {
        part.build(&run)?;
    }
    if options.no_run {
        return Ok(true);
    }
    let mut results = Results::begin(root, quick)?;
    if results.commit.ends_with("-dirty") && !quick {
        println!("NOTE: files differ from the commit; results of record come from a clean tree.");
    }
    results.versions.extend(primitives::versions(&metadata));
    let mut failed = Vec::new();
    for part in &parts {
        let name = part.name();
        println!("\n== {name}");
        let (date, load) = (machine::now(root), machine::load());
        let watch = machine::Stopwatch::start();
        match part.measure(&run, &mut results) {
            Ok(left_out) => {
                for left in &left_out {
                    println!("LEFT OUT of {name}: {left}");
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "seconds of a run"
                )]
                let seconds = watch.seconds() as u64;
                println!("== {name} took {seconds} s");
                if part.is_whole() {
                    results.parts.insert(name, PartRun { date, load, seconds, left_out });
                }
            }
            Err(error) => {
                println!("FAILED: {name}: {error}");
                failed.push(name);
            }
        }
        write(&root.join(results.path()), &(serde_json::to_string_pretty(&results)? + "\n"))?;
    }
    println!("\nwrote {}", results.path());
    // As everybody will read them: reading may change the last digit of a number.
    render(root, &Results::load(&root.join(results.path()))?)?;
    if !failed.is_empty() {
        println!("failed: {}; run them again by name to fill the page", failed.join(", "));
    }
    Ok(failed.is_empty())
}

/// Writes the page and says what of it needs a word in the goals.
fn render(root: &Path, results: &Results) -> Outcome<()> {
    let figures = goals::load(root)?;
    let page = results.page();
    write(&root.join(&page), &table::page(results, &figures))?;
    println!("\n{}", table::goals(results, &figures));
    println!("wrote {page}");
    for id in goals::needless(&figures, results) {
        println!("{}: {id}: the figure is met, so take its reason away", goals::FILE);
    }
    for id in goals::unexplained(&figures, results) {
        println!("{}: {id}: the figure is missed: give it a reason, or mend it", goals::FILE);
    }
    Ok(())
}

/// Runs a command and shows what it prints.
fn must(root: &Path, command: &Cmd) -> Outcome<()> {
    println!("$ {command}");
    if command.stream(root, |line| println!("{line}"))? {
        Ok(())
    } else {
        Err(format!("`{command}` failed").into())
    }
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}
