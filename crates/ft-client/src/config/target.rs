//! A target: a model at a provider, and how long it may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units;

/// A model at a provider, with its timers and limits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TargetConfig {
    /// The provider's name.
    pub provider: String,
    /// The model, in the provider's words.
    pub model: String,
    /// How long the first content may take. Default: no bound of its own, the attempt's holds.
    #[serde(default, with = "units::optional_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub first_token_timeout: Option<Duration>,
    /// How long one attempt may take: a plain answer to its last byte, a stream that is handed on to its first
    /// content. Default 60 s: a thousand tokens at the slowest common pace.
    #[serde(default = "attempt_timeout", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub attempt_timeout: Duration,
    /// How long a stream may stand still after its first content. Default 30 s: reasoning models do pause. Comments
    /// and pings of the provider begin it anew, for at most 10 minutes without content.
    #[serde(default = "idle_timeout", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub idle_timeout: Duration,
    /// How long a stream that is handed on may take as a whole, however well it flows. Default 1 h: 128,000 tokens,
    /// the most that agents ask for, at 36 a second.
    #[serde(default = "stream_timeout", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub stream_timeout: Duration,
    /// In how many rounds it may be asked, when more than the chain's `rounds`. Default 1.
    #[serde(default = "one")]
    pub max_attempts: u32,
    /// Calls in flight at once. Default 256, as a connection pool would bear.
    #[serde(default = "in_flight")]
    pub in_flight: u32,
    /// Whether upstream is asked for a stream even when the caller wants a plain answer.
    #[serde(default)]
    pub upstream: UpstreamMode,
    /// The mean first-token time from which it counts as slow and is asked after the healthy ones of its tier.
    /// Default: three quarters of `first_token_timeout`; without that, never.
    #[serde(default, with = "units::optional_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub slow_after: Option<Duration>,
    /// Its share in a tier with `order = "weighted"`. Default 1.
    #[serde(default = "one")]
    pub weight: u32,
    /// The context window in tokens, when the catalogue does not know it or is wrong.
    #[serde(default)]
    pub context_window: Option<u64>,
    /// Whether it goes on from an assistant message that stands last, as `mid_stream = "continue"` needs.
    /// Default: as the catalogue says.
    #[serde(default)]
    pub prefill: Option<bool>,
}

/// How upstream is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpstreamMode {
    /// As the caller asked. The default.
    #[default]
    AsAsked,
    /// Always for a stream: a plain answer is assembled from it, so that the first-token timer can guard it.
    Stream,
}

fn attempt_timeout() -> Duration {
    Duration::from_secs(60)
}

fn idle_timeout() -> Duration {
    Duration::from_secs(30)
}

fn stream_timeout() -> Duration {
    Duration::from_secs(60 * 60)
}

fn one() -> u32 {
    1
}

fn in_flight() -> u32 {
    256
}

impl TargetConfig {
    /// This model at this provider, with the default timers.
    #[must_use]
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            first_token_timeout: None,
            attempt_timeout: attempt_timeout(),
            idle_timeout: idle_timeout(),
            stream_timeout: stream_timeout(),
            max_attempts: one(),
            in_flight: in_flight(),
            upstream: UpstreamMode::AsAsked,
            slow_after: None,
            weight: one(),
            context_window: None,
            prefill: None,
        }
    }

    /// Bounds the first content, and asks upstream for a stream so that plain answers are bounded too.
    #[must_use]
    pub fn with_first_token_timeout(mut self, timeout: Duration) -> Self {
        self.first_token_timeout = Some(timeout);
        self.upstream = UpstreamMode::Stream;
        self
    }

    /// Bounds one attempt: a plain answer as a whole, a stream up to its first content.
    #[must_use]
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Bounds the pauses of a stream.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Bounds a stream as a whole.
    #[must_use]
    pub fn with_stream_timeout(mut self, timeout: Duration) -> Self {
        self.stream_timeout = timeout;
        self
    }

    /// Sets in how many rounds it may be asked.
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets how upstream is asked.
    #[must_use]
    pub fn with_upstream(mut self, mode: UpstreamMode) -> Self {
        self.upstream = mode;
        self
    }

    /// Sets the in-flight limit.
    #[must_use]
    pub fn with_in_flight(mut self, limit: u32) -> Self {
        self.in_flight = limit;
        self
    }

    /// Sets the context window in tokens.
    #[must_use]
    pub fn with_context_window(mut self, tokens: u64) -> Self {
        self.context_window = Some(tokens);
        self
    }

    /// Says that it goes on from an assistant message that stands last.
    #[must_use]
    pub fn with_prefill(mut self, takes: bool) -> Self {
        self.prefill = Some(takes);
        self
    }

    /// How long a permit of its breaker may be held before its drop counts as a timeout.
    pub(crate) fn cancel_grace(&self) -> Duration {
        self.first_token_timeout.unwrap_or(self.attempt_timeout).min(self.attempt_timeout)
    }

    pub(crate) fn slow_after(&self) -> Option<Duration> {
        self.slow_after.or_else(|| Some(self.first_token_timeout? * 3 / 4))
    }
}
