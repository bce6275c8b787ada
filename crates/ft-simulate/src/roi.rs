//! The article's table of prices and return, worked out again from stated inputs.
//!
//! API cost and the share of requests that fail come from a simulation of the `seed` scenario with the stated sizes;
//! the rest is arithmetic on the inputs, and every line of it is shown. Where the article's own figures disagree with
//! each other, both are printed with the reason.

mod article;
mod lines;

use std::collections::BTreeMap;

use ft_client::cost::{Billing, Pico};
use ft_sim::Size;
use serde::Serialize;

use crate::engine::Progress;
use crate::report::{RunReport, for_requests, rounded};
use crate::run::{Options, run};
use crate::scenario::{InvalidScenario, RunSpec, Scenario, SizeSpread};

pub use article::Disagreement;

/// What the table is worked out from. The defaults are the article's where it says so, and stated as ours where not.
#[derive(Clone, Debug, Serialize)]
pub struct RoiInputs {
    /// Requests in a month. Default 1,000,000, the article's.
    pub requests: u64,
    /// Tokens of a question. Default 520, ours: with 650 tokens of an answer they make the article's $6,240 for a
    /// million requests of gpt-4.1 at $2 and $8. It does not say how long its requests are.
    pub prompt_tokens: u64,
    /// Tokens of an answer. Default 650, see above.
    pub answer_tokens: u64,
    /// Hours of engineering for the chain, once. Default 25, the middle of the article's 20 to 30.
    pub chain_hours: u64,
    /// Hours of engineering for a single provider, once. Default 7, of the article's 5 to 10.
    pub alone_hours: u64,
    /// What an hour of engineering costs. Default $100, ours: the article states hours and no price, and leaves them
    /// out of its sums.
    #[serde(serialize_with = "as_dollars")]
    pub hour: Pico,
    /// What a month without any answer would cost. Default $48,000: the article's $2,400 for 5 %.
    #[serde(serialize_with = "as_dollars")]
    pub month_down: Pico,
    /// How many simulated requests each share is measured on. Default 200,000.
    pub simulated: u64,
}

impl Default for RoiInputs {
    fn default() -> Self {
        Self {
            requests: 1_000_000,
            prompt_tokens: 520,
            answer_tokens: 650,
            chain_hours: 25,
            alone_hours: 7,
            hour: Pico::from_dollars(100),
            month_down: Pico::from_dollars(48_000),
            simulated: 200_000,
        }
    }
}

/// The table.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RoiReport {
    /// Always true: no provider was asked.
    pub simulated: bool,
    /// What it was worked out from.
    pub inputs: RoiInputs,
    /// The seed of the simulation.
    pub seed: u64,
    /// Through the chain, and through one provider alone.
    pub columns: Vec<RoiColumn>,
    /// Where the article's figures disagree with each other.
    pub disagreements: Vec<Disagreement>,
}

/// One way to be served.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RoiColumn {
    /// Its name.
    pub name: String,
    /// Requests without a real answer, of a million.
    pub failed_per_million: u64,
    /// A month's API cost by the list.
    #[serde(serialize_with = "as_dollars")]
    pub api: Pico,
    /// Of that: attempts that brought no answer. `None` of a provider alone, where nobody estimates it.
    #[serde(serialize_with = "as_optional_dollars")]
    pub api_failed: Option<Pico>,
    /// The same as it is charged where ¥1 buys $1 of credit; `None` where no such offer is.
    #[serde(serialize_with = "as_optional_dollars")]
    pub charged: Option<Pico>,
    /// A month's cost of requests without an answer.
    #[serde(serialize_with = "as_dollars")]
    pub downtime: Pico,
    /// Engineering, once.
    #[serde(serialize_with = "as_dollars")]
    pub engineering: Pico,
    /// The first year: twelve months of API and downtime, and the engineering.
    #[serde(serialize_with = "as_dollars")]
    pub year: Pico,
    /// Twelve months of API and downtime alone, as the article sums.
    #[serde(serialize_with = "as_dollars")]
    pub year_without_engineering: Pico,
    /// Requests by model, of a million.
    pub by_model_per_million: BTreeMap<String, u64>,
}

/// Works the table out on this scenario: its first run through a chain, and its first run alone.
///
/// As [`simulate`](crate::simulate), it has runtimes of its own and blocks.
///
/// # Errors
/// As [`simulate`](crate::simulate), and when the scenario has no two such runs, or a trace.
pub fn roi(
    scenario: &Scenario,
    inputs: &RoiInputs,
    seed: Option<u64>,
    mut tell: impl FnMut(usize, Progress),
) -> Result<RoiReport, InvalidScenario> {
    if scenario.traffic.trace.is_some() {
        let rule = "has sizes of its own, and this table states its sizes; leave the trace out";
        return Err(InvalidScenario::new("traffic.trace", rule));
    }
    let mut scenario = scenario.clone();
    scenario.traffic.prompt_tokens = SizeSpread(Size::fixed(inputs.prompt_tokens));
    scenario.traffic.answer_tokens = SizeSpread(Size::fixed(inputs.answer_tokens));
    let runs = scenario.all_runs();
    let find = |alone: bool| {
        let found = runs.iter().find(|run| match alone {
            true => run.alone.is_some(),
            false => run.has_client(),
        });
        let rule = "needs one run through a chain and one alone to set them against each other";
        found.cloned().ok_or_else(|| InvalidScenario::new("runs", rule))
    };
    let specs: [RunSpec; 2] = [find(false)?, find(true)?];
    let options = Options { seed, requests: Some(inputs.simulated), ..Options::default() };
    let mut columns = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let report = run(&scenario, spec, &options, &mut |progress| tell(at, progress))?;
        if report.cost.unpriced_attempts > 0 {
            let rule =
                "asks a model without a price, so that nobody knows what it costs; state its price";
            return Err(InvalidScenario::new("runs", format!("`{}` {rule}", spec.name)));
        }
        columns.push(column(&report, inputs, spec.alone.is_some()));
    }
    Ok(RoiReport {
        simulated: true,
        inputs: inputs.clone(),
        seed: seed.unwrap_or(scenario.seed),
        columns,
        disagreements: article::disagreements(inputs),
    })
}

fn column(report: &RunReport, inputs: &RoiInputs, alone: bool) -> RoiColumn {
    let million = |part: u64| {
        let scaled = u128::from(part) * 1_000_000 / u128::from(report.requests.max(1));
        u64::try_from(scaled).unwrap_or(u64::MAX)
    };
    // As it is printed, so that the printed sums hold.
    let api = rounded(for_requests(report.total, report.requests, inputs.requests));
    let failed = report.cost.failed_usd.as_ref().and_then(|failed| failed.parse().ok());
    let unanswered = report.requests.saturating_sub(report.answered);
    let downtime = rounded(for_requests(inputs.month_down, report.requests, unanswered));
    let hours = if alone { inputs.alone_hours } else { inputs.chain_hours };
    let engineering = inputs.hour.saturating_mul(hours);
    let without = api.saturating_add(downtime).saturating_mul(12);
    RoiColumn {
        name: report.name.clone(),
        failed_per_million: million(unanswered),
        api,
        api_failed: failed.map(|failed| for_requests(failed, report.requests, inputs.requests)),
        charged: (!alone).then(|| Billing::HOLYSHEEP.bill(api).charged),
        downtime,
        engineering,
        year: without.saturating_add(engineering),
        year_without_engineering: without,
        by_model_per_million: by_model(report)
            .into_iter()
            .map(|(model, n)| (model, million(n)))
            .collect(),
    }
}

/// Several providers may have a model of one name.
fn by_model(report: &RunReport) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for target in &report.targets {
        *sums.entry(target.model.clone()).or_default() += target.answered;
    }
    sums
}

fn as_dollars<S: serde::Serializer>(money: &Pico, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&crate::report::dollars(*money))
}

fn as_optional_dollars<S: serde::Serializer>(
    money: &Option<Pico>,
    to: S,
) -> Result<S::Ok, S::Error> {
    money.map(crate::report::dollars).serialize(to)
}
