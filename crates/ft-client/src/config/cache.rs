//! The response cache of a chain.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units;

/// How long answers are kept, and what for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CacheSettings {
    /// How long an answer is given again without asking anybody. Default 0: a repeated question gets a new answer.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub fresh_for: Duration,
    /// How long an answer may stand in when every live target failed. Default 24 h. 0 turns the tier off.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub stale_for: Duration,
    /// How much memory the answers may take. Default 64 MiB, some ten thousand answers.
    #[serde(with = "units::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::SizeText"))]
    pub capacity: u64,
    /// Whether identical calls in flight are one call. Default: when `fresh_for` is above 0.
    pub coalesce: Option<bool>,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            fresh_for: Duration::ZERO,
            stale_for: Duration::from_secs(24 * 60 * 60),
            capacity: 64 << 20,
            coalesce: None,
        }
    }
}
