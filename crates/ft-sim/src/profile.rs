//! The figures of a modelled provider, and those of the article's benchmark.

use std::time::Duration;

use crate::{Latency, Outage, Rate, Size};

/// The figures of a modelled provider. Checked once, by [`Model::new`](crate::Model::new).
///
/// By default everything is at once, unlimited and right, and an answer has 16 to 64 tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// From the arrival to the headers. Default: at once.
    pub latency: Latency,
    /// From the headers to the first content; a plain answer comes that much later. Default: at once.
    pub first_token: Latency,
    /// From one token to the next, drawn once an answer; a plain answer waits for all of them. Default: at once.
    pub per_token: Latency,
    /// How often what goes wrong. Default: never.
    pub faults: Faults,
    /// When it is down or slow, on the provider's clock. The first that covers the moment holds. Default: none.
    pub outages: Vec<Outage>,
    /// Requests admitted per credential. Those refused do not count. Default: unlimited.
    pub requests: Option<Rate>,
    /// Tokens per credential: those of the request and those of the answer it will get. Default: unlimited.
    pub tokens: Option<Rate>,
    /// The window: a request with more tokens is answered with status 400 `context_length_exceeded`.
    /// Default: unlimited.
    pub context_window: Option<u64>,
    /// Tokens of an answer, held to the caller's limit (finish reason `length`). Default 16 to 64, drawn evenly:
    /// a short paragraph, so that many requests cost little. At most 1,000,000.
    pub answer_tokens: Size,
    /// The most tokens in each chunk after the first, which has one. Default 1. More of them make a simulation of
    /// millions cheap: streams then also leave out ids and the chunk with the role alone. Neither the moment of the
    /// first content nor that of the end changes; chunks come at least twice a second where tokens do; and a fault
    /// in the middle still falls between any two tokens.
    pub chunk_tokens: u64,
    /// The share of faults, from 0 to 1, that is the provider's and not the model's: a request that met one at this
    /// model meets it at the provider's other models as well. Default 0. Counts where draws follow the request
    /// (see [`SimProvider::drawing_by_request`](crate::SimProvider::drawing_by_request)).
    pub correlation: f64,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            latency: Latency::ZERO,
            first_token: Latency::ZERO,
            per_token: Latency::ZERO,
            faults: Faults::default(),
            outages: Vec::new(),
            requests: None,
            tokens: None,
            context_window: None,
            answer_tokens: Size::evenly(16, 64),
            chunk_tokens: 1,
            correlation: 0.0,
        }
    }
}

/// The share of attempts that meet each fault, from 0 to 1. Their sum is at most 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Faults {
    /// Status 500, after the latency.
    pub server_error: f64,
    /// Status 503, after the latency.
    pub overloaded: f64,
    /// Status 429 with a wait of 1 s, after the latency; beside the limits that count.
    pub rate_limited: f64,
    /// No connection.
    pub refused: f64,
    /// A reset before the headers, after the latency.
    pub reset: f64,
    /// Nothing comes at all.
    pub hang: f64,
    /// The answer is cut somewhere, evenly over its tokens: of *n* attempts of *n* tokens one is cut before the first.
    pub cut: f64,
    /// The answer stalls somewhere, evenly over its tokens.
    pub stall: f64,
    /// A chunk somewhere is not JSON, evenly over the tokens.
    pub malformed: f64,
    /// An error comes inside a `200`.
    pub error_inside: f64,
}

impl Faults {
    /// This share of attempts, in a mix of ours: 35 % of the faults are 500, 20 % 503, 20 % 429, 10 % resets,
    /// 5 % hangs, 5 % cuts, 3 % stalls, 1 % malformed chunks, 1 % errors inside a `200`.
    ///
    /// The mix is an assumption. Providers publish no such figures, and the article gives totals only.
    #[must_use]
    pub fn of_share(share: f64) -> Self {
        Self {
            server_error: 0.35 * share,
            overloaded: 0.20 * share,
            rate_limited: 0.20 * share,
            refused: 0.0,
            reset: 0.10 * share,
            hang: 0.05 * share,
            cut: 0.05 * share,
            stall: 0.03 * share,
            malformed: 0.01 * share,
            error_inside: 0.01 * share,
        }
    }

    /// Every fault's share, under its name.
    pub(crate) const fn shares(&self) -> [(&'static str, f64); 10] {
        [
            ("faults.server_error", self.server_error),
            ("faults.overloaded", self.overloaded),
            ("faults.rate_limited", self.rate_limited),
            ("faults.refused", self.refused),
            ("faults.reset", self.reset),
            ("faults.hang", self.hang),
            ("faults.cut", self.cut),
            ("faults.stall", self.stall),
            ("faults.malformed", self.malformed),
            ("faults.error_inside", self.error_inside),
        ]
    }
}

/// A figure that no provider can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct InvalidProfile {
    field: &'static str,
    rule: &'static str,
}

impl InvalidProfile {
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The field that is wrong, such as `faults.hang`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl Profile {
    /// The article's "single provider (OpenAI)": mean 312 ms, p99 1,842 ms, 94.2 % success.
    #[must_use]
    pub fn article_openai() -> Self {
        Self::measured(312, 1_842, 0.058)
    }

    /// The article's "single provider (Anthropic)": mean 489 ms, p99 2,156 ms, 91.8 % success.
    #[must_use]
    pub fn article_anthropic() -> Self {
        Self::measured(489, 2_156, 0.082)
    }

    /// The latency of the article's HolySheep column, mean 47 ms and p99 156 ms, with 2 % faults of ours: its
    /// 99.7 % success counts fallbacks, so it says nothing about one model.
    #[must_use]
    pub fn article_holysheep() -> Self {
        Self::measured(47, 156, 0.02)
    }

    /// Source: the article's table of 1,000 sequential requests. Its latencies are of whole plain answers, and
    /// their parts are not given: all of it stands before the headers.
    fn measured(mean: u64, p99: u64, share: f64) -> Self {
        let (mean, p99) = (Duration::from_millis(mean), Duration::from_millis(p99));
        let latency = Latency::from_mean_p99(mean, p99).unwrap_or(Latency::fixed(mean));
        Self { latency, faults: Faults::of_share(share), ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), InvalidProfile> {
        let fail = |field, rule| Err(InvalidProfile::new(field, rule));
        self.latency.check("latency")?;
        self.first_token.check("first_token")?;
        self.per_token.check("per_token")?;
        let mut sum = 0.0;
        for (field, share) in self.faults.shares() {
            if !(0.0..=1.0).contains(&share) {
                return fail(field, "must be a number from 0 to 1");
            }
            sum += share;
        }
        if sum > 1.0 + 1e-9 {
            return fail("faults", "must not add up to more than 1");
        }
        for outage in &self.outages {
            outage.check()?;
        }
        for (field, rate) in [("requests", self.requests), ("tokens", self.tokens)] {
            let Some(rate) = rate else { continue };
            if rate.amount == 0 {
                return fail(field, "the amount must be above zero");
            }
            if rate.per.is_zero() || rate.per > Duration::from_secs(24 * 3_600) {
                return fail(field, "the time must be above zero and at most 24 h");
            }
        }
        if self.context_window == Some(0) {
            return fail("context_window", "must be above zero");
        }
        if self.chunk_tokens == 0 {
            return fail("chunk_tokens", "must be above zero");
        }
        if !(0.0..=1.0).contains(&self.correlation) {
            return fail("correlation", "must be a number from 0 to 1");
        }
        self.answer_tokens.check("answer_tokens")
    }
}
