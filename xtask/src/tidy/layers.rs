//! The layer table of `docs/architecture.md`, as code: who may depend on whom.
//!
//! The mechanisms know ft-core and not each other, so that each can be taken alone; only
//! ft-client knows them all, and only ft-gateway knows it is a server.

use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata};

use super::Violation;
use super::tree::Tree;
use crate::Outcome;
use crate::process::Cmd;

/// One crate: what of ours it may depend on, and what beside that only its tests may.
#[derive(Debug)]
struct Layer {
    name: &'static str,
    below: &'static [&'static str],
    tests_only: &'static [&'static str],
}

const fn layer(
    name: &'static str,
    below: &'static [&'static str],
    tests_only: &'static [&'static str],
) -> Layer {
    Layer { name, below, tests_only }
}

const LAYERS: &[Layer] = &[
    layer("ft-core", &[], &[]),
    layer("ft-breaker", &["ft-core"], &[]),
    layer("ft-limit", &["ft-core"], &[]),
    layer("ft-cache", &["ft-core"], &[]),
    layer("ft-cost", &["ft-core"], &[]),
    layer("ft-context", &["ft-core"], &[]),
    layer("ft-sim", &["ft-core"], &[]),
    layer("ft-holysheep", &["ft-core"], &["ft-sim"]),
    layer(
        "ft-client",
        &["ft-core", "ft-breaker", "ft-limit", "ft-cache", "ft-cost", "ft-context", "ft-holysheep"],
        &["ft-sim"],
    ),
    layer("ft-simulate", &["ft-core", "ft-client", "ft-sim"], &[]),
    layer("ft-gateway", &["ft-core", "ft-client"], &["ft-sim"]),
    layer(
        "ft-cli",
        &["ft-core", "ft-client", "ft-cost", "ft-holysheep", "ft-sim", "ft-simulate", "ft-gateway"],
        &[],
    ),
    layer("ft-bench", &["ft-core", "ft-holysheep", "ft-client", "ft-sim", "ft-gateway"], &[]),
    layer("ft-worlds", &["ft-core", "ft-client", "ft-sim", "ft-gateway"], &[]),
    layer(
        "ft-fuzz",
        &[
            "ft-core",
            "ft-cache",
            "ft-context",
            "ft-cost",
            "ft-holysheep",
            "ft-client",
            "ft-gateway",
            "ft-simulate",
        ],
        &[],
    ),
    layer("xtask", &[], &[]),
];

/// Everything ft-core may use: vocabulary, and nothing that does I/O. schemars describes settings where that is asked
/// for.
const CORE_MAY_USE: &[&str] = &[
    "async-trait",
    "bytes",
    "futures-core",
    "schemars",
    "serde",
    "serde_json",
    "thiserror",
    "zeroize",
];

/// Crates that reach the network, and the only crates of ours that may.
const NETWORK: &[&str] = &["axum", "hyper", "hyper-util", "reqwest", "rustls"];
const ON_THE_NETWORK: &[&str] =
    &["ft-holysheep", "ft-sim", "ft-client", "ft-gateway", "ft-cli", "ft-bench", "ft-worlds"];

/// Crates that stay small without features: everything below them, however deep.
const SMALL: &[&str] = &["ft-breaker", "ft-limit"];
const SMALL_MAY_USE: &[&str] = &[
    "ft-core",
    // Error texts, and what its derive needs while compiling.
    "thiserror",
    "thiserror-impl",
    "proc-macro2",
    "quote",
    "syn",
    "unicode-ident",
    // Keys that are erased when dropped.
    "zeroize",
];

/// A dependency as a manifest states it.
#[derive(Debug, Clone, Copy)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    kind: DependencyKind,
}

pub(super) fn check(tree: &Tree, metadata: &Metadata) -> Vec<Violation> {
    let packages = metadata.workspace_packages();
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut found: Vec<Violation> = names.iter().filter_map(|name| unknown(name)).collect();
    for package in &packages {
        for dependency in &package.dependencies {
            let edge = Edge {
                from: package.name.as_str(),
                to: dependency.name.as_str(),
                kind: dependency.kind,
            };
            if let Some(advice) = fault(edge, &names) {
                let path = manifest(edge.from);
                let line = tree.get(&path).map_or(1, |file| {
                    file.line_where(|line| line.split([' ', '=', '.']).next() == Some(edge.to))
                });
                found.push(Violation::new(&path, line, "layers", advice));
            }
        }
    }
    found
}

/// The third-party budget of the crates that are taken alone, as cargo resolves it.
///
/// # Errors
/// When cargo cannot list the dependencies of one of them.
pub(super) fn check_closures(root: &Path) -> Outcome<Vec<Violation>> {
    let mut found = Vec::new();
    for name in SMALL {
        let tree = Cmd::cargo("tree --edges normal --no-default-features --prefix none --package")
            .arg(*name)
            .output(root)?;
        found.extend(over_budget(name, &tree));
    }
    Ok(found)
}

fn manifest(name: &str) -> String {
    match name {
        "xtask" => "xtask/Cargo.toml".to_owned(),
        "ft-fuzz" => "fuzz/Cargo.toml".to_owned(),
        _ => format!("crates/{name}/Cargo.toml"),
    }
}

fn unknown(name: &str) -> Option<Violation> {
    let known = LAYERS.iter().any(|layer| layer.name == name);
    let advice = "this crate is not in the layer table: add it there and in docs/architecture.md";
    (!known).then(|| Violation::new(&manifest(name), 1, "layers", advice))
}

/// What is wrong with one dependency; `ours` are the members of the workspace.
fn fault(edge: Edge<'_>, ours: &[&str]) -> Option<String> {
    let Edge { from, to, kind } = edge;
    let layer = LAYERS.iter().find(|layer| layer.name == from)?;
    let in_tests = kind == DependencyKind::Development;
    if ours.contains(&to) {
        let allowed = layer.below.contains(&to) || (in_tests && layer.tests_only.contains(&to));
        // A crate may name itself to switch a feature on for its own tests.
        let itself = in_tests && from == to;
        return (!allowed && !itself)
            .then(|| format!("{from} may not depend on {to}: take what is needed as a number"));
    }
    if in_tests {
        return None;
    }
    if from == "ft-core" && !CORE_MAY_USE.contains(&to) {
        return Some(format!("ft-core may not use {to}: it is vocabulary, without I/O or runtime"));
    }
    let crosses = NETWORK.contains(&to) && !ON_THE_NETWORK.contains(&from) && from != "xtask";
    crosses.then(|| format!("{from} may not use {to}: only adapters and servers reach the network"))
}

fn over_budget(name: &str, tree: &str) -> Vec<Violation> {
    let packages = tree.lines().filter_map(|line| line.split(' ').next());
    packages
        .filter(|package| !package.is_empty() && *package != name)
        .filter(|package| !SMALL_MAY_USE.contains(package))
        .map(|package| {
            let advice =
                format!("{package} comes with {name} even without features: make it optional");
            Violation::new(&manifest(name), 1, "small-crates", advice)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use DependencyKind::{Development, Normal};

    fn is_fault(from: &str, to: &str, kind: DependencyKind) -> bool {
        let ours: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
        fault(Edge { from, to, kind }, &ours).is_some()
    }

    #[test]
    fn mechanisms_know_the_core_and_not_each_other() {
        assert!(!is_fault("ft-breaker", "ft-core", Normal));
        assert!(is_fault("ft-breaker", "ft-limit", Normal));
        assert!(is_fault("ft-cache", "ft-cost", Development));
        assert!(is_fault("ft-core", "ft-breaker", Normal));
    }

    #[test]
    fn the_client_knows_the_simulator_in_its_tests_alone() {
        assert!(!is_fault("ft-client", "ft-breaker", Normal));
        assert!(!is_fault("ft-client", "ft-sim", Development));
        assert!(is_fault("ft-client", "ft-sim", Normal));
        assert!(is_fault("ft-gateway", "ft-breaker", Normal));
    }

    #[test]
    fn the_core_takes_no_runtime_and_mechanisms_no_network() {
        assert!(is_fault("ft-core", "tokio", Normal));
        assert!(!is_fault("ft-core", "proptest", Development));
        assert!(is_fault("ft-cost", "reqwest", Normal));
        assert!(!is_fault("ft-holysheep", "reqwest", Normal));
    }

    #[test]
    fn a_crate_that_the_table_does_not_know_is_refused() {
        assert!(unknown("ft-new").is_some());
        assert!(unknown("ft-core").is_none());
    }

    #[test]
    fn serde_below_the_breaker_is_over_budget() {
        let tree = "ft-breaker v0.1.0 (a)\nft-core v0.1.0 (b)\nthiserror v2.0.21\n";
        assert_eq!(over_budget("ft-breaker", tree), []);
        assert_eq!(over_budget("ft-breaker", &format!("{tree}serde v1.0.0\n")).len(), 1);
    }
}
