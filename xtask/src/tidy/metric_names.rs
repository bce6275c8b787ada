//! Every metric that is emitted is explained to those who will read it on a dashboard.

use super::Violation;
use super::tree::Tree;

/// How the project's metric names start.
const PREFIX: &str = "ai_api_";

/// Where they are explained; the rule waits for the page.
const PAGE: &str = "docs/operations.md";

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(page) = tree.get(PAGE) else { return Vec::new() };
    let mut found = Vec::new();
    let sources = tree.rust().filter(|file| file.path.starts_with("crates/") && !file.is_test());
    for file in sources {
        let source = file.source();
        for ((index, text), line) in file.text.lines().enumerate().zip(&source.lines) {
            if line.test || text.trim_start().starts_with("//") {
                continue;
            }
            for name in names(text) {
                if !page.text.contains(name) {
                    let advice = format!("explain `{name}` in {PAGE}");
                    found.push(Violation::new(&file.path, index + 1, "metric-docs", advice));
                }
            }
        }
    }
    found
}

/// The metric names that stand as string literals in a line.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|text| {
        let tail = text.strip_prefix(PREFIX);
        tail.is_some_and(|tail| tail.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "//! A.\nconst A: &str = \"ai_api_requests_total\";\n";

    #[test]
    fn a_metric_that_no_page_explains_is_refused() {
        let file = ("crates/ft-client/src/telemetry.rs", CODE);
        let silent = Tree::of(&[file, (PAGE, "")]);
        assert_eq!(check(&silent)[0].line, 2);
        let explained = Tree::of(&[file, (PAGE, "`ai_api_requests_total` counts requests.")]);
        assert_eq!(check(&explained), []);
    }
}
