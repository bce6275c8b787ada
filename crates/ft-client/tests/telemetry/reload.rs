//! What a scraper sees while one client takes another's place.

use ft_client::config::{ChainConfig, SpendSettings, TargetConfig, TierConfig};
use ft_core::Usage;
use ft_sim::{Reply, Scripts, SimProvider};
use futures_util::StreamExt;

use crate::exposition::Scrape;
use crate::scene::{FIRST, SECOND, Scene, scene_with, secs};

/// $0.0006 an answer of the first model.
fn scripts() -> Scripts {
    Scripts::from(Reply::text("well").usage(Usage::new(100, 50)))
}

fn first() -> Scene {
    let limit = "$1".parse().unwrap();
    scene_with(
        Scripts::from(
            Reply::chunks(["one ", "two "]).per_chunk(secs(1)).usage(Usage::new(100, 50)),
        ),
        |target| target,
        move |builder| builder.spend(SpendSettings::per_day(limit)),
    )
}

/// A client of these models in the place of the scene's, with its recorder.
fn successor(scene: &Scene, models: &[&str]) -> ft_client::Client {
    let provider = SimProvider::new("sim", scripts(), scene.client.clock().clone(), 1);
    let tiers: Vec<_> = models
        .iter()
        .map(|&model| TierConfig::new(model, [TargetConfig::new("sim", model)]))
        .collect();
    let limit = "$2".parse().unwrap();
    let builder = ft_client::Client::builder()
        .provider_with_prices(provider, "holysheep")
        .chain(ChainConfig::new(tiers))
        .spend(SpendSettings::per_day(limit))
        .inherit(&scene.client);
    scene.prometheus.with(|| builder.build()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn sums_go_on_where_they_were() {
    let scene = first();
    scene.client.generate("hi").await.unwrap();
    let new = successor(&scene, &[FIRST, SECOND]);
    new.generate("hi").await.unwrap();
    let mut late = scene.client.chat_stream(ft_core::ChatRequest::user("hi")).await.unwrap();
    let Scene { client, prometheus, .. } = scene;
    drop(client);
    while late.next().await.is_some() {}
    drop(late);
    let text = prometheus.render(&new);
    let cost = format!("ai_api_cost_usd_total{{provider=\"sim\",model=\"{FIRST}\"}} 0.0018\n");
    assert!(text.contains(&cost), "{text}");
    let requests = [("model", FIRST), ("status", "success")];
    assert_eq!(Scrape::read(&text).count("ai_api_requests_total", &requests), 3);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_old_client_takes_nothing_from_what_the_new_one_shows() {
    let scene = first();
    let mut old = scene.client.chat_stream(ft_core::ChatRequest::user("hi")).await.unwrap();
    let new = successor(&scene, &[FIRST]);
    let read = || Scrape::read(&scene.prometheus.render(&new));
    assert_eq!(read().count("ai_api_in_flight", &[("model", FIRST)]), 1, "of both");
    new.refresh_metrics();
    while old.next().await.is_some() {}
    drop(old);
    new.refresh_metrics();
    let Scene { client, prometheus, .. } = scene;
    drop(client);
    // Rendered for a stranger, so that nothing is refreshed: as another exporter would see it.
    let stranger = ft_client::Client::builder()
        .provider(SimProvider::new("none", scripts(), new.clock().clone(), 1))
        .tier("first", [TargetConfig::new("none", "none")])
        .build()
        .unwrap();
    let scrape = Scrape::read(&prometheus.render(&stranger));
    assert_eq!(scrape.count("ai_api_budget_limit_usd", &[]), 2);
    let state =
        |model| scrape.count("ai_api_breaker_state", &[("model", model), ("state", "closed")]);
    assert_eq!((state(FIRST), state(SECOND)), (1, 0), "the second is configured no more");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_gone_keeps_its_costs() {
    let scene = first();
    scene.client.generate("hi").await.unwrap();
    let new = successor(&scene, &[SECOND]);
    let Scene { client, prometheus, .. } = scene;
    drop(client);
    let cost = format!("ai_api_cost_usd_total{{provider=\"sim\",model=\"{FIRST}\"}} 0.0006\n");
    let text = prometheus.render(&new);
    assert!(text.contains(&cost), "{text}");
}
