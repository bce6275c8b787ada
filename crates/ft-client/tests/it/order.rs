//! In which order the targets of a tier are asked.

use ft_client::Health;
use ft_client::config::Order;
use ft_sim::{Reply, Script, Scripts};

use crate::trial::{Setup, Way, millis, secs, setup, trail};

fn ordered(shape: &str, scripts: Scripts, order: Order) -> Setup {
    setup(shape, scripts).chain(|chain| {
        chain.tiers.iter_mut().for_each(|tier| tier.order = order);
    })
}

fn well() -> Scripts {
    Scripts::from(Reply::text("well"))
}

#[tokio::test(start_paused = true)]
async fn the_cheapest_is_asked_first_and_an_unknown_price_last() {
    let shape = "unknown gpt-4.1 deepseek-v3.2 gemini-2.5-flash";
    let scripts = Scripts::new()
        .model("deepseek-v3.2", Reply::status(500))
        .model("gemini-2.5-flash", Reply::status(500))
        .model("gpt-4.1", Reply::status(500))
        .model("unknown", Reply::text("well"));
    let trial = ordered(shape, scripts, Order::Cheapest).prices("holysheep").build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    let models: Vec<_> = answer.report.attempts.iter().map(|each| each.model.as_str()).collect();
    assert_eq!(models[..2], ["deepseek-v3.2", "gemini-2.5-flash"]);
    assert_eq!(models.last(), Some(&"unknown"));
}

#[tokio::test(start_paused = true)]
async fn the_fastest_is_asked_first_once_all_have_been_measured() {
    let scripts = Scripts::new()
        .model("slow", Reply::text("well").first_token(millis(300)))
        .model("fast", Reply::text("well").first_token(millis(30)));
    let trial = ordered("slow fast", scripts, Order::Fastest).build();
    for _ in 0..30 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    trial.log.clear();
    for _ in 0..10 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!((trial.log.count("fast"), trial.log.count("slow")), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn weights_are_shares_of_the_first_place() {
    let trial =
        ordered("a b", well(), Order::Weighted).target("a", |target| target.weight = 3).build();
    for _ in 0..1_000 {
        trial.ask(Way::Plain).await.unwrap();
    }
    let share = trial.log.count("a");
    assert!((700..=800).contains(&share), "{share} of 1000 went to the one with 3 of 4");
}

#[tokio::test(start_paused = true)]
async fn a_slow_target_comes_after_the_healthy_ones_and_now_and_then_first() {
    let scripts = Scripts::new()
        .model("a", Reply::text("well").first_token(millis(1_800)))
        .otherwise(Reply::text("well"));
    let trial = setup("a b", scripts).first_token(secs(2)).build();
    for _ in 0..10 {
        assert_eq!(trail(&trial.ask(Way::Streamed).await.unwrap().report), ["a answered"]);
    }
    assert_eq!(trial.health("a").health, Health::Degraded);
    trial.log.clear();
    for _ in 0..100 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.log.count("a"), 2, "every fiftieth call");
    tokio::time::sleep(secs(61)).await;
    assert_eq!(trial.health("a").health, Health::Healthy, "forgiven without samples");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_target_comes_after_the_healthy_ones_of_its_tier() {
    let scripts = Scripts::new()
        .model("a", Script::sequence([Reply::throttled(secs(19))]).then(Reply::text("well")))
        .otherwise(Reply::text("well"));
    let trial = setup("a b | c", scripts).build();
    trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trial.health("a").health, Health::Degraded);
    assert_eq!(trail(&trial.ask(Way::Plain).await.unwrap().report), ["b answered"]);
    tokio::time::sleep(secs(19)).await;
    assert_eq!(trail(&trial.ask(Way::Plain).await.unwrap().report), ["a answered"]);
    assert_eq!(trial.health("a").health, Health::Healthy);
}

#[tokio::test(start_paused = true)]
async fn health_is_derived_and_recovers_by_itself() {
    let scripts = Scripts::new()
        .model("a", Script::sequence([Reply::status(500)]).then(Reply::text("well")))
        .otherwise(Reply::text("well"));
    let trial = setup("a | b", scripts)
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    assert_eq!(trial.health("a").health, Health::Healthy);
    trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trial.health("a").health, Health::Unavailable);
    assert!(trial.health("a").retry_in.is_some());
    tokio::time::sleep(secs(36)).await;
    assert_eq!(trial.health("a").health, Health::Due);
    for _ in 0..2 {
        trial.ask(Way::Plain).await.unwrap();
    }
    assert_eq!(trial.health("a").health, Health::Healthy);
}
