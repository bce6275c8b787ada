//! A world played in virtual time by the real client.

mod caller;
mod setup;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_client::telemetry::Prometheus;
use ft_client::{BudgetStatus, Client, FailKind, Report, TargetHealth, TokioClock};
use ft_core::Clock;
use ft_sim::{Attempt, Log};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::luck::providers;
use crate::world::World;
pub use caller::Plan;
pub(crate) use caller::plans;
pub(crate) use setup::{EMERGENCY, config};

/// One request and how it ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// What the caller had in mind.
    pub plan: Plan,
    /// How long it took.
    pub took: Duration,
    /// When its first content was there; of a plain answer, all of it.
    pub first: Option<Duration>,
    /// Of a stream, what its reader had when it ended.
    pub delivered: String,
    /// How it ended.
    pub end: End,
    /// How it came about; of callers who left it stands in [`Played::left`].
    pub report: Option<Report>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer that was told to be complete: its text.
    Answer(String),
    /// With an error: its kind, and the text of what had come so far.
    Failed(FailKind, Option<String>),
    /// Its caller left.
    Left,
    /// It was still under way long after everything that may take time.
    Hung,
}

/// A world that has been played.
#[derive(Debug)]
pub struct Played {
    /// Its calls, in the order of their beginnings.
    pub calls: Vec<Call>,
    /// The reports of callers who left.
    pub left: Vec<Report>,
    /// Every attempt that the providers saw.
    pub attempts: Vec<Attempt>,
    /// Attempts that upstream thinks are under way when everybody has gone.
    pub open: u64,
    /// How the budget stood after each call, where it was not as it must be.
    pub overspent: Option<BudgetStatus>,
    /// How it stands at rest.
    pub budget: Option<BudgetStatus>,
    /// How the targets stand at rest.
    pub targets: Vec<TargetHealth>,
    /// What all attempts cost, by the client's own books.
    pub booked: ft_client::cost::Pico,
    /// Every series at rest, as a scraper reads it.
    pub metrics: String,
    /// When the world's clock began.
    pub began: ft_core::Tick,
}

/// No call may take longer than this, whatever its settings.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(2 * 60 * 60);

/// Plays the world to its end.
///
/// # Panics
/// When the world cannot be set up: the generator makes only those that can.
#[must_use]
pub fn play(world: &World) -> Played {
    crate::play::runtime().block_on(run(world))
}

/// A runtime of one thread, whose time passes when there is nothing to do.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    #[expect(clippy::expect_used, reason = "a machine without a runtime plays no world")]
    runtime.enable_time().start_paused(true).build().expect("a runtime")
}

async fn run(world: &World) -> Played {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
    let log = Log::new();
    let left: Arc<Mutex<Vec<Report>>> = Arc::default();
    let began = clock.now();
    let prometheus = Prometheus::local();
    let set_up = |old: Option<&Client>| {
        let providers = providers(world, &clock, &log);
        prometheus.with(|| setup::client(world, providers, &clock, &left, old))
    };
    let mut client = set_up(None);
    let plans = caller::plans(world);
    let mut calls: Vec<Call> = Vec::with_capacity(plans.len());
    let mut overspent = None;
    let mut running = FuturesUnordered::new();
    let mut reloads = world.reloads.iter().copied().peekable();
    let mut coming = plans.into_iter().peekable();
    loop {
        let next = coming.peek().map(|plan| plan.at);
        let reload = reloads.peek().copied();
        let due = next.into_iter().chain(reload).min();
        tokio::select! {
            biased;
            Some(call) = running.next() => {
                calls.push(call);
                overspent = overspent.or_else(|| over(&client));
            }
            () = until(&*clock, began.after(due.unwrap_or_default())), if due.is_some() => {
                if reload == due && reload.is_some() {
                    reloads.next();
                    client = set_up(Some(&client));
                } else if let Some(plan) = coming.next() {
                    running.push(caller::call(client.clone(), plan));
                }
            }
            else => break,
        }
    }
    drop(running);
    // What was dropped last has its cancellation still to be seen by the modelled providers.
    tokio::task::yield_now().await;
    calls.sort_by_key(|call| call.plan.number);
    let left = std::mem::take(&mut *left.lock().unwrap_or_else(PoisonError::into_inner));
    // Of those the client has told all; what a reader saw of its stream before is less.
    let ids: HashSet<&str> = left.iter().map(|report| report.request_id.as_str()).collect();
    for call in &mut calls {
        if call.end == End::Left && ids.contains(call.plan.id().as_str()) {
            call.report = None;
        }
    }
    Played {
        calls,
        left,
        attempts: log.attempts(),
        open: log.open(),
        overspent: overspent.or_else(|| over(&client)),
        budget: client.budget(),
        targets: client.health(),
        metrics: prometheus.render(&client),
        booked: client.costs().values().copied().sum(),
        began,
    }
}

async fn until(clock: &dyn Clock, at: ft_core::Tick) {
    tokio::time::sleep(at.since(clock.now())).await;
}

fn over(client: &Client) -> Option<BudgetStatus> {
    let budget = client.budget()?;
    (budget.spent.saturating_add(budget.reserved) > budget.limit).then_some(budget)
}
