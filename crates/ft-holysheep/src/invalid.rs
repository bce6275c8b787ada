//! Why a configuration is refused.

use std::fmt;

/// A configuration that cannot work: which field, which rule, and so what to do.
///
/// Never shows a key, nor a URL's user, password or query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct InvalidConfig {
    field: String,
    rule: String,
}

impl InvalidConfig {
    pub(crate) fn new(field: impl Into<String>, rule: impl fmt::Display) -> Self {
        Self { field: field.into(), rule: rule.to_string() }
    }

    /// The field that is wrong, such as `base_url` or `keys[1]`.
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
