//! The way of a request as it would be, looked at and not gone.

use std::sync::Arc;
use std::time::Duration;

use ft_cache::{Lookup, NotCacheable, cacheable};
use ft_context::FitReport;
use ft_core::decide::{As, Event, Ledger, Skip, Step, View, decide};
use ft_core::rank::{Order, Standing};
use ft_core::{ChatRequest, Tick};
use ft_cost::{LEAST_OUTPUT, Pico, UnknownPrice};
use ft_limit::Gate;

use super::begin::prepare;
use super::cost::usual_usage;
use super::{Run, Want};
use crate::admit::Refusal;
use crate::asked::Asked;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::explain::{
    Bypass, CacheExplained, Explanation, FitExplained, Next, Place, PriceExplained,
    TargetExplained, TimersExplained, Verdict,
};
use crate::health::{Health, breaker_state};
use crate::options::CallOptions;
use crate::state::Inner;
use crate::target::Target;
use crate::timers::Timers;

impl Run {
    /// What would become of this request now.
    pub(crate) fn explain(
        client: &Arc<Inner>,
        request: &ChatRequest,
        options: &CallOptions,
    ) -> Result<Explanation, Error> {
        let chain = client.chain_for(options)?;
        let mut request = request.clone();
        prepare(&mut request, &chain)?;
        let asked = Asked::Chat(Arc::new(request.clone()));
        let draw = client.next_entropy();
        let mut run = Self::new(client, chain, asked, options.clone(), Want::Plain, draw);
        // Nobody is told how it ends, since it does not begin.
        run.told = true;
        let (standings, ranked) = run.draw_plan(true);
        let now = run.began;
        let cache = run.cache_explained(&request, now);
        let standing = ranked.iter().map(|&at| &standings[at]);
        let looks: Vec<_> =
            standing.enumerate().map(|(at, standing)| run.look(at, standing, now)).collect();
        let next = match cache {
            CacheExplained::Fresh => Next::Cached,
            _ => run.first_step(&looks, cache == CacheExplained::Stale, now),
        };
        let first = match next {
            Next::Asks { target } => Some(&run.members()[target].target),
            _ => None,
        };
        let hedging = client.hedge.as_ref().filter(|_| run.plan.hedge);
        let hedged_after = hedging
            .zip(first)
            .and_then(|(hedging, first)| first.hedge_speed.quantile(now, hedging.percentile));
        Ok(Explanation {
            chain: run.chain.name.clone(),
            next,
            deadline: run.deadline.since(now),
            rounds: run.plan.rounds,
            max_attempts: run.plan.max_attempts,
            cache,
            hedged_after,
            emergency: run.plan.emergency && run.plan.last_resorts,
            targets: looks.into_iter().map(|look| look.target).collect(),
        })
    }

    fn cache_explained(&self, request: &ChatRequest, now: Tick) -> CacheExplained {
        let cache = &self.chain.cache;
        if self.options.no_cache {
            return CacheExplained::Bypass(Bypass::Asked);
        }
        if cache.config().lifetime().is_zero() {
            return CacheExplained::Bypass(Bypass::Off);
        }
        match cacheable(request) {
            Ok(()) => match cache.lookup(&self.key_of(request), now) {
                Lookup::Fresh(_) => CacheExplained::Fresh,
                Lookup::Stale(_) => CacheExplained::Stale,
                Lookup::Miss => CacheExplained::Nothing,
            },
            Err(NotCacheable::SeveralAnswers) => CacheExplained::Bypass(Bypass::SeveralAnswers),
            Err(NotCacheable::ProviderStores) => CacheExplained::Bypass(Bypass::ProviderStores),
            Err(_) => CacheExplained::Bypass(Bypass::Uncacheable),
        }
    }

    /// The decision function's own first step that is not a skip.
    fn first_step(&self, looks: &[Look], stale: bool, now: Tick) -> Next {
        let views: Vec<_> = self
            .members()
            .iter()
            .map(|member| member.target.view(&Credentials::NONE, now))
            .collect();
        let view = View { targets: &views, stale };
        let mut ledger = Ledger::new(looks.len());
        let mut event = Event::Start;
        loop {
            ledger.note(&event, now);
            event = match decide(&self.plan, &ledger, &view, &event, now) {
                Step::Try { target, manner: As::Throttled }
                    if self.members()[target].target.may_be_asked_despite(now) =>
                {
                    return Next::Asks { target };
                }
                Step::Try { target, .. } => match looks[target].refusal {
                    None => return Next::Asks { target },
                    Some((why, retry_at)) => Event::Skipped { target, why, retry_at },
                },
                Step::Wait(wait) => {
                    let until = wait.opens.map_or(wait.until, |opens| opens.min(wait.until));
                    return Next::Waits { until: until.since(now) };
                }
                Step::Stale => return Next::Stale,
                Step::Emergency => return Next::Emergency,
                Step::Fail(reason) => return Next::Fails { kind: reason.into() },
                // Neither comes before an attempt.
                Step::Answer | Step::Hold => {
                    return Next::Fails { kind: ledger.fail_reason().into() };
                }
            };
        }
    }

    /// The target at this place, and why it would not be asked. In the order of [`Run::admit`].
    fn look(&self, at: usize, standing: &Standing, now: Tick) -> Look {
        let member = &self.members()[at];
        let target = &*member.target;
        let manner = if at == 0 { As::First } else { As::Fallback };
        let fitted = self.fitted(target, at, manner, now);
        let (request, report, unfit) = match fitted {
            Ok((request, report)) => (request, report, None),
            Err(refusal) => (self.request.clone(), None, Some(refusal)),
        };
        let (timers, late) = match self.timers(target, at, now) {
            Ok(timers) => (Some(timers), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let money = self.look_at_money(target, &request);
        let refusal = unfit
            .or(late)
            .or_else(|| shut(target, now))
            .or_else(|| {
                let full = target.in_flight.current() >= target.in_flight.limit();
                full.then(|| Skip::InFlight.into())
            })
            .or_else(|| {
                let open = !target.breaker.would_admit(now);
                let retry_at = target.breaker.retry_at(now);
                open.then_some(Refusal { why: Skip::Breaker, retry_at })
            });
        let (cap, unpaid) = match money.cap {
            Ok(cap) => (cap, None),
            Err(refusal) => (None, Some(refusal)),
        };
        let refusal = refusal.or(unpaid).map(|Refusal { why, retry_at }| (why, retry_at));
        let health = target.health(now);
        let keeps = standing.keeps_place;
        let place = Place {
            order: order_name(standing.order),
            configured: member.level,
            put_back: !keeps,
            on_trial: keeps && health != Health::Healthy,
            saving: self.budgets.is_soft(self.client.world.clock.wall()),
        };
        let target = TargetExplained {
            provider: target.provider.name.clone(),
            model: target.model().to_owned(),
            tier: self.chain.tiers[member.tier].name.clone(),
            verdict: verdict(refusal, now),
            place,
            health,
            breaker: breaker_state(&target.breaker, now),
            breaker_retry_in: target.breaker.retry_at(now).map(|at| at.since(now)),
            gates: target.gates_shut(now),
            in_flight: target.in_flight.current(),
            in_flight_limit: target.in_flight.limit(),
            fit: self.fit_explained(target, report, cap),
            price: money.price,
            estimated_cost: money.estimated,
            most_cost: money.most,
            timers: timers.map(|timers| timers_explained(&timers, now)),
        };
        Look { target, refusal }
    }

    /// What reserving would find, without reserving what fits.
    fn look_at_money(&self, target: &Target, request: &Asked) -> Money {
        let wall = self.client.world.clock.wall();
        let Some(price) = target.price(wall) else {
            let denied = !self.budgets.is_none() && self.client.unknown_price == UnknownPrice::Deny;
            let cap = if denied { Err(Skip::Spend.into()) } else { Ok(None) };
            return Money { price: None, estimated: None, most: None, cap };
        };
        let input = request.tokens(target.counter());
        let rates = price.rates_for(input.tokens);
        let amount = |asked: &Asked| target.costs_at_most(price, asked, input).0;
        let most = amount(request);
        let least = || target.shortened(request).map_or(most, |shorter| amount(&shorter));
        let cap = match self.budgets.left(wall) {
            None => Ok(None),
            Some(left) if most <= left => Ok(None),
            Some(left) if least() <= left => Ok(Some(LEAST_OUTPUT)),
            // It does not fit, so that asking takes nothing; the refusal says until when.
            Some(_) => {
                let refused = self.budgets.reserve(least(), wall).err();
                let at = refused.and_then(|refused| refused.retry_at);
                let wait = at.map(|at| Duration::from_millis(at.0.saturating_sub(wall.0)));
                let retry_at = wait.map(|wait| self.began.after(wait));
                let why = refused.map_or(Skip::Spend, |refused| refused.why());
                Err(Refusal { why, retry_at })
            }
        };
        Money {
            price: Some(PriceExplained {
                input_per_million: rates.input,
                output_per_million: rates.output,
            }),
            estimated: Some(price.cost(&usual_usage(target, request))),
            most: Some(most),
            cap,
        }
    }

    fn fit_explained(
        &self,
        target: &Target,
        report: Option<FitReport>,
        cap: Option<u64>,
    ) -> FitExplained {
        let tokens = self.request.tokens(target.counter());
        let limits = report.and_then(|report| report.max_output).into_iter().chain(cap);
        FitExplained {
            tokens: tokens.tokens,
            tokens_at_most: tokens.at_most(),
            exact: tokens.is_exact(),
            context_window: target.context_window().or(target.learned_limit(self.began)),
            dropped_messages: report.map_or(0, |report| report.dropped_messages),
            dropped_turns: report.map_or(0, |report| report.dropped_turns),
            dropped_tokens: report.map_or(0, |report| report.dropped_tokens),
            max_output: limits.min(),
        }
    }
}

/// A target that was looked at.
struct Look {
    target: TargetExplained,
    refusal: Option<(Skip, Option<Tick>)>,
}

struct Money {
    price: Option<PriceExplained>,
    estimated: Option<Pico>,
    most: Option<Pico>,
    /// The answer's limit, where only a shorter one can be paid; or that none can.
    cap: Result<Option<u64>, Refusal>,
}

/// Why the gates would refuse.
fn shut(target: &Target, now: Tick) -> Option<Refusal> {
    let refusal = |gate: &Gate| {
        let why = if gate.is_out() { Skip::Out } else { Skip::Gate };
        gate.retry_at(now).map(|at| Refusal { why, retry_at: Some(at) })
    };
    if let Some(refusal) = refusal(&target.gate) {
        return Some(refusal);
    }
    let credentials = target.provider.credentials.iter().zip(&target.credential_gates);
    let mut soonest: Option<Refusal> = None;
    for (shared, own) in credentials {
        // One that is free is enough.
        let refused = refusal(&shared.gate).or_else(|| refusal(own))?;
        if refused.ends_before(soonest.as_ref()) {
            soonest = Some(refused);
        }
    }
    soonest
}

fn verdict(refusal: Option<(Skip, Option<Tick>)>, now: Tick) -> Verdict {
    match refusal {
        None => Verdict::WouldBeAsked,
        Some((why, retry_at)) => {
            Verdict::Skipped { why, retry_in: retry_at.map(|at| at.since(now)) }
        }
    }
}

fn timers_explained(timers: &Timers, now: Tick) -> TimersExplained {
    TimersExplained {
        first_token: timers.first_token.map(|at| at.min(timers.end).since(now)),
        attempt: timers.end.since(now),
        idle: timers.idle,
        shortened: timers.shortened,
    }
}

const fn order_name(order: Order) -> &'static str {
    match order {
        Order::Ordered => "ordered",
        Order::Cheapest => "cheapest",
        Order::Fastest => "fastest",
        Order::Weighted => "weighted",
    }
}
