//! What a file's settings were, remembered so that two files can be compared and neither be told.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use toml::{Table, Value};

/// A digest of each setting's value, by its name. Of this process alone: they are compared, never kept.
#[derive(Default)]
pub(super) struct Marks(BTreeMap<String, u64>);

impl Marks {
    pub(super) fn of(table: &Table) -> Self {
        let mut marks = BTreeMap::new();
        mark_table(table, "", &mut marks);
        Self(marks)
    }

    /// The names that only one of them has, or whose values differ; sorted.
    pub(super) fn differing(&self, other: &Self) -> Vec<String> {
        let gone = other.0.keys().filter(|name| !self.0.contains_key(*name));
        let new = self.0.iter().filter(|(name, mark)| other.0.get(*name) != Some(mark));
        let mut names: Vec<_> = new.map(|(name, _)| name).chain(gone).cloned().collect();
        names.sort();
        names
    }
}

fn mark_table(table: &Table, path: &str, marks: &mut BTreeMap<String, u64>) {
    for (name, value) in table {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        mark(value, path, marks);
    }
}

fn mark(value: &Value, path: String, marks: &mut BTreeMap<String, u64>) {
    match value {
        Value::Table(table) => mark_table(table, &path, marks),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (at, item) in items.iter().enumerate() {
                mark(item, format!("{path}[{at}]"), marks);
            }
        }
        // A list of plain values is one setting: a second key is a change of `keys`.
        plain => {
            let mut digest = DefaultHasher::new();
            plain.to_string().hash(&mut digest);
            marks.insert(path, digest.finish());
        }
    }
}
