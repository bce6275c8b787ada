//! A configuration file: its values, and on which line each of them stands.

mod marks;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{InvalidConfig, Mistakes, mistake, variables};
use marks::Marks;

/// A configuration file that was read: well-formed TOML whose variables are replaced.
///
/// Whoever has settings of its own beside those of a client [takes](Self::take) its sections out first and leaves
/// the rest to [`ClientConfig::from_document`](super::ClientConfig::from_document). What is found wrong later, when
/// the client is built, gets its line by [`InvalidConfig::at`].
///
/// `Debug` shows the name only: the values hold keys.
pub struct Document {
    name: Option<String>,
    lines: BTreeMap<String, usize>,
    table: toml::Table,
    /// What each setting was, without saying it.
    marks: Marks,
    /// Texts that no message may repeat.
    hidden: Vec<String>,
    /// Sections that were taken or asked for, which are no unknown keys to those who misspell them.
    sections: Vec<String>,
}

impl Document {
    /// Reads TOML text from a file of this name; an empty name is none.
    ///
    /// `${NAME}` and `${NAME:-default}` are replaced from `lookup`, which is usually the environment, and `$${`
    /// by `${`.
    ///
    /// # Errors
    /// [`InvalidConfig`] with the line: malformed TOML, and a variable that is not set.
    pub fn parse(
        name: impl Into<String>,
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let name = Some(name.into()).filter(|name| !name.is_empty());
        let wrong = |error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = Starts::of(text).line_at(start);
            InvalidConfig::at_line(line, error.message()).in_file(name.as_deref())
        };
        let spans = DeTable::parse(text).map_err(wrong)?;
        let mut lines = Lines { starts: Starts::of(text), found: BTreeMap::new() };
        lines.table(spans.get_ref(), "");
        let lines = lines.found;
        let table = toml::from_str(text).map_err(wrong)?;
        let mut document = Self {
            name,
            lines,
            table,
            marks: Marks::default(),
            hidden: Vec::new(),
            sections: Vec::new(),
        };
        let mut hidden = Vec::new();
        variables::replace(&mut document.table, &lookup, &mut hidden)
            .map_err(|wrong| wrong.at(&document))?;
        document.marks = Marks::of(&document.table);
        // What stands in the wrong place under a provider or a caller is as likely as not its key.
        for section in ["providers", "callers", "server"] {
            hidden.extend(document.table.get(section).into_iter().flat_map(strings_of));
        }
        hidden.retain(|text| text.len() >= SHORTEST_KEY);
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        document.hidden = hidden;
        Ok(document)
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The line, from 1, where this field stands; where it is missing, that of what it is missing from.
    #[must_use]
    pub fn locate(&self, field: &str) -> Option<usize> {
        let mut field = field;
        loop {
            if let Some(line) = self.lines.get(field) {
                return Some(*line);
            }
            field = &field[..field.rfind(['.', '['])?];
        }
    }

    /// Whether this field is written down, rather than left at its default.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.lines.contains_key(field)
    }

    /// The names of the settings in which this file differs from an older one, with what its variables stood for;
    /// never a value.
    #[must_use]
    pub fn changes_from(&self, older: &Self) -> Vec<String> {
        self.marks.differing(&older.marks)
    }

    /// Takes a section of the top level out, such as `server`; `None` when there is none.
    ///
    /// # Errors
    /// [`InvalidConfig`] with file, line and field: unknown keys, wrong types, values that cannot be.
    pub fn take<T: DeserializeOwned>(&mut self, section: &str) -> Result<Option<T>, InvalidConfig> {
        self.sections.push(section.to_owned());
        let Some(value) = self.table.remove(section) else { return Ok(None) };
        self.read(value, section).map(Some)
    }

    /// Takes everything that is left.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_rest<T: DeserializeOwned>(&mut self) -> Result<T, InvalidConfig> {
        let rest = std::mem::take(&mut self.table);
        self.read(toml::Value::Table(rest), "")
    }

    /// What is wrong with several entries is told of each.
    fn read<T: DeserializeOwned>(
        &self,
        value: toml::Value,
        section: &str,
    ) -> Result<T, InvalidConfig> {
        let first = match self.read_whole(value.clone(), section) {
            Ok(read) => return Ok(read),
            Err(wrong) => wrong,
        };
        let mut found = Mistakes::default();
        found.add(Err(first));
        let join = |path: &str, key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        let alone = |key: &str, value: toml::Value| {
            toml::Value::Table(toml::Table::from_iter([(key.to_owned(), value)]))
        };
        for (key, value) in value.as_table().into_iter().flatten() {
            let path = join(section, key);
            let parts = value.as_table().into_iter().flatten();
            for (part, value) in parts {
                let entry = alone(key, alone(part, value.clone()));
                found.add(self.read_entry::<T>(entry, section, &join(&path, part)));
            }
            found.add(self.read_entry::<T>(alone(key, value.clone()), section, &path));
        }
        match found.end().map_err(|wrong| wrong.at(self)) {
            Err(wrong) => Err(wrong),
            Ok(()) => self.read_whole(value, section),
        }
    }

    /// What is wrong with one entry, at `path`, by itself. That others are missing beside it is nothing new.
    fn read_entry<T: DeserializeOwned>(
        &self,
        entry: toml::Value,
        section: &str,
        path: &str,
    ) -> Result<(), InvalidConfig> {
        match self.read_whole::<T>(entry, section) {
            Err(wrong) if wrong.field().starts_with(path) => Err(wrong),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn read_whole<T: DeserializeOwned>(
        &self,
        value: toml::Value,
        section: &str,
    ) -> Result<T, InvalidConfig> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let path = match (section, path.as_str()) {
                (_, ".") => section.to_owned(),
                ("", path) => path.to_owned(),
                (section, path) => format!("{section}.{path}"),
            };
            let message = error.into_inner().message().to_owned();
            let message =
                self.hidden.iter().fold(message, |message, text| message.replace(text, "***"));
            mistake::explain(path, &message, &self.sections).at(self)
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Shorter strings are shown in messages: `kind = "openay"` should be.
const SHORTEST_KEY: usize = 8;

/// Every string below a value, as messages quote it: as `Debug` does.
fn strings_of(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.escape_debug().to_string()],
        toml::Value::Array(items) => items.iter().flat_map(strings_of).collect(),
        toml::Value::Table(table) => table.values().flat_map(strings_of).collect(),
        _ => Vec::new(),
    }
}

/// Where each line starts, so that finding one is a search and not another reading of the whole.
struct Starts(Vec<usize>);

impl Starts {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Self(ends.map(|(at, _)| at + 1).collect())
    }

    /// The line, from 1, in which this byte is.
    fn line_at(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset) + 1
    }
}

/// Collects the line of every field.
struct Lines {
    starts: Starts,
    found: BTreeMap<String, usize>,
}

impl Lines {
    fn table(&mut self, table: &DeTable<'_>, path: &str) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.put(&path, key.span().start);
            self.value(value.get_ref(), &path);
        }
    }

    fn array(&mut self, items: &DeArray<'_>, path: &str) {
        for (at, item) in items.iter().enumerate() {
            let path = format!("{path}[{at}]");
            self.put(&path, item.span().start);
            self.value(item.get_ref(), &path);
        }
    }

    fn value(&mut self, value: &DeValue<'_>, path: &str) {
        match value {
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(items) => self.array(items, path),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    fn put(&mut self, path: &str, offset: usize) {
        self.found.insert(path.to_owned(), self.starts.line_at(offset));
    }
}

#[cfg(test)]
mod tests;
