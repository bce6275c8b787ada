//! The article's table: simulated, at its own size and at length, and over sockets; and how fast the simulator is.

use serde::Deserialize;

use super::binary::Binaries;
use super::results::{Case, Results};
use super::unit::Unit;
use super::{Run, machine};
use crate::Outcome;
use crate::process::Cmd;

/// The part's name in results and on the page.
const PART: &str = "seed";

const TABLE: &str = "the article's table";

/// What `ft simulate --json` says, as far as it is used here.
#[derive(Debug, Deserialize)]
struct Report {
    runs: Vec<RunReport>,
}

#[derive(Debug, Deserialize)]
struct RunReport {
    name: String,
    requests: u64,
    emergency: u64,
    success: Option<f64>,
    latency_ms: Times,
    upstream: Upstream,
    cost: Cost,
    published: Option<Published>,
}

#[derive(Debug, Deserialize)]
struct Times {
    mean: Option<f64>,
    p99: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Upstream {
    per_request: f64,
}

#[derive(Debug, Deserialize)]
struct Cost {
    per_million_requests_usd: String,
}

#[derive(Debug, Deserialize)]
struct Published {
    mean_ms: Option<f64>,
    p99_ms: Option<f64>,
    success: Option<f64>,
    cost_of_10m_usd: Option<String>,
}

/// Simulates, plays over sockets and times the simulator.
///
/// # Errors
/// When the programs do not compile or fail.
pub(super) fn measure(run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
    let binaries = Binaries::build(run)?;
    let mut cases = simulated(run, &binaries, "simulated", None)?;
    let many = if run.quick { 100_000 } else { 1_000_000 };
    let long = simulated(run, &binaries, "simulated at length", Some(many))?;
    cases.extend(long.into_iter().filter(|case| !case.is_reference()));
    let requests = if run.quick { "200" } else { "1000" };
    cases.extend(binaries.cases(run, &["sockets", "--requests", requests])?);
    cases.push(speed(run, &binaries)?);
    results.replace(PART, PART, cases);
    Ok(Vec::new())
}

fn simulate(
    run: &Run<'_>,
    binaries: &Binaries,
    name: &str,
    requests: Option<u64>,
) -> Outcome<String> {
    let mut command = Cmd::new(&binaries.ft(), &["simulate", name, "--json"]);
    if let Some(requests) = requests {
        command = command.arg("--requests").arg(requests.to_string());
    }
    println!("$ {command}");
    command.output(run.root)
}

fn simulated(
    run: &Run<'_>,
    binaries: &Binaries,
    id: &str,
    requests: Option<u64>,
) -> Outcome<Vec<Case>> {
    let text = simulate(run, binaries, "seed", requests)?;
    let report: Report =
        serde_json::from_str(&text).map_err(|error| format!("ft simulate: {error}"))?;
    Ok(report.runs.iter().flat_map(|one| rows(one, id)).collect())
}

/// The figures of one run, and what was published beside them.
fn rows(one: &RunReport, id: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut row = |what: &str, unit, ours: Option<f64>, theirs: Option<f64>| {
        let value = format!("{}, {what}", one.name);
        for (id, figure) in [(id, ours), ("ref the article", theirs)] {
            cases.extend(figure.map(|figure| Case::exact(TABLE, id, Some(&value), unit, figure)));
        }
    };
    let published = one.published.as_ref();
    let ns = |ms: f64| ms * 1e6;
    let dollars = |text: &String| text.parse::<f64>().ok();
    row(
        "mean",
        Unit::Ns,
        one.latency_ms.mean.map(ns),
        published.and_then(|one| one.mean_ms).map(ns),
    );
    row("p99", Unit::Ns, one.latency_ms.p99.map(ns), published.and_then(|one| one.p99_ms).map(ns));
    let percent = |share: f64| share * 100.0;
    let theirs = published.and_then(|one| one.success).map(percent);
    row("success", Unit::Percent, one.success.map(percent), theirs);
    let cost = dollars(&one.cost.per_million_requests_usd).map(|million| million * 10.0);
    let theirs = published.and_then(|one| one.cost_of_10m_usd.as_ref()).and_then(dollars);
    row("cost of 10 million requests", Unit::Usd, cost, theirs);
    row("upstream calls a request", Unit::Count, Some(one.upstream.per_request), None);
    #[expect(clippy::cast_precision_loss, reason = "counts of millions")]
    for (what, count) in [("requests", one.requests), ("emergency answers", one.emergency)] {
        row(what, Unit::Count, Some(count as f64), None);
    }
    cases
}

/// Requests that are simulated in a second, of the scenario of a month.
fn speed(run: &Run<'_>, binaries: &Binaries) -> Outcome<Case> {
    let requests: u32 = if run.quick { 50_000 } else { 200_000 };
    let mut rates = Vec::new();
    for _ in 0..3 {
        let begun = machine::Stopwatch::start();
        simulate(run, binaries, "month", Some(requests.into()))?;
        rates.push(f64::from(requests) / begun.seconds());
    }
    rates.sort_by(f64::total_cmp);
    let mut case = Case::exact("speed", "the scenario of a month", None, Unit::Rate, rates[1]);
    (case.low, case.high) = (rates[0], rates[2]);
    case.deviation = (rates[1] - rates[0]).min(rates[2] - rates[1]);
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"name": "OpenAI alone", "requests": 1000, "answered": 942, "emergency": 0,
        "success": 0.942, "latency_ms": {"count": 942, "mean": 312.5, "p50": 200, "p99": 1840},
        "upstream": {"calls": 1000, "per_request": 1.0},
        "cost": {"total_usd": "0.6", "per_million_requests_usd": "624"},
        "published": {"source": "the article", "mean_ms": 312.0, "p99_ms": 1842.0, "success": 0.942,
        "cost_of_10m_usd": "6240"}}"#;

    #[test]
    fn a_run_has_its_published_figures_beside_it() {
        let run: RunReport = serde_json::from_str(RUN).unwrap();
        let cases = rows(&run, "simulated");
        let find = |id: &str, what: &str| {
            let value = format!("OpenAI alone, {what}");
            let case =
                cases.iter().find(|case| case.id == id && case.value.as_ref() == Some(&value));
            case.map(|case| case.unit.shown(case.median))
        };
        assert_eq!(find("simulated", "mean").as_deref(), Some("312 ms"));
        assert_eq!(find("ref the article", "p99").as_deref(), Some("1.84 s"));
        assert_eq!(find("simulated", "success").as_deref(), Some("94.2 %"));
        assert_eq!(find("simulated", "cost of 10 million requests").as_deref(), Some("$6,240"));
        assert_eq!(find("ref the article", "requests"), None);
    }
}
