//! What code must not say and no lint finds: tests that do not run, impure machines, futures that do not say what
//! dropping them does.

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
        ignored_tests(file, &mut found);
        if MACHINES.contains(&file.name()) && !file.is_test() {
            impure(file, &mut found);
        }
        if is_library(&file.path) && !file.is_test() {
            cancel_safety(file, &mut found);
        }
    }
    found
}

fn ignored_tests(file: &TextFile, found: &mut Vec<Violation>) {
    for (line, code) in file.source().all() {
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
    fn a_public_future_says_what_dropping_it_does() {
        let path = "crates/ft-client/src/a.rs";
        assert_eq!(rules(path, "/// Asks.\npub async fn a() {}"), ["cancel-safety"]);
        let documented = "/// Asks.\n///\n/// # Cancel safety\n/// Safe.\n#[must_use]\n";
        assert_eq!(rules(path, &format!("{documented}pub async fn a() {{}}")), [""; 0]);
        assert_eq!(rules("crates/ft-cli/src/a.rs", "pub async fn a() {}"), [""; 0]);
    }
}
