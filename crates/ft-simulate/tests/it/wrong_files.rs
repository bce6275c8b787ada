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
            "outages = [{ from = \"1s\", for = \"0s\" }]",
            9,
            "must end after its beginning",
        ),
        (
            "faults = 0.01",
            "outages = [{ from = \"1s\", for = \"9s\", how = \"slow\" }]",
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
        ("arrivals = \"poisson\"", "", 5, "traffic.rate: has no effect on requests that come one"),
        ("rate = \"4/s\"", "rate = \"4/s\"\ncallers = 3", 6, "traffic.callers: has no effect"),
        ("rate = \"4/s\"", "rate = \"4/s\"\ntrace = \"t\"", 5, "beside `trace`"),
        ("rate = \"4/s\"", "rate = \"4/s\"\nmax_tokens = 0", 6, "max_tokens: must be at least 1"),
        ("rate = \"4/s\"", "rate = \"4/s\"\npatience = \"0s\"", 6, "must be longer than zero"),
        ("rate = \"4/s\"", "rate = \"4/s\"\nchains = { nope = 1 }", 6, "there is no chain `nope`"),
        ("requests = 10", "duration = \"200h\"", 1, "must be in days"),
        ("model = \"gpt-4.1\"", "model = \"gpt-9\"", 13, "model: names the model `gpt-9`"),
        (
            "faults = 0.01",
            "price = { input = \"$0.0000009\", output = \"$8\" }",
            9,
            "price.input: is finer than",
        ),
        (
            "faults = 0.01",
            "incidents = [{ every = \"30 days\", for = \"1m\", how = \"slow\" }]",
            9,
            "factor: is missing",
        ),
        ("requests = 10", "requests = = 10", 1, ""),
        (
            "faults = 0.01",
            "outages = [{ from = \"1h\", for = \"9s\" }]",
            9,
            "outages[0].from: begins at 1 h 0 min, when the scenario has ended at 2.5 s",
        ),
        (
            "rate = \"4/s\"",
            "rate = \"4/s\"\nbursts = [{ from = \"100 days\", for = \"1s\", times = 2.0 }]",
            6,
            "bursts[0].from: begins at 100 d 0 h",
        ),
        (
            "requests = 10",
            "requests = 10\nspend = { limit = \"$5\" }",
            14,
            "is never asked: [spend] skips a target without a price",
        ),
        (
            "faults = 0.01",
            "[providers.r.models.m]",
            9,
            "providers.r: is asked by no chain and no run",
        ),
        ("provider = \"p\"", "provider = \"q\"", 13, "names the provider `q`"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("mine.toml:{line}: ")), "{to}: {said}");
        assert!(said.contains(words), "{to}: {said}");
    }
}

#[test]
fn runs_are_told_apart_and_name_what_is_there() {
    let run = |run: &str| said("faults = 0.01\n", &format!("faults = 0.01\n[[runs]]\n{run}\n"));
    let chain = run("name = \"a\"\nchain = \"nope\"");
    assert!(chain.starts_with("mine.toml:12: runs[0].chain: there is no chain `nope`"), "{chain}");
    let twice = run("name = \"a\"\n[[runs]]\nname = \"a\"");
    assert!(twice.starts_with("mine.toml:13: runs[1].name: is the name of a run"), "{twice}");
    let naive = |targets: &str| run(&format!("name = \"a\"\nnaive = {targets}"));
    assert!(naive("[]").contains("runs[0].naive: is empty"));
    assert!(naive("[\"p\"]").contains("a target is written \"provider/model\""));
    assert!(naive("[\"p/gpt-4.1\", \"p/gpt-4.1\"]").contains("twice"));
    assert!(
        naive("[\"q/gpt-4.1\"]").contains("runs[0].naive: names the provider `q`; there are: p")
    );
    assert!(naive("[\"p/gpt-9\"]").contains("of which `providers.p.models` has no figures"));
    assert!(
        run("name = \"a\"\ntime_limit = \"5s\"")
            .contains("time_limit: has no effect without `naive`")
    );
    let both = run("name = \"a\"\nchain = \"default\"\nnaive = [\"p/gpt-4.1\"]");
    assert!(both.contains("naive: stands beside `chain`"), "{both}");
    let model = run("name = \"a\"\nalone = { provider = \"p\", model = \"gpt-9\" }");
    assert!(model.contains("runs[0].alone.model: names the model `gpt-9`"), "{model}");
    let never =
        run("name = \"a\"\nalone = { provider = \"p\", model = \"gpt-4.1\", time_limit = \"0s\" }");
    assert!(never.contains("time_limit: must be longer than zero"), "{never}");
}

#[test]
fn what_is_wrong_with_a_configuration_is_not_said_of_the_scenario() {
    let scenario = Scenario::from_toml(RIGHT, "mine.toml").unwrap();
    let config = |text: &str| {
        let config = ft_client::config::ClientConfig::from_toml(text, |_| None).unwrap();
        let options = Options { config: Some(config), ..Options::default() };
        let wrong = simulate(&scenario, &options, |_, _| {}).unwrap_err();
        wrong.with_config("ft.toml").located("mine.toml", RIGHT).to_string()
    };
    let azure = config(
        "[providers.azure]\nbase_url = \"http://localhost:1/v1\"\n\
         [[chains.default.tiers]]\nname = \"t\"\ntargets = [{ provider = \"azure\", model = \"m\" }]\n",
    );
    assert!(azure.starts_with("ft.toml: chains.default.tiers[0].targets[0].provider"), "{azure}");
    let other = config(
        "[providers.p]\nbase_url = \"http://localhost:1/v1\"\n\
         [[chains.other.tiers]]\nname = \"t\"\ntargets = [{ provider = \"p\", model = \"gpt-4.1\" }]\n",
    );
    assert!(other.starts_with("ft.toml: chains: there is no chain `default`"), "{other}");
}

#[test]
fn a_scenario_that_never_ends_is_refused() {
    let said = said("requests = 10\n", "");
    assert!(said.contains("one of them must say when it ends"), "{said}");
}
