//! One absolute deadline over everything, in exact paused time.

use ft_client::config::Commit;
use ft_client::{CallOptions, FailKind};
use ft_core::ChatRequest;
use ft_sim::{Reply, Scripts};
use serde_json::json;

use crate::trial::{WAYS, Way, a_gives, millis, secs, setup, then_well, trail, trial};

fn faults() -> Vec<Reply> {
    let words = || Reply::chunks(["one ", "two ", "three "]);
    vec![
        words().hang(),
        words().stall_after(0),
        words().stall_after(1),
        words().cut_after(0),
        words().cut_after(1),
        words().reset(),
        words().refuse(),
        words().latency(secs(40)),
        words().first_token(secs(40)),
        words().per_chunk(secs(9)),
        Reply::status(500),
        Reply::status(500).latency(secs(3)),
        Reply::down().retry_after(secs(60)),
        Reply::throttled(secs(4)),
        Reply::throttled(secs(90)),
        Reply::status(429),
        Reply::status(401),
        words().error_in_200(json!({"message": "no", "type": "server_error"})),
        words().empty_choices(),
    ]
}

#[tokio::test(start_paused = true)]
async fn no_fault_holds_a_caller_beyond_the_deadline() {
    for (at, fault) in faults().into_iter().enumerate() {
        for way in WAYS {
            for commit in [Commit::FirstContent, Commit::Complete] {
                for bounded in [false, true] {
                    let scripts = Scripts::from(fault.clone());
                    let mut setup = setup("a b | c", scripts);
                    if bounded {
                        setup = setup.first_token(secs(2));
                    }
                    let trial = setup.build();
                    let began = trial.now();
                    let options = CallOptions::new().with_deadline(secs(10)).with_commit(commit);
                    let _ = trial.ask_with(way, ChatRequest::user("hi"), options).await;
                    let took = trial.now().since(began);
                    assert!(took <= secs(10), "fault {at}, {way:?}, {commit:?}: {took:?}");
                    trial.assert_idle();
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_tier_has_its_turn_before_the_deadline() {
    for way in WAYS {
        let scripts = Scripts::new()
            .model("c", Reply::text("well").latency(secs(2)))
            .otherwise(Reply::ok().hang());
        let trial = trial("a | b | c", scripts);
        let options = CallOptions::new().with_deadline(secs(9));
        let answer = trial.ask_with(way, ChatRequest::user("hi"), options).await.unwrap();
        assert_eq!(answer.text(), "well");
        assert_eq!(trail(&answer.report)[2], "c answered");
        assert!(answer.report.latency <= secs(9), "{:?}", answer.report.latency);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_impatient_callers_open_no_breaker() {
    for way in WAYS {
        let slow = Reply::text("in its own time").latency(millis(500));
        let trial = setup("a | b", Scripts::from(slow))
            .config(|config| config.breaker.consecutive_failures = Some(3))
            .build();
        for _ in 0..100 {
            let options = CallOptions::new().with_deadline(millis(100));
            let began = trial.now();
            let error = trial.ask_with(way, ChatRequest::user("hi"), options).await.unwrap_err();
            assert!(error.is_timeout());
            assert_eq!(error.kind(), FailKind::Deadline);
            assert_eq!(trial.now().since(began), millis(100));
        }
        assert_eq!((trial.breaker("a"), trial.breaker("b")), ("closed", "closed"));
        assert_eq!(trial.ask(way).await.unwrap().text(), "in its own time");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn the_targets_own_timer_counts_even_under_a_deadline() {
    let trial = setup("a | b", a_gives(Reply::ok().hang()))
        .first_token(secs(2))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    let options = CallOptions::new().with_deadline(secs(20));
    trial.ask_with(Way::Plain, ChatRequest::user("hi"), options).await.unwrap();
    assert_eq!(trial.breaker("a"), "open");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_hangs_opens_its_breaker_also_when_the_chain_leaves_it_less_than_its_attempt()
{
    let trial = setup("a | b", a_gives(Reply::ok().hang())).build();
    for _ in 0..5 {
        trial.ask(Way::Plain).await.unwrap();
    }
    assert_eq!(trial.breaker("a"), "open");
}

#[tokio::test(start_paused = true)]
async fn no_wait_runs_past_the_deadline() {
    for way in WAYS {
        let trial = trial("a", a_gives(then_well([Reply::throttled(secs(8))])));
        let options = CallOptions::new().with_deadline(secs(5));
        let began = trial.now();
        let request = ChatRequest::user("hi");
        let error = trial.ask_with(way, request, options).await.unwrap_err();
        assert_eq!(trial.now().since(began), secs(0), "waiting could not have helped");
        assert_eq!(error.retry_after(), Some(secs(8)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cannot_finish_in_what_is_left_is_not_begun() {
    let slow = Reply::text("slow").first_token(secs(2));
    let trial = setup("a", a_gives(slow)).first_token(secs(5)).build();
    for _ in 0..20 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    let options = CallOptions::new().with_deadline(millis(500)).without_cache();
    let request = ChatRequest::user("hi");
    let error = trial.ask_with(Way::Streamed, request, options).await.unwrap_err();
    assert_eq!(trail(error.report().unwrap()), ["a skipped out_of_time"]);
    assert_eq!(error.kind(), FailKind::Deadline);
    assert_eq!(trial.log.count("a"), 20);
}

#[tokio::test(start_paused = true)]
async fn a_callers_deadline_only_shortens_the_chains() {
    let trial =
        setup("a", a_gives(Reply::ok().hang())).chain(|chain| chain.deadline = secs(5)).build();
    let began = trial.now();
    let options = CallOptions::new().with_deadline(secs(600));
    let request = ChatRequest::user("hi");
    let error = trial.ask_with(Way::Plain, request, options).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Deadline);
    assert_eq!(trial.now().since(began), secs(5));
}
