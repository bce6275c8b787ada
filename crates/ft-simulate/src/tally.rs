//! What is counted of a run: integers only, and no more of them after ten million requests than after ten.

mod histogram;
mod target;
mod timeline;

use std::collections::BTreeMap;
use std::time::Duration;

use ft_client::cost::{Pico, Price, SpendPer};
use ft_client::{CacheStatus, Outcome, Report, Tier};
use ft_core::{UnixMillis, Usage};

use crate::engine::{End, Ended};

pub(crate) use histogram::Histogram;
pub(crate) use target::TargetTally;
pub(crate) use timeline::Timeline;

/// What is counted of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Live tiers by name, in the order of the chain; several chains share the names.
    pub(crate) tiers: Vec<String>,
    pub(crate) requests: u64,
    pub(crate) streamed: u64,
    /// Answers by place: live tiers, fresh, coalesced, stale, emergency.
    pub(crate) live: Vec<u64>,
    pub(crate) fresh: u64,
    pub(crate) coalesced: u64,
    pub(crate) stale: u64,
    pub(crate) emergency: u64,
    pub(crate) left: u64,
    pub(crate) errors: BTreeMap<&'static str, u64>,
    /// Of answers, in milliseconds.
    pub(crate) latency: Histogram,
    pub(crate) first_token: Histogram,
    pub(crate) targets: Vec<TargetTally>,
    pub(crate) prompt_tokens: u64,
    pub(crate) answer_tokens: u64,
    pub(crate) attempts: u64,
    pub(crate) unpriced: u64,
    pub(crate) timeline: Timeline,
    pub(crate) spend: Option<Spend>,
    /// Of targets that are asked directly: what the tokens of each cost.
    direct: Vec<Option<Price>>,
    /// When the last request ended.
    pub(crate) until: Duration,
}

/// What was spent in each window of the budget.
#[derive(Debug)]
pub(crate) struct Spend {
    per: SpendPer,
    starts: UnixMillis,
    pub(crate) windows: BTreeMap<i64, Pico>,
}

/// Places after the live tiers, in timelines.
pub(crate) const PLACES: [&str; 4] = ["cache", "emergency", "failed", "left"];

impl Tally {
    pub(crate) fn new(tiers: Vec<String>, targets: Vec<TargetTally>) -> Self {
        let places = tiers.len() + PLACES.len();
        Self {
            live: vec![0; tiers.len()],
            tiers,
            requests: 0,
            streamed: 0,
            fresh: 0,
            coalesced: 0,
            stale: 0,
            emergency: 0,
            left: 0,
            errors: BTreeMap::new(),
            latency: Histogram::fine(),
            first_token: Histogram::fine(),
            targets,
            prompt_tokens: 0,
            answer_tokens: 0,
            attempts: 0,
            unpriced: 0,
            timeline: Timeline::new(places),
            spend: None,
            direct: Vec::new(),
            until: Duration::ZERO,
        }
    }

    /// Counts money by the windows of a budget.
    pub(crate) fn with_spend(mut self, per: SpendPer, starts: UnixMillis) -> Self {
        self.spend = Some(Spend { per, starts, windows: BTreeMap::new() });
        self
    }

    /// Prices answers of targets that are asked directly, in their order.
    pub(crate) fn with_direct(mut self, prices: Vec<Option<Price>>) -> Self {
        self.direct = prices;
        self
    }

    /// Requests that were answered: live, fresh, shared or stale. Emergency texts are none.
    pub(crate) fn answered(&self) -> u64 {
        self.live.iter().sum::<u64>() + self.fresh + self.coalesced + self.stale
    }

    /// Counts a request that has ended.
    pub(crate) fn note(&mut self, ended: &Ended) {
        self.requests += 1;
        self.streamed += u64::from(ended.stream);
        self.until = self.until.max(ended.began + ended.took);
        let mut seen = Seen { cost: Pico::ZERO, attempts: 0, answered: false, place: 0 };
        let tiers = self.tiers.len();
        match &ended.end {
            End::Answer { report, usage } => {
                self.trail(report, false, &mut seen);
                seen.place = self.place(report);
                seen.answered = seen.place != tiers + 1;
                if seen.answered {
                    self.tokens(usage.as_ref(), report.tier != Tier::Cache);
                }
            }
            End::Error { kind, report } => {
                if let Some(report) = report {
                    self.trail(report, false, &mut seen);
                }
                *self.errors.entry(kind.as_str()).or_default() += 1;
                seen.place = tiers + 2;
            }
            End::Direct { failed, answered, usage } => {
                self.directly(failed, *answered, usage.as_ref(), &mut seen);
            }
            End::Left { report, failed } => {
                if let Some(report) = report {
                    self.trail(report, true, &mut seen);
                }
                if !self.direct.is_empty() {
                    self.failed_directly(failed, &mut seen);
                    seen.attempts += 1;
                    if let Some(target) = self.targets.get_mut(failed.len()) {
                        target.cancelled += 1;
                    }
                }
                self.left += 1;
                seen.place = tiers + 3;
            }
        }
        if seen.answered {
            let took = millis(ended.took);
            self.latency.add(took);
            if let Some(first) = ended.first_token {
                self.first_token.add(millis(first));
            }
        }
        self.attempts += seen.attempts;
        let slice = self.timeline.slice(ended.began);
        slice.by_place[seen.place] += 1;
        slice.cost = slice.cost.saturating_add(seen.cost);
        slice.attempts += seen.attempts;
        if seen.answered {
            slice.latency.add(millis(ended.took));
        }
        if let Some(spend) = &mut self.spend {
            let sum = spend.windows.entry(spend.window(ended.began + ended.took)).or_default();
            *sum = sum.saturating_add(seen.cost);
        }
    }

    /// Where in a timeline's slice the answer belongs; counts it.
    fn place(&mut self, report: &Report) -> usize {
        let tiers = self.tiers.len();
        let counter = match (report.cache, &report.tier) {
            (CacheStatus::Coalesced, _) => &mut self.coalesced,
            (CacheStatus::Stale, Tier::Cache) => &mut self.stale,
            (_, Tier::Cache) => &mut self.fresh,
            (_, Tier::Emergency | Tier::None) => {
                self.emergency += 1;
                return tiers + 1;
            }
            (_, Tier::Live(name)) => {
                let at = self.tiers.iter().position(|tier| tier == name).unwrap_or(0);
                self.live[at] += 1;
                return at;
            }
        };
        *counter += 1;
        tiers
    }

    fn trail(&mut self, report: &Report, left: bool, seen: &mut Seen) {
        for attempt in &report.attempts {
            let known = self.targets.iter_mut().find(|target| {
                target.model == attempt.model && target.provider == attempt.provider
            });
            if !matches!(attempt.outcome, Outcome::Skipped(_)) {
                seen.attempts += 1;
                self.unpriced += u64::from(attempt.cost.is_none());
                seen.cost = seen.cost.saturating_add(attempt.cost.unwrap_or_default());
            }
            if let Some(target) = known {
                target.note(attempt, left);
            }
        }
    }

    fn directly(
        &mut self,
        failed: &[&'static str],
        answered: bool,
        usage: Option<&Usage>,
        seen: &mut Seen,
    ) {
        self.failed_directly(failed, seen);
        let place = failed.len();
        if !answered {
            // Where it is over, as the caller sees it.
            if let Some(kind) = failed.last() {
                *self.errors.entry(kind).or_default() += 1;
            }
            seen.place = self.tiers.len() + 2;
            return;
        }
        seen.attempts += 1;
        let price = self.direct.get(place).and_then(Option::as_ref);
        let cost = price.zip(usage).map(|(price, usage)| price.cost(usage));
        self.unpriced += u64::from(cost.is_none());
        seen.cost = cost.unwrap_or_default();
        (seen.answered, seen.place) = (true, place);
        if let Some(live) = self.live.get_mut(place) {
            *live += 1;
        }
        self.tokens(usage, true);
        if let Some(target) = self.targets.get_mut(place) {
            target.directly(Ok(cost));
        }
    }

    fn failed_directly(&mut self, failed: &[&'static str], seen: &mut Seen) {
        seen.attempts += failed.len() as u64;
        for (target, kind) in self.targets.iter_mut().zip(failed) {
            target.directly(Err(kind));
        }
    }

    fn tokens(&mut self, usage: Option<&Usage>, live: bool) {
        if let Some(usage) = usage.filter(|_| live) {
            self.prompt_tokens += usage.prompt_tokens;
            self.answer_tokens += usage.completion_tokens;
        }
    }
}

/// What was seen of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) cost: Pico,
    pub(crate) attempts: u64,
    pub(crate) answered: bool,
    pub(crate) place: usize,
}

impl Spend {
    /// The number of the window that this moment is in.
    fn window(&self, at: Duration) -> i64 {
        let millis = self.starts.0.saturating_add(crate::tally::millis(at));
        match self.per {
            SpendPer::Hour => i64::try_from(millis / 3_600_000).unwrap_or(i64::MAX),
            SpendPer::Day => i64::try_from(millis / 86_400_000).unwrap_or(i64::MAX),
            SpendPer::Month => {
                let day = ft_client::cost::Day::of(UnixMillis(millis)).to_string();
                let number = |part: Option<&str>| part.and_then(|part| part.parse::<i64>().ok());
                let mut parts = day.split('-');
                number(parts.next()).unwrap_or(0) * 12 + number(parts.next()).unwrap_or(0)
            }
            SpendPer::Total => 0,
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
