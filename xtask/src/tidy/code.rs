//! What code must not say: unfinished work, tests that do not run, impure machines, and matches
//! that would swallow a new error kind.

use super::Violation;
use super::source::has_word;
use super::tree::{TextFile, Tree};

/// Files that hold a pure machine: no lock, no runtime, nothing that waits.
const MACHINES: &[&str] = &["machine.rs", "step.rs"];

/// What a pure machine does not know.
const IMPURE: &[&str] = &["async", "await", "Mutex", "RwLock", "tokio"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        unfinished(file, &mut found);
        if MACHINES.contains(&file.name()) && !file.is_test() {
            impure(file, &mut found);
        }
        if let Some(decision) = decision(&file.path).filter(|_| !file.is_test()) {
            wildcards(file, decision, &mut found);
        }
        if is_library(&file.path) && !file.is_test() {
            cancel_safety(file, &mut found);
        }
    }
    found
}

fn unfinished(file: &TextFile, found: &mut Vec<Violation>) {
    for (line, code) in file.source().all() {
        for name in ["todo!", "unimplemented!"] {
            if code.contains(name) {
                let advice = format!("finish it, or return an error, instead of `{name}`");
                found.push(Violation::new(&file.path, line, "unfinished", advice));
            }
        }
        if code.contains("#[ignore") {
            let advice = "a test that does not run proves nothing: make it run or delete it";
            found.push(Violation::new(&file.path, line, "ignored-test", advice));
        }
    }
}

fn impure(file: &TextFile, found: &mut Vec<Violation>) {
    for (line, code) in file.source().product() {
        for word in IMPURE.iter().filter(|word| has_word(code, word)) {
            let advice = format!("a pure machine knows no `{word}`: move it to the handle");
            found.push(Violation::new(&file.path, line, "pure-machine", advice));
        }
    }
}

/// Where ft-core decides by error kind, and how strictly its matches are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// The table itself: no wildcard at all.
    Table,
    /// The function over it: none in a match on its own inputs.
    Function,
}

/// The inputs of the decision: each of their variants is decided by name.
const INPUTS: &[&str] = &["ErrorKind::", "Event::", "Next::", "Scope::", "Skip::"];

fn decision(path: &str) -> Option<Decision> {
    let rest = path.strip_prefix("crates/ft-core/src/")?;
    if rest.starts_with("table") {
        Some(Decision::Table)
    } else {
        rest.starts_with("decide").then_some(Decision::Function)
    }
}

fn wildcards(file: &TextFile, decision: Decision, found: &mut Vec<Violation>) {
    let source = file.source();
    let lines: Vec<&str> =
        source.lines.iter().map(|line| if line.test { "" } else { line.code.as_str() }).collect();
    let code = lines.join("\n");
    for (at, _) in code.match_indices("_ =>") {
        let counts = decision == Decision::Table || names_an_input(&arms_before(&code[..at]));
        if counts && is_arm_start(&code[..at]) {
            let line = code[..at].matches('\n').count() + 1;
            let advice = "name every variant: a new kind must be decided, not swallowed";
            found.push(Violation::new(&file.path, line, "decision-wildcard", advice));
        }
    }
}

/// Whether a pattern starts here: at the start of an arm or of an alternative.
fn is_arm_start(before: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    !before.ends_with(is_name) && before.trim_end().ends_with(['{', '}', ',', '|'])
}

/// The text of the block that is open at the end of `before`, without the blocks inside it.
fn arms_before(before: &str) -> String {
    let mut depth = 0_usize;
    let mut arms = Vec::new();
    for c in before.chars().rev() {
        match c {
            '}' => depth += 1,
            '{' if depth == 0 => break,
            '{' => {
                depth -= 1;
                // What stood in braces ends an arm or belongs to a pattern.
                arms.push(' ');
            }
            c if depth == 0 => arms.push(c),
            _ => {}
        }
    }
    arms.iter().rev().collect()
}

/// Whether the pattern of an arm, not only its value, names one of the inputs.
fn names_an_input(arms: &str) -> bool {
    arms.match_indices("=>").any(|(at, _)| {
        let pattern = arms[..at].rsplit(",\n").next().unwrap_or_default();
        let pattern = pattern.rsplit("=>").next().unwrap_or_default();
        INPUTS.iter().any(|input| pattern.contains(input))
    })
}

fn is_library(path: &str) -> bool {
    path.starts_with("crates/") && !path.starts_with("crates/ft-cli/") && path.contains("/src/")
}

fn cancel_safety(file: &TextFile, found: &mut Vec<Violation>) {
    let text: Vec<&str> = file.text.lines().collect();
    for (line, code) in file.source().product() {
        let trimmed = code.trim_start();
        if !trimmed.starts_with("pub async fn") {
            continue;
        }
        let above = text[..line - 1].iter().rev().map(|text| text.trim_start());
        let mut docs = above.take_while(|text| text.starts_with("///") || text.starts_with("#["));
        if !docs.any(|text| text.to_lowercase().contains("# cancel safety")) {
            let advice = "say under `# Cancel safety` what a dropped future leaves behind";
            found.push(Violation::new(&file.path, line, "cancel-safety", advice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Tree::of(&[(path, text)])).iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn unfinished_work_is_refused_in_code_and_allowed_in_prose() {
        assert_eq!(rules("src/a.rs", "fn a() { todo!() }"), ["unfinished"]);
        assert_eq!(rules("src/a.rs", "fn a() { unimplemented!(\"later\") }"), ["unfinished"]);
        assert_eq!(rules("src/a.rs", "// no todo!() here\nlet a = \"todo!()\";"), [""; 0]);
    }

    #[test]
    fn a_test_that_does_not_run_is_refused() {
        assert_eq!(rules("tests/it/a.rs", "#[ignore = \"slow\"]\nfn a() {}"), ["ignored-test"]);
    }

    #[test]
    fn a_machine_neither_locks_nor_waits() {
        let path = "crates/ft-breaker/src/machine.rs";
        assert_eq!(rules(path, "use std::sync::Mutex;"), ["pure-machine"]);
        assert_eq!(rules(path, "async fn a() {}"), ["pure-machine"]);
        assert_eq!(rules("crates/ft-breaker/src/breaker.rs", "use std::sync::Mutex;"), [""; 0]);
        assert_eq!(rules(path, "/// No `Mutex`, no tokio.\nfn a() {}"), [""; 0]);
    }

    #[test]
    fn a_decision_names_every_variant() {
        let path = "crates/ft-core/src/table.rs";
        assert_eq!(rules(path, "match a {\n    _ => b,\n}"), ["decision-wildcard"]);
        assert_eq!(rules(path, "match a { A => b, _ => c }"), ["decision-wildcard"]);
        assert_eq!(rules(path, "match a {\n    A | _ => c,\n}"), ["decision-wildcard"]);
        assert_eq!(rules(path, "match a {\n    A { .. } => b,\n    name_ => c,\n}"), [""; 0]);
        assert_eq!(rules("crates/ft-core/src/time.rs", "match a { _ => b }"), [""; 0]);
    }

    #[test]
    fn the_function_over_the_table_names_every_variant_of_its_inputs() {
        let path = "crates/ft-core/src/decide/ledger.rs";
        let kinds = "match kind {\n    ErrorKind::A { .. } => {\n        1\n    }\n    _ => 2,\n}";
        assert_eq!(rules(path, kinds), ["decision-wildcard"]);
        let guard = "match hint {\n    Some(x) if x => Skip::A,\n    _ => Skip::B,\n}";
        assert_eq!(rules(path, guard), [""; 0]);
        let nested = "match kind {\n    ErrorKind::A => match x {\n        Some(1) => 1,\n        _ => 2,\n    },\n}";
        assert_eq!(rules(path, nested), [""; 0]);
    }

    #[test]
    fn a_public_future_says_what_dropping_it_does() {
        let path = "crates/ft-client/src/a.rs";
        assert_eq!(rules(path, "/// Asks.\npub async fn a() {}"), ["cancel-safety"]);
        let documented = "/// Asks.\n///\n/// # Cancel safety\n/// Safe.\n#[must_use]\n";
        assert_eq!(rules(path, &format!("{documented}pub async fn a() {{}}")), [""; 0]);
        assert_eq!(rules("crates/ft-cli/src/a.rs", "pub async fn a() {}"), [""; 0]);
    }
}
