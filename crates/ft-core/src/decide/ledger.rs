//! What one request has done so far.

use std::time::Duration;

use super::{As, Event, FailReason, Plan, Skip, TargetView, View, Wait};
use crate::kind::ErrorKind;
use crate::table::{Next, rule};
use crate::time::Tick;

/// Rounds in which nobody was asked. The bound of its waits ends a request that always comes too late; this one ends
/// it also where no time passes.
const MAX_IDLE_ROUNDS: u32 = 1_000;

/// When to look again at what nobody knows the end of: a pilot under way, a target that is full.
const RECHECK: Duration = Duration::from_secs(1);

/// How long a throttled target without a hint is left alone, as its gate would be shut.
const UNHINTED: Duration = Duration::from_secs(1);

/// The attempts, skips and waits of one request.
///
/// The caller tells it what happens with [`begin`](Self::begin), [`begin_wait`](Self::begin_wait) and
/// [`note`](Self::note), in that order; [`decide`](super::decide) only reads it.
#[derive(Clone, Debug)]
pub struct Ledger {
    targets: Vec<Progress>,
    attempts: u32,
    quick_retries: u32,
    hedges: u32,
    round: u32,
    idle_rounds: u32,
    in_flight: u32,
    first_asked: Option<usize>,
    /// When the first wait began.
    waited_from: Option<Tick>,
    /// Whom the wait is or was for, and how it is asked afterwards.
    resuming: Option<(usize, As)>,
    was_patient: bool,
    deadline_hit: bool,
    /// Content has reached the caller.
    delivered: bool,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    asked: bool,
    asked_this_round: bool,
    rounds_asked: u32,
    /// Attempts but for other credentials, shorter requests, hedges and continuations.
    tries: u32,
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

/// When a target may be asked in the next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// When its back-off, and what it asked for, are over.
    Backoff(Tick),
    /// When its gate opens or a place is free, or, if that is not `known`, when to look again.
    Opens { at: Tick, known: bool },
}

impl Ledger {
    /// An empty ledger for a plan of this many targets.
    #[must_use]
    pub fn new(targets: usize) -> Self {
        Self {
            targets: vec![Progress::default(); targets],
            attempts: 0,
            quick_retries: 0,
            hedges: 0,
            round: 0,
            idle_rounds: 0,
            in_flight: 0,
            first_asked: None,
            waited_from: None,
            resuming: None,
            was_patient: false,
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
        self.quick_retries += u32::from(manner == As::QuickRetry);
        let progress = &mut self.targets[target];
        progress.rounds_asked += u32::from(!progress.asked_this_round);
        progress.asked = true;
        progress.asked_this_round = true;
        progress.running = true;
        match manner {
            As::First | As::Fallback | As::Retry => {
                progress.tries += 1;
                progress.credentials_used += 1;
            }
            // The same credential as before.
            As::QuickRetry => progress.tries += 1,
            As::Credential => progress.credentials_used += 1,
            As::Throttled => {
                progress.tries += 1;
                progress.credentials_used += 1;
                progress.throttled = true;
                progress.despite = true;
            }
            As::Refit => progress.refitted = true,
            As::Continue => progress.continued = true,
            As::Hedge => self.hedges += 1,
        }
    }

    /// Notes that a wait begins.
    pub fn begin_wait(&mut self, wait: &Wait, now: Tick) {
        self.waited_from.get_or_insert(now);
        self.resuming = wait.resume;
        self.was_patient |= matches!(wait.resume, Some((_, As::Retry)));
    }

    /// Notes what happened.
    pub fn note(&mut self, event: &Event, now: Tick) {
        match *event {
            Event::Start | Event::HedgeDue => {}
            Event::Succeeded { target } => self.ended(target),
            Event::Skipped { target, why, retry_at } => {
                let resumed = self.resuming.take();
                self.deadline_hit |= matches!(why, Skip::OutOfTime);
                let progress = &mut self.targets[target];
                // A second try that was not to be had leaves the first one's failure as it is.
                if resumed != Some((target, As::QuickRetry)) {
                    // Nothing but an open breaker is passed over twice in a round.
                    progress.throttled |= matches!(progress.end, End::Skipped(Skip::Breaker, _));
                    progress.end = End::Skipped(why, retry_at);
                }
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
            Event::Failed { target, kind, scope, hint, delivered, .. } => {
                self.ended(target);
                self.delivered |= delivered;
                let rule = rule(kind, scope);
                self.deadline_hit |= matches!(kind, ErrorKind::DeadlineExceeded);
                let throttled = matches!(kind, ErrorKind::RateLimited);
                let wait = hint.unwrap_or(if throttled { UNHINTED } else { Duration::ZERO });
                let progress = &mut self.targets[target];
                progress.barred |= !rule.again && !matches!(rule.next, Next::OtherCredential);
                let reason = if kind == ErrorKind::ContextLength {
                    FailReason::TooLong
                } else {
                    FailReason::Unsuited
                };
                progress.own_fault = kind.is_of_request(scope).then_some(reason);
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
        if let Some((_, As::QuickRetry)) = self.resuming {
            return;
        }
        // What a wait was for may be any credential.
        self.targets.iter_mut().for_each(|progress| progress.credentials_used = 0);
        if self.resuming.is_some() {
            return;
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

    /// Whether the request may go through its targets once more.
    pub(super) fn may_go_on(&self, plan: &Plan) -> bool {
        let asked = self.targets.iter().any(|progress| progress.asked_this_round);
        let spent = !asked && self.idle_rounds >= MAX_IDLE_ROUNDS;
        !spent && self.counted() < plan.max_attempts && self.every_failure_was_transient()
    }

    /// When this target may be asked in the next round; `None` when it may not be.
    pub(super) fn moment(
        &self,
        plan: &Plan,
        view: &View<'_>,
        target: usize,
        now: Tick,
    ) -> Option<Moment> {
        let (progress, stands) = (&self.targets[target], &view.targets[target]);
        if progress.barred || !self.may_repeat(plan, target) {
            return None;
        }
        match progress.end {
            End::Due => None,
            End::Skipped(why, retry_at) => why.is_worth_waiting().then(|| {
                let known = stands.ready_at.max(retry_at.unwrap_or(Tick::ZERO));
                if known > now && !stands.pilot {
                    Moment::Opens { at: known, known: true }
                } else {
                    let at = stands.open_until.max(now.after(RECHECK));
                    Moment::Opens { at, known: stands.open_until > now }
                }
            }),
            End::Failed { again, not_before, .. } => {
                let backoff = now.after(self.backoff(plan));
                // A breaker that this very failure opened is not waited for.
                let TargetView { ready_at, open_until, .. } = *stands;
                // Nor by one that was asked in spite of it; whether a gate is shut as well, it will be told.
                let rounds = plan.rounds.max(plan.targets[target].max_attempts);
                let despite = progress.despite && ready_at == open_until && self.round + 1 < rounds;
                let ready_at = if despite { Tick::ZERO } else { ready_at };
                let asked_again = again && (despite || open_until <= backoff);
                asked_again.then(|| Moment::Backoff(backoff.max(ready_at).max(not_before)))
            }
        }
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

    /// Attempts begun.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The attempts that count against the request's most: all but the quick second tries.
    pub(super) fn counted(&self) -> u32 {
        self.attempts - self.quick_retries
    }

    /// How often targets of this tier were asked, but for other credentials, shorter requests and hedges.
    pub(super) fn tries_in(&self, plan: &Plan, tier: usize) -> u32 {
        let its = plan.targets.iter().zip(&self.targets).filter(|(target, _)| target.tier == tier);
        its.map(|(_, progress)| progress.tries).sum()
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

    pub(super) fn resuming(&self) -> Option<(usize, As)> {
        self.resuming
    }

    pub(super) fn was_patient(&self) -> bool {
        self.was_patient
    }

    pub(super) fn waited_from(&self) -> Option<Tick> {
        self.waited_from
    }

    /// Before which moment a target that failed asks not to be asked again.
    pub(super) fn not_before(&self, target: usize) -> Tick {
        match self.targets[target].end {
            End::Failed { not_before, .. } => not_before,
            End::Due | End::Skipped(..) => Tick::ZERO,
        }
    }

    /// The targets that a wait for a gate, or for a place in flight, is for.
    pub fn waits_for(&self) -> impl Iterator<Item = usize> + '_ {
        let worth = |(at, progress): (usize, &Progress)| match progress.end {
            End::Skipped(why, _) if why.is_worth_waiting() && !progress.barred => Some(at),
            End::Skipped(..) | End::Due | End::Failed { .. } => None,
        };
        self.targets.iter().enumerate().filter_map(worth)
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
