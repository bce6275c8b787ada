//! What scenarios show.

use ft_simulate::report::RunReport;
use ft_simulate::{Scenario, SimulationReport, shipped};

use crate::played;

fn success(run: &RunReport) -> f64 {
    run.success.unwrap()
}

/// Every request ends in exactly one way.
fn adds_up(run: &RunReport) {
    let errors: u64 = run.errors.values().sum();
    assert_eq!(run.answered + run.emergency + errors + run.left, run.requests, "{}", run.name);
    let live: u64 = run.live.iter().map(|tier| tier.requests).sum();
    assert_eq!(live + run.fresh + run.coalesced + run.stale, run.answered, "{}", run.name);
    let slices = run.timeline.slices.iter().flat_map(|slice| &slice.requests);
    assert_eq!(slices.sum::<u64>(), run.requests, "{}", run.name);
}

#[test]
fn the_articles_table_is_met_and_the_chain_answers_nearly_everybody() {
    let report = played("seed", 10_000);
    let [chain, openai, anthropic, ..] = &report.runs[..] else { panic!("three columns") };
    report.runs.iter().for_each(adds_up);
    assert!(success(chain) >= 0.9999, "{}", success(chain));
    // Expected: 1 + 0.058 + 0.058 × 0.082.
    let calls = chain.upstream.per_request;
    assert!(calls <= 1.063 + 0.005, "{calls}");
    // Three standard errors, as everywhere here.
    for (run, share, mean, p99) in
        [(openai, 0.942, 312.0, 1_842.0), (anthropic, 0.918, 489.0, 2_156.0)]
    {
        assert!((success(run) - share).abs() < 0.009, "{}: {}", run.name, success(run));
        let mean_ms = run.latency_ms.mean.unwrap();
        assert!((mean_ms / mean - 1.0).abs() < 0.05, "{}: {mean_ms}", run.name);
        let p99_ms = f64::from(u32::try_from(run.latency_ms.p99.unwrap()).unwrap());
        assert!((p99_ms / p99 - 1.0).abs() < 0.12, "{}: {p99_ms}", run.name);
    }
}

#[test]
fn a_month_is_answered_under_the_articles_fault_rates() {
    let report = crate::begun(&crate::scenario("month"), 30);
    let run = &report.runs[0];
    adds_up(run);
    assert!(success(run) >= 0.9999, "{}", success(run));
}

#[test]
fn an_outage_of_hours_is_survived_by_the_chain_alone() {
    // It begins sooner than in the file, to be quick.
    let report = edited("three-hour-outage", &[("\"2h\"", "\"5m\""), ("\"2h 5m\"", "\"10m\"")], 20);
    let [chain, alone, ..] = &report.runs[..] else { panic!("two columns") };
    adds_up(chain);
    let budget = chain.budget.as_ref().unwrap();
    assert!(budget.highest_share > 0.0 && budget.skips == 0, "{budget:?}");
    assert!(success(chain) > 0.998, "{}", success(chain));
    assert!(success(alone) < 0.5, "{}", success(alone));
    let first = &chain.breakers[0];
    assert_eq!((first.model.as_str(), first.changes[0].to), ("gpt-4.1", "open"));
    // It hangs from the fifth minute on: five silent calls of three seconds are enough to know.
    let opened = first.changes[0].at_seconds;
    assert!((300.0..310.0).contains(&opened), "{opened}");
}

#[test]
fn a_throttled_model_is_left_alone_until_its_hint_is_over() {
    let report = edited("rate-limit-storm", &[("every = \"30m\"", "every = \"5m\"")], 7);
    let [chain, alone, ..] = &report.runs[..] else { panic!("two columns") };
    adds_up(chain);
    // Nobody is sent away; what is lost are streams that broke after content had reached the caller.
    assert_eq!(chain.emergency, 0);
    assert!(chain.errors.keys().all(|kind| *kind == "mid_stream"), "{:?}", chain.errors);
    assert!(success(alone) < 0.9, "{}", success(alone));
    let first = &chain.targets[0];
    let (throttled, skipped) = (first.failed["rate_limited"], first.skipped["gate"]);
    assert!(skipped > 5 * throttled, "{throttled} refusals, {skipped} skips");
    assert_eq!(chain.breakers.len(), 0, "a throttle says nothing of health");
}

#[test]
fn a_brown_out_is_noticed_by_the_clock_alone() {
    let report = edited("brown-out", &[("from = \"1h\"", "from = \"5m\"")], 20);
    let [chain, alone, ..] = &report.runs[..] else { panic!("two columns") };
    let worst = |run: &RunReport| {
        run.timeline.slices.iter().filter_map(|slice| slice.p50_ms).max().unwrap()
    };
    assert!(worst(chain) * 4 < worst(alone), "{} and {}", worst(chain), worst(alone));
    assert!(chain.left * 4 < alone.left, "{} and {} left", chain.left, alone.left);
}

#[test]
fn models_behind_one_aggregator_fall_together_and_a_vendor_holds() {
    let report =
        edited("aggregator-down", &[("from = \"1h\"", "from = \"10m\""), ("1h 40m", "50m")], 50);
    let [aggregator, vendor, ..] = &report.runs[..] else { panic!("two columns") };
    report.runs.iter().for_each(adds_up);
    assert!(success(aggregator) < 0.9, "{}", success(aggregator));
    assert!(aggregator.stale > 0 && aggregator.emergency > 0);
    // One in 600 attempts at the vendor is silent, and silence is not asked twice: while it is alone, that is lost.
    assert!(success(vendor) > 0.998, "{}", success(vendor));
}

/// The first minutes of a scenario that ships, with some of its words replaced.
fn edited(name: &str, words: &[(&str, &str)], minutes: u64) -> SimulationReport {
    let found = shipped().iter().find(|scenario| scenario.name == name).unwrap();
    let text = words.iter().fold(found.text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    crate::begun(&Scenario::from_toml(&text, name).unwrap(), minutes)
}
