//! What every constructor of this crate says of a configuration it cannot work with.

use std::time::Duration;

/// No wait, lease or window of this crate makes sense beyond a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A configuration that was refused: which field, and the rule that it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct InvalidConfig {
    field: &'static str,
    rule: &'static str,
}

impl InvalidConfig {
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The field, as it is called in the configuration struct.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule, as a sentence's end: "must be …".
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

/// `Err` with this field and rule unless it holds.
pub(crate) const fn require(
    holds: bool,
    field: &'static str,
    rule: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(field, rule)) }
}

/// `Err` unless the span is longer than zero and at most a day.
pub(crate) fn require_span(field: &'static str, span: Duration) -> Result<(), InvalidConfig> {
    require(
        !span.is_zero() && span <= LONGEST,
        field,
        "must be longer than zero and at most 24 hours",
    )
}
