//! `cargo xtask bench`: measurements as files, and tables that nobody typed.
//!
//! A group of a criterion bench may hold references beside our cases: ids that begin with `ref `
//! (`ref failsafe`, `ref moka get`). The table then has a column per reference with the ratio of
//! each case to it, measured in the same run: on a shared machine the ratio says more than the
//! nanoseconds.

mod compare;
mod criterion;
mod machine;
mod results;
mod table;

use std::path::Path;

use cargo_metadata::{Metadata, TargetKind};
use clap::{Args, Subcommand};

use crate::process::Cmd;
use crate::{Outcome, workspace};
use results::Results;

/// The page that is written from the results.
const PAGE: &str = "docs/benchmarks.md";

/// Run the benches, keep the figures in `bench/results/<commit>.json`, write docs/benchmarks.md.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// Crates or benches by name; all of them if none is given.
    names: Vec<String>,

    /// A first impression: criterion's short mode. The page says so.
    #[arg(long)]
    quick: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Compare(compare::Options),
    /// Write docs/benchmarks.md again from kept results.
    Table {
        /// A commit with a file in bench/results, or a path.
        results: String,
    },
}

/// One bench target of one crate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    krate: String,
    bench: String,
}

/// Measures, compares or renders; false when a comparison is over its threshold.
///
/// # Errors
/// When a bench fails, a name is unknown, or a file cannot be read or written.
pub(crate) fn run(options: &Options) -> Outcome<bool> {
    let root = workspace::root();
    match &options.verb {
        Some(Verb::Compare(options)) => return compare::run(&root, options),
        Some(Verb::Table { results }) => {
            write(&root.join(PAGE), &table::page(&Results::find(&root, results)?))?;
        }
        None => measure(&root, &options.names, options.quick)?,
    }
    println!("wrote {PAGE}");
    Ok(true)
}

fn measure(root: &Path, names: &[String], quick: bool) -> Outcome<()> {
    let metadata = workspace::metadata(root)?;
    let targets = chosen(targets(&metadata), names)?;
    let mut results = Results::begin(root, quick)?;
    for Target { krate, bench } in targets {
        let line = format!("bench --package {krate} --all-features --bench {bench}");
        let command = Cmd::cargo(&if quick { line + " -- --quick" } else { line });
        println!("\n$ {command}");
        let begun = machine::file_time();
        if !command.stream(root, |line| println!("{line}"))? {
            return Err(format!("`{command}` failed").into());
        }
        let folder = metadata.target_directory.join("criterion");
        let cases = criterion::collect(folder.as_std_path(), begun)?;
        if cases.is_empty() {
            return Err(format!("`{command}` left no estimates in {folder}").into());
        }
        results.replace(&krate, &bench, cases);
    }
    let path = results.path();
    write(&root.join(&path), &(serde_json::to_string_pretty(&results)? + "\n"))?;
    println!("\nwrote {path}");
    write(&root.join(PAGE), &table::page(&results))
}

fn targets(metadata: &Metadata) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for package in metadata.workspace_packages() {
        for target in package.targets.iter().filter(|target| target.is_kind(TargetKind::Bench)) {
            let (krate, bench) = (package.name.to_string(), target.name.clone());
            found.push(Target { krate, bench });
        }
    }
    found.sort_by(|a, b| (&a.krate, &a.bench).cmp(&(&b.krate, &b.bench)));
    found
}

/// The targets that the names ask for; a name that fits nothing is an error, not an empty run.
fn chosen(targets: Vec<Target>, names: &[String]) -> Outcome<Vec<Target>> {
    let fits = |target: &Target, name: &String| target.krate == *name || target.bench == *name;
    if let Some(name) = names.iter().find(|name| !targets.iter().any(|target| fits(target, name))) {
        return Err(format!("no crate with benches and no bench is called `{name}`").into());
    }
    let wanted = |target: &Target| names.is_empty() || names.iter().any(|name| fits(target, name));
    Ok(targets.into_iter().filter(wanted).collect())
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(krate: &str, bench: &str) -> Target {
        Target { krate: krate.to_owned(), bench: bench.to_owned() }
    }

    #[test]
    fn a_name_is_a_crate_or_a_bench() {
        let all = vec![target("ft-breaker", "breaker"), target("ft-cache", "hit")];
        let pick = |name: &str| chosen(all.clone(), &[name.to_owned()]);
        assert_eq!(pick("ft-cache").unwrap(), [target("ft-cache", "hit")]);
        assert_eq!(pick("breaker").unwrap(), [target("ft-breaker", "breaker")]);
        assert!(pick("nothing").is_err());
        assert_eq!(chosen(all.clone(), &[]).unwrap(), all);
    }
}
