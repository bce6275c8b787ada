//! The attempts under way: begun, raced, ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cost::Silence;
use super::leg::{Leg, Won};
use super::running::Running;
use super::{Run, Want};
use crate::admit::{Admitted, Refusal};
use crate::answer::{Attempt, Outcome, Tokens};
use crate::attempt::{Bad, Ended, Job, Mode};
use crate::clock::sleep_until;
use crate::config::{Commit, UpstreamMode};
use crate::error::when;
use crate::guards::Failure;
use crate::money::Money;
use crate::out::WentOut;
use crate::overrun::Overrun;
use crate::target::Target;
use crate::telemetry;
use ft_core::decide::{As, Event, Skip};
use ft_core::{Call, ChatResponse, ErrorKind, Tick, UpstreamId, rule};

/// Attempts under way: one, or two when hedged.
#[derive(Default)]
pub(crate) struct Legs {
    running: Running,
    /// Beside each its money, which outlives it: whoever cancels an attempt settles it.
    legs: Vec<(Leg, Option<Money>)>,
    /// When the sole leg is slow enough to be hedged.
    hedge_at: Option<Tick>,
    /// Whether its first content has come, after which it is not hedged any more.
    heard: Option<Arc<AtomicBool>>,
}

impl Run {
    pub(super) fn begin_leg(&mut self, target: usize, manner: As, admitted: Admitted, now: Tick) {
        let Admitted { request, fit, mut guards, credential, timers } = admitted;
        self.ledger.begin(target, manner);
        self.leave_line();
        self.fell_back |= match manner {
            As::Fallback => true,
            As::Throttled => self.ledger.attempts() > 1,
            _ => false,
        };
        let runtime = Arc::clone(&self.members[target].target);
        if let Some(fit) = &fit {
            runtime.meters.fitted(fit);
        }
        self.progress[target].skips.clear();
        self.progress[target].sent = Some(request.clone());
        self.progress[target].fit = fit;
        let entry = self.trail.len();
        self.trail.push(begun(&runtime, manner, now.since(self.began)));
        let mode = match self.want {
            _ if self.request.chat().is_none() => Mode::Plain,
            Want::Stream if self.commit() == Commit::FirstContent => Mode::Streamed,
            Want::Stream => Mode::Assembled,
            Want::Plain if runtime.config.upstream == UpstreamMode::Stream => Mode::Assembled,
            Want::Plain => Mode::Plain,
        };
        let leg = Leg { target, entry, credential, began: now, mode };
        let money = guards.money.take();
        let call = Call {
            model: runtime.model().to_owned(),
            deadline: if mode == Mode::Streamed { timers.last() } else { timers.end },
            request_id: self.request_id.clone(),
            attempt: self.ledger.attempts(),
            idempotency_key: self.options.idempotency_key.clone(),
            credential,
            head: guards.head_signal(&self.client.world.clock),
            upstream_id: UpstreamId::default(),
        };
        let mut heard = None;
        if let Some(hedging) = &self.client.hedge
            && self.plan.hedge
            && manner != As::Hedge
        {
            let usual = runtime.hedge_speed.quantile(now, hedging.percentile);
            self.legs.hedge_at = usual.map(|usual| now.after(usual));
            heard = Some(Arc::new(AtomicBool::new(false)));
            self.legs.heard.clone_from(&heard);
        }
        let job = Box::new(Job {
            target: runtime,
            call,
            request,
            guards,
            mode,
            timers,
            clock: Arc::clone(&self.client.world.clock),
            began: now,
            heard,
            overrun: money.as_ref().map(|money| Overrun::new(money.output())),
        });
        self.legs.legs.push((leg, money));
        self.legs.running.push(Box::pin(async move { (leg, job.run().await) }));
    }

    pub(super) fn commit(&self) -> Commit {
        self.options.commit.unwrap_or(self.chain.config.commit)
    }

    /// Waits for the next leg to end, or for the moment to hedge.
    ///
    /// # Cancel safety
    /// The legs stay in `self`.
    pub(super) async fn race(&mut self) -> Event {
        let clock = &self.client.world.clock;
        let Legs { running, hedge_at, heard, .. } = &mut self.legs;
        let since = clock.now();
        let ended = match *hedge_at {
            None => running.next().await,
            Some(due) => tokio::select! {
                biased;
                ended = running.next() => ended,
                () = sleep_until(&**clock, due) => {
                    *hedge_at = None;
                    if !heard.as_ref().is_some_and(|heard| heard.load(Ordering::Relaxed)) {
                        self.waited_since(since);
                        return Event::HedgeDue;
                    }
                    running.next().await
                }
            },
        };
        self.waited_since(since);
        match ended {
            Some((leg, ended)) => self.ended(leg, ended),
            // Nothing runs: the decision is asked again rather than waited for.
            None => Event::Woke,
        }
    }

    fn ended(&mut self, leg: Leg, ended: Ended) -> Event {
        self.legs.hedge_at = None;
        let Ended { mut job, result, first_token } = ended;
        if let Some(at) = self.legs.legs.iter().position(|(other, _)| *other == leg) {
            job.guards.money = self.legs.legs.swap_remove(at).1;
        }
        let now = self.now();
        if let Some(took) = first_token {
            job.target.speed.record(now, took);
            job.target.hedge_speed.record(now, took);
            job.target.meters.first_token(took);
        }
        let attempt = &mut self.trail[leg.entry];
        attempt.took = now.since(leg.began);
        attempt.first_token = first_token;
        match result {
            Ok(good) => {
                self.cancel_losers(now);
                self.won = Some(Won { leg, job, good, first_token });
                Event::Succeeded { target: leg.target }
            }
            Err(bad) => self.failed(leg, job, *bad, false, now),
        }
    }

    /// Settles a failed attempt: breaker, gates, money, trail.
    pub(crate) fn failed(
        &mut self,
        leg: Leg,
        mut job: Box<Job>,
        bad: Bad,
        delivered: bool,
        now: Tick,
    ) -> Event {
        let Bad { error, neutral, so_far } = bad;
        let (kind, scope, hint) = (error.kind(), error.scope(), error.retry_after());
        let rule = rule(kind, scope);
        let target = Arc::clone(&job.target);
        let failure = Failure { rule, scope, hint, target: &target, credential: leg.credential };
        job.guards.failed(&failure, neutral, now);
        if matches!(rule.out, ft_core::Out::Out) {
            target.note_out(
                scope,
                leg.credential,
                WentOut { kind, status: error.status(), at: now },
            );
        }
        if let (ErrorKind::ContextLength, Some(tokens)) = (kind, error.limit_tokens()) {
            target.learn_limit(tokens, now);
        }
        self.progress[leg.target].rests.note(rule.out, hint, leg.credential, now);
        if matches!(rule.next, ft_core::Next::OtherCredential) {
            self.progress[leg.target].used.insert(leg.credential);
        }
        if rule.is_free() {
            job.guards.give_load_back();
            self.free_refusals += 1;
            self.fell_back &= self.trail[leg.entry].manner != As::Fallback;
        }
        let took = now.since(leg.began);
        let charge = self.charge_of_failure(&job, rule.bill, (error.sent(), took), &so_far);
        job.guards.pay(charge.cost);
        let attempt = &mut self.trail[leg.entry];
        attempt.took = took;
        attempt.outcome = Outcome::Failed(kind);
        charge.note(attempt);
        attempt.status = error.status();
        if self.client.logs_provider_text {
            attempt.code = error.code().map(str::to_owned);
            attempt.vendor_type = error.vendor_type().map(str::to_owned);
            attempt.wording = error.wording().map(str::to_owned);
        }
        let id = error.request_id().or(job.call.upstream_id.get());
        attempt.upstream_request_id = id.map(str::to_owned);
        if delivered {
            target.meters.stream_truncated();
        }
        let who = (&*target.provider, leg.credential);
        self.client.meters.failed(attempt, &error, who, now);
        self.note(leg);
        self.failures.push(error);
        let took = now.since(leg.began);
        Event::Failed { target: leg.target, kind, scope, hint, delivered, took }
    }

    /// The losers of a hedge: cancelled, and settled at what they may cost.
    fn cancel_losers(&mut self, now: Tick) {
        let losers = std::mem::take(&mut self.legs.legs);
        self.legs.running.clear();
        for (leg, money) in losers {
            self.cancelled(leg, money, now);
        }
    }

    fn cancelled(&mut self, leg: Leg, money: Option<Money>, now: Tick) {
        let target = Arc::clone(&self.members[leg.target].target);
        let took = now.since(leg.began);
        target.hedge_speed.record_censored(now, took);
        let request = self.sent(leg.target).unwrap_or(&self.request);
        let reserved = money.as_ref().map(Money::amount);
        let silence = Silence { mode: leg.mode, took, reserved };
        let charge = self.charge_of_silence(&target, request, silence);
        if let Some(money) = money {
            money.pay(charge.cost);
        }
        let attempt = &mut self.trail[leg.entry];
        attempt.took = took;
        attempt.outcome = Outcome::Cancelled;
        charge.note(attempt);
        self.note(leg);
    }

    /// Tells metrics and logs of an attempt that has ended and is settled.
    pub(super) fn note(&self, leg: Leg) {
        let attempt = &self.trail[leg.entry];
        self.members[leg.target].target.meters.attempt(attempt);
        telemetry::attempt_ended(&self.span, attempt);
    }

    /// The caller left in the middle of this stream.
    pub(crate) fn left_stream(&mut self, leg: Leg, mut job: Box<Job>, so_far: &ChatResponse) {
        let now = self.now();
        let took = now.since(leg.began);
        let charge = self.charge_of_rest(&job, took, so_far);
        job.guards.pay(charge.cost);
        let attempt = &mut self.trail[leg.entry];
        attempt.took = took;
        attempt.outcome = Outcome::Cancelled;
        attempt.upstream_request_id = job.call.upstream_id.get().map(str::to_owned);
        charge.note(attempt);
        self.note(leg);
    }

    /// The caller leaves: every leg is cancelled.
    pub(super) fn abandon_legs(&mut self) {
        let now = self.now();
        self.cancel_losers(now);
    }

    /// Notes that a target is not asked. A hedge that is not is no event: the attempt that it was for still runs.
    ///
    /// # Cancel safety
    /// As [`race`](Self::race).
    pub(super) async fn skip(
        &mut self,
        target: usize,
        manner: As,
        refusal: &Refusal,
        now: Tick,
    ) -> Event {
        self.note_skip(target, manner, refusal, now);
        if matches!(refusal.why, Skip::Spend | Skip::CallerSpend) {
            self.paid_from = refusal.retry_at.or(self.paid_from);
        }
        if manner == As::Hedge {
            return self.race().await;
        }
        Event::Skipped { target, why: refusal.why, retry_at: refusal.retry_at }
    }
}

impl Run {
    /// One entry for each reason until the target is asked again: a request that waits passes the same targets over
    /// at each look.
    fn note_skip(&mut self, target: usize, manner: As, refusal: &Refusal, now: Tick) {
        let runtime = &self.members[target].target;
        let outcome = Outcome::Skipped(refusal.why);
        let skips = &mut self.progress[target].skips;
        if let Some(&same) = skips.iter().find(|&&entry| self.trail[entry].outcome == outcome) {
            let times = &mut self.trail[same].times;
            *times = times.saturating_add(1);
            return;
        }
        skips.push(self.trail.len());
        let detail = match refusal.why {
            Skip::Out => runtime.why_out(now),
            Skip::Spend | Skip::CallerSpend => refusal.retry_at.map(|at| {
                let wall = self.client.world.clock.wall();
                format!("the budget's next window begins {}", when(wall, at.since(now)))
            }),
            _ => None,
        };
        let attempt = Attempt {
            outcome,
            cost: Some(ft_cost::Pico::ZERO),
            detail,
            ..begun(runtime, manner, now.since(self.began))
        };
        runtime.meters.skipped(refusal.why);
        telemetry::skipped(&self.span, &attempt);
        self.trail.push(attempt);
    }
}

/// The trail's entry of an attempt that begins, `began` after the call.
fn begun(target: &Target, manner: As, began: Duration) -> Attempt {
    Attempt {
        provider: target.provider.name.clone(),
        model: target.model().to_owned(),
        manner,
        outcome: Outcome::Streaming,
        times: 1,
        began,
        took: Duration::ZERO,
        first_token: None,
        cost: None,
        cost_is_estimate: false,
        tokens: Tokens::NONE,
        detail: None,
        status: None,
        code: None,
        vendor_type: None,
        wording: None,
        upstream_request_id: None,
    }
}
