//! How many tests passed and failed, read from what cargo prints.

use std::fmt;

/// Sums over all test binaries of all steps.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
    /// `test result` lines seen: zero after a test step means that we read nothing.
    pub(super) results: u64,
}

impl Tally {
    /// Takes the counts from `test result: ok. 5 passed; 0 failed; 0 ignored; …`; any other line
    /// changes nothing.
    pub(super) fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        let (Some(passed), Some(failed)) = (count(counts, "passed"), count(counts, "failed"))
        else {
            return;
        };
        self.passed += passed;
        self.failed += failed;
        self.results += 1;
    }

    /// A step that failed without a failing test, so that no red run says `0 failed`.
    pub(super) fn count_step_failure(&mut self) {
        self.failed += 1;
    }
}

/// The number before `word`.
fn count(text: &str, word: &str) -> Option<u64> {
    let (before, _) = text.split_once(&format!(" {word};"))?;
    before.rsplit(' ').next()?.parse().ok()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> String {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally.to_string()
    }

    #[test]
    fn counts_are_summed_over_all_binaries() {
        let shown = read(&[
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s",
        ]);
        assert_eq!(shown, "13 passed, 2 failed");
    }

    #[test]
    fn a_line_that_only_looks_like_a_result_changes_nothing() {
        assert_eq!(read(&["test result: unclear", "5 passed; 1 failed;"]), "0 passed, 0 failed");
    }

    #[test]
    fn a_failed_step_without_tests_is_one_failure() {
        let mut tally = Tally::default();
        tally.count_step_failure();
        assert_eq!(tally.to_string(), "0 passed, 1 failed");
    }
}
