//! Wrong scenarios are told with file, line, field and rule.

use ft_simulate::{Options, Scenario, simulate};

const RIGHT: &str = "\
requests = 10

[traffic]
arrivals = \"poisson\"
rate = \"4/s\"

[providers.p.models.\"gpt-4.1\"]
latency = { mean = \"100ms\", p99 = \"300ms\" }
faults = 0.01

[[chains.default.tiers]]
name = \"only\"
targets = [{ provider = \"p\", model = \"gpt-4.1\" }]
";

/// What is said when `from` stands as `to`.
fn said(from: &str, to: &str) -> String {
    assert!(RIGHT.contains(from), "{from}");
    let text = RIGHT.replace(from, to);
    let played = Scenario::from_toml(&text, "mine.toml").and_then(|scenario| {
        simulate(&scenario, &Options::default(), |_, _| {})
            .map_err(|wrong| wrong.located("mine.toml", &text))
    });
    played.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_right_file_is_right() {
    let scenario = Scenario::from_toml(RIGHT, "mine.toml").unwrap();
    assert!(simulate(&scenario, &Options::default(), |_, _| {}).is_ok());
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (from, to, line, words) in [
        ("rate = ", "rtae = ", 5, "unknown field `rtae`"),
        ("\"4/s\"", "\"4\"", 5, "traffic.rate: must be an amount per time"),
        ("\"4/s\"", "4", 5, "invalid type"),
        ("faults = 0.01", "faults = 1.5", 9, "faults: must be a share"),
        ("faults = 0.01", "faults = nan", 9, "faults: must be a share"),
        ("faults = 0.01", "faults = { hnag = 0.1 }", 9, "unknown field `hnag`"),
        (
            "faults = 0.01",
            "faults = { hang = 0.9, cut = 0.9 }",
            9,
            "must not add up to more than 1",
        ),
        ("\"300ms\"", "\"30ms\"", 8, "p99 must not be below the mean"),
        ("\"300ms\"", "300", 8, "invalid type"),
        (
            "faults = 0.01",
            "outages = [{ from = \"1h\", for = \"0s\" }]",
            9,
            "must end after its beginning",
        ),
        (
            "faults = 0.01",
            "outages = [{ from = \"1h\", for = \"9s\", how = \"slow\" }]",
            9,
            "factor: is missing",
        ),
        (
            "faults = 0.01",
            "outages = [{ from = \"400 days\", for = \"9s\" }]",
            9,
            "at most 366 days",
        ),
        ("requests = 10", "requests = 0", 1, "requests: must be from 1"),
        ("requests = 10", "requests = -1", 1, "invalid value"),
        ("rate = \"4/s\"", "callers = 1", 3, "traffic.rate: is missing"),
        ("requests = 10", "requests = = 10", 1, ""),
        ("provider = \"p\"", "provider = \"q\"", 13, "names the provider `q`"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("mine.toml:{line}: ")), "{to}: {said}");
        assert!(said.contains(words), "{to}: {said}");
    }
}

#[test]
fn a_scenario_that_never_ends_is_refused() {
    let said = said("requests = 10\n", "");
    assert!(said.contains("one of them must say when it ends"), "{said}");
}
