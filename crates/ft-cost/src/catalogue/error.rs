//! What is wrong with a row.

use std::fmt;

/// A row that breaks a rule: which row, which field, which rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{row}: {field}: {rule}")]
pub struct CatalogueError {
    row: String,
    field: String,
    rule: String,
}

impl CatalogueError {
    pub(super) fn new(
        row: impl fmt::Display,
        field: impl fmt::Display,
        rule: impl fmt::Display,
    ) -> Self {
        Self { row: row.to_string(), field: field.to_string(), rule: rule.to_string() }
    }

    /// The row as `profile/model`; by its place, such as `models[3]`, when it has no name; or `file`.
    #[must_use]
    pub fn row(&self) -> &str {
        &self.row
    }

    /// The field, with its path inside of the row, such as `prices[0].tiers[1].input`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule that it breaks.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}
