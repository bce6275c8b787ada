//! What a file is called, and its first line.

use super::Violation;
use super::tree::Tree;

/// Names that say nothing about the one concept a file should hold.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "types", "util", "utils"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust() {
        if !file.text.starts_with("//!") {
            found.push(Violation::new(
                &file.path,
                1,
                "header",
                "start with a `//!` line that says what this file is",
            ));
        }
        if file.name() == "mod.rs" {
            found.push(Violation::new(
                &file.path,
                1,
                "mod-rs",
                "move it beside its folder: `foo.rs` and `foo/`",
            ));
        }
        for part in file.path.split('/') {
            let stem = part.strip_suffix(".rs").unwrap_or(part);
            if EMPTY_NAMES.contains(&stem) {
                let advice =
                    format!("`{stem}` names no concept: name the file after what it holds");
                found.push(Violation::new(&file.path, 1, "file-name", advice));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Tree::of(&[(path, text)])).iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn a_file_starts_by_saying_what_it_is() {
        assert_eq!(rules("src/a.rs", "//! A thing.\n"), [""; 0]);
        assert_eq!(rules("src/a.rs", "use std::fmt;\n"), ["header"]);
        assert_eq!(rules("src/a.rs", ""), ["header"]);
    }

    #[test]
    fn a_module_file_stands_beside_its_folder() {
        assert_eq!(rules("src/a/mod.rs", "//! A.\n"), ["mod-rs"]);
    }

    #[test]
    fn a_name_without_a_concept_is_refused_for_files_and_folders() {
        assert_eq!(rules("src/utils.rs", "//! A.\n"), ["file-name"]);
        assert_eq!(rules("tests/common/server.rs", "//! A.\n"), ["file-name"]);
        assert_eq!(rules("src/uncommon.rs", "//! A.\n"), [""; 0]);
    }
}
