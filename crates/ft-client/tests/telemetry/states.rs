//! States that change without an event are as of the scrape.

use ft_client::config::{SpendSettings, UnknownPriceSetting};
use ft_cost::Pico;
use ft_sim::{Reply, Scripts};

use crate::scene::{FIRST, SECOND, scene, scene_with, secs};

#[tokio::test(start_paused = true)]
async fn the_breakers_state_is_one_hot_and_its_changes_are_counted() {
    let scene = scene(Scripts::new().model(FIRST, Reply::down()).otherwise(Reply::ok()));
    let state =
        |state| scene.scrape().count("ai_api_breaker_state", &[("model", FIRST), ("state", state)]);
    assert_eq!((state("closed"), state("open"), state("half_open")), (1, 0, 0));
    for _ in 0..6 {
        scene.client.generate("hi").await.unwrap();
    }
    assert_eq!((state("closed"), state("open"), state("half_open")), (0, 1, 0));
    let scrape = scene.scrape();
    assert_eq!(scrape.count("ai_api_breaker_state", &[("model", FIRST)]), 1);
    let change = [("model", FIRST), ("to", "open"), ("reason", "consecutive_failures")];
    assert_eq!(scrape.count("ai_api_breaker_transitions_total", &change), 1);
    assert_eq!(scrape.count("ai_api_breaker_transitions_total", &[]), 1);
    assert_eq!(scrape.count("ai_api_skips_total", &[("model", FIRST), ("reason", "breaker")]), 1);
    let step = [("from", "primary"), ("to", "degraded"), ("reason", "breaker")];
    assert_eq!(scrape.count("ai_api_fallbacks_total", &step), 1);
}

#[tokio::test(start_paused = true)]
async fn every_transition_of_a_breaker_has_a_series() {
    let scripts =
        Scripts::new().model(FIRST, ft_sim::Script::sequence((0..5).map(|_| Reply::down())));
    let scene = scene(scripts.otherwise(Reply::ok()));
    for _ in 0..5 {
        scene.client.generate("hi").await.unwrap();
    }
    tokio::time::advance(secs(60)).await;
    for _ in 0..4 {
        scene.client.generate("hi").await.unwrap();
    }
    let scrape = scene.scrape();
    for (to, reason) in [
        ("open", "consecutive_failures"),
        ("half_open", "probe_due"),
        ("closed", "probes_succeeded"),
    ] {
        let change = [("model", FIRST), ("to", to), ("reason", reason)];
        assert_eq!(scrape.count("ai_api_breaker_transitions_total", &change), 1, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn shut_gates_and_credentials_are_told_by_reason() {
    let scene =
        scene(Scripts::new().model(FIRST, Reply::throttled(secs(30))).otherwise(Reply::ok()));
    scene.client.generate("hi").await.unwrap();
    let scrape = scene.scrape();
    assert_eq!(scrape.count("ai_api_gates_shut", &[("model", FIRST), ("reason", "throttled")]), 1);
    assert_eq!(scrape.count("ai_api_gates_shut", &[]), 1);
    assert_eq!(scrape.count("ai_api_credentials_shut", &[]), 0);

    let refused = self::scene(Scripts::new().otherwise(Reply::status(401)));
    refused.client.generate("hi").await.unwrap_err();
    let scrape = refused.scrape();
    let out = [("provider", "sim"), ("reason", "out")];
    assert_eq!(scrape.count("ai_api_credentials_shut", &out), 1);
    refused.client.reset();
    assert_eq!(refused.scrape().count("ai_api_credentials_shut", &out), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_are_those_of_the_scrapes_moment() {
    let scene = scene(Scripts::new().otherwise(Reply::ok().latency(secs(5))));
    let in_flight = || scene.scrape().count("ai_api_in_flight", &[("model", FIRST)]);
    assert_eq!(in_flight(), 0);
    let both = futures_util::future::join(scene.client.generate("a"), scene.client.generate("b"));
    let mut both = Box::pin(both);
    assert!(tokio::time::timeout(secs(1), &mut both).await.is_err());
    assert_eq!(in_flight(), 2);
    both.await.0.unwrap();
    assert_eq!(in_flight(), 0);
    assert_eq!(scene.scrape().count("ai_api_in_flight", &[("model", SECOND)]), 0);
}

#[tokio::test(start_paused = true)]
async fn the_budget_says_what_is_left_and_what_it_was() {
    let budget = SpendSettings {
        unknown_price: UnknownPriceSetting::Warn,
        ..SpendSettings::per_day(Pico::from_dollars(2))
    };
    let usage = ft_core::Usage::new(0, 62_500);
    let scripts = Scripts::new().otherwise(Reply::ok().usage(usage));
    let scene = scene_with(scripts, |target| target, |builder| builder.spend(budget));
    assert_eq!(scene.scrape().count("ai_api_budget_left_usd", &[]), 2);
    scene.client.generate("hi").await.unwrap();
    let scrape = scene.scrape();
    // 62,500 tokens at 8 dollars a million are half a dollar.
    assert!((scrape.sum("ai_api_budget_left_usd", &[]) - 1.5).abs() < 1e-9);
    assert_eq!(scrape.count("ai_api_budget_limit_usd", &[]), 2);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_leaves_no_state_behind() {
    let old = scene(Scripts::new().model(FIRST, Reply::down()).otherwise(Reply::ok()));
    for _ in 0..5 {
        old.client.generate("hi").await.unwrap();
    }
    let open = |scrape: &crate::exposition::Scrape| {
        scrape.count("ai_api_breaker_state", &[("model", FIRST), ("state", "open")])
    };
    assert_eq!(open(&old.scrape()), 1);
    // The recorder outlives the client, as it does when a configuration is loaded anew.
    let clock = std::sync::Arc::new(ft_client::TokioClock::new());
    let provider = ft_sim::SimProvider::new("sim", Scripts::new(), clock.clone(), 1);
    let chain = ft_client::config::ChainConfig::new([ft_client::config::TierConfig::new(
        "t",
        [ft_client::config::TargetConfig::new("sim", SECOND)],
    )]);
    let builder = ft_client::Client::builder().provider(provider).chain(chain).clock(clock);
    let new = old.prometheus.with(|| builder.build()).unwrap();
    drop(old.client);
    let scrape = crate::exposition::Scrape::read(&old.prometheus.render(&new));
    assert_eq!(open(&scrape), 0);
}
