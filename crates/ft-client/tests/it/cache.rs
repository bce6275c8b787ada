//! What the cache gives, when, and what never gets into it.

use ft_client::config::CacheSettings;
use ft_client::{CacheStatus, CallOptions, FailKind, Tier};
use ft_core::ChatRequest;
use ft_core::chat::FinishReason;
use ft_core::decide::MidStream;
use ft_sim::{Reply, Script, Scripts};
use futures_util::StreamExt;

use crate::trial::{Setup, WAYS, Way, a_gives, millis, secs, setup};

/// `a` answers `fresh` as often as stated and then fails for good.
fn fails_after(answers: usize) -> Script {
    Script::sequence(vec![Reply::text("fresh"); answers]).then(Reply::status(500))
}

fn fresh_for(shape: &str, scripts: Scripts, fresh: u64) -> Setup {
    setup(shape, scripts).chain(|chain| {
        chain.cache = CacheSettings { fresh_for: secs(fresh), ..chain.cache.clone() }
    })
}

#[tokio::test(start_paused = true)]
async fn a_fresh_hit_asks_nobody_and_costs_nothing() {
    for (first, then) in [(Way::Plain, Way::Streamed), (Way::Streamed, Way::Plain)] {
        let trial = fresh_for("a", a_gives(Reply::chunks(["one ", "two"])), 60).build();
        let miss = trial.ask(first).await.unwrap();
        assert_eq!(miss.report.cache, CacheStatus::Miss);
        tokio::time::sleep(secs(59)).await;
        let hit = trial.ask(then).await.unwrap();
        assert_eq!(hit.text(), "one two");
        assert_eq!(hit.report.cache, CacheStatus::Hit);
        assert_eq!(hit.report.tier, Tier::Cache);
        assert_eq!(hit.report.served_by, miss.report.served_by);
        assert!(hit.report.attempts.is_empty());
        assert_eq!(hit.report.cost, Some(ft_client::cost::Pico::ZERO));
        assert_eq!(trial.log.total(), 1);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(trial.ask(then).await.unwrap().report.cache, CacheStatus::Miss);
        assert_eq!(trial.log.total(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_repeated_question_gets_a_new_answer() {
    let trial = setup("a", a_gives(Reply::text("well"))).build();
    for _ in 0..3 {
        assert_eq!(trial.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Miss);
    }
    assert_eq!(trial.log.total(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_stands_in_only_after_every_live_target_failed() {
    for way in WAYS {
        let scripts = Scripts::new().model("a", fails_after(1)).otherwise(Reply::status(500));
        let trial =
            setup("a | b", scripts).chain(|chain| chain.emergency = Some("sorry".into())).build();
        trial.ask(way).await.unwrap();
        let before = trial.log.total();
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(answer.text(), "fresh");
        assert_eq!(answer.report.cache, CacheStatus::Stale);
        assert_eq!(answer.report.tier, Tier::Cache);
        assert_eq!(answer.report.fallback_level, 2);
        assert!(trial.log.total() >= before + 2, "both live targets come first");
        tokio::time::sleep(secs(24 * 3_600 + 1)).await;
        assert!(trial.ask(way).await.unwrap().is_emergency(), "a day later it is too old");
    }
}

#[tokio::test(start_paused = true)]
async fn no_fallback_and_no_cache_give_the_failure_itself() {
    let trial = setup("a | b", a_gives(fails_after(1))).build();
    trial.ask(Way::Plain).await.unwrap();
    let request = || ChatRequest::user("hi");
    let options = CallOptions::new().without_fallback();
    let error = trial.ask_with(Way::Plain, request(), options).await.unwrap_err();
    assert_eq!(error.cause().unwrap().status(), Some(500));
    assert_eq!(trial.log.count("b"), 0);
    let options = CallOptions::new().without_cache();
    let answer = trial.ask_with(Way::Plain, request(), options).await.unwrap();
    assert_eq!(answer.report.cache, CacheStatus::Bypass);
}

#[tokio::test(start_paused = true)]
async fn the_callers_mistake_is_never_answered_from_the_cache() {
    let script = Script::sequence([Reply::text("fresh")]).then(Reply::status(400));
    let trial = setup("a", a_gives(script)).build();
    trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trial.ask(Way::Plain).await.unwrap_err().kind(), FailKind::Refused);
}

/// Asks twice with everything fresh for a minute: was the second answer a fresh one?
async fn is_kept_fresh(setup: Setup, request: &ChatRequest, way: Way) -> bool {
    let trial = setup.build();
    let _ = trial.ask_with(way, request.clone(), CallOptions::new()).await;
    let total = trial.log.total();
    let _ = trial.ask_with(way, request.clone(), CallOptions::new()).await;
    trial.log.total() == total
}

#[tokio::test(start_paused = true)]
async fn lesser_answers_are_kept_only_to_stand_in() {
    let hi = ChatRequest::user("hi");
    for way in WAYS {
        let full = fresh_for("a | b", a_gives(Reply::text("full")), 60);
        assert!(is_kept_fresh(full, &hi, way).await, "{way:?}");
        let degraded = fresh_for("a | b", a_gives(Reply::status(500)), 60);
        assert!(!is_kept_fresh(degraded, &hi, way).await, "of a degraded tier, {way:?}");

        let turns: Vec<_> = (0..40)
            .flat_map(|n| {
                let asked = ft_core::Message::user(format!("question {n} and more of it"));
                [asked, ft_core::Message::assistant("an answer of some length")]
            })
            .chain([ft_core::Message::user("and now?")])
            .collect();
        let long = ChatRequest::new(turns).with_max_tokens(20);
        let fitted = fresh_for("a", a_gives(Reply::text("fitted")), 60)
            .targets(|target| target.context_window = Some(300));
        assert!(!is_kept_fresh(fitted, &long, way).await, "shortened to fit, {way:?}");
    }
    let cut = Reply::chunks(["one ", "two "]).cut_after(1);
    let continued = fresh_for("a b", a_gives(cut), 60)
        .targets(|target| target.prefill = Some(true))
        .chain(|chain| chain.mid_stream = MidStream::Continue);
    assert!(!is_kept_fresh(continued, &hi, Way::Streamed).await, "continued mid-stream");
}

#[tokio::test(start_paused = true)]
async fn a_lesser_answer_does_stand_in() {
    let b = Script::sequence([Reply::text("degraded")]).then(Reply::status(500));
    let scripts = Scripts::new().model("a", Reply::status(500)).model("b", b);
    let trial = fresh_for("a | b", scripts, 60).build();
    assert_eq!(trial.ask(Way::Plain).await.unwrap().text(), "degraded");
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!((&*answer.text(), answer.report.cache), ("degraded", CacheStatus::Stale));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_whole_answer_is_never_kept() {
    let hi = || ChatRequest::user("hi");
    let several = ChatRequest { n: Some(2), ..hi() };
    let stored = ChatRequest { store: Some(true), ..hi() };
    for way in WAYS {
        let short = Reply::text("cut short").finish(FinishReason::Length);
        for (reply, request) in [
            (short, hi()),
            (Reply::text("filtered").finish(FinishReason::ContentFilter), hi()),
            (Reply::tool("f", "{}"), hi()),
            (Reply::status(500), hi()),
            (Reply::ok(), several.clone()),
            (Reply::ok(), stored.clone()),
        ] {
            let setup = fresh_for("a", a_gives(reply.clone()), 60);
            assert!(!is_kept_fresh(setup, &request, way).await, "{way:?}: {reply:?}");
        }
        let emergency = fresh_for("a", a_gives(Reply::status(500)), 60)
            .chain(|chain| chain.emergency = Some("sorry".into()));
        assert!(!is_kept_fresh(emergency, &hi(), way).await, "an emergency answer, {way:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_read_to_its_end_is_not_kept() {
    let trial = fresh_for("a", a_gives(Reply::chunks(["one ", "two ", "three"])), 60).build();
    let mut stream = trial.client.chat_stream(ChatRequest::user("hi")).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert_eq!(trial.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Miss);
}

#[tokio::test(start_paused = true)]
async fn tenants_share_no_answer() {
    let trial = fresh_for("a", a_gives(Reply::text("well")), 60).build();
    for tenant in ["one", "two", "one"] {
        let options = CallOptions::new().with_tenant(tenant);
        trial.ask_with(Way::Plain, ChatRequest::user("hi"), options).await.unwrap();
    }
    assert_eq!(trial.log.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_purged_answer_is_gone() {
    let trial = fresh_for("a", a_gives(Reply::text("well")), 60).build();
    trial.ask(Way::Plain).await.unwrap();
    trial.client.purge_cache();
    tokio::time::sleep(millis(1)).await;
    assert_eq!(trial.ask(Way::Plain).await.unwrap().report.cache, CacheStatus::Miss);
}
