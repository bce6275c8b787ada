//! The next step of a request: one pure function over values.
//!
//! It knows no clock, no provider and no runtime, so plain, streamed, hedged and simulated calls share it,
//! and a test of it is a script.
//!
//! Two rules shape it. **The next admissible target first:** a target is asked again only when none that has not been
//! asked is left; the one exception is a quick second try, within a moment of a quick failure, before the request
//! leaves its tier. **A wait must be worth more than the last resort:** all waits of a request count from the first
//! one against one bound, and none is begun whose end lies beyond it.
//! It ends by construction: a round asks or skips each target at most once (and repeats a target at most
//! `max_attempts` times), and rounds, waits and attempts are bounded.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        reason = "a new event, kind or skip must be decided, not swallowed"
    )
)]

mod event;
mod ledger;
mod plan;
mod wait;

pub use event::{As, Event, FailReason, Skip, Step, Wait};
pub use ledger::Ledger;
pub use plan::{MidStream, Plan, PlannedTarget, TargetView, View};

use crate::kind::ErrorKind;
use crate::table::{Next, rule};
use crate::time::Tick;

/// What to do after `event`, which the ledger has already noted.
#[must_use]
pub fn decide(plan: &Plan, ledger: &Ledger, view: &View<'_>, event: &Event, now: Tick) -> Step {
    let at = Decision { plan, ledger, view, now };
    match *event {
        Event::Succeeded { .. } => Step::Answer,
        Event::HedgeDue => at.hedge(),
        // What the caller must see ends the request, also while another leg runs.
        Event::Failed { target, kind, scope, delivered: false, .. }
            if at.must_be_seen(target, rule(kind, scope).next) =>
        {
            Step::Fail(FailReason::Refused)
        }
        // Another leg may still answer: first success wins.
        Event::Skipped { .. } | Event::Failed { delivered: false, .. }
            if ledger.in_flight() > 0 =>
        {
            Step::Hold
        }
        Event::Failed { target, .. } | Event::Skipped { target, .. } if ledger.has_delivered() => {
            at.after_content(target)
        }
        Event::Failed { target, .. } => match at.quick_retry(event) {
            Some(wait) => Step::Wait(wait),
            None => at.after_failure(target, event),
        },
        Event::Skipped { .. } | Event::Start => at.next(),
        Event::Woke => at.after_wait(),
    }
}

struct Decision<'a> {
    plan: &'a Plan,
    ledger: &'a Ledger,
    view: &'a View<'a>,
    now: Tick,
}

impl Decision<'_> {
    fn after_failure(&self, target: usize, failed: &Event) -> Step {
        let Event::Failed { kind, scope, .. } = *failed else { return self.next() };
        match rule(kind, scope).next {
            Next::Stop => self.last_resort(FailReason::Deadline),
            Next::Refit if !self.ledger.was_refitted(target) => self.attempt(target, As::Refit),
            Next::OtherCredential
                if self.view.targets[target].credential_free
                    && self.ledger.credentials_used(target)
                        < self.plan.targets[target].credentials =>
            {
                self.attempt(target, As::Credential)
            }
            Next::OtherCredential if kind == ErrorKind::RateLimited => {
                match self.patient_wait(target) {
                    Some(wait) => Step::Wait(wait),
                    None => self.next(),
                }
            }
            Next::Next
            | Next::Refit
            | Next::OtherCredential
            | Next::StopIfFirst
            | Next::StopUnlessConfigured => self.next(),
        }
    }

    /// A refusal that another target must not paper over.
    fn must_be_seen(&self, target: usize, next: Next) -> bool {
        match next {
            Next::StopIfFirst => self.ledger.is_first_asked(target) && !self.ledger.has_delivered(),
            Next::StopUnlessConfigured => {
                !self.plan.filtered_falls_through && !self.ledger.has_delivered()
            }
            Next::Next | Next::OtherCredential | Next::Refit | Next::Stop => false,
        }
    }

    fn after_wait(&self) -> Step {
        match self.ledger.resuming() {
            Some((target, manner)) => self.attempt(target, manner),
            None => self.next(),
        }
    }

    /// The next target of this round, else the wait before the next round, else the last resort.
    fn next(&self) -> Step {
        let mut open =
            (0..self.plan.targets.len()).filter(|&target| self.ledger.is_due(self.plan, target));
        match open.next() {
            Some(target) => self.attempt(target, self.manner(target)),
            None => match (self.next_round(), self.only_broken()) {
                (Some(wait), _) => Step::Wait(wait),
                (None, Some(target)) => self.attempt(target, As::Throttled),
                (None, None) => self.last_resort(self.ledger.fail_reason()),
            },
        }
    }

    /// A breaker never lowers the chance of an answer: where nobody else is left to ask or to wait for, those behind
    /// an open one are, in turn. How much of that they take is for their throttling to say.
    fn only_broken(&self) -> Option<usize> {
        let mut targets = 0..self.plan.targets.len();
        targets.find(|&target| self.ledger.is_only_broken(self.plan, target))
    }

    fn manner(&self, target: usize) -> As {
        if self.ledger.attempts() == 0 {
            As::First
        } else if self.ledger.was_asked(target) {
            As::Retry
        } else {
            As::Fallback
        }
    }

    fn attempt(&self, target: usize, manner: As) -> Step {
        if self.now >= self.plan.deadline {
            self.last_resort(FailReason::Deadline)
        } else if manner != As::QuickRetry && self.ledger.counted() >= self.plan.max_attempts {
            self.last_resort(self.ledger.fail_reason())
        } else {
            Step::Try { target, manner }
        }
    }

    fn hedge(&self) -> Step {
        // After content another answer would begin from the start.
        if self.ledger.has_delivered() {
            return Step::Hold;
        }
        let Some(running) = self.ledger.sole_runner() else { return Step::Hold };
        let provider = self.plan.targets[running].provider;
        let other = (0..self.plan.targets.len()).find(|&target| {
            self.plan.targets[target].provider != provider
                && self.ledger.is_due(self.plan, target)
                && self.view.targets[target].ready_at <= self.now
        });
        match other {
            Some(target) if self.plan.hedge && self.ledger.hedges() == 0 => {
                let step = self.attempt(target, As::Hedge);
                if matches!(step, Step::Try { .. }) { step } else { Step::Hold }
            }
            _ => Step::Hold,
        }
    }

    /// Content has reached the caller, so no other answer may begin from the start.
    ///
    /// The target that has just broken off is the last to be asked to go on.
    fn after_content(&self, broke: usize) -> Step {
        let takes_over = |&target: &usize| {
            self.plan.targets[target].prefill
                && !self.ledger.is_barred(target)
                && self.view.targets[target].ready_at <= self.now
                && !self.ledger.was_continued(target)
        };
        match self.plan.mid_stream {
            MidStream::Fail => Step::Fail(FailReason::MidStream),
            MidStream::Continue => {
                let others = (0..self.plan.targets.len()).filter(|&target| target != broke);
                let other = others.chain([broke]).find(takes_over);
                match other.map(|target| self.attempt(target, As::Continue)) {
                    Some(step @ Step::Try { .. }) => step,
                    _ => Step::Fail(FailReason::MidStream),
                }
            }
        }
    }

    fn last_resort(&self, reason: FailReason) -> Step {
        // When time has run out, that is why nothing more is tried.
        let late = reason == FailReason::Exhausted && self.now >= self.plan.deadline;
        let reason = if late { FailReason::Deadline } else { reason };
        let own =
            matches!(reason, FailReason::TooLong | FailReason::Refused | FailReason::Unsuited);
        if !self.stands_in() || own {
            Step::Fail(reason)
        } else if self.view.stale {
            Step::Stale
        } else {
            Step::Emergency
        }
    }

    /// Whether a stale or emergency answer exists for when nothing live is left.
    fn stands_in(&self) -> bool {
        self.plan.last_resorts && (self.view.stale || self.plan.emergency)
    }
}

#[cfg(test)]
mod tests;
