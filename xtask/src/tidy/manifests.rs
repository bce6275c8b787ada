//! Members take versions, package fields and lints from the root manifest.

use toml::{Table, Value};

use super::Violation;
use super::tree::{TextFile, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    tree.files
        .iter()
        .filter(|file| file.name() == "Cargo.toml" && file.path != "Cargo.toml")
        .flat_map(member)
        .collect()
}

/// Members that nobody depends on from outside: programs, and what tests and measures the others.
const TOOLS: &[&str] = &["ft-bench", "ft-cli", "ft-fuzz", "ft-simulate", "ft-worlds", "xtask"];

/// What the page of a package on a registry, and its documentation there, are made of.
const OF_A_LIBRARY: &[&str] = &["description", "readme", "keywords", "categories", "metadata"];

fn member(file: &TextFile) -> Vec<Violation> {
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            return vec![Violation::new(&file.path, 1, "manifest", format!("not TOML: {error}"))];
        }
    };
    let mut found = Vec::new();
    if !inherits(manifest.get("lints")) {
        let advice = "add `[lints]` with `workspace = true`";
        found.push(Violation::new(&file.path, 1, "manifest-lints", advice));
    }
    let package = manifest.get("package").and_then(Value::as_table);
    for field in ["version", "edition", "rust-version", "license"] {
        if !inherits(package.and_then(|package| package.get(field))) {
            let line = line_of(file, field);
            let advice = format!("write `{field}.workspace = true`");
            found.push(Violation::new(&file.path, line, "manifest-package", advice));
        }
    }
    let name = package.and_then(|package| package.get("name")).and_then(Value::as_str);
    if name.is_some_and(|name| name.starts_with("ft-") && !TOOLS.contains(&name)) {
        for field in OF_A_LIBRARY {
            if package.is_none_or(|package| !package.contains_key(*field)) {
                let advice = format!("a library has `{field}`; see its neighbours");
                found.push(Violation::new(&file.path, 1, "manifest-library", advice));
            }
        }
    }
    let targets = manifest.get("target").and_then(Value::as_table);
    let per_target = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    for section in std::iter::once(&manifest).chain(per_target) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = section.get(kind).and_then(Value::as_table);
            for (name, _) in
                table.into_iter().flatten().filter(|(_, value)| !inherits(Some(*value)))
            {
                let advice = format!(
                    "write `{name} = {{ workspace = true }}`; its version stands in the root manifest"
                );
                let line = line_of(file, name);
                found.push(Violation::new(&file.path, line, "manifest-version", advice));
            }
        }
    }
    found
}

fn inherits(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
}

fn line_of(file: &TextFile, key: &str) -> usize {
    file.line_where(|line| {
        line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', '.']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        [lints]\nworkspace = true\n[dependencies]\nb = { workspace = true, optional = true }\n";

    fn rules(text: &str) -> Vec<(&'static str, usize)> {
        let found = check(&Tree::of(&[("crates/a/Cargo.toml", text)]));
        found.iter().map(|violation| (violation.rule, violation.line)).collect()
    }

    #[test]
    fn a_member_that_inherits_everything_is_fine() {
        assert_eq!(rules(GOOD), []);
    }

    #[test]
    fn a_library_says_what_a_registry_shows() {
        let library = GOOD.replace("name = \"a\"", "name = \"ft-a\"");
        assert_eq!(rules(&library), [("manifest-library", 1); 5]);
        assert_eq!(rules(&library.replace("ft-a", "ft-bench")), []);
        let said = "description = \"A.\"\nreadme = \"README.md\"\nkeywords = []\ncategories = []\n\
            metadata.docs.rs.all-features = true\n[lints]";
        assert_eq!(rules(&library.replace("[lints]", said)), []);
    }

    #[test]
    fn a_version_in_a_member_is_refused() {
        assert_eq!(rules(&format!("{GOOD}c = \"1.0\"\n")), [("manifest-version", 11)]);
        assert_eq!(
            rules(&format!("{GOOD}c = {{ version = \"1\" }}\n")),
            [("manifest-version", 11)]
        );
        let dev = format!("{GOOD}[dev-dependencies]\nc = {{ path = \"../c\" }}\n");
        assert_eq!(rules(&dev), [("manifest-version", 12)]);
        let target = format!("{GOOD}[target.'cfg(loom)'.dependencies]\nloom = \"0.7\"\n");
        assert_eq!(rules(&target), [("manifest-version", 12)]);
    }

    #[test]
    fn lints_and_package_fields_come_from_the_root() {
        let no_lints = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(rules(&no_lints), [("manifest-lints", 1)]);
        let edition = GOOD.replace("edition.workspace = true", "edition = \"2021\"");
        assert_eq!(rules(&edition), [("manifest-package", 4)]);
    }
}
