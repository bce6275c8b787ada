//! Bad input: each mistake is named with its field and the rule it breaks, and the client stays up.

use std::time::Duration;

use ft_client::config::{ChainConfig, ClientConfig, InvalidConfig, TargetConfig, TierConfig};
use ft_client::{CallOptions, Client, FailKind};
use ft_core::{ChatRequest, Message};
use ft_sim::{Reply, Scripts};

use crate::trial::{Setup, WAYS, secs, setup};

const GOOD: &str = r#"
[providers.holysheep]
base_url = "https://api.holysheep.ai/v1"
keys = ["${KEY}"]

[chains.default]
deadline = "90s"
cache = { fresh_for = "0s", stale_for = "24h" }

[[chains.default.tiers]]
name = "primary"
targets = [{ provider = "holysheep", model = "gpt-4.1", first_token_timeout = "2s", upstream = "stream" }]

[breaker]
open_for = "30s"
failure_ratio = { over = 0.5, of_at_least = 20, within = "30s" }

[spend]
limit = "$50"
"#;

fn build(text: &str) -> Result<Client, InvalidConfig> {
    let lookup =
        |name: &str| (name == "KEY").then(|| "sk-a-key-that-is-long-enough-0123".to_owned());
    Client::builder().config(ClientConfig::from_toml(text, lookup)?).build()
}

#[track_caller]
fn refused(text: &str, field: &str, rule: &str) {
    let Err(wrong) = build(text) else { panic!("it was accepted: {field}") };
    assert!(wrong.field().contains(field), "`{wrong}` should name {field}");
    assert!(wrong.rule().contains(rule), "`{wrong}` should say {rule}");
    assert!(!wrong.to_string().contains("sk-a-key"), "a key is shown: {wrong}");
}

#[tokio::test]
async fn the_configuration_of_the_first_shape_is_accepted() {
    build(GOOD).unwrap();
}

#[tokio::test]
async fn each_mistake_in_a_file_is_named_with_its_field_and_rule() {
    for (from, to, field, rule) in [
        ("deadline = \"90s\"", "deadline = \"90\"", "chains.default.deadline", "unit"),
        ("deadline = \"90s\"", "deadline = 90", "chains.default.deadline", "string"),
        ("deadline = \"90s\"", "deadline = \"0s\"", "chains.default.deadline", "longer than zero"),
        ("deadline = \"90s\"", "deadline = \"30h\"", "chains.default.deadline", "24 hours"),
        ("deadline = \"90s\"", "deadline = \"-1s\"", "chains.default.deadline", "negative"),
        ("deadline = \"90s\"", "deadlin = \"90s\"", "chains.default.deadlin", "unknown field"),
        ("deadline = \"90s\"", "rounds = 0", "chains.default.rounds", "1 to 10"),
        ("deadline = \"90s\"", "max_attempts = 0", "chains.default.max_attempts", "at least 1"),
        ("deadline = \"90s\"", "max_tokens = 0", "chains.default.max_tokens", "at least 1"),
        ("deadline = \"90s\"", "emergency = \" \"", "chains.default.emergency", "empty"),
        (
            "deadline = \"90s\"",
            "mid_stream = \"pray\"",
            "chains.default.mid_stream",
            "unknown variant",
        ),
        ("deadline = \"90s\"", "throttle_patience = \"90s\"", "throttle_patience", "shorter"),
        ("fresh_for = \"0s\"", "fresh_for = \"99 years\"", "cache.fresh_for", ""),
        ("stale_for = \"24h\"", "capacity = \"64\"", "cache.capacity", "unit"),
        ("name = \"primary\"", "name = \"\"", "tiers[0].name", "empty"),
        ("name = \"primary\"", "name = \"cache\"", "tiers[0].name", "must not be"),
        ("\"gpt-4.1\"", "\"\"", "targets[0].model", "empty"),
        ("provider = \"holysheep\"", "provider = \"nobody\"", "targets[0].provider", "holysheep"),
        ("\"2s\"", "\"61s\"", "first_token_timeout", "attempt_timeout"),
        ("\"2s\"", "\"0s\"", "first_token_timeout", "longer than zero"),
        (", upstream = \"stream\"", "", "first_token_timeout", "upstream"),
        (", upstream = \"stream\"", ", upstream = \"stream\", weight = 0", "weight", "at least 1"),
        (", upstream = \"stream\"", ", upstream = \"stream\", in_flight = 0", "in_flight", ""),
        (", upstream = \"stream\"", ", upstream = \"stream\", in_flight = -1", "in_flight", ""),
        ("open_for = \"30s\"", "open_for = \"0s\"", "breaker.open_for", ""),
        ("open_for = \"30s\"", "open_for = \"30\"", "breaker.open_for", "unit"),
        ("open_for = \"30s\"", "growth = nan", "breaker.growth", ""),
        ("open_for = \"30s\"", "consecutive_failures = 0", "breaker.consecutive_failures", ""),
        ("open_for = \"30s\"", "max_concurrent_probes = 0", "breaker.max_concurrent_probes", ""),
        ("open_for = \"30s\"", "successes_to_close = 0", "breaker.successes_to_close", ""),
        ("over = 0.5", "over = nan", "breaker", ""),
        ("over = 0.5", "over = 1.5", "breaker", ""),
        ("limit = \"$50\"", "limit = \"fifty\"", "spend.limit", ""),
        ("limit = \"$50\"", "limit = \"$-5\"", "spend.limit", ""),
        ("limit = \"$50\"", "limit = \"$0\"", "spend.limit", ""),
        ("limit = \"$50\"", "limit = \"$50\"\nsoft = nan", "spend.soft", ""),
        ("limit = \"$50\"", "limit = \"$50\"\nper = \"week\"", "spend.per", "unknown variant"),
        ("[spend]", "[spent]", "spent", "unknown field"),
        ("[spend]", "[hedge]\nshare = 0.9\n[spend]", "hedge.share", "at most 0.5"),
        ("[spend]", "[hedge]\nshare = nan\n[spend]", "hedge.share", "number"),
        ("[spend]", "[hedge]\npercentile = 0\n[spend]", "hedge.percentile", "1 to 99"),
        ("[spend]", "[limits]\nretry_ratio = -1\n[spend]", "limits.retry_ratio", ""),
        ("[spend]", "[limits]\namplification = nan\n[spend]", "limits.amplification", ""),
        ("[spend]", "[limits]\namplification = 1.5\n[spend]", "limits.amplification", ""),
        ("${KEY}", "${OTHER_KEY}", "providers.holysheep.keys[0]", "OTHER_KEY"),
        ("${KEY}", "${KEY", "providers.holysheep.keys[0]", "without"),
        ("https://api.holysheep.ai/v1", "http://api.holysheep.ai/v1", "providers.holysheep", ""),
        ("https://api.holysheep.ai/v1", "nonsense", "providers.holysheep", ""),
        ("[spend]", "[spend", "line", ""),
    ] {
        assert!(GOOD.contains(from), "the sample has no {from}");
        refused(&GOOD.replacen(from, to, 1), field, rule);
    }
}

#[tokio::test]
async fn empty_and_double_things_are_named() {
    let target = || TargetConfig::new("sim", "a");
    let chain = |tiers: Vec<TierConfig>| ChainConfig::new(tiers);
    let with = |change: ChainConfig| {
        setup("a", Scripts::from(Reply::ok())).chain(move |chain| *chain = change)
    };
    let wrong = |setup: Setup| setup.try_build().map(drop).unwrap_err().to_string();
    for (setup, says) in [
        (with(chain(vec![])), "chains.default.tiers: is empty"),
        (with(chain(vec![TierConfig::new("t", [])])), "tiers[0].targets: is empty"),
        (
            with(chain(vec![TierConfig::new("t", [target()]), TierConfig::new("t", [target()])])),
            "tiers[1].name: is given to an earlier tier",
        ),
        (
            with(chain(vec![TierConfig::new("t", [target(), target()])])),
            "targets[1].model: stands in this chain already",
        ),
        (
            setup("a", Scripts::from(Reply::ok())).provider("sim", Scripts::new()),
            "providers.sim: is given twice",
        ),
        (
            setup("a", Scripts::from(Reply::ok())).targets(|t| t.attempt_timeout = Duration::ZERO),
            "attempt_timeout: must be longer than zero",
        ),
        (
            setup("a", Scripts::from(Reply::ok())).targets(|t| t.idle_timeout = secs(90_000)),
            "idle_timeout: must not be longer than 24 hours",
        ),
        (
            setup("a", Scripts::from(Reply::ok())).targets(|t| t.max_attempts = 0),
            "max_attempts: must be from 1 to 10",
        ),
        (
            setup("a", Scripts::from(Reply::ok())).targets(|t| t.context_window = Some(0)),
            "context_window: must be at least 1",
        ),
    ] {
        let message = wrong(setup);
        assert!(message.contains(says), "`{message}` should say `{says}`");
    }
    let none = Client::builder().build().map(drop).unwrap_err();
    assert_eq!(none.field(), "chains");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_makes_no_sense_is_refused_before_it_costs_an_attempt() {
    let hi = || ChatRequest::user("hi");
    let requests = [
        (ChatRequest::new(Vec::<Message>::new()), "messages"),
        (hi().with_temperature(f64::NAN), "temperature"),
        (hi().with_temperature(-0.1), "temperature"),
        (hi().with_temperature(f64::INFINITY), "temperature"),
        (ChatRequest { top_p: Some(1.5), ..hi() }, "top_p"),
        (ChatRequest { n: Some(0), ..hi() }, "`n`"),
        (hi().with_max_tokens(0), "max_tokens"),
    ];
    let trial = setup("a", Scripts::from(Reply::ok())).build();
    for way in WAYS {
        for (request, field) in requests.clone() {
            let error = trial.ask_with(way, request, CallOptions::new()).await.unwrap_err();
            assert_eq!(error.kind(), FailKind::Invalid);
            assert!(error.to_string().contains(field), "{error}");
        }
        let options = CallOptions::new().with_chain("nowhere");
        let error = trial.ask_with(way, hi(), options).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Invalid);
        assert!(error.to_string().contains("nowhere") && error.to_string().contains("default"));
        trial.ask(way).await.unwrap();
    }
    assert_eq!(trial.log.total(), 2);
}
