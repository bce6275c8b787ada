//! What no committed text may hold: paths of one machine, trailing white space, broken JSON.

use super::Violation;
use super::tree::{TextFile, Tree};

/// First folders of paths that exist on one machine only. Kept without their slashes, so that
/// this file passes its own rule.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "tmp", "work", "Users"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_data()) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| has_path(line, folder)) {
                let advice =
                    format!("a path below `/{folder}` is one machine's: say it relatively");
                found.push(Violation::new(&file.path, index + 1, "machine-path", advice));
            }
            if line.ends_with([' ', '\t']) {
                let advice = "delete the white space at the end of the line";
                found.push(Violation::new(&file.path, index + 1, "trailing-space", advice));
            }
        }
        if file.has_extension("json") {
            json(file, &mut found);
        }
        if file.path == "Cargo.lock" {
            lock(file, &mut found);
        }
    }
    found
}

/// Whether an absolute path below `folder` starts somewhere in the line.
fn has_path(line: &str, folder: &str) -> bool {
    let path = format!("/{folder}/");
    let inside = |c: char| c.is_alphanumeric() || "./_-}~*".contains(c);
    line.match_indices(&path).any(|(at, _)| !line[..at].ends_with(inside))
}

fn json(file: &TextFile, found: &mut Vec<Violation>) {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&file.text) {
        let advice = format!("this is not JSON: {error}");
        found.push(Violation::new(&file.path, error.line().max(1), "json", advice));
    }
}

/// A lock file that names another registry can be used by nobody who does not have it.
fn lock(file: &TextFile, found: &mut Vec<Violation>) {
    for (index, line) in file.text.lines().enumerate() {
        let foreign = line.strip_prefix("source = ").is_some_and(|source| {
            source != "\"registry+https://github.com/rust-lang/crates.io-index\""
        });
        if foreign {
            let advice = "take the dependency from crates.io, by its version";
            found.push(Violation::new(&file.path, index + 1, "lock-source", advice));
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
    fn a_path_of_one_machine_is_refused() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(rules("README.md", &format!("see /{folder}/a.txt")), ["machine-path"]);
            assert_eq!(rules("src/a.rs", &format!("\"/{folder}/a\"")), ["machine-path"]);
        }
    }

    #[test]
    fn a_relative_path_or_an_address_is_fine() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(rules("README.md", &format!("target/{folder}/a")), [""; 0]);
            assert_eq!(rules("README.md", &format!("https://example.com/{folder}/a")), [""; 0]);
        }
    }

    #[test]
    fn recorded_answers_of_others_are_left_as_they_are() {
        let text = format!("Traceback: /{}/app.py \n", MACHINE_FOLDERS[1]);
        assert_eq!(rules("crates/ft-core/tests/data/bodies.txt", &text), [""; 0]);
        let table = rules("crates/ft-cost/data/catalogue.toml", &text);
        assert_eq!(table, ["machine-path", "trailing-space"]);
    }

    #[test]
    fn white_space_at_the_end_of_a_line_is_refused() {
        assert_eq!(rules("docs/a.md", "one \ntwo\t\nthree\n"), ["trailing-space"; 2]);
    }

    #[test]
    fn json_must_parse() {
        assert_eq!(rules("docs/grafana/a.json", "{\"a\": 1}"), [""; 0]);
        assert_eq!(rules("docs/grafana/a.json", "{\"a\": }"), ["json"]);
    }

    #[test]
    fn every_dependency_comes_from_the_public_registry() {
        let good = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert_eq!(rules("Cargo.lock", good), [""; 0]);
        assert_eq!(
            rules("Cargo.lock", "source = \"git+https://example.com/a\"\n"),
            ["lock-source"]
        );
    }
}
