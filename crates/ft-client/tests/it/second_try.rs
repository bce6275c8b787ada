//! One quick second try before a request leaves its tier.

use ft_client::config::{ChainConfig, Commit};
use ft_core::decide::As;
use ft_sim::{Reply, Script, Scripts};

use crate::trial::{Setup, WAYS, Way, a_gives, millis, secs, setup, then_well, trail};

/// With the settings of a chain that says nothing of it.
fn as_is(shape: &str, scripts: Scripts) -> Setup {
    let usual = ChainConfig::new([]).same_target_retries;
    setup(shape, scripts).chain(|chain| chain.same_target_retries = usual)
}

#[tokio::test(start_paused = true)]
async fn a_quick_failure_is_tried_once_more_where_it_came_from() {
    for way in WAYS {
        for reply in
            [Reply::status(500), Reply::status(503), Reply::ok().refuse(), Reply::ok().reset()]
        {
            let trial = as_is("a | b", a_gives(then_well([reply]))).build();
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(answer.report.tier.name(), "tier-0", "{:?}", trail(&answer.report));
            assert_eq!(answer.report.attempts[1].manner, As::QuickRetry);
            assert!(answer.report.latency <= millis(250), "{:?}", answer.report.latency);
            assert_eq!(trial.log.count("b"), 0);
            trial.assert_idle();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_twice_costs_a_quarter_of_a_second_and_the_second_try() {
    for way in WAYS {
        let failing = Reply::status(500).latency(millis(40));
        let trial = as_is("a | b", a_gives(failing)).build();
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a server_error", "a server_error", "b answered"]);
        assert!(answer.report.latency <= millis(250 + 80), "{:?}", answer.report.latency);
    }
}

#[tokio::test(start_paused = true)]
async fn inside_a_tier_the_next_free_target_is_asked_at_once() {
    for way in WAYS {
        let trial = as_is("a b | c", a_gives(Reply::status(500))).build();
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a server_error", "b answered"]);
        assert_eq!(answer.report.latency, secs(0), "a fallback inside a tier waits for nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_throttling_and_what_lasts_are_not_tried_twice() {
    for reply in [
        Reply::status(500).latency(millis(501)),
        Reply::throttled(secs(1)),
        Reply::status(429),
        Reply::status(503).retry_after(secs(1)),
        Reply::status(404),
        Reply::ok().hang(),
    ] {
        let trial = as_is("a | b", a_gives(reply))
            .targets(|target| target.attempt_timeout = secs(2))
            .build();
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(trial.log.count("a"), 1, "{:?}", trail(&answer.report));
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_the_failure_opened_is_not_tried_again() {
    let trial = as_is("a | b", a_gives(Reply::status(500)))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a server_error", "b answered"]);
    assert_eq!(answer.report.latency, secs(0));
}

#[tokio::test(start_paused = true)]
async fn second_tries_are_bounded_by_the_retry_budget_and_not_by_the_cap() {
    let trial = as_is("a | b", a_gives(Reply::status(500)))
        .config(|config| {
            config.breaker.consecutive_failures = None;
            config.breaker.failure_ratio = None;
            config.limits.retry_ratio = 0.0;
            config.limits.retry_reserve = 3;
        })
        .build();
    for _ in 0..10 {
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(answer.report.tier.name(), "tier-1");
        assert!(
            !trail(&answer.report).iter().any(|entry| entry.contains("skipped")),
            "who has no allowance goes on without a pause"
        );
    }
    let second = trial.log.count("a") - 10;
    assert!((3..=5).contains(&second), "{second} second tries of a reserve of 3");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_turned_off() {
    let trial = setup("a | b", a_gives(Reply::status(500)))
        .chain(|chain| chain.same_target_retries = 0)
        .build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a server_error", "b answered"]);
}

#[tokio::test(start_paused = true)]
async fn with_patience_and_whole_streams_the_first_target_is_given_its_chance() {
    let patient = |replies: Vec<Reply>| {
        as_is("a | b", a_gives(Script::sequence(replies).then(Reply::text("well"))))
            .chain(|chain| {
                chain.commit = Commit::Complete;
                chain.throttle_patience = secs(3);
            })
            .build()
    };
    for way in WAYS {
        // Throttled once, with a hint: it is waited for.
        let answer = patient(vec![Reply::throttled(secs(2))]).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a rate_limited", "a answered"], "{way:?}");
        // Failed once: it is asked again.
        let answer = patient(vec![Reply::status(500)]).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a server_error", "a answered"], "{way:?}");
        // Both in a row.
        let both = vec![Reply::status(500), Reply::throttled(secs(2))];
        let answer = patient(both).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a server_error", "a rate_limited", "a answered"]);
    }
}
