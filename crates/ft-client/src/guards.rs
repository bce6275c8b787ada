//! What an attempt holds while it runs. Dropped, every part gives back what it must.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_breaker::{Breaker, OwnedPermit, StreamGuard};
use ft_core::{Clock, HeadSignal, Mark, Out, Rule, Scope, Tick};
use ft_cost::Pico;
use ft_limit::{OwnedAmpToken, OwnedGatePass, OwnedInFlightPermit, OwnedSent};

use crate::line::Caller;
use crate::money::Money;
use crate::target::Target;

/// The permits, passes and money of one attempt.
pub(crate) struct Guards {
    pub(crate) breaker: Held,
    /// Of the credential, of the model under it, and of the target.
    pub(crate) passes: HeldPasses,
    /// Its count at the target's throttling.
    pub(crate) sent: Option<OwnedSent>,
    pub(crate) load: Load,
    pub(crate) money: Option<Money>,
    /// Held for its drop.
    pub(crate) _in_flight: OwnedInFlightPermit,
    /// Last, so that whoever is called finds given back what the others held.
    pub(crate) caller: Caller,
}

/// The passes through the three gates that an attempt goes through.
pub(crate) struct Passes {
    pub(crate) credential: OwnedGatePass,
    pub(crate) model: OwnedGatePass,
    pub(crate) target: OwnedGatePass,
}

/// The passes until they are settled; shared with the head signal of a pilot's call.
pub(crate) enum HeldPasses {
    Own(Option<Passes>),
    Shared(Arc<Mutex<Option<Passes>>>),
}

impl HeldPasses {
    /// What is not settled yet. The lock is let go before the passes are.
    fn take(&mut self) -> Option<Passes> {
        match self {
            Self::Own(passes) => passes.take(),
            Self::Shared(shared) => taken(shared),
        }
    }
}

fn taken(shared: &Mutex<Option<Passes>>) -> Option<Passes> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Passes {
    fn is_pilot(&self) -> bool {
        self.credential.is_pilot() || self.model.is_pilot() || self.target.is_pilot()
    }

    fn opened(self, now: Tick) {
        self.credential.opened(now);
        self.model.opened(now);
        self.target.opened(now);
    }
}

/// The attempt's share of the amplification cap: spent when it failed or was dropped, unless it cost nobody anything.
pub(crate) struct Load(Option<OwnedAmpToken>);

impl Load {
    pub(crate) const fn new(token: OwnedAmpToken) -> Self {
        Self(Some(token))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            token.sent();
        }
    }
}

/// The breaker's hold on an attempt: a permit until first content, then a guard of the same generation.
pub(crate) enum Held {
    Permit(OwnedPermit),
    Stream(StreamGuard),
    /// None: the breaker is open, and the target is asked all the same.
    Beside(Arc<Breaker>),
    Settled,
}

impl Guards {
    /// The provider took the call: the gates open, and the breaker has its success.
    ///
    /// At first content of a stream and not at its end, so that a long answer does not hold a probe hostage.
    pub(crate) fn answered(&mut self, now: Tick) {
        if let Some(passes) = self.passes.take() {
            passes.opened(now);
            self.caller.call();
        }
        self.passes = HeldPasses::Own(None);
        self.give_load_back();
        if let Some(sent) = self.sent.take() {
            sent.accepted(now);
        }
        self.breaker = match std::mem::replace(&mut self.breaker, Held::Settled) {
            Held::Permit(permit) => Held::Stream(permit.first_content_at(now)),
            // A success is as good as a probe's, if one is due. In a circuit that has closed it says nothing new.
            Held::Beside(breaker) if breaker.probe_due(now) => {
                match breaker.acquire_owned_at(now) {
                    Ok(probe) => Held::Stream(probe.first_content_at(now)),
                    Err(_) => Held::Settled,
                }
            }
            Held::Beside(_) => Held::Settled,
            held => held,
        };
    }

    /// For a pilot's call: the head of the answer opens the gates, long before its content.
    pub(crate) fn head_signal(&mut self, clock: &Arc<dyn Clock>) -> HeadSignal {
        let HeldPasses::Own(held) = &mut self.passes else { return HeadSignal::default() };
        let Some(passes) = held.take_if(|passes| passes.is_pilot()) else {
            return HeadSignal::default();
        };
        let shared = Arc::new(Mutex::new(Some(passes)));
        self.passes = HeldPasses::Shared(Arc::clone(&shared));
        let (clock, caller) = (Arc::clone(clock), self.caller.clone());
        HeadSignal::new(move || {
            if let Some(passes) = taken(&shared) {
                passes.opened(clock.now());
                caller.call();
            }
        })
    }

    /// The provider refused at no cost, or the attempt served its request: it was no part of a storm.
    pub(crate) fn give_load_back(&mut self) {
        self.load.0 = None;
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
            (Held::Settled | Held::Beside(_), _) => {}
        }
        match (self.sent.take(), mark) {
            (Some(sent), Mark::Failure) => sent.failed(),
            (Some(sent), Mark::Slow) => sent.was_silent(),
            // Dropped, it is taken back: it says nothing of how much the target takes.
            (None, _) | (_, Mark::Throttled | Mark::Neutral) => {}
        }
        let by_head = matches!(self.passes, HeldPasses::Shared(_));
        match self.passes.take() {
            Some(passes) => failure.shut(passes, now),
            // The head had opened the gates, and what came instead of content says otherwise.
            None if by_head => failure.shut_after_all(now),
            // Content had opened them; what only a person can mend is so all the same.
            None if matches!(failure.rule.out, Out::Out) => failure.shut_after_all(now),
            None => {}
        }
        self.caller.call();
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
                match self.widened(now) {
                    Some(wait) => credential.throttled(now, Some(wait)),
                    None => credential.opened(now),
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

    /// For how long the throttled model's wait shuts its whole credential, if it does.
    fn widened(&self, now: Tick) -> Option<Duration> {
        // Where one refusal shut nothing, there is no wait in which another model's could fall.
        let until = self.target.credential_gates[self.credential].retry_at(now)?;
        let widening = &self.target.provider.credentials[self.credential].widening;
        let wait = until.since(now);
        widening.throttled(self.target.number, now, wait).then_some(wait)
    }

    /// The same without passes.
    fn shut_after_all(&self, now: Tick) {
        let state = &self.target.provider.credentials[self.credential];
        match (self.rule.out, self.hint, self.scope) {
            (Out::Gate, hint, _) => {
                self.target.credential_gates[self.credential].throttle(now, hint);
                if let Some(wait) = self.widened(now) {
                    state.gate.throttle(now, Some(wait));
                }
            }
            (Out::GateIfHinted, Some(hint), _) => self.target.gate.throttle(now, Some(hint)),
            (Out::Out, _, Scope::Credential) => state.gate.out(now),
            (Out::Out, _, Scope::Call | Scope::Target | Scope::Endpoint) => {
                self.target.gate.out(now);
            }
            (Out::Nothing, ..) | (Out::GateIfHinted, None, _) => {}
        }
    }
}
