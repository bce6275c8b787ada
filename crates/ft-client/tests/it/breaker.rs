//! The breaker seen through the whole path: probes, herds, and what recovers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ft_sim::{Reply, Script, Scripts};

use crate::trial::{Trial, Way, a_gives, secs, setup, then_well, trail};

/// A client whose target `a` has failed once and whose breaker is due to probe; then `a` gives `then`.
async fn due(shape: &str, then: impl Into<Script>) -> Trial {
    let trial = setup(shape, a_gives(Script::sequence([Reply::status(500)]).then(then)))
        .first_token(secs(2))
        .chain(|chain| chain.rounds = 1)
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    let _ = trial.ask(Way::Plain).await;
    assert_eq!(trial.breaker("a"), "open");
    tokio::time::sleep(secs(36)).await;
    trial.log.clear();
    trial
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_callers_only_the_probes_are_let_through_at_once() {
    let most = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&most);
    let slot = Arc::new(std::sync::OnceLock::<ft_sim::Log>::new());
    let log = Arc::clone(&slot);
    let watch = Script::from_fn(move |_| {
        if let Some(log) = log.get() {
            seen.fetch_max(log.count_of("a", ft_sim::Outcome::Open), Ordering::Relaxed);
        }
        Reply::status(500).latency(secs(1))
    });
    let trial = due("a | b", watch).await;
    let _ = slot.set(trial.log.clone());
    let calls = (0..1_000).map(|_| trial.ask(Way::Plain));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok), "the second target serves everybody");
    let probes = trial.log.count("a");
    assert!((1..=3).contains(&probes), "{probes} probes of one herd");
    assert!(most.load(Ordering::Relaxed) <= 3);
    assert_eq!(trial.breaker("a"), "open");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn two_successful_probes_close_it() {
    let trial = due("a | b", Reply::text("well")).await;
    for expected in ["due", "closed", "closed"] {
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(trail(&answer.report), ["a answered"], "a probe that is due keeps its place");
        assert_eq!(trial.breaker("a"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_wedge_it() {
    let hung = Script::sequence(vec![Reply::ok().hang(); 3]).then(Reply::text("well"));
    let trial = due("a | b", hung).await;
    // Callers who leave before any timer fires settle nothing against the target.
    for _ in 0..3 {
        let left = tokio::time::timeout(secs(1), trial.ask(Way::Plain)).await;
        assert!(left.is_err(), "the probe hangs");
    }
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a answered"], "the slots of those who left are free again");
    trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trial.breaker("a"), "closed");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_silent_probe_reopens_it_and_the_next_one_closes_it() {
    let trial = due("a | b", then_well([Reply::ok().hang()])).await;
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a first_token_timeout", "b answered"]);
    assert_eq!(trial.breaker("a"), "open");
    tokio::time::sleep(secs(36)).await;
    for _ in 0..2 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.breaker("a"), "closed");
}

#[tokio::test(start_paused = true)]
async fn while_it_is_open_nobody_asks() {
    let trial = setup("a | b", a_gives(Reply::status(500)))
        .config(|config| config.breaker.open_for = secs(100))
        .build();
    for _ in 0..50 {
        trial.ask(Way::Plain).await.unwrap();
    }
    assert_eq!(trial.log.count("a"), 5, "five failures in a row open it");
    assert_eq!(trial.transitions(), ["a: Open"]);
}

#[tokio::test(start_paused = true)]
async fn a_target_whose_breaker_is_open_comes_after_the_healthy_ones_of_its_tier() {
    let scripts = Scripts::new().model("a", Reply::status(500)).otherwise(Reply::text("well"));
    let trial = setup("a b", scripts)
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    trial.ask(Way::Plain).await.unwrap();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["b answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_sole_target_is_asked_although_its_breaker_is_open() {
    let fails = Script::sequence(vec![Reply::status(500); 5]).then(Reply::text("well"));
    let trial = setup("a", Scripts::new().model("a", fails))
        .chain(|chain| chain.rounds = 1)
        .config(|config| config.breaker.open_for = secs(100))
        .build();
    for _ in 0..5 {
        trial.ask(Way::Plain).await.unwrap_err();
    }
    assert_eq!(trial.breaker("a"), "open");
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a skipped breaker", "a answered"]);
    assert_eq!(answer.report.attempts[1].manner, ft_core::decide::As::Throttled);
    assert_eq!(trial.breaker("a"), "open", "its time is not over");
}

#[tokio::test(start_paused = true)]
async fn where_all_breakers_are_open_the_targets_are_asked_in_order() {
    let fails = |then: Reply| Script::sequence([Reply::status(500)]).then(then);
    let scripts =
        Scripts::new().model("a", fails(Reply::status(500))).model("b", fails(Reply::text("well")));
    let trial = setup("a | b", scripts)
        .chain(|chain| chain.rounds = 1)
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    trial.ask(Way::Plain).await.unwrap_err();
    let answer = trial.ask(Way::Plain).await.unwrap();
    let trail = trail(&answer.report);
    assert_eq!(trail, ["a skipped breaker", "b skipped breaker", "a server_error", "b answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_is_held_open_by_hand_is_never_passed_by() {
    let trial = setup("a", Scripts::from(Reply::text("well"))).build();
    trial.client.control("sim", "a").unwrap().force_open();
    trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(trial.log.count("a"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_success_beside_an_open_breaker_is_a_probes_once_one_is_due() {
    let trial = due("a", Reply::text("well").latency(secs(1))).await;
    // Three probes, and the others beside them.
    let answers = futures_util::future::join_all((0..9).map(|_| trial.ask(Way::Plain))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(trial.breaker("a"), "closed");
}
