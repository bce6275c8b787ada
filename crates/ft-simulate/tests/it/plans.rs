//! How much of a scenario is played, and what is said of the rest.

use std::time::Duration;

use ft_simulate::{Options, Scenario, Trace, simulate};

const TEXT: &str = "duration = \"2h\"\n[traffic]\narrivals = \"poisson\"\nrate = \"1/s\"\n\
    [providers.p.models.m]\nlatency = \"100ms\"\noutages = [{ from = \"1h\", for = \"30m\" }]\n\
    [[chains.default.tiers]]\nname = \"only\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n";

fn played(text: &str, options: &Options) -> ft_simulate::report::RunReport {
    let scenario = Scenario::from_toml(text, "s.toml").unwrap();
    simulate(&scenario, options, |_, _| {}).unwrap().runs.remove(0)
}

#[test]
fn fewer_requests_are_spread_over_all_of_the_time_and_meet_its_outages() {
    let run = played(TEXT, &Options { requests: Some(720), ..Options::default() });
    assert!((640..800).contains(&run.requests), "{}", run.requests);
    // A quarter of the time is an outage.
    let success = run.success.unwrap();
    assert!((0.70..0.80).contains(&success), "{success}");
    assert!((run.simulated_seconds - 7_200.0).abs() < 1.0, "{}", run.simulated_seconds);
    assert!(
        run.notes[0].starts_with("Thinned to 10 % of the scenario's requests"),
        "{:?}",
        run.notes
    );
}

#[test]
fn times_of_a_scenario_may_be_days() {
    let text = TEXT
        .replace("duration = \"2h\"", "duration = \"3d\"")
        .replace("from = \"1h\", for = \"30m\"", "from = \"1 day\", for = \"1 day, 12h\"");
    let run = played(&text, &Options { requests: Some(720), ..Options::default() });
    assert!((run.simulated_seconds - 259_200.0).abs() < 1.0, "{}", run.simulated_seconds);
    // Half of the time is an outage.
    let success = run.success.unwrap();
    assert!((0.45..0.55).contains(&success), "{success}");
}

#[test]
fn what_a_shorter_run_does_not_come_to_is_said_aloud() {
    let half = Some(Duration::from_secs(1_800));
    let run = played(TEXT, &Options { duration: half, ..Options::default() });
    assert_eq!(run.success, Some(1.0));
    assert!(run.notes[0].starts_with("Stopped after 30 min 0 s of 2 h 0 min"), "{:?}", run.notes);
    assert!(run.notes[1].starts_with("1 outage would have begun after the end"), "{:?}", run.notes);
    // Callers one after another need as long as their answers do.
    let sequential = "requests = 10\n[traffic]\n[providers.p.models.m]\noutages = [{ from = \"1h\", for = \"1m\" }]\n\
        [[chains.default.tiers]]\nname = \"only\"\ntargets = [{ provider = \"p\", model = \"m\" }]\n";
    let run = played(sequential, &Options::default());
    assert!(run.notes[0].starts_with("1 outage would have begun after the end"), "{:?}", run.notes);
}

#[test]
fn a_trace_is_thinned_at_the_moments_that_it_has() {
    let lines: String = (0..100).map(|nth| format!("{{\"at_ms\": {}}}\n", 1_000 * nth)).collect();
    let trace = Some(Trace::from_jsonl(&lines, "t").unwrap());
    let text = TEXT.replace("arrivals = \"poisson\"\nrate = \"1/s\"\n", "");
    let run = played(&text, &Options { trace, requests: Some(10), ..Options::default() });
    assert_eq!(run.requests, 10);
    assert!(run.simulated_seconds > 95.0, "{}", run.simulated_seconds);
    assert!(run.notes[0].starts_with("10 of the trace's 100 requests"), "{:?}", run.notes);
}

#[test]
fn a_cost_without_a_price_is_unknown_and_not_nothing() {
    let text = TEXT.replace("duration = \"2h\"", "duration = \"61m\"");
    let scenario = Scenario::from_toml(&text, "s.toml").unwrap();
    let report = simulate(&scenario, &Options::default(), |_, _| {}).unwrap();
    let run = &report.runs[0];
    assert_eq!((&run.cost.total_usd, &run.targets[0].cost_usd), (&None, &None));
    assert!(report.to_json().contains("\"total_usd\": null"));
    for shown in [report.to_table(), report.to_html()] {
        assert!(shown.contains("unknown") && !shown.contains("$0"), "{shown}");
    }
}

#[test]
fn the_tables_time_is_the_scenarios() {
    let text = TEXT.replace("\"2h\"", "\"90m\"");
    let scenario = Scenario::from_toml(&text, "s.toml").unwrap();
    let table = simulate(&scenario, &Options::default(), |_, _| {}).unwrap().to_table();
    assert!(table.contains("1 h 30 min"), "{table}");
}
