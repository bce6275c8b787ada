//! Admission of one attempt: fit, gate, in-flight, breaker, retry tokens, money, in this order.
//!
//! All of it is synchronous: nothing is held across an await before the attempt begins, and a refusal gives
//! back what was taken before it.

use std::sync::Arc;
use std::time::Duration;

use ft_breaker::RejectReason;
use ft_context::{FitReport, Strategy, Window, fit, output_reserve, refit};
use ft_core::decide::{As, Skip};
use ft_core::{ChatRequest, Tick};
use ft_limit::{Attempt as Share, GateReason, Gated};

use crate::asked::Asked;
use crate::chain::reserve_after;
use crate::guards::{Guards, Held, HeldPasses, Load, Passes};
use crate::run::Run;
use crate::target::Target;
use crate::timers::Timers;

/// An attempt that may begin.
pub(crate) struct Admitted {
    pub(crate) request: Asked,
    pub(crate) fit: Option<FitReport>,
    pub(crate) guards: Guards,
    pub(crate) credential: usize,
    pub(crate) timers: Timers,
}

/// Why it may not, and when it may.
pub(crate) struct Refusal {
    pub(crate) why: Skip,
    pub(crate) retry_at: Option<Tick>,
}

impl From<Skip> for Refusal {
    fn from(why: Skip) -> Self {
        Self { why, retry_at: None }
    }
}

impl Refusal {
    /// Whether this credential's refusal is to be told rather than another one's: a throttle ends by itself.
    pub(crate) fn ends_before(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| {
            (other.why == Skip::Out && self.why == Skip::Gate)
                || (other.why == self.why && self.retry_at < other.retry_at)
        })
    }
}

impl From<Gated> for Refusal {
    fn from(gated: Gated) -> Self {
        let why = if gated.reason == GateReason::Out { Skip::Out } else { Skip::Gate };
        Self { why, retry_at: Some(gated.retry_at) }
    }
}

/// An attempt that is given nine tenths of its usual time is not cut short by an impatient caller: a little of the
/// deadline always goes before the first attempt.
const NEARLY: f64 = 0.9;

impl Run {
    pub(crate) fn admit(&mut self, at: usize, manner: As, now: Tick) -> Result<Admitted, Refusal> {
        let target = Arc::clone(&self.members()[at].target);
        let (mut request, mut fit) = self.fitted(&target, at, manner, now)?;
        let timers = self.timers(&target, at, now)?;
        let target_pass = target.gate.admit_owned_for(now, target.number)?;
        let (credential, credential_pass, model_pass) = self.credential(&target, at, now)?;
        let in_flight = target.in_flight.acquire_owned().map_err(|_| Skip::InFlight)?;
        let breaker = self.through_breaker(&target, manner, now)?;
        let again = self.sent(at).is_some();
        let alone = again
            && matches!(manner, As::Retry | As::Throttled)
            && (manner == As::Throttled || self.is_alone(at, now));
        let retry = match manner {
            // Where nobody else can answer, a repeat is not what another provider's outage is multiplied by.
            As::Retry | As::Throttled if alone => {
                Some(target.alone.repeats.withdraw_owned(now).ok_or(Skip::RetryBudget)?)
            }
            As::Retry | As::QuickRetry | As::Refit | As::Continue => {
                Some(target.provider.retry.withdraw_owned(now).ok_or(Skip::RetryBudget)?)
            }
            // Hedges have a budget of their own, so that they never eat the retries.
            As::Hedge => {
                let hedging = self.client.hedge.as_ref();
                Some(hedging.and_then(|hedging| hedging.take(now)).ok_or(Skip::RetryBudget)?)
            }
            As::First | As::Fallback | As::Credential | As::Throttled => None,
        };
        let share = if alone { Share::First } else { self.amplification(manner) };
        let share = self.client.cap.admit_owned(share, now).map_err(|_| Skip::Amplification)?;
        let money = self.reserve(&target, &mut request, &mut fit)?;

        if matches!(manner, As::First | As::Fallback | As::Throttled) && !again {
            target.provider.retry.deposit(now);
            target.alone.repeats.deposit(now);
        }
        if let Some(retry) = retry {
            retry.sent();
        }
        let passes = Passes { credential: credential_pass, model: model_pass, target: target_pass };
        let guards = Guards {
            breaker,
            passes: HeldPasses::Own(Some(passes)),
            sent: Some(target.alone.throttle.sent_owned(now)),
            load: Load::new(share),
            money,
            _in_flight: in_flight,
            caller: target.provider.lines.caller(),
        };
        Ok(Admitted { request, fit, guards, credential, timers })
    }

    /// The breaker's permit; or, for a target that is asked although it is open, that of its throttling.
    fn through_breaker(&mut self, target: &Target, manner: As, now: Tick) -> Result<Held, Refusal> {
        let rejected = match target.breaker.acquire_owned_at(now) {
            Ok(permit) => return Ok(Held::Permit(permit)),
            Err(rejected) => rejected,
        };
        let despite = manner == As::Throttled && rejected.reason != RejectReason::Forced;
        if despite && target.alone.throttle.admits(now, self.drawn()) {
            return Ok(Held::Beside(Arc::clone(&target.breaker)));
        }
        Err(Refusal { why: Skip::Breaker, retry_at: rejected.retry_at })
    }

    /// The request as this target can take it.
    pub(crate) fn fitted(
        &self,
        target: &Target,
        at: usize,
        manner: As,
        now: Tick,
    ) -> Result<(Asked, Option<FitReport>), Refusal> {
        let request = match (&self.request, manner) {
            // Nothing may be left out of texts whose vectors are wanted.
            (Asked::Vectors(_), As::Refit) => return Err(Skip::TooLong.into()),
            (Asked::Vectors(_), _) => return Ok((self.request.clone(), None)),
            (Asked::Chat(request), As::Continue) => self.continuation(request, target),
            (Asked::Chat(request), _) => Arc::clone(request),
        };
        let card = target.card.as_ref();
        if card.is_some_and(|card| !card.capabilities.cover(request.needs())) {
            return Err(Skip::Unsupported.into());
        }
        let most = card.and_then(|card| card.max_output);
        let window = target.context_window();
        let (request, fit) = self.fitted_to(window, most, target, request, at, manner, now)?;
        Ok((Asked::Chat(request), fit))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one caller, above; a struct would only rename them"
    )]
    fn fitted_to(
        &self,
        context: Option<u64>,
        max_output: Option<u64>,
        target: &Target,
        request: Arc<ChatRequest>,
        at: usize,
        manner: As,
        now: Tick,
    ) -> Result<(Arc<ChatRequest>, Option<FitReport>), Refusal> {
        let learned = target.learned_limit(now);
        // A provider of one's own may not say how large its window is; its refusals still teach it.
        let Some(context) = context.or(learned).or((manner == As::Refit).then_some(u64::MAX / 2))
        else {
            return Ok((request, None));
        };
        let window = Window {
            context,
            max_output,
            reserve_output: output_reserve(&request, max_output),
            learned_limit: learned,
        };
        let counter = target.counter();
        let fitted = match (manner, self.sent(at).and_then(Asked::chat)) {
            (As::Refit, Some(sent)) => refit(sent, &window, counter, &Strategy::default()),
            _ => fit(&request, &window, counter, &Strategy::default()),
        }
        .map_err(|_| Skip::TooLong)?;
        let earlier = self.fit_of(at).filter(|_| manner == As::Refit);
        let report = fitted.report.map(|report| match earlier {
            // The refit began from what was left of the first cut.
            Some(earlier) => FitReport {
                dropped_messages: report.dropped_messages + earlier.dropped_messages,
                dropped_turns: report.dropped_turns + earlier.dropped_turns,
                dropped_tokens: report.dropped_tokens + earlier.dropped_tokens,
                ..report
            },
            None => report,
        });
        Ok(match fitted.request {
            std::borrow::Cow::Owned(shorter) => (Arc::new(shorter), report),
            std::borrow::Cow::Borrowed(_) => (request, None),
        })
    }

    /// The smaller of the target's own time and what remains less a reserve for the tiers below.
    pub(crate) fn timers(&self, target: &Target, at: usize, now: Tick) -> Result<Timers, Refusal> {
        let remaining = self.deadline().since(now);
        let below = match self.committed() {
            // Content is out: no tier below can take over any more.
            true => Duration::ZERO,
            false => reserve_after(self.members(), at, remaining),
        };
        let allowed = remaining.saturating_sub(below);
        let own = target.config.attempt_timeout;
        let usual = self.usual_time(own, at);
        // The usual time is looked up, which sorts samples, only where it could matter.
        let scarce = allowed < own / 2
            && target.speed.quantile(now, 50).is_some_and(|usual| allowed < usual.min(own) / 2);
        if scarce || allowed.is_zero() {
            return Err(Skip::OutOfTime.into());
        }
        Ok(Timers {
            first_token: target.config.first_token_timeout.map(|first| now.after(first)),
            end: now.after(own.min(allowed)),
            shortened: allowed < usual.mul_f64(NEARLY),
            deadline: self.deadline(),
            stream_end: now.after(target.config.stream_timeout),
            callers: self.callers_deadline(),
            idle: target.config.idle_timeout,
        })
    }

    /// What this target is given by the chain's own deadline, when it is asked first: a chain whose deadline is
    /// shorter than its attempts is configured so, and a target that is silent for all of that has failed.
    fn usual_time(&self, own: Duration, at: usize) -> Duration {
        let deadline = self.chain.config.deadline;
        own.min(deadline.saturating_sub(reserve_after(self.members(), at, deadline)))
    }

    /// The first credential that this call has not used up and whose gates let it through.
    fn credential(
        &self,
        target: &Target,
        at: usize,
        now: Tick,
    ) -> Result<(usize, ft_limit::OwnedGatePass, ft_limit::OwnedGatePass), Refusal> {
        let mut soonest: Option<Refusal> = None;
        for (credential, state) in target.provider.credentials.iter().enumerate() {
            if self.has_used(at, credential) {
                continue;
            }
            let rests_until = self.rests_until(at, credential);
            if rests_until > now {
                let refusal = Refusal { why: Skip::Gate, retry_at: Some(rests_until) };
                if refusal.ends_before(soonest.as_ref()) {
                    soonest = Some(refusal);
                }
                continue;
            }
            let model = &target.credential_gates[credential];
            let passes = state
                .gate
                .admit_owned_for(now, target.number)
                .and_then(|key| Ok((key, model.admit_owned_for(now, target.number)?)));
            match passes {
                Ok((key, model)) => return Ok((credential, key, model)),
                Err(gated) => {
                    let refusal = Refusal::from(gated);
                    if refusal.ends_before(soonest.as_ref()) {
                        soonest = Some(refusal);
                    }
                }
            }
        }
        Err(soonest.unwrap_or(Refusal { why: Skip::Out, retry_at: None }))
    }

    fn amplification(&self, manner: As) -> Share {
        match manner {
            // A quick second try has the provider's retry budget alone.
            As::First | As::QuickRetry => Share::First,
            As::Fallback | As::Throttled if !self.fell_back() => Share::FirstFallback,
            _ if self.load() == 0 => Share::First,
            _ => Share::Further,
        }
    }
}
