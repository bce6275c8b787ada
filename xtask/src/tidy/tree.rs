//! The text files of the project, read once.

use std::path::Path;

use super::source::Source;
use crate::Outcome;
use crate::process::Cmd;

/// The project's text files, by path.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<TextFile>,
}

/// One file; binary files are left out.
#[derive(Debug)]
pub(super) struct TextFile {
    /// From the workspace root, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    /// What git knows or would add; without git, every file that is not hidden or built.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub(super) fn load(root: &Path) -> Outcome<Self> {
        let listed = Cmd::new("git", &["ls-files", "--cached", "--others", "--exclude-standard"])
            .output(root)
            .map(|text| text.lines().map(str::to_owned).collect());
        let mut paths: Vec<String> = match listed {
            Ok(paths) => paths,
            Err(_) => walk(root)?,
        };
        paths.sort();
        paths.dedup();
        let mut files = Vec::new();
        for path in paths {
            // A file may be deleted and not yet committed as such; a binary file has no lines.
            if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
                files.push(TextFile { path, text });
            }
        }
        Ok(Self { files })
    }

    /// A made-up tree.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self { files: files.iter().map(file).collect() }
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    pub(super) fn get(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl TextFile {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the path goes through a folder of this name.
    pub(super) fn is_below(&self, folder: &str) -> bool {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        parts.pop();
        parts.contains(&folder)
    }

    /// Tests and benches: they prove the product and are not it.
    pub(super) fn is_test(&self) -> bool {
        self.is_below("tests") || self.is_below("benches") || self.name() == "tests.rs"
    }

    /// Recorded answers of others, kept byte for byte; tables and notes beside them are ours.
    pub(super) fn is_data(&self) -> bool {
        let ours = ["md", "rs", "toml"].iter().any(|extension| self.has_extension(extension));
        let recorded = ["sse", "jsonl"].iter().any(|extension| self.has_extension(extension));
        recorded || (self.is_below("data") && !ours)
    }

    pub(super) fn source(&self) -> Source {
        Source::parse(&self.text)
    }

    /// The line (from 1) of the first one that `wanted` accepts, else 1.
    pub(super) fn line_where(&self, wanted: impl Fn(&str) -> bool) -> usize {
        self.text.lines().position(wanted).map_or(1, |index| index + 1)
    }
}

fn walk(root: &Path) -> Outcome<Vec<String>> {
    let mut folders = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if path.is_dir() {
                if name != ".git" && !name.starts_with("target") {
                    folders.push(path);
                }
            } else if let Ok(relative) = path.strip_prefix(root) {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_git_the_walk_finds_the_sources_and_not_what_was_built() {
        let found = walk(&crate::workspace::root()).unwrap();
        assert!(found.iter().any(|path| path == "xtask/src/tidy/tree.rs"));
        assert!(!found.iter().any(|path| path.starts_with("target/")));
    }
}
