//! Clients as they are configured: the seed article's preset, and a file.

use std::sync::Arc;

use ft_client::config::{ClientConfig, ProviderConfig};
use ft_client::{Client, Health};
use ft_core::{ChatRequest, ManualClock};
use ft_sim::{Log, Outcome, Reply, Scripts, Upstream, UpstreamConfig};

use crate::world::{WELL, read, secs, text_of, trail, within};

const KEY: &str = "hs-0123456789abcdef0123456789abcdef";

#[test]
fn the_preset_builds_offline_with_the_articles_chain() {
    let client = Client::holysheep(KEY).unwrap();
    assert_eq!(client.chains().collect::<Vec<_>>(), ["default"]);
    let health = client.health();
    let targets: Vec<_> =
        health.iter().map(|target| (target.provider.as_str(), target.model.as_str())).collect();
    let expected = [
        ("holysheep", "gpt-4.1"),
        ("holysheep", "claude-sonnet-4.5"),
        ("holysheep", "gemini-2.5-flash"),
    ];
    assert_eq!(targets, expected);
    assert!(health.iter().all(|target| target.health == Health::Healthy));
    assert!(!format!("{client:?}").contains(&KEY[3..]));
}

#[test]
fn a_key_that_cannot_be_one_is_a_sentence_that_names_the_field() {
    for (key, rule) in [
        ("", "the key is empty"),
        ("  \n", "the key is empty"),
        ("two words", "was it pasted whole?"),
        ("zażółć", "was it pasted whole?"),
    ] {
        let error = Client::holysheep(key).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("providers.holysheep.keys[0]"), "{said}");
        assert!(said.contains(rule), "{said}");
        assert!(key.trim().is_empty() || !said.contains(key), "{said}");
    }
}

/// The preset, with its provider on loopback.
fn preset(upstream: &Upstream) -> Client {
    let provider = ProviderConfig::new(upstream.base_url()).with_key(KEY).with_prices("holysheep");
    ft_client::ClientBuilder::holysheep(KEY)
        .unwrap()
        .configure(|config| {
            config.providers.insert("holysheep".to_owned(), provider);
        })
        .seed(1)
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_preset_streams_upstream_bounds_its_answers_and_goes_down_its_tiers() {
    let mut listening = UpstreamConfig::default();
    listening.log = Log::with_requests();
    let upstream =
        Upstream::start_with(Scripts::new().otherwise(Reply::text(WELL)), listening).unwrap();
    let client = preset(&upstream);
    let answer = within(client.generate("hi")).await.unwrap();
    assert_eq!(answer.text(), WELL);
    assert_eq!(answer.report.tier.name(), "primary");
    assert!(answer.report.cost.is_some_and(|cost| cost > ft_client::cost::Pico::ZERO));
    let seen = upstream.log().last().unwrap();
    assert!(seen.stream, "a first token can be waited for only in a stream");
    assert_eq!(seen.output_limit, Some(1_000));

    upstream.outage("gpt-4.1", true);
    let answer = within(client.generate("hi")).await.unwrap();
    assert_eq!(answer.report.tier.name(), "degraded");
    // What fails at once has a second try before its tier is left.
    let expected = ["gpt-4.1 overloaded", "gpt-4.1 overloaded", "claude-sonnet-4.5 answered"];
    assert_eq!(trail(&answer.report), expected);

    for model in ["claude-sonnet-4.5", "gemini-2.5-flash"] {
        upstream.outage(model, true);
    }
    let answer = within(client.generate("hi")).await.unwrap();
    assert_eq!(answer.report.tier.name(), "cache");
    let answer = within(client.generate("something else")).await.unwrap();
    assert!(answer.is_emergency());
    assert_eq!(
        answer.text(),
        "The assistant is unavailable right now. Please try again in a moment."
    );
}

/// The first shape of a configuration file, as the documentation shows it.
const FILE: &str = r#"
[providers.holysheep]
kind = "openai"
base_url = "${BASE_URL}"
keys = ["${HOLYSHEEP_API_KEY}"]
prices = "holysheep"

[chains.default]
deadline = "90s"
rounds = 2
commit = "first_content"
mid_stream = "fail"
throttle_patience = "0s"
cache = { fresh_for = "0s", stale_for = "24h" }
emergency = "The assistant is unavailable right now. Please try again in a moment."

[[chains.default.tiers]]
name = "primary"
targets = [{ provider = "holysheep", model = "gpt-4.1", first_token_timeout = "2s", attempt_timeout = "60s", idle_timeout = "30s", max_attempts = 1, upstream = "stream" }]

[[chains.default.tiers]]
name = "degraded"
order = "ordered"
targets = [{ provider = "holysheep", model = "claude-sonnet-4.5", first_token_timeout = "3s", upstream = "stream" }, { provider = "holysheep", model = "gemini-2.5-flash", first_token_timeout = "1s", upstream = "stream" }]

[breaker]
consecutive_failures = 5
open_for = "30s"
max_concurrent_probes = 3
successes_to_close = 2
failure_ratio = { over = 0.5, of_at_least = 20, within = "30s" }

[spend]
limit = "$50"
per = "day"
soft = 0.8
"#;

fn from_file(text: &str, base_url: &str) -> Result<ClientConfig, ft_client::config::InvalidConfig> {
    ClientConfig::from_toml(text, |name| match name {
        "BASE_URL" => Some(base_url.to_owned()),
        "HOLYSHEEP_API_KEY" => Some(KEY.to_owned()),
        _ => None,
    })
}

#[tokio::test]
async fn a_configuration_file_builds_a_client_that_answers() {
    let scripts = Scripts::new().model("gpt-4.1", Reply::status(502)).otherwise(Reply::text(WELL));
    let upstream = Upstream::start(scripts).unwrap();
    let config = from_file(FILE, &upstream.base_url()).unwrap();
    // No time passes: the failure is a quick one on a loaded machine too, so it has its second try.
    let client =
        Client::builder().config(config).clock(Arc::new(ManualClock::default())).build().unwrap();
    let full = client.budget_left().unwrap();
    let answer = within(client.generate("hi")).await.unwrap();
    assert_eq!(answer.text(), WELL);
    let expected = ["gpt-4.1 server_error", "gpt-4.1 server_error", "claude-sonnet-4.5 answered"];
    assert_eq!(trail(&answer.report), expected);
    assert_eq!(answer.report.tier.name(), "degraded");
    let left = client.budget_left().unwrap();
    assert_eq!(full.saturating_sub(left), answer.report.cost.unwrap(), "what is told was spent");

    let mut stream = within(client.chat_stream(ChatRequest::user("hi"))).await.unwrap();
    let (chunks, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text_of(&chunks), WELL);
    assert_eq!(upstream.log().count_of("claude-sonnet-4.5", Outcome::Answered), 2);
}

#[test]
fn a_file_that_cannot_be_used_names_the_field_and_the_rule() {
    let base = "https://example.com/v1";
    for (from, to, said) in [
        ("${HOLYSHEEP_API_KEY}", "${NOT_SET}", "NOT_SET"),
        ("deadline = \"90s\"", "deadlin = \"90s\"", "deadlin"),
        ("deadline = \"90s\"", "deadline = \"0s\"", "chains.default.deadline"),
        ("provider = \"holysheep\"", "provider = \"goat\"", "goat"),
        ("${BASE_URL}", "http://example.com/v1", "providers.holysheep.base_url"),
        ("upstream = \"stream\"", "upstream = \"as_asked\"", "first_token_timeout"),
        ("kind = \"openai\"", "kind = \"other\"", "providers.holysheep.kind"),
    ] {
        let text = FILE.replace(from, to);
        assert_ne!(text, FILE, "{from}");
        let built = from_file(&text, base)
            .and_then(|config| Client::builder().config(config).build().map(|_| ()));
        let error = built.expect_err(to).to_string();
        assert!(error.contains(said), "{to}: {error}");
        assert!(!error.contains(&KEY[3..]), "{error}");
    }
}

#[tokio::test]
async fn a_client_is_built_outside_a_runtime_and_used_in_one() {
    let upstream = Upstream::start(Scripts::new().otherwise(Reply::text(WELL))).unwrap();
    let base_url = upstream.base_url();
    let built = std::thread::spawn(move || {
        let config = from_file(FILE, &base_url).unwrap();
        Client::builder().config(config).deadline(secs(60)).build().unwrap()
    });
    let client = built.join().unwrap();
    assert_eq!(within(client.generate("hi")).await.unwrap().text(), WELL);
}
