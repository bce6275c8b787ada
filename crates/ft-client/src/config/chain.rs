//! A chain: tiers of targets, then the cache, then the emergency answer.

use std::time::Duration;

use ft_core::decide::MidStream;
use serde::{Deserialize, Serialize};

use super::units;
use super::{CacheSettings, Order, TargetConfig};

/// The way of a request from its best model to its last resort.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// The live tiers, best first.
    pub tiers: Vec<TierConfig>,
    /// The end of everything live up to the first content of a stream, or the last byte of a plain answer: attempts,
    /// waits, back-offs. Default 90 s, as people leave after a minute and a half.
    #[serde(default = "deadline", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub deadline: Duration,
    /// How often the targets may be gone through. Default 2: a second round outlasts a restart, a third an audience.
    #[serde(default = "rounds")]
    pub rounds: u32,
    /// Most attempts of one request. Default: twice its targets.
    #[serde(default)]
    pub max_attempts: Option<u32>,
    /// When a stream's first piece may reach the caller. Default: with the first content.
    #[serde(default)]
    pub commit: Commit,
    /// What happens when a stream breaks after that. Default: an error with the text so far.
    #[serde(default, with = "mid_stream")]
    #[cfg_attr(feature = "schema", schemars(with = "mid_stream::Word"))]
    pub mid_stream: MidStream,
    /// The longest hint for which a throttled target itself is waited for while others are free. Default 0: never.
    #[serde(default, with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub throttle_patience: Duration,
    /// How long a request waits in all, from its first wait on, where a stale or an emergency answer could be given
    /// instead: for gates, for places in flight and for back-offs. Default 2 s: a throttle that names a time usually
    /// names one or two seconds, and more than that a person takes for an outage. `throttle_patience` makes it longer.
    /// Without such an answer the deadline bounds the waits.
    #[serde(default = "patience", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub patience: Duration,
    /// How often a tier is asked beyond the first time after quick failures, before the request goes to the next tier:
    /// a free target of the tier, else the same target again within 250 ms. Default 1. 0 turns it off.
    #[serde(default = "same_target_retries")]
    pub same_target_retries: u32,
    /// Whether a content filter's refusal goes on to the next target. Default false: it is an answer.
    #[serde(default)]
    pub content_filter_falls_through: bool,
    /// The response cache.
    #[serde(default)]
    pub cache: CacheSettings,
    /// The text given when nothing else is left. Default: none, so that an error is given.
    #[serde(default)]
    pub emergency: Option<String>,
    /// `max_tokens` for requests that set none. Default: none is set.
    #[serde(default)]
    pub max_tokens: Option<u64>,
}

/// Targets that are as good as each other.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TierConfig {
    /// Its name, in answers and metrics.
    pub name: String,
    /// In which order its targets are asked. Default: as written.
    #[serde(default)]
    pub order: Order,
    /// Its targets.
    pub targets: Vec<TargetConfig>,
}

impl TierConfig {
    /// A tier of these targets, in this order.
    #[must_use]
    pub fn new(name: impl Into<String>, targets: impl Into<Vec<TargetConfig>>) -> Self {
        Self { name: name.into(), order: Order::Ordered, targets: targets.into() }
    }

    /// Sets the order.
    #[must_use]
    pub fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }
}

/// When a stream's first piece may reach the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// With the first content: what fails before is unseen. The default.
    #[default]
    FirstContent,
    /// When the stream has ended well: every failure is unseen, and the caller waits for all of it.
    Complete,
}

fn deadline() -> Duration {
    Duration::from_secs(90)
}

fn rounds() -> u32 {
    2
}

fn patience() -> Duration {
    Duration::from_secs(2)
}

fn same_target_retries() -> u32 {
    1
}

/// What happens when a stream breaks, as configuration spells it.
mod mid_stream {
    use ft_core::decide::MidStream;
    use serde::{Deserialize, Deserializer};
    #[cfg(feature = "schema")]
    use serde::{Serialize, Serializer};

    #[derive(Deserialize)]
    #[cfg_attr(feature = "schema", derive(Serialize))]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    #[cfg_attr(feature = "schema", schemars(rename = "MidStream"))]
    #[serde(rename_all = "snake_case")]
    pub(super) enum Word {
        /// An error with the text so far. The default.
        Fail,
        /// Another target goes on from the text so far, where one takes an assistant message that stands last.
        Continue,
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<MidStream, D::Error> {
        Ok(match Word::deserialize(from)? {
            Word::Fail => MidStream::Fail,
            Word::Continue => MidStream::Continue,
        })
    }

    #[cfg(feature = "schema")]
    pub(super) fn serialize<S: Serializer>(value: &MidStream, to: S) -> Result<S::Ok, S::Error> {
        match value {
            MidStream::Fail => Word::Fail,
            MidStream::Continue => Word::Continue,
        }
        .serialize(to)
    }
}

impl ChainConfig {
    /// A chain of these tiers with the default settings.
    #[must_use]
    pub fn new(tiers: impl Into<Vec<TierConfig>>) -> Self {
        Self {
            tiers: tiers.into(),
            deadline: deadline(),
            rounds: rounds(),
            max_attempts: None,
            commit: Commit::default(),
            mid_stream: MidStream::default(),
            throttle_patience: Duration::ZERO,
            patience: patience(),
            same_target_retries: same_target_retries(),
            content_filter_falls_through: false,
            cache: CacheSettings::default(),
            emergency: None,
            max_tokens: None,
        }
    }

    /// The seed article's chain: gpt-4.1, then claude-sonnet-4.5 and gemini-2.5-flash, then the cache.
    ///
    /// Its 2 s, 3 s and 1 s bound the first content, since as totals they would cut every honest long answer;
    /// so upstream is asked for streams. 1000 output tokens where the caller sets none, the article's.
    #[must_use]
    pub fn holysheep(provider: &str) -> Self {
        let target = |model: &str, secs| {
            TargetConfig::new(provider, model).with_first_token_timeout(Duration::from_secs(secs))
        };
        let degraded = [target("claude-sonnet-4.5", 3), target("gemini-2.5-flash", 1)];
        Self {
            max_tokens: Some(1_000),
            ..Self::new([
                TierConfig::new("primary", [target("gpt-4.1", 2)]),
                TierConfig::new("degraded", degraded),
            ])
        }
    }
}
