//! What an attempt holds while it runs. Dropped, every part gives back what it must.

use std::time::Duration;

use ft_breaker::{OwnedPermit, StreamGuard};
use ft_core::{Mark, Out, Rule, Scope, Tick};
use ft_cost::Pico;
use ft_limit::{OwnedGatePass, OwnedInFlightPermit};

use crate::money::Money;
use crate::target::Target;

/// The permits, passes and money of one attempt.
pub(crate) struct Guards {
    pub(crate) breaker: Held,
    /// Of the credential, of the model under it, and of the target.
    pub(crate) passes: Option<Passes>,
    pub(crate) money: Option<Money>,
    /// Held for its drop.
    pub(crate) _in_flight: OwnedInFlightPermit,
}

/// The passes through the three gates that an attempt goes through.
pub(crate) struct Passes {
    pub(crate) credential: OwnedGatePass,
    pub(crate) model: OwnedGatePass,
    pub(crate) target: OwnedGatePass,
}

/// The breaker's hold on an attempt: a permit until first content, then a guard of the same generation.
pub(crate) enum Held {
    Permit(OwnedPermit),
    Stream(StreamGuard),
    Settled,
}

impl Guards {
    /// The provider took the call: the gates open, and the breaker has its success.
    ///
    /// At first content of a stream and not at its end, so that a long answer does not hold a probe hostage.
    pub(crate) fn answered(&mut self, now: Tick) {
        if let Some(passes) = self.passes.take() {
            passes.credential.opened(now);
            passes.model.opened(now);
            passes.target.opened(now);
        }
        self.breaker = match std::mem::replace(&mut self.breaker, Held::Settled) {
            Held::Permit(permit) => Held::Stream(permit.first_content_at(now)),
            held => held,
        };
    }

    /// The answer is complete.
    pub(crate) fn finished(&mut self) {
        if let Held::Stream(guard) = std::mem::replace(&mut self.breaker, Held::Settled) {
            guard.finish();
        }
    }

    /// The attempt failed, and `rule` says what that means.
    ///
    /// `neutral`: a timer fired that the caller's deadline had shortened, which says nothing of the target.
    pub(crate) fn failed(&mut self, failure: &Failure<'_>, neutral: bool, now: Tick) {
        let mark = if neutral { Mark::Neutral } else { failure.rule.breaker };
        match (std::mem::replace(&mut self.breaker, Held::Settled), mark) {
            (Held::Permit(permit), Mark::Failure) => permit.failure_at(now),
            (Held::Permit(permit), Mark::Slow) => permit.slow_at(now),
            (Held::Permit(permit), Mark::Throttled) => permit.throttled_at(now),
            (Held::Permit(permit), Mark::Neutral) => permit.neutral_at(now),
            (Held::Stream(guard), Mark::Failure | Mark::Slow) => guard.fail_at(now),
            (Held::Stream(guard), Mark::Throttled | Mark::Neutral) => guard.finish(),
            (Held::Settled, _) => {}
        }
        if let Some(passes) = self.passes.take() {
            failure.shut(passes, now);
        }
    }

    /// The money taken for the attempt.
    pub(crate) fn reserved(&self) -> Option<Pico> {
        self.money.as_ref().map(Money::amount)
    }

    /// The attempt has cost this much; `None` when that is unknown.
    pub(crate) fn pay(&mut self, cost: Option<Pico>) {
        if let Some(money) = self.money.take() {
            money.pay(cost);
        }
    }
}

/// A failure, as far as gates depend on it.
pub(crate) struct Failure<'a> {
    pub(crate) rule: Rule,
    pub(crate) scope: Scope,
    pub(crate) hint: Option<Duration>,
    pub(crate) target: &'a Target,
    pub(crate) credential: usize,
}

impl Failure<'_> {
    fn shut(&self, passes: Passes, now: Tick) {
        let Passes { credential, model, target } = passes;
        match (self.rule.out, self.hint) {
            (Out::Gate, hint) => {
                // The bodies name the organisation even where the limit is the model's, so the narrow gate
                // is shut, and the wide one only when a second model throttles within the hint.
                model.throttled(now, hint);
                let state = &self.target.provider.credentials[self.credential];
                let wait = self.target.credential_gates[self.credential].retry_at(now);
                let wait = wait.map_or(Duration::ZERO, |until| until.since(now));
                if state.widening.throttled(self.target.number, now, wait) {
                    credential.throttled(now, Some(wait));
                } else {
                    credential.opened(now);
                }
                target.opened(now);
            }
            (Out::GateIfHinted, Some(hint)) => target.throttled(now, Some(hint)),
            (Out::Out, _) => match self.scope {
                Scope::Credential => credential.out(now),
                Scope::Call | Scope::Target | Scope::Endpoint => {
                    credential.opened(now);
                    target.out(now);
                }
            },
            // What says nothing of a gate's matter gives the pilot's place back.
            (Out::Nothing | Out::GateIfHinted, _) => {}
        }
    }
}
