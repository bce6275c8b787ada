//! The criterion benches of the crates.

use std::collections::BTreeMap;

use cargo_metadata::{Metadata, TargetKind};

use super::results::Results;
use super::{Run, criterion, machine, must};
use crate::Outcome;
use crate::process::Cmd;

/// One bench target of one crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) krate: String,
    pub(super) bench: String,
}

/// What stands beside us in the benches.
const BESIDE: &[&str] = &[
    "failsafe",
    "recloser",
    "tower-resilience-circuitbreaker",
    "tower",
    "moka",
    "blake3",
    "tiktoken-rs",
    "serde_json",
    "reqwest",
    "hyper",
    "tokio",
    "criterion",
];

/// All benches, by crate and name.
pub(super) fn targets(metadata: &Metadata) -> Vec<Target> {
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

/// The versions of what stands beside us, as they were resolved.
pub(super) fn versions(metadata: &Metadata) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    for name in BESIDE {
        let mut all: Vec<String> = metadata
            .packages
            .iter()
            .filter(|package| package.name.as_str() == *name)
            .map(|package| package.version.to_string())
            .collect();
        all.sort();
        if !all.is_empty() {
            versions.insert((*name).to_owned(), all.join(", "));
        }
    }
    versions
}

impl Target {
    fn command(&self) -> String {
        format!("bench --package {} --all-features --bench {}", self.krate, self.bench)
    }
}

/// Builds the benches, one by one as they run: together they would have other features.
///
/// # Errors
/// When one does not compile.
pub(super) fn build(run: &Run<'_>, targets: &[Target]) -> Outcome<()> {
    targets
        .iter()
        .try_for_each(|target| must(run.root, &Cmd::cargo(&(target.command() + " --no-run"))))
}

/// Runs the benches.
///
/// # Errors
/// When one fails or leaves no estimates.
pub(super) fn measure(
    run: &Run<'_>,
    targets: &[Target],
    results: &mut Results,
) -> Outcome<Vec<String>> {
    for target in targets {
        let (Target { krate, bench }, line) = (target, target.command());
        let command = Cmd::cargo(&if run.quick { line + " -- --quick" } else { line });
        let begun = machine::file_time();
        must(run.root, &command)?;
        let folder = run.metadata.target_directory.join("criterion");
        let cases = criterion::collect(folder.as_std_path(), begun)?;
        if cases.is_empty() {
            return Err(format!("`{command}` left no estimates in {folder}").into());
        }
        results.replace(krate, bench, cases);
    }
    Ok(Vec::new())
}
