//! Limits and budgets against storms.

use serde::{Deserialize, Serialize};

/// What keeps retries and fallbacks from multiplying. All on by default.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Retries of a provider as a share of its first attempts. Default 0.2.
    pub retry_ratio: f64,
    /// Retries that little traffic may have beyond that. Default 10, refilled at one a second.
    pub retry_reserve: u32,
    /// Attempts of the process as a multiple of its requests. Default 2.2. A first fallback is never refused.
    pub amplification: f64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { retry_ratio: 0.2, retry_reserve: 10, amplification: 2.2 }
    }
}

/// A second attempt beside a slow first one, at another provider.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HedgeSettings {
    /// The share of requests that may be hedged. Default 0.05.
    pub share: f64,
    /// The percentile of the first-token time after which it begins. Default 95.
    pub percentile: u8,
}

impl Default for HedgeSettings {
    fn default() -> Self {
        Self { share: 0.05, percentile: 95 }
    }
}
