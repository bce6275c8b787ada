//! The callers: each takes its turns, asks, and tells how that ended.

use std::sync::Arc;
use std::time::Duration;

use ft_client::{Answer, CacheStatus, CallOptions, Client, Error, Report, Tier};
use ft_core::{ChatRequest, Clock, Tick};
use ft_cost::Pico;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use super::scenario::{MODELS, Question, Scenario};
use super::story::Changed;

/// What the callers and the breakers tell.
#[derive(Debug)]
pub(crate) enum Told {
    Ended(Lane, Record),
    Changed(Changed),
}

/// Which of the two is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Chain,
    Alone,
}

/// How one request ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// When it began and ended, from the start.
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
    pub(crate) streamed: bool,
    pub(crate) end: End,
    pub(crate) latency: Duration,
    pub(crate) cost: Option<Pico>,
}

/// What a request ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// An answer of the model in this place of the chain.
    Live(usize),
    Fresh,
    Stale,
    /// The answer of an identical request that was under way.
    Coalesced,
    /// A text instead of an answer.
    Emergency,
    /// An error of this kind.
    Failed(&'static str),
}

/// Starts the callers of one lane. They stop when the set is dropped.
pub(crate) fn start(
    callers: &mut JoinSet<()>,
    lane: Lane,
    client: &Client,
    scenario: &Arc<Scenario>,
    start: Tick,
    tell: &UnboundedSender<Told>,
) {
    for caller in 0..scenario.callers {
        let (client, scenario, tell) = (client.clone(), Arc::clone(scenario), tell.clone());
        callers.spawn(async move {
            let clock = Arc::clone(client.clock());
            let mut number = caller;
            while number < scenario.requests {
                let turn = start.after(scenario.due(number));
                tokio::time::sleep(turn.since(clock.now())).await;
                let record = ask(&client, lane, &*clock, start, scenario.question(number)).await;
                // Nobody listens any more: the demo was stopped.
                if tell.send(Told::Ended(lane, record)).is_err() {
                    return;
                }
                number += scenario.callers;
            }
        });
    }
}

async fn ask(
    client: &Client,
    lane: Lane,
    clock: &dyn Clock,
    start: Tick,
    question: Question,
) -> Record {
    let options = match lane {
        Lane::Chain => CallOptions::new(),
        Lane::Alone => CallOptions::new().without_fallback().without_cache(),
    };
    let request = ChatRequest::user(question.prompt);
    let began = clock.now();
    let answer = if question.streamed {
        match client.chat_stream_with(request, options).await {
            Ok(stream) => stream.collect().await,
            Err(error) => Err(error),
        }
    } else {
        client.chat_with(request, options).await
    };
    let ended = clock.now();
    let (end, cost) = match &answer {
        Ok(answer) => (end_of(answer), answer.report.cost),
        Err(error) => (End::Failed(kind_of(error)), error.report().and_then(|report| report.cost)),
    };
    Record {
        began: began.since(start),
        ended: ended.since(start),
        streamed: question.streamed,
        end,
        latency: ended.since(began),
        cost,
    }
}

fn end_of(answer: &Answer) -> End {
    let report = &answer.report;
    match (&report.tier, report.cache) {
        (Tier::Emergency, _) => End::Emergency,
        (_, CacheStatus::Coalesced) => End::Coalesced,
        (_, CacheStatus::Hit) => End::Fresh,
        (_, CacheStatus::Stale) => End::Stale,
        (Tier::Live(_) | Tier::Cache | Tier::None, CacheStatus::Miss | CacheStatus::Bypass) => {
            End::Live(place_of(report))
        }
    }
}

/// The first failure says more than that there is no answer.
fn kind_of(error: &Error) -> &'static str {
    error.cause().map_or(error.kind().as_str(), |cause| cause.kind().as_str())
}

fn place_of(report: &Report) -> usize {
    let model = report.served_by.as_ref().map(|by| by.model.as_str());
    MODELS.iter().position(|known| Some(*known) == model).unwrap_or(MODELS.len() - 1)
}
