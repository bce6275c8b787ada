//! Links from one document to another lead somewhere.

use std::collections::BTreeSet;

use super::Violation;
use super::tree::{TextFile, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut known = BTreeSet::new();
    for file in &tree.files {
        // A link may name a folder: every folder above a file is one.
        let mut path = file.path.as_str();
        while known.insert(path.to_owned()) {
            match path.rsplit_once('/') {
                Some((folder, _)) => path = folder,
                None => break,
            }
        }
    }
    let documents = tree.files.iter().filter(|file| file.has_extension("md") && !file.is_data());
    documents.flat_map(|file| broken(file, &known)).collect()
}

fn broken(file: &TextFile, known: &BTreeSet<String>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in targets(line) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !path.is_empty() && !known.contains(&resolve(&file.path, path)) {
                let advice = format!("`{target}` leads nowhere: mend the link or write the page");
                found.push(Violation::new(&file.path, index + 1, "link", advice));
            }
        }
    }
    found
}

/// The targets of `[text](target)` and `[label]: target` in a line, outside code spans.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Every second piece between back-ticks is a code span.
    for piece in line.split('`').step_by(2) {
        for (at, _) in piece.match_indices("](") {
            let rest = &piece[at + 2..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            found.push(&rest[..end]);
        }
    }
    // A link whose text is a code span starts in one piece and ends in another.
    if let Some((label, target)) = line.split_once("]: ")
        && label.starts_with('[')
    {
        found.push(target.split(' ').next().unwrap_or_default());
    }
    found
}

/// `path` seen from the document `from`, as a path from the root.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_lines(text: &str) -> Vec<usize> {
        let tree = Tree::of(&[("docs/a.md", text), ("docs/adr/0001.md", ""), ("README.md", "")]);
        check(&tree).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_link_to_a_file_or_folder_of_the_project_is_followed() {
        assert_eq!(
            broken_lines("[a](adr/0001.md#why) [b](../README.md) [c](adr) [d](adr/)"),
            [0; 0]
        );
        assert_eq!(broken_lines("\n[a](adr/0002.md)"), [2]);
        assert_eq!(broken_lines("[`code`](../nowhere.md)"), [1]);
        assert_eq!(broken_lines("[a]: nowhere.md"), [1]);
    }

    #[test]
    fn addresses_anchors_and_code_are_not_followed() {
        assert_eq!(broken_lines("[a](https://example.com) [b](#here) `[c](d)`"), [0; 0]);
        assert_eq!(broken_lines("```\n[a](nowhere.md)\n```\n"), [0; 0]);
    }
}
