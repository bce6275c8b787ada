//! What is counted adds up, and what a scenario states is what is played.

use std::fmt::Write;

use ft_simulate::{Options, Scenario, Trace, report::RunReport, simulate};

fn played(text: &str, options: &Options) -> Vec<RunReport> {
    let scenario = Scenario::from_toml(text, "s.toml").unwrap();
    simulate(&scenario, options, |_, _| {}).unwrap().runs
}

fn run(text: &str) -> RunReport {
    played(text, &Options::default()).remove(0)
}

/// A chain of one tier with these targets, each `provider/model`.
fn chain(name: &str, targets: &[&str]) -> String {
    let mut text = format!("\n[[chains.{name}.tiers]]\nname = \"only\"\ntargets = [\n");
    for target in targets {
        let (provider, model) = target.split_once('/').unwrap();
        writeln!(text, "  {{ provider = \"{provider}\", model = \"{model}\" }},").unwrap();
    }
    text + "]\n"
}

fn dollars(text: &str) -> f64 {
    text.parse().unwrap()
}

#[test]
fn money_and_calls_of_callers_who_left_are_in_every_sum() {
    let text = "requests = 2000\n\
        [traffic]\narrivals = \"poisson\"\nrate = \"5/s\"\nmax_tokens = 300\nstreamed = 0.5\n\
        patience = { mean = \"1s\", p99 = \"3s\" }\n\
        [providers.p.models.m]\nfirst_token = { mean = \"700ms\", p99 = \"3s\" }\nper_token = \"2ms\"\n\
        faults = \"5%\"\nprice = { input = \"$2\", output = \"$8\" }\n\
        [providers.p.models.n]\nlatency = { mean = \"700ms\", p99 = \"3s\" }\nfaults = \"5%\"\n\
        price = { input = \"$1\", output = \"$4\" }\n\
        [spend]\nlimit = \"$1000\"\nper = \"total\"\n"
        .to_owned()
        + &chain("default", &["p/m", "p/n"]);
    let run = run(&text);
    assert!(run.left > 300, "{}", run.left);
    let total = dollars(run.cost.total_usd.as_ref().unwrap());
    assert!(dollars(run.cost.left_usd.as_ref().unwrap()) > 0.0);
    let near = |sum: f64, what: &str| assert!((sum - total).abs() < 1e-9, "{what}: {sum} {total}");
    near(
        run.targets.iter().map(|target| dollars(target.cost_usd.as_ref().unwrap())).sum(),
        "targets",
    );
    near(run.timeline.slices.iter().map(|slice| dollars(&slice.cost_usd)).sum(), "timeline");
    near(dollars(&run.budget.as_ref().unwrap().highest_usd), "budget");
    let calls = run.upstream.calls;
    assert_eq!(run.targets.iter().map(|target| target.attempts).sum::<u64>(), calls);
    assert_eq!(run.timeline.slices.iter().map(|slice| slice.attempts).sum::<u64>(), calls);
}

#[test]
fn callers_one_after_another_do_not_stop_the_clock() {
    let at_once = "duration = \"2s\"\n[traffic]\n[providers.p.models.m]\n".to_owned();
    assert_eq!(run(&(at_once + &chain("default", &["p/m"]))).requests, 2_000);
    // The breaker refuses at once, for as long as the outage lasts.
    let refused = "duration = \"20s\"\n[traffic]\n[providers.p.models.m]\nlatency = \"250ms\"\n\
        outages = [{ from = \"5s\", for = \"5s\" }]\n"
        .to_owned();
    let run = run(&(refused + &chain("default", &["p/m"])));
    assert!(run.answered >= 20 && run.answered < run.requests, "{}", run.answered);
    assert!((19.0..22.0).contains(&run.simulated_seconds), "{}", run.simulated_seconds);
}

#[test]
fn a_trace_is_sent_to_the_chains_that_it_names() {
    let mut lines = String::new();
    for nth in 0..100 {
        let chain = if nth % 4 == 0 { "fast" } else { "default" };
        writeln!(lines, "{{\"at_ms\": {nth}, \"chain\": \"{chain}\"}}").unwrap();
    }
    let options = |lines: &str| Options {
        trace: Some(Trace::from_jsonl(lines, "t.jsonl").unwrap()),
        ..Options::default()
    };
    let text = "requests = 1000\n[traffic]\nstreamed = 1.0\n[providers.p.models.\"*\"]\n"
        .to_owned()
        + &chain("default", &["p/slow"])
        + &chain("fast", &["p/quick"]);
    let run = played(&text, &options(&lines)).remove(0);
    let answered = |model: &str| {
        run.targets.iter().find(|target| target.model == model).map(|target| target.answered)
    };
    assert_eq!((answered("slow"), answered("quick")), (Some(75), Some(25)));
    // What a line does not say is as the scenario says.
    assert_eq!(run.streamed, 100);

    let scenario = Scenario::from_toml(&text, "s.toml").unwrap();
    let nowhere = options("{\"at_ms\": 0}\n{\"at_ms\": 1, \"chain\": \"nope\"}\n");
    let wrong = simulate(&scenario, &nowhere, |_, _| {}).unwrap_err();
    let said = wrong.located("s.toml", &text).to_string();
    assert!(said.starts_with("t.jsonl:2: chain: there is no chain `nope`"), "{said}");
}

#[test]
fn the_same_prompt_of_a_trace_is_the_same_question() {
    let line = |at: u32| format!("{{\"at_ms\": {at}, \"prompt\": \"9f2c41d07a3be615\"}}\n");
    let lines: String = (0..50).map(|nth| line(1_000 * nth)).collect();
    let options =
        Options { trace: Some(Trace::from_jsonl(&lines, "t").unwrap()), ..Options::default() };
    let text = "requests = 50\n[traffic]\nprompt_tokens = { mean = 300, p99 = 2000 }\n\
        [providers.p.models.m]\n"
        .to_owned()
        + &chain("default", &["p/m"])
        + "[chains.default.cache]\nfresh_for = \"1h\"\n";
    let run = &played(&text, &options)[0];
    assert_eq!((run.requests, run.fresh), (50, 49));
}

#[test]
fn each_provider_has_the_prices_that_are_stated_for_it() {
    let text = "requests = 10\n[traffic]\nprompt_tokens = 100\nanswer_tokens = 200\n\
        [providers.a]\nprices = \"openai\"\n\
        [providers.a.models.\"gpt-4.1\"]\nprice = { input = \"$2\", output = \"$8\" }\n\
        [providers.b]\nprices = \"openai\"\n\
        [providers.b.models.\"gpt-4.1\"]\nprice = { input = \"$20\", output = \"$80\" }\n\
        [providers.c.models.\"*\"]\nprice = { input = \"$4\", output = \"$16\" }\n\
        [providers.d]\nprices = \"openai\"\n\
        [providers.d.models.\"gpt-4.1\"]\n\
        [providers.d.models.other]\nprice = { input = \"$1\", output = \"$1\" }\n"
        .to_owned();
    let mut runs = String::new();
    for target in ["a/gpt-4.1", "b/gpt-4.1", "c/unlisted", "d/gpt-4.1"] {
        let (provider, model) = target.split_once('/').unwrap();
        runs += &chain(provider, &[target]);
        write!(runs, "[[runs]]\nname = \"{provider}\"\nchain = \"{provider}\"\n").unwrap();
        write!(runs, "[[runs]]\nname = \"{provider} alone\"\n").unwrap();
        writeln!(runs, "alone = {{ provider = \"{provider}\", model = \"{model}\" }}").unwrap();
    }
    let runs = played(&(text + &runs), &Options::default());
    let costs: Vec<_> = runs.iter().map(|run| run.cost.total_usd.as_deref().unwrap()).collect();
    // Ten times 100 and 200 tokens; the catalogue has d's as the first's.
    assert_eq!(costs, ["0.018", "0.018", "0.18", "0.18", "0.036", "0.036", "0.018", "0.018"]);
    assert!(runs.iter().all(|run| run.cost.unpriced_attempts == 0));
    assert_eq!(runs[1].cost.failed_usd, None, "nobody estimates it without a client");
}

#[test]
fn incidents_come_for_as_long_as_a_run_lasts() {
    let text = |traffic: &str| {
        format!(
            "requests = 4000\n[traffic]\n{traffic}\n[providers.p]\n\
             incidents = [{{ every = \"5m\", for = \"5m\" }}]\n\
             [providers.p.models.m]\nlatency = \"2s\"\n\
             [[runs]]\nname = \"alone\"\nalone = {{ provider = \"p\", model = \"m\" }}\n"
        )
    };
    let rare = "arrivals = \"poisson\"\nrate = \"1/s\"\ndaily = { peak = \"12h\", swing = 1.0 }";
    for traffic in [rare, "callers = 4\npause = \"10s\""] {
        let run = run(&text(traffic));
        let last = run.timeline.slices.iter().rposition(|slice| slice.requests[3] > 0);
        let share = last.unwrap() as f64 / run.timeline.slices.len() as f64;
        assert!(share > 0.9, "{traffic}: {share}");
        let success = run.success.unwrap();
        assert!((0.25..0.75).contains(&success), "{traffic}: {success}");
    }
}

#[test]
fn prices_of_a_configuration_stay_beside_those_that_the_scenario_states() {
    let text = "requests = 10\n[traffic]\nprompt_tokens = 100\nanswer_tokens = 200\n\
        [providers.p]\nprices = \"ours\"\n\
        [providers.p.models.a]\nprice = { input = \"$2\", output = \"$8\" }\n\
        [providers.p.models.b]\n"
        .to_owned()
        + &chain("default", &["p/a"]);
    let config = "[providers.p]\nbase_url = \"http://localhost:1/v1\"\nprices = \"ours\"\n\
        [[models]]\nprofile = \"ours\"\nmodel = \"b\"\ncontext_window = 100000\nas_of = \"2026-10-01\"\n\
        [[models.prices]]\ninput = \"4\"\noutput = \"16\"\n"
        .to_owned()
        + &chain("default", &["p/b"]);
    let config = ft_client::config::ClientConfig::from_toml(&config, |_| None).unwrap();
    let options = Options { config: Some(config), ..Options::default() };
    let run = &played(&text, &options)[0];
    assert_eq!((run.cost.total_usd.as_deref(), run.cost.unpriced_attempts), (Some("0.036"), 0));
}
