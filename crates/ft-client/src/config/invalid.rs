//! What is wrong with a configuration.

/// A setting that cannot be used: which field, which rule, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct InvalidConfig {
    field: String,
    rule: String,
}

impl InvalidConfig {
    pub(crate) fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    pub(crate) fn at_line(line: usize, rule: impl Into<String>) -> Self {
        Self::new(format!("line {line}"), rule)
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
