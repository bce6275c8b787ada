//! The outcome as one JSON document, for machines.

use std::collections::BTreeMap;
use std::time::Duration;

use ft_cost::Pico;
use serde::Serialize;

use super::outcome::Outcome;
use super::scenario::{MODELS, PROMISE};
use super::tally::Tally;

/// The whole document. Money is text: a JSON number would be read into a float.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// Always true: no provider was asked.
    simulated: bool,
    /// Simulated seconds per second.
    time_scale: u32,
    requests: u64,
    callers: u64,
    seed: u64,
    interrupted: bool,
    promise: Promise,
    outage: Outage,
    chain: Lane,
    alone: Lane,
    events: Vec<Event>,
}

#[derive(Debug, Serialize)]
struct Promise {
    success_at_least: f64,
    /// `null` of a run that was stopped: it is about the whole run.
    kept: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Outage {
    model: &'static str,
    /// When it begins and ends; a run that was stopped may not have come to it.
    from_seconds: f64,
    until_seconds: f64,
    /// Whether it began while the run was played.
    played: bool,
    /// From its beginning to the breaker opening.
    opened_after_seconds: Option<f64>,
    /// From its end to the breaker closing.
    back_after_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Lane {
    ended: u64,
    streamed: u64,
    /// Real answers: live, cached or shared; emergency texts are none.
    answered: u64,
    success: Option<f64>,
    live: BTreeMap<&'static str, u64>,
    cache: Cache,
    emergency: u64,
    errors: u64,
    errors_by_kind: BTreeMap<&'static str, u64>,
    during_outage: During,
    latency_ms: Latency,
    upstream_calls: u64,
    upstream_calls_per_request: Option<f64>,
    cost_usd: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cache {
    fresh: u64,
    stale: u64,
    coalesced: u64,
}

#[derive(Debug, Serialize)]
struct During {
    ended: u64,
    answered: u64,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: Option<f64>,
    p99: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Event {
    at_seconds: f64,
    event: &'static str,
    model: &'static str,
}

impl Document {
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let scenario = &outcome.scenario;
        let story = &outcome.story;
        let events = story.all().iter().map(|(at, what)| Event {
            at_seconds: at.as_secs_f64(),
            event: what.name(),
            model: what.model(),
        });
        Self {
            simulated: true,
            time_scale: 1,
            requests: scenario.requests,
            callers: scenario.callers,
            seed: scenario.seed,
            interrupted: outcome.interrupted,
            promise: Promise {
                success_at_least: PROMISE.0 as f64 / PROMISE.1 as f64,
                kept: (!outcome.interrupted).then(|| outcome.kept()),
            },
            outage: Outage {
                model: MODELS[0],
                from_seconds: scenario.outage.0.as_secs_f64(),
                until_seconds: scenario.outage.1.as_secs_f64(),
                played: outcome.elapsed >= scenario.outage.0,
                opened_after_seconds: story.opened_after(scenario).map(|time| time.as_secs_f64()),
                back_after_seconds: story.back_after(scenario).map(|time| time.as_secs_f64()),
            },
            chain: Lane::of(&outcome.chain, outcome.calls.0, outcome.interrupted),
            alone: Lane::of(&outcome.alone, outcome.calls.1, outcome.interrupted),
            events: events.collect(),
        }
    }
}

impl Lane {
    fn of(tally: &Tally, calls: u64, interrupted: bool) -> Self {
        let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
        let ended = tally.ended();
        let per_request = |count: u64| (ended > 0).then(|| count as f64 / ended as f64);
        Self {
            ended,
            streamed: tally.streamed,
            answered: tally.answered(),
            success: per_request(tally.answered()),
            live: MODELS.into_iter().zip(tally.live).collect(),
            cache: Cache { fresh: tally.fresh, stale: tally.stale, coalesced: tally.coalesced },
            emergency: tally.emergency,
            errors: tally.errors(),
            errors_by_kind: tally.failed.clone(),
            during_outage: During { ended: tally.outage.0, answered: tally.outage.1 },
            latency_ms: Latency {
                p50: tally.percentile(50).map(millis),
                p99: tally.percentile(99).map(millis),
            },
            upstream_calls: calls,
            // Calls of requests that have not ended are among them.
            upstream_calls_per_request: per_request(calls).filter(|_| !interrupted),
            cost_usd: (tally.unpriced == 0).then(|| dollars(tally.cost)),
        }
    }
}

/// Without the sign, exactly.
fn dollars(cost: Pico) -> String {
    cost.to_string().trim_start_matches('$').to_owned()
}
