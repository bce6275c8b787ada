//! How long files are: lines of code, without tests, blanks and comments.

use std::fmt;

use super::Violation;
use super::tree::{TextFile, Tree};

/// Where a file holds more than one concept, almost surely. Of tower's files none is longer, of
/// linkerd2-proxy's 3 %.
const CAP: usize = 400;

/// Longer files, each with its reason. The list may only shrink: an entry that is no longer
/// needed is a violation too.
const EXCEPTIONS: &[(&str, &str)] = &[];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    check_with(tree, EXCEPTIONS)
}

fn check_with(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in product(tree) {
        let lines = code_lines(file);
        let excepted = exceptions.iter().any(|(path, _)| *path == file.path);
        if lines > CAP && !excepted {
            let advice = format!("{lines} lines of code, the cap is {CAP}: move a concept out");
            found.push(Violation::new(&file.path, CAP, "size", advice));
        }
    }
    for (path, reason) in exceptions {
        let needed = tree.get(path).is_some_and(|file| code_lines(file) > CAP);
        if !needed || reason.is_empty() {
            let advice = "this exception from the size cap is not needed, or gives no reason";
            found.push(Violation::new(path, 1, "size", advice));
        }
    }
    found
}

/// The lengths of all files in one line.
#[derive(Debug)]
pub(super) struct Summary {
    median: usize,
    longest: usize,
    path: String,
}

impl Summary {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut sizes: Vec<(usize, &str)> =
            product(tree).map(|file| (code_lines(file), file.path.as_str())).collect();
        sizes.sort_unstable();
        let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
        let (longest, path) = sizes.last().copied().unwrap_or_default();
        Self { median, longest, path: path.to_owned() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, longest, path } = self;
        write!(f, "median {median} lines of code, longest {longest} ({path})")
    }
}

fn product(tree: &Tree) -> impl Iterator<Item = &TextFile> {
    tree.rust().filter(|file| !file.is_test())
}

fn code_lines(file: &TextFile) -> usize {
    file.source().product().filter(|(_, code)| !code.trim().is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(lines: usize) -> String {
        "//! A.\n\n// Why.\n".to_owned() + &"let a = 1;\n".repeat(lines)
    }

    #[test]
    fn only_code_counts() {
        let text = long(CAP) + "#[cfg(test)]\nmod tests {\n    fn a() {}\n}\n";
        assert_eq!(check_with(&Tree::of(&[("src/a.rs", &text)]), &[]), []);
    }

    #[test]
    fn a_file_over_the_cap_is_refused_unless_its_reason_is_known() {
        let tree = Tree::of(&[("src/a.rs", &long(CAP + 1))]);
        assert_eq!(check_with(&tree, &[])[0].rule, "size");
        assert_eq!(check_with(&tree, &[("src/a.rs", "one table")]), []);
    }

    #[test]
    fn tests_may_be_long() {
        assert_eq!(check_with(&Tree::of(&[("tests/it/a.rs", &long(900))]), &[]), []);
    }

    #[test]
    fn an_exception_that_is_not_needed_must_go() {
        let tree = Tree::of(&[("src/a.rs", &long(3))]);
        assert_eq!(check_with(&tree, &[("src/a.rs", "one table")])[0].rule, "size");
        assert_eq!(check_with(&tree, &[("src/gone.rs", "one table")])[0].rule, "size");
    }

    #[test]
    fn the_median_is_the_middle_file() {
        let (a, b, c) = (long(1), long(20), long(300));
        let tree = Tree::of(&[("src/a.rs", &a), ("src/b.rs", &b), ("src/c.rs", &c)]);
        let shown = Summary::of(&tree).to_string();
        assert_eq!(shown, "median 20 lines of code, longest 300 (src/c.rs)");
    }
}
