//! Two configurations on the same traffic and the same luck, and how sure their difference is.
//!
//! Requests, and what each of them would meet at each model, follow from the seed and the request's number, so both
//! sides get the same (common random numbers) and differ by what they do alone. The scenario is played with several
//! seeds. Each seed gives one difference of the two runs' own figures; seeds know nothing of each other; so Student's
//! t over them gives the interval that has the mean difference in 95 of 100 cases. What a scenario schedules, such as
//! an outage at nine, is the same with every seed: it is no luck, and not in the interval.

mod interval;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde::Serialize;

use crate::engine::Progress;
use crate::report::RunReport;
use crate::run::{Options, run};
use crate::scenario::{InvalidScenario, RunSpec, Scenario};
use interval::Interval;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name in the report.
    pub name: String,
    /// Its configuration; `None` is the scenario's own.
    pub config: Option<ft_client::config::ClientConfig>,
}

/// What a comparison found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ComparisonReport {
    /// Always true: no provider was asked.
    pub simulated: bool,
    /// The scenario's name.
    pub scenario: String,
    /// The first seed.
    pub seed: u64,
    /// How many seeds were played: this one and those after it.
    pub seeds: u64,
    /// How the intervals were made.
    pub method: &'static str,
    /// The figures of both sides, and how they differ.
    pub differences: Vec<Difference>,
    /// The first side's run with the first seed.
    pub a: RunReport,
    /// The second side's run with the first seed.
    pub b: RunReport,
}

/// One figure on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// What it is.
    pub figure: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// On the first side: the mean of its runs' own figures.
    pub a: f64,
    /// On the second.
    pub b: f64,
    /// The second less the first.
    pub difference: f64,
    /// The lower end of its interval. `None` of one seed: what another would have given is not known.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// Whether the interval leaves out zero: the sides differ, with 95 % confidence.
    pub sure: bool,
    /// The two runs' own figures with each seed in turn, the first side's first.
    pub by_seed: Vec<(f64, f64)>,
}

const METHOD: &str = "the runs' own figures, paired by seed on common random numbers; \
    95 % interval of the mean difference by Student's t over the seeds";

/// The most seeds that may be asked for.
pub const MOST_SEEDS: u64 = 1_000;

/// Plays a scenario with both sides and so many seeds, from the scenario's or the options' own on, on as many threads
/// as there are processors. `tell` hears now and then how far a run is: those of the first seed are 0 and 1, those of
/// the second 2 and 3.
///
/// As [`simulate`](crate::simulate), it has runtimes of its own and blocks.
///
/// # Errors
/// As [`simulate`](crate::simulate); and when `seeds` is not from 1 to [`MOST_SEEDS`].
pub fn compare(
    scenario: &Scenario,
    sides: &[Side; 2],
    options: &Options,
    seeds: u64,
    tell: impl FnMut(usize, Progress) + Send,
) -> Result<ComparisonReport, InvalidScenario> {
    if !(1..=MOST_SEEDS).contains(&seeds) {
        let rule = format!("must be from 1 to {}", crate::report::grouped(MOST_SEEDS));
        return Err(InvalidScenario::new("seeds", rule));
    }
    scenario.check_providers_are_asked(&[sides[0].config.as_ref(), sides[1].config.as_ref()])?;
    let seed = options.seed.unwrap_or(scenario.seed);
    let pairs = pairs(scenario, sides, options, seed, seeds, tell)?;
    let differences = FIGURES.iter().filter_map(|figure| difference(figure, &pairs)).collect();
    let Some((a, b)) = pairs.into_iter().next() else {
        return Err(InvalidScenario::new("seeds", "is none"));
    };
    Ok(ComparisonReport {
        simulated: true,
        scenario: scenario.name.clone(),
        seed,
        seeds,
        method: METHOD,
        differences,
        a,
        b,
    })
}

/// Both runs of each seed, in the order of the seeds.
fn pairs(
    scenario: &Scenario,
    sides: &[Side; 2],
    options: &Options,
    seed: u64,
    seeds: u64,
    tell: impl FnMut(usize, Progress) + Send,
) -> Result<Vec<(RunReport, RunReport)>, InvalidScenario> {
    let tell = Mutex::new(tell);
    let next = AtomicU64::new(0);
    let play = |nth: u64, at: usize| {
        let side: &Side = &sides[at];
        let own = scenario.runs.iter().find(|run| run.has_client());
        let chain = own.and_then(|run| run.chain.clone()).filter(|_| side.config.is_none());
        let spec = RunSpec { name: side.name.clone(), chain, ..RunSpec::default() };
        let seed = Some(seed.wrapping_add(nth));
        let options = Options { config: side.config.clone(), seed, ..options.clone() };
        let number = usize::try_from(2 * nth).unwrap_or(usize::MAX - 1) + at;
        run(scenario, &spec, &options, &mut |progress| {
            (tell.lock().unwrap_or_else(PoisonError::into_inner))(number, progress);
        })
        .map_err(|wrong| wrong.with_config(&side.name))
    };
    let work = || -> Result<Vec<Played>, InvalidScenario> {
        let mut played = Vec::new();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= seeds {
                return Ok(played);
            }
            played.push((nth, (play(nth, 0)?, play(nth, 1)?)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(usize::try_from(seeds).unwrap_or(usize::MAX));
    let mut played = Vec::new();
    thread::scope(|scope| -> Result<(), InvalidScenario> {
        // This thread is one of them.
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = vec![work()];
        for other in others {
            match other.join() {
                Ok(done) => all.push(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        for done in all {
            played.extend(done?);
        }
        Ok(())
    })?;
    played.sort_by_key(|(nth, _)| *nth);
    Ok(played.into_iter().map(|(_, pair)| pair).collect())
}

/// The number of a seed, and what both sides came to on it.
type Played = (u64, (RunReport, RunReport));

struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&RunReport) -> Option<f64>,
    /// Of a share, in the figure's unit: what a single request makes of all of them.
    one_request: fn(requests: f64) -> f64,
}

const FIGURES: &[Figure] = &[
    Figure {
        name: "success",
        unit: "%",
        of: |run| run.success.map(|share| share * 100.0),
        one_request: |requests| 100.0 / requests,
    },
    Figure { name: "latency, mean", unit: "ms", of: |run| run.latency_ms.mean, one_request: none },
    Figure {
        name: "latency, p99",
        unit: "ms",
        of: |run| run.latency_ms.p99.map(millis),
        one_request: none,
    },
    Figure {
        name: "first token, mean",
        unit: "ms",
        of: |run| run.first_token_ms.mean,
        one_request: none,
    },
    Figure {
        name: "upstream calls per request",
        unit: "",
        of: |run| (run.requests > 0).then_some(run.upstream.per_request),
        one_request: |requests| 1.0 / requests,
    },
    Figure {
        name: "cost per million requests",
        unit: "$",
        of: |run| run.cost.per_million_requests_usd.as_ref()?.parse().ok(),
        one_request: none,
    },
];

fn none(_: f64) -> f64 {
    0.0
}

fn millis(millis: u64) -> f64 {
    crate::report::thousandths(millis.saturating_mul(1_000))
}

fn difference(figure: &Figure, pairs: &[(RunReport, RunReport)]) -> Option<Difference> {
    let values: Vec<(f64, f64)> = pairs
        .iter()
        .map(|(a, b)| Some(((figure.of)(a)?, (figure.of)(b)?)))
        .collect::<Option<_>>()?;
    let mean = |of: fn(&(f64, f64)) -> f64| {
        let count = values.iter().map(|_| 1.0).sum::<f64>();
        values.iter().map(of).sum::<f64>() / count
    };
    let requests: u64 = pairs.iter().map(|(a, b)| a.requests.min(b.requests)).sum();
    let requests = crate::report::thousandths(requests.saturating_mul(1_000));
    let unseen = (figure.one_request)(requests.max(1.0)) * interval::UNSEEN;
    let interval = Interval::of(values.iter().map(|(a, b)| b - a));
    let ends = interval.map(|interval| {
        let half = interval.half.max(unseen);
        (interval.mean - half, interval.mean + half)
    });
    let (a, b) = (mean(|(a, _)| *a), mean(|(_, b)| *b));
    Some(Difference {
        figure: figure.name,
        unit: figure.unit,
        a,
        b,
        difference: b - a,
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        sure: ends.is_some_and(|(low, high)| low > 0.0 || high < 0.0),
        by_seed: values,
    })
}
