//! What is wrong with a configuration.

use std::fmt;

use super::Document;

/// A setting that cannot be used: where it stands, which field, which rule, what to do.
///
/// Prints as `ft.toml:12: chains.default.deadline: must be longer than zero`. Never shows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig {
    file: Option<String>,
    line: Option<usize>,
    field: String,
    rule: String,
}

impl InvalidConfig {
    /// This field breaks this rule. The field is a path, such as `chains.default.tiers[0].targets[1].model`;
    /// empty where the text is no TOML at all.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { file: None, line: None, field: field.into(), rule: rule.into() }
    }

    /// The same, with the file's name, and the line where the field stands in it or where it is missing.
    #[must_use]
    pub fn at(mut self, document: &Document) -> Self {
        self.file = document.name().map(str::to_owned);
        self.line = self.line.or_else(|| document.locate(&self.field));
        self
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
        f.write_str(&self.rule)
    }
}

impl std::error::Error for InvalidConfig {}
