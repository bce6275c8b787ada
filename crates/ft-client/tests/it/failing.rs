//! What the error of a request says: who failed and how, and whether coming back may help.

use ft_client::{CallOptions, FailKind};
use ft_core::ChatRequest;
use ft_sim::{Reply, Scripts};

use crate::trial::{Way, a_gives, secs, setup, trail, trial};

#[tokio::test(start_paused = true)]
async fn no_time_to_come_back_is_told_where_a_person_must_act() {
    let spent = Reply::error(429, "insufficient_quota", "You exceeded your current quota.");
    for reply in [
        Reply::status(401),
        Reply::status(402),
        Reply::status(403),
        Reply::status(404),
        spent.retry_after(secs(30)),
    ] {
        let trial = trial("a", a_gives(reply));
        for what in ["the failure itself", "the skip after it"] {
            let error = trial.ask(Way::Plain).await.unwrap_err();
            assert_eq!(error.kind(), FailKind::Exhausted);
            assert_eq!(error.retry_after(), None, "{what}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_another_target_comes_back_by_itself_its_time_is_told() {
    let scripts = Scripts::new().model("a", Reply::status(404)).otherwise(Reply::status(500));
    let trial = setup("a | b", scripts)
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    trial.ask(Way::Plain).await.unwrap_err();
    let error = trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(trail(error.report().unwrap())[..2], ["a skipped out", "b skipped breaker"]);
    let wait = error.retry_after().unwrap();
    assert!((secs(20)..=secs(36)).contains(&wait), "the breaker's time, not the gate's: {wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_out_says_what_put_it_out_and_when() {
    let trial = trial("a", a_gives(Reply::status(401)));
    trial.ask(Way::Plain).await.unwrap_err();
    tokio::time::sleep(secs(12)).await;
    let error = trial.ask(Way::Plain).await.unwrap_err();
    let skip = &error.report().unwrap().attempts[0];
    assert_eq!(skip.detail.as_deref(), Some("the key was refused 12 s ago (401)"));
    let said = error.to_string();
    assert_eq!(said, "no target answered: sim/a was skipped: the key was refused 12 s ago (401)");
}

#[tokio::test(start_paused = true)]
async fn a_single_failure_is_told_as_one() {
    let single = CallOptions::new().with_max_attempts(1);
    let trial = trial("a", a_gives(Reply::status(500)));
    let error = trial.ask_with(Way::Plain, ChatRequest::user("hi"), single).await.unwrap_err();
    assert_eq!(error.to_string(), "no target answered: sim/a: the provider failed (500)");
}

#[tokio::test(start_paused = true)]
async fn several_failures_are_told_by_the_first_and_a_count() {
    let scripts = Scripts::new().model("a", Reply::status(500)).otherwise(Reply::status(404));
    let error = trial("a | b", scripts).ask(Way::Plain).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no target answered: sim/a: the provider failed (500); another attempt failed too"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_told_as_a_time_of_day_and_a_short_one_in_seconds() {
    let short = trial("a", a_gives(Reply::throttled(secs(30))));
    let options = || CallOptions::new().with_deadline(secs(5));
    let error = short.ask_with(Way::Plain, ChatRequest::user("hi"), options()).await.unwrap_err();
    assert!(error.to_string().ends_with("a target may be free in 30.0 s"), "{error}");
    let long = trial("a", a_gives(Reply::throttled(secs(200))));
    let error = long.ask_with(Way::Plain, ChatRequest::user("hi"), options()).await.unwrap_err();
    assert!(error.to_string().ends_with(" UTC"), "{error}");
    assert!(error.to_string().contains("a target may be free at "), "{error}");
    assert_eq!(error.retry_after(), Some(secs(200)));
}

#[tokio::test(start_paused = true)]
async fn no_provider_sends_callers_away_for_longer_than_a_gate_is_shut() {
    for hint in [secs(301), secs(366 * 24 * 3_600)] {
        let trial = trial("a", a_gives(Reply::throttled(hint)));
        let options = CallOptions::new().with_deadline(secs(5));
        let asked = trial.ask_with(Way::Plain, ChatRequest::user("hi"), options).await;
        assert_eq!(asked.unwrap_err().retry_after(), Some(secs(300)), "{hint:?}");
    }
}

fn unsupported() -> Reply {
    Reply::error(400, "unsupported_parameter", "no tools here")
}

fn too_long() -> Reply {
    Reply::error(400, "context_length_exceeded", "maximum context length is 4 tokens")
}

#[tokio::test(start_paused = true)]
async fn what_every_target_refuses_for_the_request_is_the_requests_error() {
    let a_and = |a: Reply, b: Reply| Scripts::new().model("a", a).otherwise(b);
    for (a, b, kind) in [
        (unsupported(), unsupported(), FailKind::Refused),
        (unsupported(), too_long(), FailKind::TooLong),
        (too_long(), unsupported(), FailKind::TooLong),
    ] {
        let error = trial("a | b", a_and(a, b)).ask(Way::Plain).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.is_callers_fault());
        let words = error.cause().unwrap().message().unwrap();
        let long = kind == FailKind::TooLong;
        assert_eq!(words.contains("context length"), long, "the one that decides: {words}");
    }
}

#[tokio::test(start_paused = true)]
async fn beside_a_target_that_might_have_answered_a_refusal_is_not_why_there_is_no_answer() {
    let error = Scripts::new().model("a", unsupported()).otherwise(Reply::status(500));
    let error = trial("a | b", error).ask(Way::Plain).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Exhausted);
    assert_eq!(error.cause().unwrap().status(), Some(500));
    assert!(error.to_string().contains("sim/b: the provider failed (500)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_beside_an_open_gate_of_another_says_both() {
    let scripts = Scripts::new().model("a", unsupported()).otherwise(Reply::throttled(secs(300)));
    let trial = trial("a | b", scripts);
    let options = || CallOptions::new().with_deadline(secs(5));
    trial.ask_with(Way::Plain, ChatRequest::user("hi"), options()).await.unwrap_err();
    let error = trial.ask_with(Way::Plain, ChatRequest::user("hi"), options()).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Exhausted);
    assert!(error.is_throttled() && error.cause().is_none(), "{error}");
    assert!(error.retry_after().is_some());
    let said = error.to_string();
    assert!(said.contains("sim/b was skipped: it throttles"), "{said}");
    assert!(said.contains("sim/a: the model does not support a feature"), "{said}");
}
