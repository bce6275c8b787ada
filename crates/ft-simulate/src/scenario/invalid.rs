//! What is wrong with a scenario.

use std::fmt;

/// A setting that cannot be used: in which file and line, which field, which rule, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidScenario {
    file: String,
    line: Option<usize>,
    field: String,
    rule: String,
    /// It is not the scenario that is wrong, but the configuration that it is played with.
    of_config: bool,
}

impl InvalidScenario {
    pub(crate) fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        let (field, rule) = (field.into(), rule.into());
        Self { file: String::new(), line: None, field, rule, of_config: false }
    }

    pub(crate) const fn of_config(mut self) -> Self {
        self.of_config = true;
        self
    }

    /// The same with the name of the configuration, if it is the configuration that is wrong.
    #[must_use]
    pub fn with_config(self, name: &str) -> Self {
        if self.of_config { self.in_file(name) } else { self }
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
        if self.of_config || !self.file.is_empty() {
            return self;
        }
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
