//! The families of metrics: their names, labels and meanings, in one table.
//!
//! `docs/operations.md` has the same rows; a test compares them both ways.

/// What a family's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FamilyKind {
    /// Only grows, and starts at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size, in [`Family::buckets`].
    Histogram,
}

impl FamilyKind {
    /// The kind's name in Prometheus' text format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A family of metrics: a name, and one series for each set of its labels' values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: FamilyKind,
    /// Its labels. Their values come from configuration and from closed lists, never from a request.
    pub labels: &'static [&'static str],
    /// What it says, as scraped with it.
    pub help: &'static str,
    /// The upper bounds of a histogram's buckets; empty for other kinds.
    pub buckets: &'static [f64],
}

impl Family {
    const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { name, kind: FamilyKind::Counter, labels, help, buckets: &[] }
    }

    const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { name, kind: FamilyKind::Gauge, labels, help, buckets: &[] }
    }

    const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        buckets: &'static [f64],
    ) -> Self {
        Self { name, kind: FamilyKind::Histogram, labels, help, buckets }
    }
}

/// The seed article's seven bounds, and six more: its last one of 5 s is below most long answers.
const LATENCY: &[f64] =
    &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0];

/// From what a cache hit takes to what somebody should look into.
const OVERHEAD: &[f64] = &[
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005,
    0.01, 0.05, 0.25,
];

const TARGET: &[&str] = &["provider", "model"];

pub(crate) const REQUESTS: Family = Family::counter(
    "ai_api_requests_total",
    &["provider", "model", "status"],
    "Requests that ended, by who answered (provider `cache` for cached answers) or, without an answer, whom they asked first. Status: success, error, rate_limited, timeout, cancelled (the caller left), rejected (the request itself was refused, or its budget)",
);
pub(crate) const LATENCY_SECONDS: Family = Family::histogram(
    "ai_api_latency_seconds",
    TARGET,
    "From the call to the complete answer or the error, with all attempts and waits; requests whose caller left are not in it",
    LATENCY,
);
pub(crate) const FALLBACK_RATE: Family = Family::gauge(
    "ai_api_fallback_rate",
    &[],
    "How far down its chain the last answer came from (0: the first target). It shows one request only and cannot be added up: use rate(ai_api_fallbacks_total) over rate(ai_api_requests_total) instead",
);
pub(crate) const COST: Family = Family::counter(
    "ai_api_cost_usd_total",
    TARGET,
    "US dollars that attempts cost, failed and cancelled ones at their estimates too, exact to the pico-dollar",
);
pub(crate) const ATTEMPTS: Family = Family::counter(
    "ai_api_attempts_total",
    &["provider", "model", "outcome"],
    "Attempts that ended: answered, cancelled, or the kind of the failure",
);
pub(crate) const SKIPS: Family = Family::counter(
    "ai_api_skips_total",
    &["provider", "model", "reason"],
    "Targets that were passed over without being asked; reason amplification is a refusal by the process's cap",
);
pub(crate) const FALLBACKS: Family = Family::counter(
    "ai_api_fallbacks_total",
    &["chain", "from", "to", "reason"],
    "Steps from one target to another, or to the cache or the emergency answer, by tier and why the one before did not answer",
);
pub(crate) const ANSWERS: Family = Family::counter(
    "ai_api_answers_total",
    &["chain", "tier"],
    "Requests that ended, by the tier that answered: a live one by its name, cache, emergency, or none",
);
pub(crate) const CACHE_RESULTS: Family = Family::counter(
    "ai_api_cache_results_total",
    &["chain", "result"],
    "What the cache did for a request: hit, miss, coalesced, stale, bypass",
);
pub(crate) const FIRST_TOKEN: Family = Family::histogram(
    "ai_api_time_to_first_token_seconds",
    TARGET,
    "From the beginning of an attempt to its first content; only of attempts that asked for a stream",
    LATENCY,
);
pub(crate) const TOKENS: Family = Family::counter(
    "ai_api_tokens_total",
    &["provider", "model", "type"],
    "Tokens of complete answers as the provider counted them: input (cached and cache_write are parts of it), output (reasoning is a part of it)",
);
pub(crate) const USAGE_REFUSED: Family = Family::counter(
    "ft_usage_refused_total",
    TARGET,
    "Answers whose provider reported more tokens than its model's window has: the figure was not believed",
);
pub(crate) const UNPRICED: Family = Family::counter(
    "ai_api_unpriced_total",
    TARGET,
    "Attempts whose model has no price in the catalogue, so that their cost is in no sum",
);
pub(crate) const TRUNCATIONS: Family = Family::counter(
    "ai_api_truncations_total",
    &["provider", "model", "part"],
    "Attempts whose request was shortened to fit: messages (old turns left out) or output (the answer's limit lowered)",
);
pub(crate) const STREAM_TRUNCATED: Family = Family::counter(
    "ai_api_stream_truncated_total",
    TARGET,
    "Streams that broke off after content had reached the caller, continued on another target or not",
);
pub(crate) const BREAKER_STATE: Family = Family::gauge(
    "ai_api_breaker_state",
    &["provider", "model", "state"],
    "1 for the state that the target's breaker is in, 0 for the others; a model configured in several ways has a breaker for each, and they are counted",
);
pub(crate) const BREAKER_TRANSITIONS: Family = Family::counter(
    "ai_api_breaker_transitions_total",
    &["provider", "model", "to", "reason"],
    "Changes of the target's breaker",
);
pub(crate) const GATES_SHUT: Family = Family::gauge(
    "ai_api_gates_shut",
    &["provider", "model", "reason"],
    "Gates of the target that are shut, its own and those under each credential: throttled (opens by itself) or out (somebody must act)",
);
pub(crate) const CREDENTIALS_SHUT: Family = Family::gauge(
    "ai_api_credentials_shut",
    &["provider", "reason"],
    "Credentials of the provider that are shut for all its models: throttled, or out (key refused, quota used up)",
);
pub(crate) const IN_FLIGHT: Family =
    Family::gauge("ai_api_in_flight", TARGET, "Attempts under way");
pub(crate) const BUDGET_LEFT: Family = Family::gauge(
    "ai_api_budget_left_usd",
    &[],
    "US dollars left of the spend budget's window, reserved ones taken off",
);
pub(crate) const BUDGET_LIMIT: Family =
    Family::gauge("ai_api_budget_limit_usd", &[], "US dollars of the spend budget's window");
pub(crate) const OVERHEAD_SECONDS: Family = Family::histogram(
    "ai_api_overhead_seconds",
    &[],
    "Time that this layer itself took for a request, to its end or to the first content of its stream: providers, back-off and waiting for others not in it",
    OVERHEAD,
);

/// Every family, in the order of `docs/operations.md`.
pub const FAMILIES: [Family; 23] = [
    REQUESTS,
    LATENCY_SECONDS,
    FALLBACK_RATE,
    COST,
    ATTEMPTS,
    SKIPS,
    FALLBACKS,
    ANSWERS,
    CACHE_RESULTS,
    FIRST_TOKEN,
    TOKENS,
    USAGE_REFUSED,
    UNPRICED,
    TRUNCATIONS,
    STREAM_TRUNCATED,
    BREAKER_STATE,
    BREAKER_TRANSITIONS,
    GATES_SHUT,
    CREDENTIALS_SHUT,
    IN_FLIGHT,
    BUDGET_LEFT,
    BUDGET_LIMIT,
    OVERHEAD_SECONDS,
];
