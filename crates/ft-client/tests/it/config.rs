//! Bad input: each mistake is named with its field and the rule it breaks, and the client stays up.

use std::time::Duration;

use ft_client::config::{
    ChainConfig, ClientConfig, Document, InvalidConfig, TargetConfig, TierConfig,
};
use ft_client::cost::Catalogue;
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
    let mut document = Document::parse("ft.toml", text, lookup)?;
    ClientConfig::from_document(&mut document)
        .and_then(|config| Client::builder().config(config).build())
        .map_err(|wrong| wrong.at(&document))
}

/// Puts `to` in the place of `from`, and expects an error about it that names the line.
#[track_caller]
fn refused(good: &str, (from, to): (&str, &str), field: &str, rule: &str) {
    let first = good.find(from).map(|at| good[..at].matches('\n').count() + 1);
    let first = first.unwrap_or_else(|| panic!("the sample has no {from}"));
    let last = first + to.matches('\n').count();
    let Err(wrong) = build(&good.replacen(from, to, 1)) else { panic!("it was accepted: {to}") };
    assert!(!wrong.to_string().contains("sk-a-key"), "a key is shown: {wrong}");
    // What follows from it may be told beside it.
    let all = wrong.all().find(|it| it.field().contains(field));
    let wrong = all.unwrap_or_else(|| panic!("`{wrong}` should name {field}"));
    assert!(wrong.rule().contains(rule), "`{wrong}` should say {rule}");
    let line = wrong.line().unwrap_or_else(|| panic!("`{wrong}` should have a line"));
    assert!((first..=last).contains(&line), "`{wrong}` should say a line from {first} to {last}");
    let said = wrong.to_string();
    assert!(said.starts_with(&format!("ft.toml:{line}: ")), "{said}");
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
        ("[spend]", "[spend", "", ""),
        ("deadline = \"90s\"", "deadline = 90", "chains.default.deadline", "such as \"2s\""),
        ("deadline = \"90s\"", "deadlin = \"90s\"", "deadlin", "did you mean `deadline`?"),
        ("deadline = \"90s\"", "order = \"cheapest\"", "chains.default.order", "known are `tiers`"),
        ("\"gpt-4.1\"", "4.1", "targets[0].model", "must be a string"),
        ("model = \"gpt-4.1\", ", "", "targets[0].model", "is missing"),
        ("cache = {", "cache = 5 #{", "chains.default.cache", "must be a table, not integer `5`"),
        ("over = 0.5", "over = \"half\"", "breaker.failure_ratio.over", "must be a number"),
        ("over = 0.5", "ovr = 0.5", "breaker.failure_ratio.ovr", "did you mean `over`?"),
        ("[breaker]", "[breaker]\nslow = true", "breaker.slow", "false to turn it off"),
        (
            "keys = [\"${KEY}\"]",
            "keys = \"${KEY}\"",
            "providers.holysheep.keys",
            "must be an array",
        ),
        (
            "keys = [\"${KEY}\"]",
            "keys = [\"${KEY}\", \"${KEY}\"]",
            "providers.holysheep.keys[1]",
            "the same as an earlier one",
        ),
        ("keys = [", "connect_timeout = \"0s\"\nkeys = [", "holysheep.connect_timeout", "zero"),
        ("keys = [", "ca_file = \"no/such.pem\"\nkeys = [", "holysheep.ca_file", "cannot be read"),
        ("[spend]", "[catalogue]\nfile = \"no/such\"\n[spend]", "catalogue.file", "cannot be read"),
    ] {
        refused(GOOD, (from, to), field, rule);
    }
}

/// Two providers, so that what only counts between them can be right.
const WIDE: &str = r#"
[providers.one]
base_url = "https://one.example/v1"
keys = ["${KEY}"]
prices = "holysheep"
proxy = "http://proxy.example:3128"

[providers.two]
base_url = "http://127.0.0.1:9/v1"

[chains.default]
deadline = "20s"
mid_stream = "continue"
content_filter_falls_through = true
cache = { fresh_for = "1m", capacity = "1MiB" }

[[chains.default.tiers]]
name = "both"
order = "weighted"
targets = [
  { provider = "one", model = "gpt-4.1", weight = 3, attempt_timeout = "20s", idle_timeout = "5s", max_attempts = 3 },
  { provider = "two", model = "gpt-4.1", prefill = true, first_token_timeout = "2s", slow_after = "1s", upstream = "stream" },
]

[breaker]
open_for = "10s"

[hedge]
share = 0.1

[spend]
limit = "$1"
soft = 0.5

[[models]]
profile = "two"
model = "gpt-4.1"
context_window = 1000
as_of = "2026-11-22"
prices = [{ input = "1", output = "2" }]
"#;

#[tokio::test]
async fn a_setting_that_could_never_have_an_effect_is_an_error_that_says_why() {
    build(WIDE).unwrap();
    for (from, to, field, rule) in [
        (
            "[providers.two]",
            "[providers.three]\nbase_url = \"https://x.example\"\n[providers.two]",
            "providers.three",
            "no chain has a target of it",
        ),
        (
            "base_url = \"http://127.0.0.1:9/v1\"",
            "base_url = \"http://127.0.0.1:9/v1\"\nproxy = \"http://p.example\"",
            "providers.two.proxy",
            "on this machine",
        ),
        (
            "base_url = \"http://127.0.0.1:9/v1\"",
            "base_url = \"http://[::1]:9/v1\"\nallow_plain_http = true",
            "providers.two.allow_plain_http",
            "no effect",
        ),
        (
            "keys = [",
            "allow_plain_http = true\nkeys = [",
            "providers.one.allow_plain_http",
            "https://",
        ),
        (
            "base_url = \"http://127.0.0.1:9/v1\"",
            "base_url = \"http://127.0.0.1:9/v1\"\nca_file = \"x.pem\"",
            "providers.two.ca_file",
            "no certificate",
        ),
        (
            "base_url = \"http://127.0.0.1:9/v1\"",
            "base_url = \"http://127.0.0.1:9/v1\"\nauth_header = \"api-key\"",
            "providers.two.auth_header",
            "no keys",
        ),
        ("prices = \"holysheep\"", "prices = \"holysheeep\"", "providers.one.prices", "holysheep"),
        ("weight = 3", "weight = 3, slow_after = \"0s\"", "targets[0].slow_after", "zero"),
        ("max_attempts = 3", "max_attempts = 2", "targets[0].max_attempts", "2 rounds"),
        (
            "attempt_timeout = \"20s\"",
            "attempt_timeout = \"21s\"",
            "targets[0].attempt_timeout",
            "deadline",
        ),
        (
            "first_token_timeout = \"2s\"",
            "first_token_timeout = \"21s\"",
            "first_token_timeout",
            "deadline",
        ),
        (
            "idle_timeout = \"5s\"",
            "idle_timeout = \"1h\"",
            "targets[0].idle_timeout",
            "stream_timeout",
        ),
        (
            "slow_after = \"1s\"",
            "slow_after = \"3s\"",
            "targets[1].slow_after",
            "first_token_timeout",
        ),
        (
            "fresh_for = \"1m\"",
            "fresh_for = \"0s\", stale_for = \"0s\"",
            "cache.capacity",
            "no answer is kept",
        ),
        (
            "open_for = \"10s\"",
            "open_for = \"10s\"\nconsecutive_failures = false\nfailure_ratio = false",
            "breaker.open_for",
            "nothing opens",
        ),
        (
            "  { provider = \"two\", model = \"gpt-4.1\"",
            "  { provider = \"two\", model = \"gpt-4\"",
            "targets[1]",
            "unknown_price = \"warn\"",
        ),
    ] {
        refused(WIDE, (from, to), field, rule);
    }
    // What is wrong elsewhere than where the change is.
    let alone = WIDE.replace("order = \"weighted\"\n", "").replace("weight = 3, ", "");
    let second = alone.lines().find(|line| line.contains("prefill")).unwrap();
    for (text, field, rule) in [
        (
            WIDE.replace("order = \"weighted\"", ""),
            "chains.default.tiers[0].targets[0].weight",
            "weighted",
        ),
        (WIDE.replace("prefill = true, ", ""), "chains.default.mid_stream", "prefill = true"),
        (alone.replace(second, ""), "providers.two", "no chain has a target of it"),
        (
            WIDE.replace(
                "provider = \"two\", model = \"gpt-4.1\"",
                "provider = \"one\", model = \"deepseek-v3.2\"",
            )
            .replace("[providers.two]\nbase_url = \"http://127.0.0.1:9/v1\"", ""),
            "hedge",
            "targets of two",
        ),
    ] {
        let wrong = build(&text).unwrap_err();
        assert_eq!(wrong.field(), field, "{wrong}");
        assert!(wrong.rule().contains(rule), "{wrong}");
        assert!(wrong.line().is_some(), "{wrong}");
    }
}

#[tokio::test]
async fn stating_a_default_is_documentation_and_no_error() {
    let stated = GOOD
        .replace("upstream = \"stream\"", "upstream = \"stream\", weight = 1, max_attempts = 1, attempt_timeout = \"60s\", idle_timeout = \"30s\"")
        .replace("name = \"primary\"", "name = \"primary\"\norder = \"ordered\"")
        .replace("deadline = \"90s\"", "deadline = \"20s\"\nmid_stream = \"fail\"\nthrottle_patience = \"0s\"")
        .replace("limit = \"$50\"", "limit = \"$50\"\nsoft = 0.8");
    build(&stated).unwrap();
}

#[tokio::test]
async fn prices_of_ones_own_stand_beside_and_instead_of_those_that_ship() {
    let config = ClientConfig::from_toml(WIDE, |_| Some("sk-a-key".to_owned())).unwrap();
    let catalogue = config.catalogue(Catalogue::builtin()).unwrap();
    let row = catalogue.row("two", "gpt-4.1").unwrap();
    assert_eq!((row.card.context_window, row.source.as_str()), (1_000, "the configuration"));
    assert_eq!(row.prices[0].rates.output, "2".parse().unwrap());
    assert!(catalogue.row("holysheep", "gpt-4.1").is_some());
    for (from, to, field, rule) in [
        ("input = \"1\"", "input = \"-1\"", "models[0].prices[0].input", "negative"),
        ("input = \"1\"", "input = 1.5", "models[0].prices[0].input", "string"),
        ("input = \"1\"", "input = \"0\"", "models[0].prices[0].input", "free"),
        ("input = \"1\"", "inptu = \"1\"", "models[0].prices[0].inptu", "did you mean `input`?"),
        ("context_window = 1000", "context_window = 0", "models[0].context_window", "from 1"),
        (
            "context_window = 1000",
            "quality = nan\ncontext_window = 1000",
            "models[0].quality",
            "0 to 1",
        ),
        ("as_of = \"2026-11-22\"", "as_of = \"2026-02-30\"", "models[0].as_of", "YYYY-MM-DD"),
        (
            "as_of = \"2026-11-22\"",
            "as_of = \"2026-11-22\"\ncapabilities = [\"tols\"]",
            "models[0].capabilities[0]",
            "`tools`",
        ),
    ] {
        refused(WIDE, (from, to), field, rule);
    }
    let again = &WIDE[WIDE.find("[[models]]").unwrap()..];
    let wrong = build(&format!("{WIDE}{again}")).unwrap_err();
    assert_eq!(wrong.field(), "models[1].model");
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
