//! The handles of a client: its chains, its providers, its budget.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ft_core::decide::As;
use ft_core::{ErrorKind, Out, ProviderError, Scope, Tick, rule};
use ft_cost::Pico;
use ft_limit::GateReason;
use metrics::{Counter, Gauge, Histogram};

use super::books::{Books, Showing};
use super::family;
use super::seldom::Seldom;
use super::series::{counter, describe, gauge, histogram};
use super::target::{Levels, RequestMeters, TargetMeters};
use super::trace;
use super::words::{CACHE, Cause, GATES, Status};
use crate::answer::{Attempt, CacheStatus, Outcome, Report, Tier};
use crate::chain::Chain;
use crate::error::{Error, FailKind};
use crate::health::{BREAKER_STATES, breaker_state};
use crate::target::{ProviderState, Target};

/// How long nothing more is said of the same lack.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// The handles of the client.
pub(crate) struct ClientMeters {
    chains: BTreeMap<String, ChainMeters>,
    providers: Vec<ProviderMeters>,
    /// Of requests that the cache answered: their times would flatter the model's.
    cached: RequestMeters,
    /// Of requests that never came to a target.
    nobody: RequestMeters,
    fallback_rate: Gauge,
    overhead: Histogram,
    /// Lines of the log on what this process itself lacks.
    exhausted: Seldom,
    budget: Option<BudgetMeters>,
}

struct ProviderMeters {
    state: Arc<ProviderState>,
    shut: [Gauge; GATES.len()],
    showing: Showing,
}

struct BudgetMeters {
    left: Gauge,
    limit: Gauge,
    showing: Showing,
}

/// Tiers are known by their place; the cache and the emergency answer come after the live ones.
struct ChainMeters {
    /// From each live tier.
    falls: Vec<Falls>,
    /// By place; last, nobody.
    answers: Vec<Counter>,
    cache: [Counter; CACHE.len()],
}

/// Steps from one tier, by where to and why.
struct Falls {
    near: Vec<(usize, ByCause)>,
    /// Where to that has no series of its own.
    far: Option<ByCause>,
}

type ByCause = [Counter; Cause::ALL.len()];

/// A chain of this many tiers has a series for every step; one of more only for those to the same tier, the next one,
/// the cache and the emergency answer, and one for all others: with all, a hundred tiers had a hundred thousand.
const ALL_STEPS: usize = 8;

impl Falls {
    /// From this one of so many tiers; `places` are their names, then the cache, the emergency answer and nobody.
    fn new(chain: &str, from: usize, tiers: usize, places: &[&str]) -> Self {
        let counters = |to: &str| {
            let of = |cause: Cause| [chain, places[from], to, cause.as_str()];
            Cause::ALL.map(|cause| counter(&family::FALLBACKS, &of(cause)))
        };
        Self {
            near: near(from, tiers).map(|to| (to, counters(places[to]))).collect(),
            far: (tiers > ALL_STEPS).then(|| counters("other")),
        }
    }

    fn to(&self, to: usize) -> &ByCause {
        let near = self.near.iter().find(|(place, _)| *place == to).map(|(_, counters)| counters);
        near.or(self.far.as_ref()).unwrap_or(&self.near[0].1)
    }
}

/// The places with a series of their own from this tier of so many.
fn near(from: usize, tiers: usize) -> impl Iterator<Item = usize> {
    let all = tiers <= ALL_STEPS;
    (0..tiers + 2).filter(move |&to| all || to == from || to == from + 1 || to >= tiers)
}

impl ChainMeters {
    fn new(chain: &Chain) -> Self {
        let name = chain.name.as_str();
        let live = || chain.tiers.iter().map(|tier| tier.name.as_str());
        let last = [Tier::Cache, Tier::Emergency, Tier::None];
        let places: Vec<_> = live().chain(last.iter().map(Tier::name)).collect();
        let tiers = chain.tiers.len();
        Self {
            falls: (0..tiers).map(|from| Falls::new(name, from, tiers, &places)).collect(),
            answers: places.iter().map(|tier| counter(&family::ANSWERS, &[name, tier])).collect(),
            cache: CACHE.map(|status| counter(&family::CACHE_RESULTS, &[name, status.as_str()])),
        }
    }

    fn fell(&self, from: usize, to: usize, cause: Cause) {
        if let Some(falls) = self.falls.get(from) {
            falls.to(to)[cause as usize].increment(1);
        }
    }

    fn ended(&self, chain: &Chain, report: &Report) {
        let live = chain.tiers.len();
        let place = match &report.tier {
            Tier::Live(name) => chain.tiers.iter().position(|tier| tier.name == *name),
            Tier::Cache => Some(live),
            Tier::Emergency => Some(live + 1),
            Tier::None => Some(live + 2),
        };
        if let Some(counter) = place.and_then(|place| self.answers.get(place)) {
            counter.increment(1);
        }
        self.looked_up(report.cache);
        // A step down is a target that the request had not come to before: what it comes back to, waiting, is none.
        let (mut at, mut cause) = (0, Cause::Deadline);
        let mut deepest: Option<&Attempt> = None;
        for (nth, attempt) in report.attempts.iter().enumerate() {
            let Some((tier, _)) = place_of(chain, attempt) else { continue };
            let before = &report.attempts[..nth];
            if !before.iter().any(|before| same_target(before, attempt)) {
                if deepest.is_some() && matches!(attempt.manner, As::First | As::Fallback) {
                    self.fell(at, tier, cause);
                }
                (deepest, at) = (Some(attempt), tier);
            }
            if deepest.is_some_and(|deepest| same_target(deepest, attempt)) {
                cause = Cause::of(attempt.outcome);
            }
        }
        let stale = report.tier == Tier::Cache && report.cache == CacheStatus::Stale;
        if stale || report.tier == Tier::Emergency {
            self.fell(at, place.unwrap_or(live), cause);
        }
    }

    fn looked_up(&self, status: CacheStatus) {
        let mut known = CACHE.iter().zip(&self.cache);
        if let Some((_, counter)) = known.find(|(cache, _)| **cache == status) {
            counter.increment(1);
        }
    }
}

fn same_target(one: &Attempt, other: &Attempt) -> bool {
    one.provider == other.provider && one.model == other.model
}

/// The tier's number and the target of an attempt.
fn place_of<'a>(chain: &'a Chain, attempt: &Attempt) -> Option<(usize, &'a Target)> {
    target_of(chain, &attempt.provider, &attempt.model)
}

fn target_of<'a>(chain: &'a Chain, provider: &str, model: &str) -> Option<(usize, &'a Target)> {
    let named = |target: &Target| target.provider.name == provider && target.model() == model;
    chain.tiers.iter().enumerate().find_map(|(at, tier)| {
        let mut targets = tier.members.iter().map(|member| &*member.target);
        targets.find(|target| named(target)).map(|target| (at, target))
    })
}

impl ClientMeters {
    pub(crate) fn new(
        chains: &BTreeMap<String, Arc<Chain>>,
        targets: &[Arc<Target>],
        limit: Option<Pico>,
        books: &mut Books,
    ) -> Self {
        describe();
        let mut providers: Vec<ProviderMeters> = Vec::new();
        for target in targets {
            let state = &target.provider;
            if !providers.iter().any(|known| known.state.name == state.name) {
                let of =
                    |reason: &str| gauge(&family::CREDENTIALS_SHUT, &[state.name.as_str(), reason]);
                providers.push(ProviderMeters {
                    shut: GATES.map(of),
                    state: Arc::clone(state),
                    showing: books.show_provider(&state.name),
                });
            }
        }
        let budget = limit.map(|limit| {
            let meters = BudgetMeters {
                left: gauge(&family::BUDGET_LEFT, &[]),
                limit: gauge(&family::BUDGET_LIMIT, &[]),
                showing: books.show_budget(),
            };
            meters.limit.set(dollars(limit));
            meters.left.set(dollars(limit));
            meters
        });
        Self {
            chains: chains
                .iter()
                .map(|(name, chain)| (name.clone(), ChainMeters::new(chain)))
                .collect(),
            providers,
            cached: RequestMeters::new("cache", "cache"),
            nobody: RequestMeters::new("none", "none"),
            fallback_rate: gauge(&family::FALLBACK_RATE, &[]),
            overhead: histogram(&family::OVERHEAD_SECONDS, &[]),
            exhausted: Seldom::default(),
            budget,
        }
    }

    /// A request ended, with an answer or an error. `own`: the time that was neither upstream nor waiting.
    pub(crate) fn request(
        &self,
        chain: &Chain,
        report: &Report,
        error: Option<&Error>,
        own: Duration,
    ) {
        let status = Status::of(report, error);
        self.whose(chain, report, error).ended(status, report.latency);
        if let Some(meters) = self.chains.get(&chain.name) {
            meters.ended(chain, report);
        }
        if error.is_none() {
            self.fallback_rate.set(report.fallback_level);
        }
        self.overhead.record(own);
    }

    /// The caller left before the end.
    pub(crate) fn left(&self, chain: &Chain, report: &Report) {
        self.whose(chain, report, None).ended(Status::Cancelled, report.latency);
        if let Some(meters) = self.chains.get(&chain.name) {
            meters.looked_up(report.cache);
        }
    }

    /// An attempt with a credential of this provider failed with this error, and has its outcome.
    pub(crate) fn failed(
        &self,
        attempt: &Attempt,
        error: &ProviderError,
        (provider, credential): (&ProviderState, usize),
        now: Tick,
    ) {
        let is_out = error.scope() == Scope::Credential
            && matches!(rule(error.kind(), error.scope()).out, Out::Out);
        if is_out
            && let Some(untold) = provider.credentials[credential].told.due(now, BETWEEN_WARNINGS)
        {
            let key = provider.provider.credential_name(credential);
            trace::credential_out(attempt, key.as_deref(), error, untold);
        }
        if error.kind() == ErrorKind::LocalExhausted
            && let Some(untold) = self.exhausted.due(now, BETWEEN_WARNINGS)
        {
            trace::local_exhausted(attempt, error, untold);
        }
    }

    /// A request was refused before it began.
    pub(crate) fn refused(&self) {
        self.nobody.ended(Status::Rejected, Duration::ZERO);
    }

    /// Who answered; else who was asked first, whose failure is the one that is reported. A stream that broke
    /// off is its own target's.
    fn whose<'a>(
        &'a self,
        chain: &'a Chain,
        report: &Report,
        error: Option<&Error>,
    ) -> &'a RequestMeters {
        if report.tier == Tier::Cache || report.cache == CacheStatus::Coalesced {
            return &self.cached;
        }
        let asked = |attempt: &&Attempt| !matches!(attempt.outcome, Outcome::Skipped(_));
        let attempts = &report.attempts;
        let attempt = if error.map(Error::kind) == Some(FailKind::MidStream) {
            attempts.iter().rfind(asked)
        } else {
            attempts.iter().find(asked).or(attempts.first())
        };
        let target = match &report.served_by {
            Some(served) => target_of(chain, &served.provider, &served.model),
            None => attempt.and_then(|attempt| place_of(chain, attempt)),
        };
        target.map_or(&self.nobody, |(_, target)| target.meters.requests())
    }

    /// Brings the gauges up to date whose states change without an event.
    pub(crate) fn refresh(&self, targets: &[Arc<Target>], left: Option<Pico>, now: Tick) {
        // A model that is configured in two ways is two targets under one name: their sum is told.
        let mut sums: BTreeMap<(&str, &str), (&TargetMeters, Levels)> = BTreeMap::new();
        for target in targets {
            let meters = &target.meters;
            let name = (meters.provider(), meters.model());
            let (_, levels) = sums.entry(name).or_insert((meters, Levels::default()));
            levels.add(target, now);
        }
        for (meters, levels) in sums.values() {
            meters.set_levels(levels);
        }
        for ProviderMeters { state, shut, .. } in &self.providers {
            let mut count = [0_u32; GATES.len()];
            for credential in &state.credentials {
                note(&mut count, credential.gate.reason());
            }
            for (gauge, count) in shut.iter().zip(count) {
                gauge.set(count);
            }
        }
        if let (Some(budget), Some(left)) = (&self.budget, left) {
            budget.left.set(dollars(left));
        }
    }
}

impl Levels {
    fn add(&mut self, target: &Target, now: Tick) {
        let state = breaker_state(&target.breaker, now);
        if let Some(at) = BREAKER_STATES.iter().position(|&known| known == state) {
            self.breakers[at] += 1;
        }
        note(&mut self.gates, target.gate.reason());
        for gate in &target.credential_gates {
            note(&mut self.gates, gate.reason());
        }
        self.in_flight += target.in_flight.current();
    }
}

fn note(count: &mut [u32; GATES.len()], shut: Option<GateReason>) {
    let [throttled, out] = count;
    match shut {
        Some(GateReason::Throttled) => *throttled += 1,
        Some(GateReason::Out) => *out += 1,
        None => {}
    }
}

/// As a gauge has it; sums of money are made of integers and rendered by themselves.
fn dollars(money: Pico) -> f64 {
    money.as_pico() as f64 / 1e12
}

/// What a client that is gone last said would else be scraped for ever; what its successor says stays.
impl Drop for ClientMeters {
    fn drop(&mut self) {
        let budget = self.budget.iter().filter(|budget| budget.showing.is_last());
        let budget = budget.flat_map(|budget| [&budget.left, &budget.limit]);
        let providers = self.providers.iter().filter(|provider| provider.showing.is_last());
        for gauge in providers.flat_map(|provider| &provider.shut).chain(budget) {
            gauge.set(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_steps_grow_with_the_tiers_and_not_with_their_square() {
        let series = |tiers| (0..tiers).map(|from| near(from, tiers).count()).sum::<usize>();
        assert_eq!((series(2), series(8)), (2 * 4, 8 * 10));
        assert!(series(100) <= 4 * 100 && series(1_000) <= 4 * 1_000);
    }
}
