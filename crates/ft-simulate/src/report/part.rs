//! The parts of a run's report.

use std::collections::BTreeMap;

use serde::Serialize;

/// How long something took, in milliseconds of simulated time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Of how many.
    pub count: u64,
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub p50: Option<u64>,
    /// The 90th percentile.
    pub p90: Option<u64>,
    /// The 95th percentile.
    pub p95: Option<u64>,
    /// The 99th percentile.
    pub p99: Option<u64>,
    /// The 99.9th percentile.
    pub p999: Option<u64>,
    /// The longest.
    pub max: Option<u64>,
}

/// How many requests one live tier answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierShare {
    /// The tier.
    pub name: String,
    /// How many it answered.
    pub requests: u64,
    /// Of all requests.
    pub share: f64,
}

/// Calls of providers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Upstream {
    /// How many there were, those of callers who left included.
    pub calls: u64,
    /// For each request: the amplification.
    pub per_request: f64,
}

/// Tokens of answers that were given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tokens {
    /// Of their questions.
    pub prompt: u64,
    /// Of themselves.
    pub answer: u64,
}

/// Money, in dollars as text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// All of it. `None` when an attempt has no price: what it cost is unknown then, and not nothing.
    pub total_usd: Option<String>,
    /// That of the attempts that have a price.
    pub known_usd: String,
    /// For a million requests. `None` as above.
    pub per_million_requests_usd: Option<String>,
    /// Of attempts that brought no answer: what providers may bill for silence, cuts and lost races. `None` of a
    /// provider that is asked directly: nobody estimates it there, so that only answers are in its cost. `None` too when an
    /// attempt has no price.
    pub failed_usd: Option<String>,
    /// Of attempts that were cancelled because the caller left. `None` as above.
    pub left_usd: Option<String>,
    /// Attempts without a price.
    pub unpriced_attempts: u64,
}

/// What became of the spend budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BudgetReport {
    /// The limit of a window.
    pub limit_usd: String,
    /// What a window is.
    pub per: &'static str,
    /// How many windows there were.
    pub windows: u64,
    /// The most that was spent in one of them.
    pub highest_usd: String,
    /// That, of the limit.
    pub highest_share: f64,
    /// Targets that were passed over because the money was out.
    pub skips: u64,
}

/// What became of one target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Attempts at it whose end was seen.
    pub attempts: u64,
    /// Those that answered.
    pub answered: u64,
    /// Those that failed, by kind.
    pub failed: BTreeMap<&'static str, u64>,
    /// Those that were cancelled.
    pub cancelled: u64,
    /// How often it was passed over, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// What it cost, all attempts together. `None` when one of them has no price.
    pub cost_usd: Option<String>,
    /// What attempts without an answer cost. `None` as above.
    pub failed_cost_usd: Option<String>,
}

/// The story of one breaker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BreakerReport {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// How often it left the closed state.
    pub opened: u64,
    /// How long it rejected or probed, together.
    pub open_seconds: f64,
    /// That, of the whole time.
    pub open_share: f64,
    /// From when until when it rejected or probed, in seconds.
    pub intervals: Vec<(f64, f64)>,
    /// How long a probe was due and nobody asked, together: it stood in nobody's way then.
    pub due_seconds: f64,
    /// From when until when a probe was due, in seconds.
    pub due_intervals: Vec<(f64, f64)>,
    /// The first changes, in order.
    pub changes: Vec<ChangeReport>,
    /// How many changes there were.
    pub changes_in_all: u64,
}

/// One change of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChangeReport {
    /// When.
    pub at_seconds: f64,
    /// To what.
    pub to: &'static str,
    /// Why.
    pub why: &'static str,
}

/// What happened when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineReport {
    /// The length of a slice.
    pub slice_seconds: f64,
    /// The places that a request ends in: live tiers, then `cache`, `emergency`, `failed`, `left`.
    pub places: Vec<String>,
    /// The slices, in order, without gaps.
    pub slices: Vec<Slice>,
}

/// Requests that began in one slice of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slice {
    /// How many ended in each place.
    pub requests: Vec<u64>,
    /// The median latency of those that were answered, in milliseconds.
    pub p50_ms: Option<u64>,
    /// The 99th percentile.
    pub p99_ms: Option<u64>,
    /// What they cost, as far as it is known.
    pub cost_usd: String,
    /// Attempts that they made.
    pub attempts: u64,
}

/// What somebody else published of the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedReport {
    /// Whose figures they are.
    pub source: String,
    /// The mean latency.
    pub mean_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The share of requests that were answered.
    pub success: Option<f64>,
    /// What 10 million requests cost.
    pub cost_of_10m_usd: Option<String>,
}
