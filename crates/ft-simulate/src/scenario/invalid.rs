//! What is wrong with a scenario.

use std::fmt;

/// A setting that cannot be used: in which file and line, which field, which rule, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidScenario {
    file: String,
    line: Option<usize>,
    field: String,
    rule: String,
}

impl InvalidScenario {
    pub(crate) fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { file: String::new(), line: None, field: field.into(), rule: rule.into() }
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }

    pub(crate) fn at_line(mut self, line: Option<usize>) -> Self {
        self.line = self.line.or(line);
        self
    }

    /// The same with its file, and with the line of that file's text on which the field stands.
    #[must_use]
    pub fn located(self, file: &str, text: &str) -> Self {
        super::read::located(self, text).in_file(file)
    }

    /// The file, as it was named; empty when there is none.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1, where there is one.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }

    /// The field's path, such as `providers.openai.models.gpt-4.1.latency`.
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

impl fmt::Display for InvalidScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", None) => {}
            ("", Some(line)) => write!(f, "line {line}: ")?,
            (file, None) => write!(f, "{file}: ")?,
            (file, Some(line)) => write!(f, "{file}:{line}: ")?,
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.rule)
    }
}
