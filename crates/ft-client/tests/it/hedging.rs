//! A second attempt beside a slow first one.

use ft_client::CallOptions;
use ft_client::config::HedgeSettings;
use ft_core::ChatRequest;
use ft_core::chat::Tool;
use ft_sim::{Outcome, Reply, Script, Scripts};
use serde_json::json;

use crate::trial::{Setup, Trial, WAYS, Way, millis, secs, setup, trail};

const FIRST: &str = "gpt-4.1";
const SECOND: &str = "claude-sonnet-4.5";

/// Two providers; the first gives these replies after sixty of 100 ms, the second answers in 50 ms.
fn hedged(then: impl Into<Script>, second: impl Into<Script>, share: f64) -> Setup {
    let usual = vec![Reply::text("first").first_token(millis(100)); 60];
    let first = Scripts::new().model(FIRST, Script::sequence(usual).then(then));
    setup(&format!("{FIRST} | other/{SECOND}"), first)
        .provider("other", Scripts::new().model(SECOND, second))
        .prices("holysheep")
        .first_token(secs(20))
        .config(move |config| config.hedge = Some(HedgeSettings { share, percentile: 95 }))
}

async fn warm(setup: Setup) -> Trial {
    let trial = setup.build();
    for _ in 0..60 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.log.count(SECOND), 0, "nothing was slow");
    trial.log.clear();
    trial
}

fn second() -> Reply {
    Reply::text("second").first_token(millis(50))
}

#[tokio::test(start_paused = true)]
async fn a_slow_attempt_is_hedged_after_its_usual_time_and_the_first_success_wins() {
    for way in WAYS {
        let slow = Reply::text("first").first_token(secs(5));
        let trial = warm(hedged(slow, second(), 0.05)).await;
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(answer.text(), "second");
        assert_eq!(answer.report.latency, millis(150));
        let expected = [format!("{FIRST} cancelled"), format!("{SECOND} answered")];
        assert_eq!(trail(&answer.report), expected);
        let loser = &answer.report.attempts[0];
        assert!(loser.cost_is_estimate && loser.cost.is_some_and(|cost| !cost.is_zero()));
        assert!(answer.report.cost > answer.report.attempts[1].cost, "the loser is in the sum");
        assert_eq!(trial.log.count_of(FIRST, Outcome::CallerLeft), 1, "it is cancelled upstream");
        assert_eq!(trial.breaker(FIRST), "closed");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_may_still_win() {
    let slow = Reply::text("first").first_token(millis(120));
    let trial = warm(hedged(slow, Reply::text("second").first_token(secs(3)), 0.05)).await;
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "first");
    assert_eq!(trail(&answer.report)[1], format!("{SECOND} cancelled"));
    assert_eq!(answer.report.tier.name(), "tier-0");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_fails_leaves_the_first_attempt_alone() {
    let slow = Reply::text("first").first_token(secs(2));
    let trial = warm(hedged(slow, Reply::status(500), 0.05)).await;
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "first");
    assert_eq!(trail(&answer.report)[1], format!("{SECOND} server_error"));
    assert_eq!(answer.report.first_token, Some(secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_fails_leaves_the_hedge_alone() {
    let slow = Reply::status(500).latency(millis(150));
    let trial = warm(hedged(slow, Reply::text("second").first_token(secs(1)), 0.05)).await;
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "second");
    assert_eq!(
        trail(&answer.report),
        [format!("{FIRST} server_error"), format!("{SECOND} answered")]
    );
    assert_eq!(trial.log.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_hedged_after_first_content() {
    for way in WAYS {
        let long = Reply::chunks(["first"; 10]).first_token(millis(90)).per_chunk(secs(1));
        let trial = warm(hedged(long, second(), 0.05)).await;
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), [format!("{FIRST} answered")], "{way:?}");
        assert_eq!(trial.log.count(SECOND), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_with_tools_are_never_hedged() {
    let slow = Reply::text("first").first_token(secs(5));
    let trial = warm(hedged(slow, second(), 0.05)).await;
    let tool: Tool =
        serde_json::from_value(json!({"type": "function", "function": {"name": "f"}})).unwrap();
    let request = ChatRequest::user("hi").with_tool(tool);
    let answer = trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap();
    assert_eq!(answer.text(), "first");
    assert_eq!(trial.log.count(SECOND), 0);
}

#[tokio::test(start_paused = true)]
async fn without_enough_samples_nothing_is_hedged() {
    let slow = Script::always(Reply::text("first").first_token(secs(5)));
    let trial = setup(&format!("{FIRST} | other/{SECOND}"), Scripts::new().model(FIRST, slow))
        .provider("other", Scripts::from(second()))
        .first_token(secs(20))
        .config(|config| config.hedge = Some(HedgeSettings::default()))
        .build();
    for _ in 0..49 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.log.count(SECOND), 0);
}

#[tokio::test(start_paused = true)]
async fn hedges_stay_within_their_share_of_the_requests() {
    for (share, most) in [(0.02, 21), (0.05, 53), (0.2, 212)] {
        let slow = Reply::text("first").first_token(millis(150));
        // The hedge never wins, so that the first target stays as slow as it looks.
        let never = Reply::text("second").first_token(secs(10));
        let usual = Script::from_fn(move |seen| match seen.nth % 3 {
            0 => slow.clone(),
            _ => Reply::text("first").first_token(millis(20)),
        });
        let trial = warm(hedged(usual, never, share)).await;
        for _ in 0..1_000 {
            trial.ask(Way::Streamed).await.unwrap();
        }
        let hedges = trial.log.count(SECOND);
        assert!(hedges <= most, "{hedges} hedges of 1060 requests at {share}");
        assert!(hedges > 0, "none was hedged at {share}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_is_refused_leaves_its_target_free_for_the_fallback() {
    let fails = Reply::status(500).latency(secs(1));
    let trial = warm(hedged(fails, second(), 0.000_1)).await;
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "second");
    let last = answer.report.attempts.last().unwrap();
    assert_eq!(last.manner.as_str(), "fallback");
    assert_eq!(answer.report.latency, millis(1_050), "no back-off before a free target");
}
