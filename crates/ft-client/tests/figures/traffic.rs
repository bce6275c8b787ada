//! Callers: one request every so often, whether or not those before have been answered.

use std::time::Duration;

use ft_client::{CacheStatus, Client, FailKind, Tier};
use ft_core::{ChatRequest, Tick};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// One request and how it ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// When it began.
    pub(crate) at: Tick,
    /// How long it took.
    pub(crate) latency: Duration,
    /// What of that was no attempt: waits and back-offs.
    pub(crate) waited: Duration,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Answered by the target at this place.
    Live(u32),
    Cached,
    Emergency,
    Failed(FailKind),
}

impl Call {
    /// Emergency answers are counted apart and are not success.
    pub(crate) fn is_served(&self) -> bool {
        matches!(self.end, End::Live(_) | End::Cached)
    }
}

/// What the callers do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    pub(crate) every: Duration,
    pub(crate) requests: u64,
    pub(crate) streamed: bool,
}

/// Runs the traffic and hands over every call as it ends. No two questions are alike, so the cache helps nobody.
pub(crate) async fn run(client: &Client, traffic: Traffic, mut ended: impl FnMut(Call)) {
    let mut running = FuturesUnordered::new();
    let mut due = tokio::time::interval(traffic.every);
    let mut begun = 0;
    loop {
        tokio::select! {
            biased;
            Some(call) = running.next() => ended(call),
            _ = due.tick(), if begun < traffic.requests => {
                running.push(ask(client, begun, traffic.streamed));
                begun += 1;
            }
            else => return,
        }
    }
}

/// The calls of the traffic, in the order of their beginnings.
pub(crate) async fn calls(client: &Client, traffic: Traffic) -> Vec<Call> {
    let mut calls = Vec::new();
    run(client, traffic, |call| calls.push(call)).await;
    calls.sort_by_key(|call| call.at);
    calls
}

pub(crate) async fn ask(client: &Client, number: u64, streamed: bool) -> Call {
    let clock = client.clock();
    let at = clock.now();
    let request = ChatRequest::user(format!("question {number}"));
    let answer = if streamed {
        match client.chat_stream(request).await {
            Ok(stream) => stream.collect().await,
            Err(error) => Err(error),
        }
    } else {
        client.chat(request).await
    };
    let latency = clock.now().since(at);
    let (end, report) = match &answer {
        Ok(answer) => {
            let end = match (&answer.report.tier, answer.report.cache) {
                (Tier::Live(_), _) => End::Live(answer.report.fallback_level),
                (Tier::Cache, CacheStatus::Hit | CacheStatus::Stale) => End::Cached,
                _ => End::Emergency,
            };
            (end, Some(&answer.report))
        }
        Err(error) => (End::Failed(error.kind()), error.report()),
    };
    let attempts = report
        .map_or(Duration::ZERO, |report| report.attempts.iter().map(|attempt| attempt.took).sum());
    Call { at, latency, waited: latency.saturating_sub(attempts), end }
}

/// The latency below which this share of the calls lies.
pub(crate) fn percentile(calls: &[Call], share: f64) -> Duration {
    let mut latencies: Vec<_> = calls.iter().map(|call| call.latency).collect();
    latencies.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list of thousands"
    )]
    let place = (latencies.len() as f64 * share).ceil() as usize;
    latencies.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
