//! `cargo xtask tidy`: the rules of the house that a tool can hold.
//!
//! A rule that is only written down decays; each of these names a file, a line and what to do.
//! All of them read files and cargo's own tables, so a run takes about a second.

mod code;
mod layers;
mod licences;
mod links;
mod locks;
mod manifests;
mod metric_names;
mod names;
mod sizes;
mod source;
mod text;
mod tree;

use std::fmt;
use std::path::Path;

use clap::Args;

use crate::{Outcome, workspace};
use tree::Tree;

/// Check layers, sizes, headers, names, manifests, licences, links and what code must not say.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// One broken rule, in the form editors jump to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// From 1.
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}

/// The rules that need nothing but the files.
const FILE_RULES: &[fn(&Tree) -> Vec<Violation>] = &[
    code::check,
    links::check,
    locks::check,
    manifests::check,
    metric_names::check,
    names::check,
    sizes::check,
    text::check,
];

/// Runs every rule and prints what it finds; true when there is nothing to do.
///
/// # Errors
/// When the tree cannot be read or cargo cannot describe it.
pub(crate) fn run(_options: &Options) -> Outcome<bool> {
    let root = workspace::root();
    let tree = Tree::load(&root)?;
    let violations = violations(&root, &tree)?;
    for violation in &violations {
        println!("{violation}");
    }
    let sizes = sizes::Summary::of(&tree);
    println!("tidy: {} files, {sizes}; {} to mend", tree.files.len(), violations.len());
    Ok(violations.is_empty())
}

fn violations(root: &Path, tree: &Tree) -> Outcome<Vec<Violation>> {
    const FIGURES: &str = crate::bench::goals::FILE;
    let metadata = workspace::metadata(root)?;
    let mut found: Vec<Violation> = FILE_RULES.iter().flat_map(|rule| rule(tree)).collect();
    found.extend(layers::check(tree, &metadata));
    found.extend(layers::check_closures(root)?);
    found.extend(licences::check(&metadata));
    let goals = crate::bench::goals::mistakes(root)?;
    found.extend(goals.into_iter().map(|wrong| Violation::new(FIGURES, 1, "figures", wrong)));
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        let root = workspace::root();
        let tree = Tree::load(&root).unwrap();
        let found = violations(&root, &tree).unwrap();
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{} to mend:\n{}", lines.len(), lines.join("\n"));
    }

    #[test]
    fn a_violation_is_one_line_that_an_editor_can_jump_to() {
        let violation = Violation::new("crates/a/src/b.rs", 3, "header", "say what it is");
        assert_eq!(violation.to_string(), "crates/a/src/b.rs:3: header: say what it is");
    }
}
