//! A gate's waits, and the reason for each default.

use std::time::Duration;

use crate::InvalidConfig;
use crate::invalid_config::{require, require_span};

/// How long a gate stays shut. The defaults suit hosted LLM providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateConfig {
    /// How long a throttled answer without a hint shuts the gate. Default 1 s: the limits that come without a number
    /// are per second or per minute, and a wrong guess costs one pilot call.
    pub first_wait: Duration,
    /// The most that waits without a hint double to. Default 20 s, the cap of the AWS SDKs' standard back-off.
    pub wait_cap: Duration,
    /// How long a refused key, spent quota or missing model shuts the gate. Default 60 s: only a person mends these.
    pub out_wait: Duration,
    /// The most that the wait of an out gate doubles to. Default 15 min: so soon at the latest is a repaired key noticed.
    pub out_cap: Duration,
    /// After how long a pilot that has not answered is replaced. Default 120 s, twice the default attempt timeout.
    pub pilot_lease: Duration,
    /// When callers turned away by a pilot under way are told to come back. Default 1 s, about a first token's time.
    pub recheck: Duration,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            wait_cap: Duration::from_secs(20),
            out_wait: Duration::from_secs(60),
            out_cap: Duration::from_secs(15 * 60),
            pilot_lease: Duration::from_secs(120),
            recheck: Duration::from_secs(1),
        }
    }
}

impl GateConfig {
    pub(super) fn validate(&self) -> Result<(), InvalidConfig> {
        require_span("first_wait", self.first_wait)?;
        require_span("wait_cap", self.wait_cap)?;
        require_span("out_wait", self.out_wait)?;
        require_span("out_cap", self.out_cap)?;
        require_span("pilot_lease", self.pilot_lease)?;
        require_span("recheck", self.recheck)?;
        require(self.first_wait <= self.wait_cap, "first_wait", "must be at most wait_cap")?;
        require(self.out_wait <= self.out_cap, "out_wait", "must be at most out_cap")
    }
}
