//! What would become of a request, and why: the answer of [`Client::explain`](crate::Client::explain).
//!
//! Values only, for a command line or a page to put into words.

use std::time::Duration;

use ft_core::decide::Skip;
use ft_cost::{Pico, Rate};
use serde::{Serialize, Serializer};

use crate::answer::{dollars, optional_seconds, seconds};
use crate::error::FailKind;
pub use crate::health::GateExplained;
use crate::health::Health;

/// What would become of a request now, and why.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The chain that would serve it.
    pub chain: String,
    /// What would be done first.
    pub next: Next,
    /// The end of everything live, from now.
    #[serde(serialize_with = "seconds", rename = "deadline_seconds")]
    pub deadline: Duration,
    /// How often the targets may be gone through.
    pub rounds: u32,
    /// Most attempts.
    pub max_attempts: u32,
    /// What the cache has.
    pub cache: CacheExplained,
    /// When a second attempt would be begun beside a slow first one. `None`: it would not be hedged.
    #[serde(serialize_with = "optional_seconds", rename = "hedged_after_seconds")]
    pub hedged_after: Option<Duration>,
    /// Whether an emergency answer stands behind it all.
    pub emergency: bool,
    /// The targets in the order in which they would be asked.
    pub targets: Vec<TargetExplained>,
}

/// What would be done first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "does")]
#[non_exhaustive]
pub enum Next {
    /// The cache answers.
    Cached,
    /// A target is asked.
    Asks {
        /// Its place in [`Explanation::targets`], from 0.
        target: usize,
    },
    /// No target may be asked now, and one is waited for.
    Waits {
        /// For how long.
        #[serde(serialize_with = "seconds", rename = "seconds")]
        until: Duration,
    },
    /// No target may be asked, and an answer that is no longer fresh stands in.
    Stale,
    /// No target may be asked, and the emergency answer stands in.
    Emergency,
    /// No target may be asked, and nothing stands in.
    Fails {
        /// The kind of the error.
        #[serde(serialize_with = "fail_kind")]
        kind: FailKind,
    },
}

/// What the cache has for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "has", content = "why")]
#[non_exhaustive]
pub enum CacheExplained {
    /// It would not be asked.
    Bypass(Bypass),
    /// Nothing.
    Nothing,
    /// A fresh answer, which saves the call.
    Fresh,
    /// An answer that may stand in when every target fails.
    Stale,
}

/// Why the cache would not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bypass {
    /// The call says so.
    Asked,
    /// The chain keeps no answers.
    Off,
    /// Several answers are asked for because they differ.
    SeveralAnswers,
    /// The provider is to keep the answer, so it must be asked.
    ProviderStores,
    /// The request is of a kind that is never kept.
    Uncacheable,
}

/// One target, as a request would find it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TargetExplained {
    /// The provider's name.
    pub provider: String,
    /// The model.
    pub model: String,
    /// The tier's name.
    pub tier: String,
    /// Whether it would be asked when its turn comes.
    pub verdict: Verdict,
    /// Why it stands where it does.
    pub place: Place,
    /// How it stands.
    pub health: Health,
    /// The breaker's state: `closed`, `open`, `due`, `half_open`, `forced_open`, `disabled`, `observe_only`.
    pub breaker: &'static str,
    /// In how long the breaker lets a probe through; `None` when it lets calls through, or nobody knows.
    #[serde(serialize_with = "optional_seconds", rename = "breaker_retry_in_seconds")]
    pub breaker_retry_in: Option<Duration>,
    /// The gates that are shut.
    pub gates: Vec<GateExplained>,
    /// Calls in flight.
    pub in_flight: u32,
    /// Most calls in flight.
    pub in_flight_limit: u32,
    /// How the request fits its window.
    pub fit: FitExplained,
    /// Dollars per million tokens of a request of this length; `None` when the price is unknown.
    pub price: Option<PriceExplained>,
    /// What an answer of the usual length would cost.
    #[serde(serialize_with = "dollars", rename = "estimated_cost_usd")]
    pub estimated_cost: Option<Pico>,
    /// The most it could cost, which is what a spend budget reserves.
    #[serde(serialize_with = "dollars", rename = "most_cost_usd")]
    pub most_cost: Option<Pico>,
    /// The timers it would get; `None` when there is too little time to begin.
    pub timers: Option<TimersExplained>,
}

/// Whether a target would be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It would be asked.
    WouldBeAsked,
    /// It would be passed over.
    Skipped {
        /// Why.
        #[serde(serialize_with = "skip")]
        why: Skip,
        /// In how long it may be asked again, where that is known.
        #[serde(serialize_with = "optional_seconds", rename = "retry_in_seconds")]
        retry_in: Option<Duration>,
    },
}

/// Why a target stands where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The order of its tier: `ordered`, `cheapest`, `fastest`, `weighted`.
    pub order: &'static str,
    /// How many of the targets that may be asked stand above it in the configuration.
    pub configured: u32,
    /// Whether it was put behind the healthy ones.
    pub put_back: bool,
    /// Whether its health would put it back, and it keeps its place because its probe or its turn is due.
    pub on_trial: bool,
    /// Whether a budget is past its soft mark, so that cheaper targets go first.
    pub saving: bool,
}

/// How a request fits a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FitExplained {
    /// Tokens of the request: counted, or estimated on the high side.
    pub tokens: u64,
    /// The tokens that it cannot exceed.
    pub tokens_at_most: u64,
    /// Whether the model's own encoding counted it.
    pub exact: bool,
    /// The window in tokens; `None` when nobody said.
    pub context_window: Option<u64>,
    /// Messages that would be left out.
    pub dropped_messages: u64,
    /// Turns that would be left out.
    pub dropped_turns: u64,
    /// Tokens that would be left out.
    pub dropped_tokens: u64,
    /// The answer's limit, where the window or a budget would lower or set it.
    pub max_output: Option<u64>,
}

/// Dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PriceExplained {
    /// Of the request.
    pub input_per_million: Rate,
    /// Of the answer.
    pub output_per_million: Rate,
}

/// The timers of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TimersExplained {
    /// How long the first content may take; `None`: as long as the attempt.
    #[serde(serialize_with = "optional_seconds", rename = "first_token_seconds")]
    pub first_token: Option<Duration>,
    /// How long the attempt may take.
    #[serde(serialize_with = "seconds", rename = "attempt_seconds")]
    pub attempt: Duration,
    /// How long a stream may stand still after its first content.
    #[serde(serialize_with = "seconds", rename = "idle_seconds")]
    pub idle: Duration,
    /// Whether the deadline leaves it less than its own settings would.
    pub shortened: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn skip<S: Serializer>(why: &Skip, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(why.as_str())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn fail_kind<S: Serializer>(kind: &FailKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.as_str())
}
