//! Which families there are, and that nothing a caller says becomes a series.

use std::collections::BTreeSet;

use ft_client::CallOptions;
use ft_client::config::SpendSettings;
use ft_client::telemetry::{FAMILIES, FamilyKind, Prometheus};
use ft_core::ChatRequest;
use ft_cost::Pico;
use ft_sim::{Reply, Scripts};

use crate::exposition::Scrape;
use crate::scene::{FIRST, Scene, scene, scene_with, secs};

fn with_budget(scripts: Scripts) -> Scene {
    let budget = SpendSettings::per_day(Pico::from_dollars(5));
    scene_with(scripts, |target| target, |builder| builder.spend(budget).emergency("later"))
}

#[tokio::test(start_paused = true)]
async fn every_family_is_rendered_with_its_help_type_and_labels_and_no_other() {
    let scene = with_budget(Scripts::new().otherwise(Reply::ok()));
    scene.client.generate("hi").await.unwrap();
    let scrape = scene.scrape();
    let rendered: BTreeSet<_> =
        scrape.samples.iter().map(|sample| sample.family.as_str()).collect();
    assert_eq!(rendered, FAMILIES.iter().map(|family| family.name).collect());
    for family in FAMILIES {
        assert_eq!(scrape.kind[family.name], family.kind.as_str(), "{}", family.name);
        assert_eq!(scrape.help[family.name], family.help);
        for sample in scrape.samples.iter().filter(|sample| sample.family == family.name) {
            let own: BTreeSet<_> = family.labels.iter().copied().collect();
            let mut seen: BTreeSet<_> = sample.labels.keys().map(String::as_str).collect();
            assert_eq!(seen.remove("le"), sample.name.ends_with("_bucket"), "{}", sample.name);
            assert_eq!(seen, own, "{}", sample.name);
        }
        if family.kind == FamilyKind::Histogram {
            let bounds = scrape.samples.iter().filter(|sample| {
                sample.name == format!("{}_bucket", family.name)
                    && sample.labels.get("model").is_none_or(|model| model == FIRST)
            });
            let bounds: Vec<_> = bounds.map(|sample| sample.labels["le"].clone()).collect();
            let mut expected: Vec<_> = family.buckets.iter().map(f64::to_string).collect();
            expected.push("+Inf".to_owned());
            assert_eq!(bounds, expected, "{}", family.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_seeds_four_families_keep_their_names_labels_and_buckets() {
    let named = |name: &str| FAMILIES.into_iter().find(|family| family.name == name).unwrap();
    let requests = named("ai_api_requests_total");
    assert_eq!(
        (requests.kind, requests.labels),
        (FamilyKind::Counter, &["provider", "model", "status"][..])
    );
    let latency = named("ai_api_latency_seconds");
    assert_eq!((latency.kind, latency.labels), (FamilyKind::Histogram, &["provider", "model"][..]));
    assert_eq!(latency.buckets[..7], [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]);
    assert_eq!(latency.buckets[7..], [10.0, 20.0, 40.0, 80.0, 160.0, 320.0]);
    let rate = named("ai_api_fallback_rate");
    assert_eq!((rate.kind, rate.labels), (FamilyKind::Gauge, &[][..]));
    assert!(rate.help.contains("ai_api_fallbacks_total"), "it says what to use instead");
    let cost = named("ai_api_cost_usd_total");
    assert_eq!((cost.kind, cost.labels), (FamilyKind::Counter, &["provider", "model"][..]));
}

#[tokio::test(start_paused = true)]
async fn nothing_that_a_caller_or_a_provider_says_becomes_a_series() {
    let hostile = "x\"} 1\nevil_total{a=\"";
    let lying = serde_json::json!({
        "id": hostile, "object": "chat.completion", "created": 1, "model": hostile,
        "choices": [{"index": 0, "finish_reason": hostile, "message": {"role": "assistant", "content": hostile}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    });
    let refusing = Reply::error(500, hostile, hostile);
    let scripts = Scripts::new()
        .model(FIRST, ft_sim::Script::sequence([refusing]).then(Reply::ok().body(lying)));
    let scene = with_budget(scripts);
    let before = scene.scrape().series();
    for round in 0..3 {
        let mut request = ChatRequest::user(hostile);
        request.model = format!("{hostile}{round}");
        request.user = Some(format!("{hostile}{round}"));
        let mut options = CallOptions::new()
            .with_tenant(format!("{hostile}{round}"))
            .with_idempotency_key(format!("key-{round}"));
        options.request_id = Some(format!("{hostile}{round}"));
        scene.client.chat_with(request.clone(), options.clone()).await.unwrap();
        let unknown = options.with_chain(format!("{hostile}{round}"));
        scene.client.chat_with(request, unknown).await.unwrap_err();
    }
    // Every series was there before the first request: requests only move values.
    assert_eq!(scene.scrape().series(), before);
    assert!(!scene.text().contains("evil"));
}

#[tokio::test(start_paused = true)]
async fn names_in_the_configuration_are_escaped_alike_in_all_families() {
    use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
    let clock = std::sync::Arc::new(ft_client::TokioClock::new());
    // One backslash only: the exporter takes two for one that is escaped already.
    let odd = "quo\"ted \\ model";
    let provider =
        ft_sim::SimProvider::new("sim", Scripts::new().otherwise(Reply::ok()), clock.clone(), 1);
    let chain = ChainConfig::new([TierConfig::new("t", [TargetConfig::new("sim", odd)])]);
    let prometheus = Prometheus::local();
    let builder = ft_client::Client::builder().provider(provider).chain(chain).clock(clock);
    let client = prometheus.with(|| builder.build()).unwrap();
    client.generate("hi").await.unwrap();
    let text = prometheus.render(&client);
    let scrape = Scrape::read(&text);
    let spelt = |family: &str| -> BTreeSet<String> {
        let own = scrape.samples.iter().filter(|sample| sample.family == family);
        own.map(|sample| sample.labels["model"].clone()).collect()
    };
    assert_eq!(spelt("ai_api_cost_usd_total"), spelt("ai_api_in_flight"));
}

#[tokio::test(start_paused = true)]
async fn handles_are_made_when_the_client_is_built_so_the_recorder_comes_first() {
    // The recorder is this thread's only while the client is built, and still hears the request after it.
    let heard = scene(Scripts::new().otherwise(Reply::ok()));
    heard.client.generate("hi").await.unwrap();
    assert_eq!(heard.scrape().count("ai_api_requests_total", &[("status", "success")]), 1);

    // Built before, it is heard by nobody, whatever is installed afterwards.
    let clock = std::sync::Arc::new(ft_client::TokioClock::new());
    let provider =
        ft_sim::SimProvider::new("sim", Scripts::new().otherwise(Reply::ok()), clock.clone(), 1);
    let chain = ft_client::config::ChainConfig::new([ft_client::config::TierConfig::new(
        "t",
        [ft_client::config::TargetConfig::new("sim", FIRST)],
    )]);
    let client =
        ft_client::Client::builder().provider(provider).chain(chain).clock(clock).build().unwrap();
    let late = Prometheus::local();
    client.generate("hi").await.unwrap();
    assert!(!late.render(&client).contains("ai_api_requests_total"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_before_it_begins_is_counted_for_nobody() {
    let scene = scene(Scripts::new().otherwise(Reply::ok().latency(secs(1))));
    scene.client.chat(ChatRequest::default()).await.unwrap_err();
    let labels = [("provider", "none"), ("model", "none"), ("status", "rejected")];
    assert_eq!(scene.scrape().count("ai_api_requests_total", &labels), 1);
    assert_eq!(scene.log.total(), 0);
}
