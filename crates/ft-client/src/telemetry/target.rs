//! The handles of one target.

use std::sync::Arc;
use std::time::Duration;

use ft_context::FitReport;
use ft_core::Usage;
use ft_core::decide::Skip;
use ft_cost::Billed;
use metrics::{Counter, Gauge, Histogram};

use super::books::{Books, Showing, TargetBook};
use super::family;
use super::series::{counter, gauge, histogram};
use super::transitions::Transitions;
use super::words::{GATES, PARTS, SKIPS, Status, TOKEN_TYPES, outcomes};
use crate::answer::{Attempt, Outcome};
use crate::health::BREAKER_STATES;

/// The handles of one target. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(crate) struct TargetMeters {
    inner: Arc<Inner>,
}

struct Inner {
    provider: String,
    model: String,
    requests: RequestMeters,
    attempts: Vec<(Outcome, Counter)>,
    skips: Vec<(Skip, Counter)>,
    first_token: Histogram,
    tokens: [Counter; TOKEN_TYPES.len()],
    usage_refused: Counter,
    unpriced: Counter,
    truncations: [Counter; PARTS.len()],
    stream_truncated: Counter,
    transitions: Arc<Transitions>,
    state: [Gauge; BREAKER_STATES.len()],
    gates: [Gauge; GATES.len()],
    in_flight: Gauge,
    book: Arc<TargetBook>,
    showing: Showing,
}

/// The seed's two series of whoever a request is counted for.
pub(super) struct RequestMeters {
    by_status: [Counter; Status::ALL.len()],
    latency: Histogram,
}

impl RequestMeters {
    pub(super) fn new(provider: &str, model: &str) -> Self {
        let of = |status: Status| counter(&family::REQUESTS, &[provider, model, status.as_str()]);
        let latency = histogram(&family::LATENCY_SECONDS, &[provider, model]);
        Self { by_status: Status::ALL.map(of), latency }
    }

    pub(super) fn ended(&self, status: Status, latency: Duration) {
        self.by_status[status as usize].increment(1);
        // How long somebody waited who then left says how patient they were.
        if status != Status::Cancelled {
            self.latency.record(latency);
        }
    }
}

impl TargetMeters {
    pub(crate) fn new(provider: &str, model: &str, books: &mut Books) -> Self {
        let book = books.target(provider, model);
        let of = |family, value: &str| counter(family, &[provider, model, value]);
        let level = |family, value: &str| gauge(family, &[provider, model, value]);
        let inner = Inner {
            requests: RequestMeters::new(provider, model),
            attempts: outcomes()
                .map(|outcome| (outcome, of(&family::ATTEMPTS, outcome.as_str())))
                .collect(),
            skips: SKIPS.map(|why| (why, of(&family::SKIPS, why.as_str()))).into(),
            first_token: histogram(&family::FIRST_TOKEN, &[provider, model]),
            tokens: TOKEN_TYPES.map(|kind| of(&family::TOKENS, kind)),
            usage_refused: counter(&family::USAGE_REFUSED, &[provider, model]),
            unpriced: counter(&family::UNPRICED, &[provider, model]),
            truncations: PARTS.map(|part| of(&family::TRUNCATIONS, part)),
            stream_truncated: counter(&family::STREAM_TRUNCATED, &[provider, model]),
            transitions: Arc::new(Transitions::new(provider, model)),
            state: BREAKER_STATES.map(|state| level(&family::BREAKER_STATE, state)),
            gates: GATES.map(|reason| level(&family::GATES_SHUT, reason)),
            in_flight: gauge(&family::IN_FLIGHT, &[provider, model]),
            showing: book.show(),
            book,
            provider: provider.to_owned(),
            model: model.to_owned(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn provider(&self) -> &str {
        &self.inner.provider
    }

    pub(super) fn model(&self) -> &str {
        &self.inner.model
    }

    pub(super) fn requests(&self) -> &RequestMeters {
        &self.inner.requests
    }

    /// An attempt ended, and has its outcome and cost.
    pub(crate) fn attempt(&self, attempt: &Attempt) {
        let mut outcomes = self.inner.attempts.iter();
        if let Some((_, counter)) = outcomes.find(|(outcome, _)| *outcome == attempt.outcome) {
            counter.increment(1);
        }
        if let Some(cost) = attempt.cost {
            self.inner.book.pay(cost);
        }
    }

    pub(crate) fn skipped(&self, why: Skip) {
        if let Some((_, counter)) = self.inner.skips.iter().find(|(skip, _)| *skip == why) {
            counter.increment(1);
        }
    }

    pub(crate) fn first_token(&self, took: Duration) {
        self.inner.first_token.record(took);
    }

    pub(crate) fn tokens(&self, usage: &Usage) {
        let billed = Billed::of(usage);
        let reasoning = usage.completion_tokens_details.as_ref();
        let counted = [
            billed.request(),
            billed.output,
            billed.cached_input,
            billed.cache_write,
            reasoning.map_or(0, |details| details.reasoning_tokens),
        ];
        for (counter, tokens) in self.inner.tokens.iter().zip(counted) {
            counter.increment(tokens);
        }
    }

    /// A provider reported what cannot be.
    pub(crate) fn usage_refused(&self) {
        self.inner.usage_refused.increment(1);
    }

    pub(crate) fn unpriced(&self) {
        self.inner.unpriced.increment(1);
    }

    /// An attempt begins whose request was shortened.
    pub(crate) fn fitted(&self, fit: &FitReport) {
        let [messages, output] = &self.inner.truncations;
        if fit.dropped_messages > 0 {
            messages.increment(1);
        }
        if fit.max_output.is_some() {
            output.increment(1);
        }
    }

    /// A stream broke off after content had reached the caller.
    pub(crate) fn stream_truncated(&self) {
        self.inner.stream_truncated.increment(1);
    }

    /// What counts the transitions of its breaker, which may outlive the client that made it.
    pub(crate) fn transitions(&self) -> Arc<Transitions> {
        Arc::clone(&self.inner.transitions)
    }

    pub(super) fn set_levels(&self, levels: &Levels) {
        for (gauge, breakers) in self.inner.state.iter().zip(levels.breakers) {
            gauge.set(breakers);
        }
        for (gauge, shut) in self.inner.gates.iter().zip(levels.gates) {
            gauge.set(shut);
        }
        self.inner.in_flight.set(levels.in_flight);
    }
}

/// The states of a target that change without an event.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    /// How many breakers are in each state.
    pub(super) breakers: [u32; BREAKER_STATES.len()],
    /// How many gates are shut, by reason.
    pub(super) gates: [u32; GATES.len()],
    pub(super) in_flight: u32,
}

/// What a client that is gone last said would else be scraped for ever; what its successor says stays.
impl Drop for Inner {
    fn drop(&mut self) {
        if !self.showing.is_last() {
            return;
        }
        for gauge in self.state.iter().chain(&self.gates).chain([&self.in_flight]) {
            gauge.set(0);
        }
    }
}
