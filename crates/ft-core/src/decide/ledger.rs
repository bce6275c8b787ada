//! What one request has done so far.

use std::time::Duration;

use super::{As, Event, FailReason, Plan, Skip, TargetView, View};
use crate::kind::{ErrorKind, Scope};
use crate::table::{Next, rule};
use crate::time::Tick;

/// A request whose every target is gated wakes when a gate opens, finds a pilot in it, and waits again.
/// The deadline ends that; this bound ends it also where there is none.
const MAX_IDLE_ROUNDS: u32 = 64;

/// The first wait on a gate in which a pilot is under way; doubles to a second.
const IDLE_WAIT: Duration = Duration::from_millis(20);

/// How long a throttled target without a hint is left alone, as its gate would be shut.
const UNHINTED: Duration = Duration::from_secs(1);

/// The attempts, skips and waits of one request.
///
/// The caller tells it what happens with [`begin`](Self::begin) and [`note`](Self::note), in that order;
/// [`decide`](super::decide) only reads it.
#[derive(Clone, Debug)]
pub struct Ledger {
    targets: Vec<Progress>,
    attempts: u32,
    hedges: u32,
    round: u32,
    idle_rounds: u32,
    in_flight: u32,
    first_asked: Option<usize>,
    /// A target that a wait was for.
    resuming: Option<usize>,
    /// The target whose throttling may be waited out; used up by the wait.
    throttled: Option<usize>,
    patience_used: bool,
    deadline_hit: bool,
    /// Content has reached the caller.
    delivered: bool,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    asked: bool,
    asked_this_round: bool,
    rounds_asked: u32,
    running: bool,
    refitted: bool,
    continued: bool,
    credentials_used: u32,
    /// No further attempt of this request goes there.
    barred: bool,
    /// How it ended in this round.
    end: End,
    /// That it ended for a reason that lies in the request.
    own_fault: Option<FailReason>,
    spend_refused: bool,
    /// Although its breaker is open it was asked, or refused again, in this round.
    throttled: bool,
    /// It has been asked although its breaker was open.
    despite: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Due,
    Skipped(Skip, Option<Tick>),
    Failed {
        transient: bool,
        again: bool,
        not_before: Tick,
    },
}

impl Ledger {
    /// An empty ledger for a plan of this many targets.
    #[must_use]
    pub fn new(targets: usize) -> Self {
        Self {
            targets: vec![Progress::default(); targets],
            attempts: 0,
            hedges: 0,
            round: 0,
            idle_rounds: 0,
            in_flight: 0,
            first_asked: None,
            resuming: None,
            throttled: None,
            patience_used: false,
            deadline_hit: false,
            delivered: false,
        }
    }

    /// Notes that an attempt was admitted and is under way.
    pub fn begin(&mut self, target: usize, manner: As) {
        self.attempts += 1;
        self.in_flight += 1;
        self.first_asked.get_or_insert(target);
        self.resuming = None;
        self.throttled = None;
        let progress = &mut self.targets[target];
        progress.rounds_asked += u32::from(!progress.asked_this_round);
        progress.asked = true;
        progress.asked_this_round = true;
        progress.running = true;
        match manner {
            As::First | As::Fallback | As::Retry | As::Credential => progress.credentials_used += 1,
            As::Throttled => {
                progress.credentials_used += 1;
                progress.throttled = true;
                progress.despite = true;
            }
            As::Refit => progress.refitted = true,
            As::Continue => progress.continued = true,
            As::Hedge => self.hedges += 1,
        }
    }

    /// Notes what happened.
    pub fn note(&mut self, event: &Event, now: Tick) {
        match *event {
            Event::Start | Event::HedgeDue => {}
            Event::Succeeded { target } => self.ended(target),
            Event::Skipped { target, why, retry_at } => {
                self.resuming = None;
                self.deadline_hit |= matches!(why, Skip::OutOfTime);
                let progress = &mut self.targets[target];
                // Nothing but an open breaker is passed over twice in a round.
                progress.throttled |= matches!(progress.end, End::Skipped(Skip::Breaker, _));
                progress.end = End::Skipped(why, retry_at);
                // It could not go on now, and after content there is no later.
                progress.continued |= self.delivered;
                progress.spend_refused |= matches!(why, Skip::Spend | Skip::CallerSpend);
                let own_fault = match why {
                    Skip::TooLong => Some(FailReason::TooLong),
                    Skip::Unsupported => Some(FailReason::Unsuited),
                    Skip::Gate
                    | Skip::Out
                    | Skip::InFlight
                    | Skip::Breaker
                    | Skip::RetryBudget
                    | Skip::Amplification
                    | Skip::Spend
                    | Skip::CallerSpend
                    | Skip::OutOfTime => None,
                };
                progress.barred |= own_fault.is_some();
                progress.own_fault = progress.own_fault.or(own_fault);
            }
            Event::Failed { target, kind, scope, hint, delivered } => {
                self.ended(target);
                self.delivered |= delivered;
                let rule = rule(kind, scope);
                self.deadline_hit |= matches!(kind, ErrorKind::DeadlineExceeded);
                if matches!(kind, ErrorKind::RateLimited) && !self.patience_used {
                    self.throttled = Some(target);
                }
                let throttled = matches!(kind, ErrorKind::RateLimited);
                let wait = hint.unwrap_or(if throttled { UNHINTED } else { Duration::ZERO });
                let progress = &mut self.targets[target];
                progress.barred |= !rule.again && !matches!(rule.next, Next::OtherCredential);
                progress.own_fault = match kind {
                    // A wrong address takes no request at all.
                    _ if scope == Scope::Endpoint => None,
                    ErrorKind::ContextLength => Some(FailReason::TooLong),
                    ErrorKind::Unsupported
                    | ErrorKind::InvalidRequest
                    | ErrorKind::PayloadTooLarge
                    | ErrorKind::ContentFiltered => Some(FailReason::Unsuited),
                    ErrorKind::Connect
                    | ErrorKind::LocalExhausted
                    | ErrorKind::Interrupted
                    | ErrorKind::Stalled
                    | ErrorKind::FirstTokenTimeout
                    | ErrorKind::AttemptTimeout
                    | ErrorKind::DeadlineExceeded
                    | ErrorKind::UpstreamTimeout
                    | ErrorKind::ServerError
                    | ErrorKind::Overloaded
                    | ErrorKind::RateLimited
                    | ErrorKind::QuotaExhausted
                    | ErrorKind::Auth
                    | ErrorKind::Forbidden
                    | ErrorKind::ModelNotFound
                    | ErrorKind::Conflict
                    | ErrorKind::Garbled
                    | ErrorKind::Other => None,
                };
                progress.end = End::Failed {
                    transient: kind.is_transient(),
                    again: rule.again,
                    not_before: now.after(wait),
                };
            }
            Event::Woke => self.woke(),
        }
    }

    fn ended(&mut self, target: usize) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.targets[target].running = false;
    }

    fn woke(&mut self) {
        // What a wait was for may be any credential.
        self.targets.iter_mut().for_each(|progress| progress.credentials_used = 0);
        if let Some(target) = self.throttled.take() {
            self.patience_used = true;
            // The others are still due, so this wait was for the throttled target itself.
            if self.targets.iter().any(|other| other.end == End::Due && !other.barred) {
                self.resuming = Some(target);
                return;
            }
        }
        if self.targets.iter().any(|progress| progress.asked_this_round) {
            self.round += 1;
        } else {
            self.idle_rounds += 1;
        }
        for progress in &mut self.targets {
            progress.end = End::Due;
            progress.asked_this_round = false;
            progress.throttled = false;
        }
    }

    /// When the request with no target left in this round should go on, if at all.
    pub(super) fn wait(&self, plan: &Plan, view: &View<'_>, now: Tick) -> Option<Tick> {
        let asked = self.targets.iter().any(|progress| progress.asked_this_round);
        let spent = !asked && self.idle_rounds >= MAX_IDLE_ROUNDS;
        if spent || self.attempts >= plan.max_attempts || !self.every_failure_was_transient() {
            return None;
        }
        let backoff = now.after(self.backoff(plan));
        let ready = |(at, progress): (usize, &Progress)| {
            if progress.barred || !self.may_repeat(plan, at) {
                return None;
            }
            match progress.end {
                End::Due => None,
                End::Skipped(why, retry_at) => why.is_worth_waiting().then(|| {
                    let ready = view.targets[at].ready_at.max(retry_at.unwrap_or(Tick::ZERO));
                    ready.max(now.after(self.idle_wait()))
                }),
                End::Failed { again, not_before, .. } => {
                    // A breaker that this very failure opened is not waited for.
                    let TargetView { ready_at, open_until, .. } = view.targets[at];
                    // Nor by one that was asked in spite of it; whether a gate is shut as well, it will be told.
                    let rounds = plan.rounds.max(plan.targets[at].max_attempts);
                    let despite =
                        progress.despite && ready_at == open_until && self.round + 1 < rounds;
                    let ready_at = if despite { Tick::ZERO } else { ready_at };
                    let asked_again = again && (despite || open_until <= backoff);
                    asked_again.then(|| backoff.max(ready_at).max(not_before))
                }
            }
        };
        self.targets.iter().enumerate().filter_map(ready).min()
    }

    /// A target is asked in as many rounds as the chain has, or in as many as its own `max_attempts` allows.
    fn may_repeat(&self, plan: &Plan, target: usize) -> bool {
        self.targets[target].rounds_asked < plan.rounds.max(plan.targets[target].max_attempts)
    }

    fn every_failure_was_transient(&self) -> bool {
        self.targets.iter().all(|progress| match progress.end {
            End::Due | End::Skipped(..) => true,
            End::Failed { transient, .. } => transient,
        })
    }

    fn backoff(&self, plan: &Plan) -> Duration {
        let at = usize::try_from(self.round).unwrap_or(usize::MAX);
        plan.backoff.get(at).or(plan.backoff.last()).copied().unwrap_or_default()
    }

    fn idle_wait(&self) -> Duration {
        (IDLE_WAIT * 2_u32.pow(self.idle_rounds.min(6))).min(Duration::from_secs(1))
    }

    /// Attempts begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Attempts under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// How many of the attempts were hedges.
    #[must_use]
    pub fn hedges(&self) -> u32 {
        self.hedges
    }

    pub(super) fn is_due(&self, plan: &Plan, target: usize) -> bool {
        let progress = &self.targets[target];
        progress.end == End::Due
            && !progress.barred
            && !progress.running
            && self.may_repeat(plan, target)
    }

    /// Whether all that stands in its way is its breaker, and it was not asked in spite of it in this round.
    pub(super) fn is_only_broken(&self, plan: &Plan, target: usize) -> bool {
        let progress = &self.targets[target];
        matches!(progress.end, End::Skipped(Skip::Breaker, _))
            && !progress.throttled
            && !progress.barred
            && !progress.running
            && self.may_repeat(plan, target)
    }

    /// Whether no further attempt of this request goes to this target.
    #[must_use]
    pub fn is_barred(&self, target: usize) -> bool {
        self.targets[target].barred
    }

    pub(super) fn was_asked(&self, target: usize) -> bool {
        self.targets[target].asked
    }

    pub(super) fn was_refitted(&self, target: usize) -> bool {
        self.targets[target].refitted
    }

    pub(super) fn was_continued(&self, target: usize) -> bool {
        self.targets[target].continued
    }

    pub(super) fn credentials_used(&self, target: usize) -> u32 {
        self.targets[target].credentials_used
    }

    pub(super) fn has_delivered(&self) -> bool {
        self.delivered
    }

    pub(super) fn is_first_asked(&self, target: usize) -> bool {
        self.first_asked == Some(target)
    }

    pub(super) fn resuming(&self) -> Option<usize> {
        self.resuming
    }

    pub(super) fn throttled(&self) -> Option<usize> {
        self.throttled
    }

    pub(super) fn sole_runner(&self) -> Option<usize> {
        let mut running = (0..self.targets.len()).filter(|&at| self.targets[at].running);
        running.next().filter(|_| running.next().is_none())
    }

    /// Why the request would end now if nothing stood in.
    #[must_use]
    pub fn fail_reason(&self) -> FailReason {
        if self.deadline_hit {
            FailReason::Deadline
        } else if self.targets.iter().all(|target| target.own_fault.is_some()) {
            // The longest window decides: one that was merely unsuitable would not have helped.
            let long =
                self.targets.iter().any(|target| target.own_fault == Some(FailReason::TooLong));
            if long { FailReason::TooLong } else { FailReason::Unsuited }
        } else if self.attempts == 0 && self.targets.iter().any(|target| target.spend_refused) {
            FailReason::Spend
        } else {
            FailReason::Exhausted
        }
    }
}
