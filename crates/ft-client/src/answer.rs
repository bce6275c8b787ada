//! The answer to a request, and the report of how it came about.

use std::iter::Sum;
use std::time::Duration;

use ft_context::FitReport;
use ft_core::chat::{EmbeddingResponse, Message, ToolCall};
use ft_core::decide::{As, Skip};
use ft_core::{ChatResponse, ErrorKind};
use ft_cost::{Billed, Pico};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

/// An answer: what was said, and how it came about.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// What was said, in the provider's words. Its `model` is the one that served.
    pub response: ChatResponse,
    /// How it came about.
    pub report: Report,
}

impl Answer {
    /// The text of the first choice; empty when there is none.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        self.response.text()
    }

    /// The calls of tools that the first choice wants made; empty when it wants none.
    #[must_use]
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.response.choices.first().map_or(&[], |choice| &choice.message.tool_calls)
    }

    /// The message of the first choice, to be sent back before the results of its tool calls.
    #[must_use]
    pub fn message(&self) -> Message {
        self.response.choices.first().map(|choice| choice.message.clone()).unwrap_or_default()
    }

    /// The text of the first choice read as JSON of this type, as asked for with
    /// [`with_json_schema`](ft_core::ChatRequest::with_json_schema).
    ///
    /// # Errors
    /// What is wrong with it, by line and column. An answer that ended at its token limit is cut in the middle.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.text())
    }

    /// True when this is the emergency answer: nobody was able to answer.
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.report.tier == Tier::Emergency
    }
}

/// Vectors, and how they came about.
#[derive(Clone, Debug, Serialize)]
pub struct Embedded {
    /// The vectors, in the provider's form. Its `model` is the one that served.
    pub response: EmbeddingResponse,
    /// How they came about.
    pub report: Report,
}

/// How an answer, or an error, came about.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The request's id, the same over all its attempts.
    pub request_id: String,
    /// The provider and model that answered; of a cached answer, those that gave it then; of a stream that broke off,
    /// those whose content the caller has.
    pub served_by: Option<ServedBy>,
    /// Where in the chain the answer comes from.
    pub tier: Tier,
    /// How far down the chain that is: 0 for the first target, each further target one more, then the cache,
    /// then the emergency answer.
    pub fallback_level: u32,
    /// Every attempt made and every target skipped, in order.
    pub attempts: Vec<Attempt>,
    /// From the call to the complete answer; of a stream that has not ended, to its first content.
    #[serde(serialize_with = "seconds", rename = "latency_seconds")]
    pub latency: Duration,
    /// From the call to the first content of a stream.
    #[serde(serialize_with = "optional_seconds", rename = "first_token_seconds")]
    pub first_token: Option<Duration>,
    /// What all attempts together cost, failed and cancelled ones too. `None` when a price is unknown.
    #[serde(serialize_with = "dollars", rename = "cost_usd")]
    pub cost: Option<Pico>,
    /// Whether a part of the cost is an estimate, because a provider did not say.
    pub cost_is_estimate: bool,
    /// The tokens of all attempts together by which the cost was reckoned.
    pub tokens: Tokens,
    /// What the cache did.
    pub cache: CacheStatus,
    /// What was dropped to make the request fit the model that answered.
    pub fit: Option<FitReport>,
    /// Whether the answer was continued on another target in the middle of its stream.
    pub continued: bool,
}

/// Tokens that are billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Of requests.
    pub input: u64,
    /// Those of them that were read from the provider's prompt cache.
    pub cached_input: u64,
    /// Of answers, reasoning included.
    pub output: u64,
}

impl Tokens {
    pub(crate) const NONE: Self = Self { input: 0, cached_input: 0, output: 0 };

    pub(crate) const fn of(billed: &Billed) -> Self {
        Self { input: billed.request(), cached_input: billed.cached_input, output: billed.output }
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(tokens: I) -> Self {
        tokens.fold(Self::NONE, |sum, other| Self {
            input: sum.input.saturating_add(other.input),
            cached_input: sum.cached_input.saturating_add(other.cached_input),
            output: sum.output.saturating_add(other.output),
        })
    }
}

/// A provider and a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServedBy {
    /// The provider's name.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
}

/// Where in the chain an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Tier {
    /// A live tier, by its name.
    Live(String),
    /// The cache.
    Cache,
    /// The emergency answer.
    Emergency,
    /// Nobody: this is an error's report.
    None,
}

impl Tier {
    /// The tier's name: a live tier's own, else `cache`, `emergency` or `none`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Live(name) => name,
            Self::Cache => "cache",
            Self::Emergency => "emergency",
            Self::None => "none",
        }
    }
}

/// What the cache did for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheStatus {
    /// It was not asked: the request or the call rules it out.
    Bypass,
    /// It had nothing to give.
    Miss,
    /// It gave a fresh answer.
    Hit,
    /// The answer is that of an identical call that was under way.
    Coalesced,
    /// It gave an answer that is no longer fresh, because every live target failed.
    Stale,
}

impl CacheStatus {
    /// The status's name in metrics and JSON. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Miss => "miss",
            Self::Hit => "hit",
            Self::Coalesced => "coalesced",
            Self::Stale => "stale",
        }
    }
}

/// One attempt, or one target skipped.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The provider's name.
    pub provider: String,
    /// The model.
    pub model: String,
    /// In what manner it was asked.
    #[serde(serialize_with = "manner")]
    pub manner: As,
    /// How it ended.
    pub outcome: Outcome,
    /// How often in a row, where a request that waits passes the same target over for the same reason again; else 1.
    pub times: u32,
    /// When it began, from the call.
    #[serde(serialize_with = "seconds", rename = "began_seconds")]
    pub began: Duration,
    /// How long it took.
    #[serde(serialize_with = "seconds", rename = "took_seconds")]
    pub took: Duration,
    /// How long its first content took.
    #[serde(serialize_with = "optional_seconds", rename = "first_token_seconds")]
    pub first_token: Option<Duration>,
    /// What it cost. `None` when the price is unknown.
    #[serde(serialize_with = "dollars", rename = "cost_usd")]
    pub cost: Option<Pico>,
    /// Whether the cost is an estimate, because the provider did not say.
    pub cost_is_estimate: bool,
    /// The tokens by which it was reckoned, whether the price is known or not.
    pub tokens: Tokens,
    /// More of a skip, in words: what put an `out` target out, and when; when a budget has room again.
    pub detail: Option<String>,
    /// The HTTP status of a failure, where there was one.
    pub status: Option<u16>,
    /// The provider's own code of a failure, where it gave one.
    pub code: Option<String>,
    /// The provider's own type of a failure, where it gave one.
    #[serde(rename = "type")]
    pub vendor_type: Option<String>,
    /// The sentence in which the provider failed, where it is known to be the same for everybody: other words of a
    /// provider's may quote the request, and stand in [`Error::cause`](crate::Error::cause) alone.
    pub wording: Option<String>,
    /// The provider's id of the attempt, for its support, where it gave one.
    pub upstream_request_id: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended: its stream is being read.
    Streaming,
    /// It answered.
    Answered,
    /// It failed.
    Failed(ErrorKind),
    /// It was not made.
    Skipped(Skip),
    /// It was cancelled: another attempt answered first, or the caller left.
    Cancelled,
}

impl Outcome {
    /// The outcome's name in metrics and JSON. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Answered => "answered",
            Self::Failed(kind) => kind.as_str(),
            Self::Skipped(why) => why.as_str(),
            Self::Cancelled => "cancelled",
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = to.serialize_map(Some(1))?;
        match self {
            Self::Streaming | Self::Answered | Self::Cancelled => {
                map.serialize_entry("ended", self.as_str())?;
            }
            Self::Failed(kind) => map.serialize_entry("failed", kind.as_str())?,
            Self::Skipped(why) => map.serialize_entry("skipped", why.as_str())?,
        }
        map.end()
    }
}

impl Report {
    /// How many attempts were made, without the targets that were skipped.
    #[must_use]
    pub fn attempts_made(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| !matches!(attempt.outcome, Outcome::Skipped(_)))
            .count()
    }
}

pub(crate) fn seconds<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64())
}

pub(crate) fn optional_seconds<S: Serializer>(
    duration: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(to)
}

/// As text: a JSON number would be read into a float and lose what integers kept.
pub(crate) fn dollars<S: Serializer>(cost: &Option<Pico>, to: S) -> Result<S::Ok, S::Error> {
    cost.map(|cost| cost.to_string().trim_start_matches('$').to_owned()).serialize(to)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn manner<S: Serializer>(manner: &As, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(manner.as_str())
}
