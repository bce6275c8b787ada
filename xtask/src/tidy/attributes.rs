//! A lint that is silenced says why.

use super::Violation;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let source = file.source();
        let lines: Vec<&str> = source.all().map(|(_, code)| code).collect();
        let code = lines.join("\n");
        for marker in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
            for (start, _) in code.match_indices(marker) {
                let end = code[start..].find(")]").map_or(code.len(), |length| start + length);
                if !code[start..end].contains("reason = ") {
                    let line = code[..start].matches('\n').count() + 1;
                    let advice = "write `#[expect(lint, reason = \"…\")]`, or mend what it says";
                    found.push(Violation::new(&file.path, line, "lint-reason", advice));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Tree::of(&[("src/a.rs", text)])).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn silencing_a_lint_takes_a_reason() {
        assert_eq!(lines("//! A.\n#[allow(dead_code)]\nfn a() {}"), [2]);
        assert_eq!(lines("#![expect(dead_code)]"), [1]);
        assert_eq!(lines("#[expect(dead_code, reason = \"read by the linker\")]"), [0; 0]);
        assert_eq!(lines("#[expect(\n    dead_code,\n    reason = \"why\"\n)]"), [0; 0]);
        assert_eq!(lines("#[allow(dead_code)] // reason = none"), [1]);
    }
}
