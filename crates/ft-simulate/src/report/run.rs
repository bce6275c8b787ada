//! From a run's tally to its report.

use std::collections::BTreeMap;
use std::time::Duration;

use ft_client::config::SpendSettings;
use ft_client::cost::{Pico, SpendPer};
use serde::Serialize;

use super::figures::{dollars, ratio};
use super::part::{
    BreakerReport, BudgetReport, ChangeReport, Cost, PublishedReport, Slice, TargetReport,
    TierShare, TimelineReport, Times, Tokens, Upstream,
};
use crate::breakers::{Breakers, Story};
use crate::scenario::{Published, RunSpec};
use crate::tally::{Histogram, PLACES, Tally, TargetTally, Timeline};
use crate::world::World;

/// What one run came to.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RunReport {
    /// Its name.
    pub name: String,
    /// Requests that were sent; each of them ended.
    pub requests: u64,
    /// How long it took, from the beginning of the run to the last end, in simulated seconds.
    pub simulated_seconds: f64,
    /// Real answers: live, fresh, shared or stale. Emergency texts are none.
    pub answered: u64,
    /// The same as a share of all requests.
    pub success: Option<f64>,
    /// Answers of live tiers.
    pub live: Vec<TierShare>,
    /// Fresh answers of the cache.
    pub fresh: u64,
    /// Answers of an identical call under way.
    pub coalesced: u64,
    /// Stale answers of the cache.
    pub stale: u64,
    /// Emergency texts. Counted apart: nobody was able to answer.
    pub emergency: u64,
    /// Errors, by kind.
    pub errors: BTreeMap<&'static str, u64>,
    /// Callers who did not wait for the end.
    pub left: u64,
    /// Requests that asked for a stream.
    pub streamed: u64,
    /// From the request to the end of the answer, of all that were answered.
    pub latency_ms: Times,
    /// From the request to the first content, of streams that were answered.
    pub first_token_ms: Times,
    /// Calls of providers.
    pub upstream: Upstream,
    /// By target.
    pub targets: Vec<TargetReport>,
    /// Tokens of answers that were given.
    pub tokens: Tokens,
    /// Money.
    pub cost: Cost,
    /// The spend budget, if there is one.
    pub budget: Option<BudgetReport>,
    /// The breakers that ever opened.
    pub breakers: Vec<BreakerReport>,
    /// What happened when.
    pub timeline: TimelineReport,
    /// What has to be known to read the figures: that traffic was thinned, or that an outage was not played.
    pub notes: Vec<String>,
    /// What somebody else published of the same.
    pub published: Option<PublishedReport>,
    /// All of the money, for sums.
    #[serde(skip)]
    pub(crate) total: Pico,
}

/// How many changes of a breaker a report lists. The rest is in its intervals.
const MOST_CHANGES: usize = 100;

impl RunReport {
    pub(crate) fn new(
        spec: &RunSpec,
        world: &World,
        tally: &Tally,
        breakers: &Breakers,
        budget: Option<&SpendSettings>,
    ) -> Self {
        let requests = tally.requests;
        let share = |part: u64| ratio(part, requests);
        let calls = world.log.total();
        let total: Pico = tally.targets.iter().map(TargetTally::cost).sum();
        let failed: Pico = tally.targets.iter().map(|target| target.cost_failed).sum();
        let left: Pico = tally.targets.iter().map(|target| target.cost_left).sum();
        Self {
            name: spec.name.clone(),
            requests,
            simulated_seconds: tally.until.as_secs_f64(),
            answered: tally.answered(),
            success: share(tally.answered()),
            live: tally
                .tiers
                .iter()
                .zip(&tally.live)
                .map(|(name, &requests)| TierShare {
                    name: name.clone(),
                    requests,
                    share: share(requests).unwrap_or(0.0),
                })
                .collect(),
            fresh: tally.fresh,
            coalesced: tally.coalesced,
            stale: tally.stale,
            emergency: tally.emergency,
            errors: tally.errors.clone(),
            left: tally.left,
            streamed: tally.streamed,
            latency_ms: times(&tally.latency),
            first_token_ms: times(&tally.first_token),
            upstream: Upstream { calls, per_request: ratio(calls, requests).unwrap_or(0.0) },
            targets: tally.targets.iter().map(target_report).collect(),
            tokens: Tokens { prompt: tally.prompt_tokens, answer: tally.answer_tokens },
            cost: Cost {
                total_usd: known(total, tally.unpriced),
                known_usd: dollars(total),
                per_million_requests_usd: known(
                    for_requests(total, requests, 1_000_000),
                    tally.unpriced,
                ),
                failed_usd: known(failed, tally.unpriced).filter(|_| spec.has_client()),
                left_usd: known(left, tally.unpriced).filter(|_| spec.has_client()),
                unpriced_attempts: tally.unpriced,
            },
            budget: budget.map(|budget| budget_report(budget, tally)),
            breakers: breakers.targets.iter().map(|story| breaker(story, tally.until)).collect(),
            timeline: timeline(&tally.timeline, &tally.tiers),
            notes: Vec::new(),
            published: spec.published.as_ref().map(published),
            total,
        }
    }
}

/// A sum of money, unless a part of it is unknown.
fn known(sum: Pico, unpriced: u64) -> Option<String> {
    (unpriced == 0).then(|| dollars(sum))
}

/// What so many requests would have cost, at the same mean.
pub(crate) fn for_requests(total: Pico, requests: u64, wanted: u64) -> Pico {
    let scaled = total.as_pico().saturating_mul(u128::from(wanted));
    Pico::from_pico(scaled.checked_div(u128::from(requests)).unwrap_or(0))
}

fn times(histogram: &Histogram) -> Times {
    let at = |of_100_000| histogram.quantile(of_100_000);
    Times {
        count: histogram.count(),
        mean: histogram.mean_thousandths().map(super::figures::thousandths),
        p50: at(50_000),
        p90: at(90_000),
        p95: at(95_000),
        p99: at(99_000),
        p999: at(99_900),
        max: (histogram.count() > 0).then(|| histogram.most()),
    }
}

fn target_report(target: &TargetTally) -> TargetReport {
    let attempts = target.answered + target.cancelled + target.failed.values().sum::<u64>();
    TargetReport {
        provider: target.provider.clone(),
        model: target.model.clone(),
        attempts,
        answered: target.answered,
        failed: target.failed.clone(),
        cancelled: target.cancelled,
        skipped: target.skipped.clone(),
        cost_usd: known(target.cost(), target.unpriced),
        failed_cost_usd: known(target.cost_failed, target.unpriced),
    }
}

fn budget_report(budget: &SpendSettings, tally: &Tally) -> BudgetReport {
    let windows = tally.spend.as_ref().map(|spend| &spend.windows);
    let highest = windows.and_then(|windows| windows.values().max().copied()).unwrap_or(Pico::ZERO);
    let skips = tally.targets.iter().filter_map(|target| target.skipped.get("spend")).sum();
    let (part, whole) = (highest.as_u64() / 1_000, budget.limit.as_u64() / 1_000);
    BudgetReport {
        limit_usd: dollars(budget.limit),
        per: match budget.per {
            SpendPer::Hour => "hour",
            SpendPer::Day => "day",
            SpendPer::Month => "month",
            SpendPer::Total => "total",
        },
        windows: windows.map_or(0, |windows| windows.len() as u64),
        highest_usd: dollars(highest),
        highest_share: ratio(part, whole).unwrap_or(0.0),
        skips,
    }
}

fn breaker(story: &Story, until: Duration) -> BreakerReport {
    let sum = |all: &[(Duration, Duration)]| all.iter().map(|(from, to)| *to - *from).sum();
    let seconds = |all: &[(Duration, Duration)]| {
        all.iter().map(|(from, to)| (from.as_secs_f64(), to.as_secs_f64())).collect()
    };
    let (open, due): (Duration, Duration) = (sum(&story.open), sum(&story.due));
    let whole = until.as_secs_f64();
    BreakerReport {
        provider: story.provider.clone(),
        model: story.model.clone(),
        opened: story.opened,
        open_seconds: open.as_secs_f64(),
        open_share: if whole > 0.0 { open.as_secs_f64() / whole } else { 0.0 },
        intervals: seconds(&story.open),
        due_seconds: due.as_secs_f64(),
        due_intervals: seconds(&story.due),
        changes: story
            .changes
            .iter()
            .take(MOST_CHANGES)
            .map(|change| ChangeReport {
                at_seconds: change.at.as_secs_f64(),
                to: change.to,
                why: change.why,
            })
            .collect(),
        changes_in_all: story.changes.len() as u64,
    }
}

fn timeline(timeline: &Timeline, tiers: &[String]) -> TimelineReport {
    let last = PLACES.iter().map(|place| (*place).to_owned());
    TimelineReport {
        slice_seconds: timeline.width().as_secs_f64(),
        places: tiers.iter().cloned().chain(last).collect(),
        slices: timeline
            .slices()
            .iter()
            .map(|slice| Slice {
                requests: slice.by_place.clone(),
                p50_ms: slice.latency.quantile(50_000),
                p99_ms: slice.latency.quantile(99_000),
                cost_usd: dollars(slice.cost),
                attempts: slice.attempts,
            })
            .collect(),
    }
}

fn published(given: &Published) -> PublishedReport {
    let millis = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1_000.0);
    PublishedReport {
        source: given.source.clone(),
        mean_ms: millis(given.mean),
        p99_ms: millis(given.p99),
        success: given.success,
        cost_of_10m_usd: given.cost_of_10m.map(dollars),
    }
}
