//! Two configurations on the same traffic and the same luck, and how sure their difference is.
//!
//! Requests, and what each of them would meet at each model, follow from the request's number, so both sides get the
//! same (common random numbers) and differ by what they do alone. Each run is cut into 30 batches at the same places;
//! each batch gives one difference; and from their mean and spread Student's t with 29 degrees of freedom gives the
//! interval that has the difference in 95 of 100 cases. Batches are long beside most incidents, so that what happens
//! within one may depend on itself as it likes; an outage that is as long as the whole run is one case, not thirty.

use serde::Serialize;

use crate::engine::Progress;
use crate::report::RunReport;
use crate::run::{Options, run};
use crate::scenario::{InvalidScenario, RunSpec, Scenario};
use crate::tally::Batch;

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
    /// The seed.
    pub seed: u64,
    /// How the intervals were made.
    pub method: &'static str,
    /// How many batches of the run they are made from: 30, unless the run had fewer requests than that.
    pub batches: usize,
    /// The figures that differ, and those that do not. None of fewer than ten batches.
    pub differences: Vec<Difference>,
    /// The first side.
    pub a: RunReport,
    /// The second side.
    pub b: RunReport,
}

/// One figure on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What it is.
    pub figure: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// On the first side: the mean over the batches.
    pub a: f64,
    /// On the second.
    pub b: f64,
    /// The second less the first.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether the interval leaves out zero: the sides differ, with 95 % confidence.
    pub sure: bool,
}

const METHOD: &str =
    "paired batches of the run on common random numbers; 95 % interval by Student's t";

/// Plays a scenario with both sides. `tell` hears now and then how far side 0 or 1 is.
///
/// As [`simulate`](crate::simulate), it has runtimes of its own and blocks.
///
/// # Errors
/// As [`simulate`](crate::simulate).
pub fn compare(
    scenario: &Scenario,
    sides: &[Side; 2],
    options: &Options,
    mut tell: impl FnMut(usize, Progress),
) -> Result<ComparisonReport, InvalidScenario> {
    let mut played = |at: usize| {
        let side: &Side = &sides[at];
        let own = scenario.runs.iter().find(|run| run.alone.is_none());
        let chain = own.and_then(|run| run.chain.clone()).filter(|_| side.config.is_none());
        let spec = RunSpec { name: side.name.clone(), chain, ..RunSpec::default() };
        let options = Options { config: side.config.clone(), ..options.clone() };
        run(scenario, &spec, &options, &mut |progress| tell(at, progress))
            .map_err(|wrong| wrong.with_config(&side.name))
    };
    let (a, in_a) = played(0)?;
    let (b, in_b) = played(1)?;
    let pairs = in_a.pairs(&in_b);
    let differences = FIGURES.iter().filter_map(|figure| difference(figure, &pairs)).collect();
    Ok(ComparisonReport {
        simulated: true,
        scenario: scenario.name.clone(),
        seed: options.seed.unwrap_or(scenario.seed),
        method: METHOD,
        batches: pairs.len(),
        differences,
        a,
        b,
    })
}

struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Batch) -> Option<f64>,
}

const FIGURES: &[Figure] = &[
    Figure { name: "success", unit: "%", of: |batch| share(batch.answered, batch.requests) },
    Figure {
        name: "latency, mean",
        unit: "ms",
        of: |batch| batch.latency.mean_thousandths().map(crate::report::thousandths),
    },
    Figure { name: "latency, p99", unit: "ms", of: |batch| quantile(batch, 99_000) },
    Figure {
        name: "first token, mean",
        unit: "ms",
        of: |batch| batch.first_token.mean_thousandths().map(crate::report::thousandths),
    },
    Figure {
        name: "upstream calls per request",
        unit: "",
        of: |batch| crate::report::ratio(batch.attempts, batch.requests),
    },
    Figure {
        name: "cost per million requests",
        unit: "$",
        of: |batch| {
            let million = crate::report::for_requests(batch.cost, batch.requests, 1_000_000);
            let micros = u64::try_from(million.as_pico() / 1_000_000).ok()?;
            (batch.requests > 0).then(|| crate::report::thousandths(micros) / 1_000.0)
        },
    },
];

fn share(part: u64, whole: u64) -> Option<f64> {
    crate::report::ratio(part, whole).map(|share| share * 100.0)
}

fn quantile(batch: &Batch, of_100_000: u64) -> Option<f64> {
    let millis = batch.latency.quantile(of_100_000)?;
    Some(crate::report::thousandths(millis.saturating_mul(1_000)))
}

/// Of fewer batches nothing is said: two that happen to agree would be sure of anything.
pub(crate) const FEWEST: usize = 10;

fn difference(figure: &Figure, pairs: &[(Batch, Batch)]) -> Option<Difference> {
    let values: Vec<(f64, f64)> =
        pairs.iter().filter_map(|(a, b)| Some(((figure.of)(a)?, (figure.of)(b)?))).collect();
    if values.len() < FEWEST {
        return None;
    }
    let interval = Interval::of(values.iter().map(|(a, b)| b - a))?;
    let mean = |side: fn(&(f64, f64)) -> f64| values.iter().map(side).sum::<f64>() / interval.count;
    let (low, high) = (interval.mean - interval.half, interval.mean + interval.half);
    Some(Difference {
        figure: figure.name,
        unit: figure.unit,
        a: mean(|(a, _)| *a),
        b: mean(|(_, b)| *b),
        difference: interval.mean,
        low,
        high,
        sure: low > 0.0 || high < 0.0,
    })
}

/// A mean, and how far it may be from the truth in 95 of 100 cases.
struct Interval {
    mean: f64,
    half: f64,
    count: f64,
}

impl Interval {
    /// `None` of fewer than two values.
    fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let number = u32::try_from(values.clone().count()).ok().filter(|number| *number > 1)?;
        let count = f64::from(number);
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        let times = T_975.get(number as usize - 2).copied().unwrap_or(NORMAL_975);
        Some(Self { mean, half: times * deviation / count.sqrt(), count })
    }
}

/// The 97.5 % quantiles of Student's t for 1 to 29 degrees of freedom, from any table of it.
const T_975: [f64; 29] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045,
];

/// The same of the normal distribution.
const NORMAL_975: f64 = 1.960;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_that_of_a_textbook() {
        // Mean 5.5, deviation 3.0277, standard error 0.9574, times 2.262 for 9 degrees of freedom.
        let interval = Interval::of((1..=10).map(f64::from)).unwrap();
        assert!((interval.mean - 5.5).abs() < 1e-12);
        assert!((interval.half - 2.1658).abs() < 1e-3, "{}", interval.half);
        assert!(Interval::of([1.0].into_iter()).is_none());
    }
}
