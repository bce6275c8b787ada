//! What is worth waiting for, and for how long.

use std::time::Duration;

use super::ledger::Moment;
use super::{As, Decision, Event, Wait};
use crate::table::{Mark, rule};
use crate::time::Tick;

/// A failure is quick when it came within this time: whoever fails at once has done no work, and asking again costs
/// the caller little.
pub(super) const QUICK: Duration = Duration::from_millis(500);

impl Decision<'_> {
    /// The same target once more, before the request leaves the tier.
    ///
    /// When it failed quickly and for a reason that passes by itself, stands open still, and no other target of the
    /// tier is free to be the second try. Not after silence or throttling. Never where one attempt is all there may be.
    pub(super) fn quick_retry(&self, failed: &Event) -> Option<Wait> {
        let Event::Failed { target, kind, scope, hint, took, .. } = *failed else { return None };
        let rule = rule(kind, scope);
        let passes = rule.breaker == Mark::Failure && rule.again && hint.is_none();
        let tier = self.plan.targets[target].tier;
        let may = passes
            && took <= QUICK
            && self.plan.max_attempts > 1
            && self.ledger.tries_in(self.plan, tier) <= self.plan.same_target_retries
            && self.view.targets[target].retries;
        if !may || self.is_tier_free(tier) {
            return None;
        }
        let until = self.now.after(self.plan.quick_backoff);
        // What this failure has shut or opened is no target for a second try.
        let open = self.view.targets[target].ready_at <= until;
        let resume = Some((target, As::QuickRetry));
        (open && self.is_inside(until, target)).then_some(Wait { until, opens: None, resume })
    }

    /// Whether a target of this tier that this round has not asked would take a call now.
    fn is_tier_free(&self, tier: usize) -> bool {
        (0..self.plan.targets.len()).any(|other| {
            self.plan.targets[other].tier == tier
                && self.ledger.is_due(self.plan, other)
                && self.view.targets[other].ready_at <= self.now
        })
    }

    /// The throttled target itself is waited for, once, when the chain is configured to prefer that.
    pub(super) fn patient_wait(&self, target: usize) -> Option<Wait> {
        let until = self.ledger.not_before(target).max(self.view.targets[target].ready_at);
        let short = until > self.now && until.since(self.now) <= self.plan.throttle_patience;
        let may = !self.ledger.was_patient() && short && self.is_inside(until, target);
        may.then_some(Wait { until, opens: None, resume: Some((target, As::Retry)) })
    }

    /// The wait before the next round, when one is worth it.
    pub(super) fn next_round(&self) -> Option<Wait> {
        if !self.ledger.may_go_on(self.plan) {
            return None;
        }
        let mut backoff: Option<Tick> = None;
        let mut opens: Option<Tick> = None;
        let mut latest = Tick::ZERO;
        for target in 0..self.plan.targets.len() {
            match self.ledger.moment(self.plan, self.view, target, self.now) {
                Some(Moment::Backoff(at)) if self.is_inside(at, target) => {
                    backoff = Some(backoff.map_or(at, |soonest| soonest.min(at)));
                }
                Some(Moment::Opens { at, known }) => {
                    let bound = self.bound(target);
                    // Nobody knows when a pilot is back, so it is waited for as long as waiting is worth it.
                    let at = if known { at } else { at.min(bound) };
                    if at > self.now && self.is_inside(at, target) {
                        opens = Some(opens.map_or(at, |soonest| soonest.min(at)));
                        latest = latest.max(bound);
                    }
                }
                Some(Moment::Backoff(_)) | None => {}
            }
        }
        let until = backoff.or(opens.map(|_| latest))?;
        Some(Wait { until, opens, resume: None })
    }

    /// Whether a wait for this target until then is worth more than what could be given instead.
    fn is_inside(&self, until: Tick, target: usize) -> bool {
        until <= self.bound(target) && until < self.plan.deadline
    }

    /// The end of every wait of this request: from the first one on, the patience, where a stale or emergency answer
    /// exists; else the deadline, less the time that the target usually takes.
    fn bound(&self, target: usize) -> Tick {
        if self.stands_in() {
            let patience = self.plan.patience.max(self.plan.throttle_patience);
            self.ledger.waited_from().unwrap_or(self.now).after(patience)
        } else {
            self.plan.deadline.before(self.view.targets[target].usual)
        }
    }
}
