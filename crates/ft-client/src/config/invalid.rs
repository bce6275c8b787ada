//! What is wrong with a configuration.

use std::fmt;

use super::Document;

/// A setting that cannot be used: where it stands, which field, which rule, what to do.
///
/// Prints as `ft.toml:12: chains.default.deadline: must be longer than zero`. Never shows a key. It may stand for
/// several, each printed on a line of its own: see [`all`](Self::all).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig {
    file: Option<String>,
    line: Option<usize>,
    field: String,
    rule: String,
    /// What else is wrong.
    others: Vec<InvalidConfig>,
}

impl InvalidConfig {
    /// This field breaks this rule. The field is a path, such as `chains.default.tiers[0].targets[1].model`;
    /// empty where the text is no TOML at all.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { file: None, line: None, field: field.into(), rule: rule.into(), others: Vec::new() }
    }

    /// The same, with the file's name, and the line where the field stands in it or where it is missing.
    #[must_use]
    pub fn at(mut self, document: &Document) -> Self {
        self.file = document.name().map(str::to_owned);
        self.line = self.line.or_else(|| document.locate(&self.field));
        if self.others.is_empty() {
            return self;
        }
        let mut all: Vec<_> = self.into_all().into_iter().map(|wrong| wrong.at(document)).collect();
        all.sort_by_key(|wrong| wrong.line.unwrap_or(usize::MAX));
        Self::chained(all.remove(0), all)
    }

    /// It and everything else that was found wrong with it, in the order of lines.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    pub(super) fn of_all(mut all: Vec<Self>) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        let first = all.remove(0);
        Some(Self::chained(first, all))
    }

    fn chained(first: Self, others: Vec<Self>) -> Self {
        Self { others, ..first }
    }

    /// Each of them alone.
    pub(super) fn into_all(mut self) -> Vec<Self> {
        let others = std::mem::take(&mut self.others);
        std::iter::once(self).chain(others).collect()
    }

    /// Whether it is about the same field.
    pub(super) fn is_about(&self, other: &Self) -> bool {
        self.field == other.field && (!self.field.is_empty() || self.rule == other.rule)
    }

    pub(super) fn at_line(line: usize, rule: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new("", rule) }
    }

    pub(super) fn in_file(mut self, name: Option<&str>) -> Self {
        self.file = name.map(str::to_owned);
        self
    }

    /// The name of the file, where it came from one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line, from 1, where it came from a text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The field's path, such as `chains.default.tiers[0].targets[1].model`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule it breaks, and what to do.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.rule)?;
        self.others.iter().try_for_each(|other| write!(f, "\n{other}"))
    }
}

impl std::error::Error for InvalidConfig {}
