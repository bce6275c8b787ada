//! The rows of the decision table through the whole path, plain and streamed.

use ft_client::{CallOptions, FailKind, Outcome};
use ft_core::chat::Message;
use ft_core::{ChatRequest, ErrorKind};
use ft_sim::{Reply, Scripts};
use serde_json::json;

use crate::trial::{Trial, WAYS, Way, a_gives, millis, secs, setup, then_well, trail, trial};

/// What one failure of the first of two targets must come to.
struct Row {
    reply: Reply,
    kind: ErrorKind,
    /// One failure is allowed before the breaker opens, and this is one.
    opens: bool,
    /// For how many seconds the target is not asked again; 0 when it is asked at once.
    out_for: u64,
}

fn row(reply: Reply, kind: ErrorKind) -> Row {
    Row { reply, kind, opens: false, out_for: 0 }
}

impl Row {
    fn opens(self) -> Self {
        Self { opens: true, ..self }
    }

    fn out_for(self, secs: u64) -> Self {
        Self { out_for: secs, ..self }
    }

    /// The next target answers unseen and at once, the breaker and the gates are as stated.
    async fn falls_through(self) {
        for way in WAYS {
            let trial = setup("a | b", a_gives(then_well([self.reply.clone()])))
                .first_token(secs(2))
                .config(|config| config.breaker.consecutive_failures = Some(1))
                .build();
            let began = trial.now();
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(answer.text(), "well");
            assert_eq!(answer.report.tier.name(), "tier-1");
            assert_eq!(answer.report.fallback_level, 1);
            let expected = [format!("a {}", self.kind.as_str()), "b answered".to_owned()];
            assert_eq!(trail(&answer.report), expected, "{way:?}");
            let silent = self.kind == ErrorKind::FirstTokenTimeout;
            let took = trial.now().since(began);
            assert_eq!(took, if silent { secs(2) } else { secs(0) }, "{way:?}");
            let breaker = if self.opens { "open" } else { "closed" };
            assert_eq!(trial.breaker("a"), breaker, "{way:?}");
            if !self.opens {
                self.is_out(&trial, way).await;
            }
            trial.assert_idle();
        }
    }

    /// The target is skipped until the stated moment, and asked from then on.
    async fn is_out(&self, trial: &Trial, way: Way) {
        if self.out_for > 0 {
            tokio::time::sleep(secs(self.out_for) - millis(1)).await;
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(answer.report.attempts_made(), 1, "{:?}", trail(&answer.report));
            assert_eq!(answer.report.tier.name(), "tier-1", "{way:?}");
            tokio::time::sleep(millis(1)).await;
        }
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(answer.report.tier.name(), "tier-0", "{way:?}: {:?}", trail(&answer.report));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_target_answers() {
    for way in WAYS {
        let trial = trial("a | b", Scripts::new().otherwise(Reply::text("hello")));
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(answer.text(), "hello");
        assert_eq!(answer.report.fallback_level, 0);
        assert_eq!(trail(&answer.report), ["a answered"]);
        assert_eq!(trial.log.count("b"), 0);
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_counts_and_falls_through() {
    row(Reply::ok().refuse(), ErrorKind::Connect).opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_before_content_counts_and_falls_through() {
    row(Reply::ok().reset(), ErrorKind::Interrupted).opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_before_content_counts_and_falls_through_unseen() {
    row(Reply::ok().cut_after(0), ErrorKind::Interrupted).opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn silence_before_content_is_slowness_and_falls_through() {
    let hang = row(Reply::ok().hang(), ErrorKind::FirstTokenTimeout);
    hang.opens().falls_through().await;
    let stall = row(Reply::ok().stall_after(0), ErrorKind::FirstTokenTimeout);
    stall.opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_error_counts_and_falls_through() {
    for status in [500, 502, 504, 520, 522, 524] {
        let kind = if status == 504 { ErrorKind::UpstreamTimeout } else { ErrorKind::ServerError };
        row(Reply::status(status), kind).opens().falls_through().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_target_counts_and_falls_through() {
    for status in [503, 529] {
        row(Reply::status(status), ErrorKind::Overloaded).opens().falls_through().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_target_that_names_a_time_is_gated_until_then() {
    for status in [503, 529] {
        let reply = Reply::status(status).retry_after(secs(17));
        let trial = setup("a | b", a_gives(then_well([reply]))).build();
        trial.ask(Way::Plain).await.unwrap();
        row(Reply::ok(), ErrorKind::Overloaded).out_for(17).is_out(&trial, Way::Plain).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_target_is_gated_until_its_hint_and_nothing_counts() {
    let reply = Reply::throttled(secs(19));
    row(reply, ErrorKind::RateLimited).out_for(19).falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_throttled_once_and_mildly_is_not_gated() {
    row(Reply::status(429), ErrorKind::RateLimited).falls_through().await;
    row(Reply::throttled(secs(9)), ErrorKind::RateLimited).falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_puts_the_credential_out_for_a_minute() {
    let spent = Reply::error(429, "insufficient_quota", "You exceeded your current quota.");
    row(spent, ErrorKind::QuotaExhausted).out_for(60).falls_through_to_another_provider().await;
    row(Reply::status(402), ErrorKind::QuotaExhausted)
        .out_for(60)
        .falls_through_to_another_provider()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_out_for_a_minute() {
    row(Reply::status(401), ErrorKind::Auth).out_for(60).falls_through_to_another_provider().await;
}

impl Row {
    /// As [`Row::falls_through`], for failures that concern all models of the key.
    async fn falls_through_to_another_provider(self) {
        for way in WAYS {
            let well = Scripts::new().otherwise(Reply::text("well"));
            let trial = setup("a b | other/c", a_gives(then_well([self.reply.clone()])))
                .provider("other", well)
                .config(|config| config.breaker.consecutive_failures = Some(1))
                .build();
            let answer = trial.ask(way).await.unwrap();
            let failed = format!("a {}", self.kind.as_str());
            let expected = [failed, "b skipped out".to_owned(), "c answered".to_owned()];
            assert_eq!(trail(&answer.report), expected, "{way:?}");
            assert_eq!(trial.breaker("a"), "closed");
            self.is_out(&trial, way).await;
            trial.assert_idle();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_or_missing_model_puts_the_target_out_for_a_minute() {
    for (status, kind) in [
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::ModelNotFound),
        (410, ErrorKind::ModelNotFound),
    ] {
        row(Reply::status(status), kind).out_for(60).falls_through().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_neutral_and_a_request_timeout_counts() {
    row(Reply::status(409), ErrorKind::Conflict).falls_through().await;
    row(Reply::status(408), ErrorKind::UpstreamTimeout).opens().falls_through().await;
    row(Reply::status(425), ErrorKind::Overloaded).opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn success_by_status_alone_is_a_failure() {
    let inside = json!({"message": "The server had an error", "type": "server_error"});
    row(Reply::ok().error_in_200(inside), ErrorKind::Garbled).opens().falls_through().await;
    row(Reply::ok().empty_choices(), ErrorKind::Garbled).opens().falls_through().await;
    row(Reply::ok().raw("text/html", "<html>"), ErrorKind::Garbled).opens().falls_through().await;
    row(Reply::ok().malformed_at(1), ErrorKind::Garbled).opens().falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_success_is_taken_by_its_code() {
    let inside = json!({"message": "slow down", "code": "rate_limit_exceeded"});
    row(Reply::ok().error_in_200(inside), ErrorKind::RateLimited).falls_through().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_is_slowness_and_silence_is_not_asked_twice() {
    for way in WAYS {
        let trial = setup("a", a_gives(Reply::ok().hang()))
            .targets(|target| target.attempt_timeout = secs(3))
            .config(|config| config.breaker.consecutive_failures = Some(1))
            .build();
        let began = trial.now();
        let error = trial.ask(way).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::AttemptTimeout);
        assert_eq!(trial.now().since(began), secs(3));
        assert_eq!(trial.log.count("a"), 1, "silence was asked twice");
        assert_eq!(trial.breaker("a"), "open");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_of_transient_failures_is_followed_by_another() {
    for way in WAYS {
        let trial = trial("a", a_gives(then_well([Reply::status(500)])));
        let began = trial.now();
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a server_error", "a answered"]);
        assert!(trial.now().since(began) <= millis(251), "the back-off is at most its base");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_target_is_waited_for_when_no_other_is_left() {
    for way in WAYS {
        for (reply, wait) in [(Reply::throttled(secs(7)), 7), (Reply::status(429), 1)] {
            let trial = trial("a", a_gives(then_well([reply])));
            let began = trial.now();
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(trail(&answer.report), ["a rate_limited", "a answered"], "{way:?}");
            assert_eq!(trial.now().since(began), secs(wait), "{way:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_target_whose_gate_opens_first_is_asked_when_all_are_throttled() {
    let scripts = Scripts::new()
        .model("a", then_well([Reply::throttled(secs(9))]))
        .model("b", then_well([Reply::throttled(secs(2))]));
    let trial = setup("a | other/b", scripts)
        .provider("other", Scripts::new().model("b", then_well([Reply::throttled(secs(2))])))
        .build();
    let began = trial.now();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(answer.report.served_by.as_ref().unwrap().model, "b");
    assert_eq!(trial.now().since(began), secs(2));
}

#[tokio::test(start_paused = true)]
async fn patience_waits_for_a_short_hint_once() {
    for way in WAYS {
        let patient = |replies: Vec<Reply>| {
            setup("a | b", a_gives(then_well(replies)))
                .chain(|chain| chain.throttle_patience = secs(3))
                .build()
        };
        let short = Reply::throttled(secs(2));
        let answer = patient(vec![short.clone()]).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a rate_limited", "a answered"]);
        let answer = patient(vec![short.clone(), short]).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a rate_limited", "a rate_limited", "b answered"]);
        let answer = patient(vec![Reply::throttled(secs(4))]).ask(way).await.unwrap();
        assert_eq!(trail(&answer.report), ["a rate_limited", "b answered"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_that_outlasts_the_deadline_is_told_and_not_waited_for() {
    for way in WAYS {
        let trial = trial("a", a_gives(Reply::throttled(secs(120))));
        let began = trial.now();
        let error = trial.ask(way).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert_eq!(error.retry_after(), Some(secs(120)));
        assert_eq!(trial.now().since(began), secs(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_skip_tells_when_the_target_is_free_again() {
    for way in WAYS {
        let trial = setup("a", a_gives(Reply::status(500)))
            .chain(|chain| chain.rounds = 1)
            .config(|config| config.breaker.consecutive_failures = Some(1))
            .build();
        trial.ask(way).await.unwrap_err();
        let error = trial.ask(way).await.unwrap_err();
        assert_eq!(trail(error.report().unwrap()), ["a skipped breaker", "a server_error"]);
        let wait = error.retry_after().unwrap();
        assert!((secs(24)..=secs(36)).contains(&wait), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_callers_mistake_stops_at_the_first_target_and_is_passed_over_at_a_later_one() {
    for (status, kind) in [
        (400, ErrorKind::InvalidRequest),
        (413, ErrorKind::PayloadTooLarge),
        (422, ErrorKind::InvalidRequest),
        (418, ErrorKind::Other),
    ] {
        for way in WAYS {
            let trial = setup("a | b", a_gives(Reply::status(status)))
                .config(|config| config.breaker.consecutive_failures = Some(1))
                .chain(|chain| chain.emergency = Some("sorry".to_owned()))
                .build();
            let error = trial.ask(way).await.unwrap_err();
            assert_eq!(error.kind(), FailKind::Refused);
            assert!(error.is_callers_fault());
            assert_eq!(error.cause().unwrap().status(), Some(status));
            assert_eq!(trial.log.count("b"), 0);
            assert_eq!(trial.breaker("a"), "closed");

            let scripts = Scripts::new()
                .model("a", Reply::status(500))
                .model("b", Reply::status(status))
                .otherwise(Reply::text("well"));
            let answer = crate::trial::trial("a | b | c", scripts).ask(way).await.unwrap();
            let expected = ["a server_error", &format!("b {}", kind.as_str()), "c answered"];
            assert_eq!(trail(&answer.report), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_is_reported_when_a_later_target_refuses() {
    for way in WAYS {
        let scripts = Scripts::new().model("a", Reply::status(500)).model("b", Reply::status(400));
        let error = trial("a | b", scripts).ask(way).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert_eq!(error.cause().unwrap().status(), Some(500));
        assert_eq!(trail(error.report().unwrap()), ["a server_error", "b invalid_request"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_filter_stops_with_the_providers_reason_unless_configured() {
    for way in WAYS {
        let filter = Reply::error(400, "content_filter", "The prompt was filtered: violence.");
        let trial = setup("a | b", a_gives(filter.clone()))
            .chain(|chain| chain.emergency = Some("sorry".to_owned()))
            .build();
        let error = trial.ask(way).await.unwrap_err();
        assert!(error.is_content_filtered());
        let reason = error.cause().unwrap().message().unwrap().to_owned();
        assert_eq!(reason, "The prompt was filtered: violence.");
        assert!(!error.to_string().contains("violence"), "{error}");
        assert_eq!(trial.log.count("b"), 0);

        let falls = setup("a | b", a_gives(filter))
            .chain(|chain| chain.content_filter_falls_through = true)
            .build();
        assert_eq!(falls.ask(way).await.unwrap().text(), "well");
    }
}

#[tokio::test(start_paused = true)]
async fn an_overflow_is_refitted_once_and_its_limit_is_learned() {
    let turn = |n: usize| {
        let word = format!("question {n} ").repeat(40);
        [Message::user(word), Message::assistant("an answer ".repeat(40))]
    };
    let long = || {
        let turns: Vec<_> = (0..8).flat_map(turn).chain([Message::user("and now?")]).collect();
        ChatRequest::new(turns).with_max_tokens(50)
    };
    for way in WAYS {
        let words = "This model's maximum context length is 900 tokens.";
        let over = Reply::error(400, "context_length_exceeded", words);
        let trial = setup("a | b", a_gives(then_well([over.clone()])))
            .config(|config| config.breaker.consecutive_failures = Some(1))
            .build();
        let answer = trial.ask_with(way, long(), CallOptions::new()).await.unwrap();
        assert_eq!(trail(&answer.report), ["a context_length", "a answered"]);
        assert!(answer.report.fit.unwrap().dropped_messages > 0);
        let sent = trial.log.attempts();
        assert!(sent[1].messages < sent[0].messages, "it must be strictly smaller");
        assert_eq!(trial.breaker("a"), "closed");

        let twice = setup("a | b", a_gives(then_well([over.clone(), over]))).build();
        let answer = twice.ask_with(way, long(), CallOptions::new()).await.unwrap();
        assert_eq!(trail(&answer.report), ["a context_length", "a context_length", "b answered"]);
        assert_eq!(answer.report.fit, None, "the larger window got all of it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_content_is_told_with_what_had_come() {
    let cut = Reply::chunks(["one ", "two ", "three "]).cut_after(2);
    let trial = setup("a | b", a_gives(cut))
        .config(|config| config.breaker.consecutive_failures = Some(2))
        .build();
    let error = trial.ask(Way::Streamed).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
    assert_eq!(error.partial().unwrap().text(), "one two ");
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::Interrupted);
    let attempt = &error.report().unwrap().attempts[0];
    assert_eq!(attempt.outcome, Outcome::Failed(ErrorKind::Interrupted));
    assert_eq!(trial.log.count("b"), 0, "no second answer may begin");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_falls_through_even_after_content_that_nobody_has_seen() {
    let cut = Reply::chunks(["one ", "two "]).cut_after(1);
    let trial = setup("a | b", a_gives(cut)).first_token(secs(2)).build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(answer.text(), "well");
    assert_eq!(trail(&answer.report), ["a interrupted", "b answered"]);
}
