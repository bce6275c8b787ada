//! A gate's waits, and the reason for each default.

use std::time::Duration;

use crate::InvalidConfig;
use crate::hint::MAX_HINT;
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
    /// After how long without a refusal a pilot has opened the gate, though nothing was answered yet. Default 1 s:
    /// refusals are quick and answers are not, so a pilot that hangs must not keep everybody else waiting.
    pub silence_opens: Duration,
    /// Below this hint (and without one) a throttled answer shuts an open gate only when the answer before it was one
    /// too. Default zero: the first shuts it. One refusal in a hundred is no drought, and a gate that shuts at each
    /// leaves a busy target a fraction of its traffic.
    pub mild_below: Duration,
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
            silence_opens: Duration::from_secs(1),
            mild_below: Duration::ZERO,
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
        require_span("silence_opens", self.silence_opens)?;
        require(
            self.mild_below <= MAX_HINT,
            "mild_below",
            "must be at most the longest hint, 300 s",
        )?;
        require_span("recheck", self.recheck)?;
        require(self.first_wait <= self.wait_cap, "first_wait", "must be at most wait_cap")?;
        require(self.out_wait <= self.out_cap, "out_wait", "must be at most out_cap")
    }
}
