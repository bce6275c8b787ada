//! A client that takes another's place, as after a reload of its configuration.

use ft_client::config::{ChainConfig, ClientConfig, ProviderConfig, SpendSettings, TargetConfig};
use ft_client::cost::{Pico, SpendPer};
use ft_client::{CacheStatus, CallOptions, Client};
use ft_core::{ChatRequest, Usage};
use ft_sim::{Reply, Script, Scripts};
use futures_util::{FutureExt, StreamExt};

use crate::trial::{Setup, Trial, Way, a_gives, millis, secs, setup, then_well, trail, trial};

/// This setup in the place of `old`.
fn after(old: &Trial, setup: Setup) -> Trial {
    let client = old.client.clone();
    setup.builder(move |builder| builder.inherit(&client)).build()
}

fn well() -> Scripts {
    Scripts::from(Reply::text("well"))
}

fn dollars(text: &str) -> Pico {
    text.parse().unwrap()
}

/// $0.0006 an answer.
fn limited(limit: &str, reply: Reply) -> Setup {
    let limit = dollars(limit);
    setup("gpt-4.1", Scripts::from(reply.usage(Usage::new(100, 50))))
        .prices("holysheep")
        .config(move |config| config.spend = Some(SpendSettings::per_day(limit)))
}

async fn open(trial: &Trial) {
    while trial.breaker("a") != "open" {
        let _ = trial.ask(Way::Plain).await;
    }
}

#[tokio::test(start_paused = true)]
async fn money_that_was_spent_stays_spent_under_a_new_limit() {
    let old = limited("$1", Reply::text("well")).build();
    old.ask(Way::Plain).await.unwrap();
    let new = after(&old, limited("$2", Reply::text("well")));
    let budget = new.client.budget().unwrap();
    assert_eq!((budget.limit, budget.spent), (dollars("$2"), dollars("$0.0006")));
    new.ask(Way::Plain).await.unwrap();
    assert_eq!(new.client.budget_left(), Some(dollars("$1.9988")));

    let poor = after(&new, limited("$0.001", Reply::text("well")));
    assert_eq!(poor.client.budget_left(), Some(Pico::ZERO));
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_are_paid_from_the_money_that_is_left() {
    let old = limited("$1", Reply::text("well").latency(secs(5))).build();
    let mut call = Box::pin(old.ask(Way::Plain));
    assert!((&mut call).now_or_never().is_none());
    let new = after(&old, limited("$2", Reply::text("well")));
    assert!(!new.client.budget().unwrap().reserved.is_zero());
    call.await.unwrap();
    let budget = new.client.budget().unwrap();
    assert_eq!((budget.reserved, budget.spent), (Pico::ZERO, dollars("$0.0006")));
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_another_window_counts_what_was_spent_in_its_own() {
    let old = limited("$1", Reply::text("well")).build();
    old.ask(Way::Plain).await.unwrap();
    let new = after(
        &old,
        limited("$1", Reply::text("well")).config(|config| {
            config.spend.as_mut().unwrap().per = SpendPer::Total;
        }),
    );
    tokio::time::sleep(secs(2 * 86_400)).await;
    assert_eq!(new.client.budget().unwrap().spent, dollars("$0.0006"));
}

#[tokio::test(start_paused = true)]
async fn cached_answers_stay_where_the_cache_is_as_it_was() {
    let keeping = |fresh| setup("a", well()).chain(move |chain| chain.cache.fresh_for = fresh);
    let old = keeping(secs(60)).build();
    old.ask(Way::Plain).await.unwrap();
    let same = after(&old, keeping(secs(60)));
    assert_eq!(same.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Hit);
    tokio::time::sleep(secs(60)).await;
    assert_eq!(same.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Miss, "it ages on");
    let other = after(&same, keeping(secs(90)));
    assert_eq!(other.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Miss);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_stays_open_for_a_target_that_is_as_it_was() {
    let old = trial("a | b", a_gives(Reply::status(500)));
    open(&old).await;
    let same = after(&old, setup("a | b", well()));
    assert_eq!(trail(&same.ask(Way::Plain).await.unwrap().report)[0], "a skipped breaker");
    tokio::time::sleep(secs(36)).await;
    assert_eq!(trail(&same.ask(Way::Plain).await.unwrap().report), ["a answered"]);

    let other = |change: fn(&mut TargetConfig)| setup("a | b", well()).target("a", change);
    open(&old).await;
    let changed = after(&old, other(|a| a.attempt_timeout = secs(7)));
    assert_eq!(changed.breaker("a"), "closed");
    let settings = setup("a | b", well()).config(|config| config.breaker.open_for = secs(5));
    assert_eq!(after(&old, settings).breaker("a"), "closed");
}

#[tokio::test(start_paused = true)]
async fn a_target_taken_by_hand_stays_taken() {
    let old = trial("a | b", well());
    old.client.control("sim", "a").unwrap().force_open();
    let new = after(&old, setup("a | b", well()));
    assert_eq!(new.breaker("a"), "forced_open");
    new.client.control("sim", "a").unwrap().automatic();
    assert_eq!(trail(&new.ask(Way::Plain).await.unwrap().report), ["a answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_moved_begins_anew() {
    let at = |url: &str, key: &str| {
        let mut config = ClientConfig::default();
        let provider = ProviderConfig::new(url).with_key(key);
        config.providers.insert("web".to_owned(), provider);
        let target = TargetConfig::new("web", "m");
        let chain = ChainConfig::new([ft_client::config::TierConfig::new("first", [target])]);
        Client::builder().config(config).chain(chain)
    };
    let here = "https://one.example/v1";
    let old = at(here, "sk-one-0123456789").build().unwrap();
    old.control("web", "m").unwrap().force_open();
    let phase = |client: &Client| client.health()[0].breaker;
    let same = at(here, "sk-two-0123456789").inherit(&old).build().unwrap();
    assert_eq!(phase(&same), "forced_open", "another key is the same endpoint");
    let moved = at("https://two.example/v1", "sk-one-0123456789").inherit(&old).build().unwrap();
    assert_eq!(phase(&moved), "closed");
}

#[tokio::test(start_paused = true)]
async fn what_was_out_or_gated_is_asked_again() {
    for reply in [Reply::status(401), Reply::status(404), Reply::throttled(secs(200))] {
        let old = trial("a", a_gives(reply));
        let options = CallOptions::new().with_deadline(secs(1));
        old.ask_with(Way::Plain, ChatRequest::user("hi"), options).await.unwrap_err();
        assert!(old.health("a").retry_in.is_some());
        let new = after(&old, setup("a", well()));
        assert_eq!(trail(&new.ask(Way::Plain).await.unwrap().report), ["a answered"]);
        assert!(old.health("a").retry_in.is_some(), "the old client's own stay shut");
    }
}

#[tokio::test(start_paused = true)]
async fn first_token_times_stay() {
    let shape = || {
        setup("a", Scripts::from(Reply::text("well").first_token(millis(300)))).first_token(secs(1))
    };
    let old = shape().build();
    for _ in 0..10 {
        old.ask(Way::Plain).await.unwrap();
    }
    assert_eq!(after(&old, shape()).health("a").first_token, Some(millis(300)));
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_count_for_both() {
    let shape = || {
        let slow = Scripts::new().model("a", Reply::text("slow").latency(secs(5)));
        setup("a | b", slow.otherwise(Reply::text("well"))).target("a", |a| a.in_flight = 1)
    };
    let old = shape().build();
    let mut call = Box::pin(old.ask(Way::Plain));
    assert!((&mut call).now_or_never().is_none());
    // Another timer is no other limit.
    let new = after(&old, shape().target("a", |a| a.attempt_timeout = secs(50)));
    assert_eq!(trail(&new.ask(Way::Plain).await.unwrap().report)[0], "a skipped in_flight");
    call.await.unwrap();
    assert_eq!(trail(&new.ask(Way::Plain).await.unwrap().report), ["a answered"]);
    new.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_when_its_client_is_replaced_and_dropped() {
    let slow = Reply::chunks(["one ", "two ", "three "]).per_chunk(secs(1));
    let old = trial("a", Scripts::from(slow));
    let mut stream = old.client.chat_stream(ChatRequest::user("hi")).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let new = after(&old, setup("a", well()));
    let log = old.log.clone();
    drop(old);
    assert_eq!(new.health("a").in_flight, 1);
    let mut chunks = 1;
    while let Some(chunk) = stream.next().await {
        chunk.unwrap();
        chunks += 1;
    }
    assert!(chunks >= 3);
    assert_eq!((log.open(), new.health("a").in_flight), (0, 0));
    assert_eq!(stream.report().served_by.unwrap().model, "a");
}

#[tokio::test(start_paused = true)]
async fn transitions_are_heard_by_the_new_client_alone() {
    let old = trial("a | b", a_gives(then_well((0..10).map(|_| Reply::status(500)))));
    let new = after(&old, setup("a | b", a_gives(Script::always(Reply::status(500)))));
    open(&old).await;
    assert_eq!(old.transitions(), [""; 0]);
    assert_eq!(new.transitions(), ["a: Open"]);
}

#[tokio::test(start_paused = true)]
async fn storms_are_bounded_over_a_reload() {
    let failing = || {
        setup("a", Scripts::from(Reply::status(500)))
            .config(|config| config.breaker.consecutive_failures = None)
            .config(|config| config.breaker.failure_ratio = None)
    };
    let mut trial = failing().build();
    let mut calls = 0;
    for _ in 0..10 {
        for _ in 0..10 {
            trial.ask(Way::Plain).await.unwrap_err();
        }
        calls += trial.log.total();
        trial = after(&trial, failing());
    }
    // A sole target's repeats are half of its first attempts, a reserve of 10, and what twelve seconds refill.
    assert!(calls < 180, "{calls} calls of 100 requests: each reload would refill the reserve");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_cannot_be_built_has_changed_nothing() {
    let old = limited("$1", Reply::text("well")).build();
    let client = old.client.clone();
    let broken = limited("$2", Reply::text("well"))
        .config(|config| config.limits.amplification = 1.0)
        .builder(move |builder| builder.inherit(&client))
        .try_build();
    assert!(broken.is_err());
    assert_eq!(old.client.budget().unwrap().limit, dollars("$1"));
    old.client.control("sim", "gpt-4.1").unwrap().force_open();
    assert_eq!(old.transitions(), ["gpt-4.1: ForcedOpen"]);
}
