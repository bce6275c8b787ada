//! The rows of the decision table, as they come over the wire: what the call does, and what the next one finds.

use std::sync::Arc;

use ft_client::{CallOptions, FailKind, Health};
use ft_core::chat::FinishReason;
use ft_core::{ChatRequest, Clock, ErrorKind, ManualClock, Message, SystemClock, Tick};
use ft_sim::{Outcome, Reply, Script, Scripts};
use jiff::Timestamp;
use serde_json::json;

use crate::raw::{self, Raw};
use crate::world::{
    Setup, WAYS, WELL, Way, World, a_gives, millis, secs, setup, then_well, trail, within,
};

/// What the next call finds at the target that failed, when one failure opens a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// It is asked as if nothing had been.
    Asked,
    /// It is not asked, for this reason.
    Skipped(&'static str),
}

use After::{Asked, Skipped};

const BREAKER: After = Skipped("breaker");
const GATE: After = Skipped("gate");
const OUT: After = Skipped("out");

/// The call falls through to the next target, and the next call finds what it must.
async fn falls_through(way: Way, what: &str, reply: Reply, kind: &str, after: After) {
    let world = setup(way, "one/a | two/b", a_gives(reply)).trip_at_once().build();
    let answer = world.ask().await.unwrap_or_else(|error| panic!("{what}, {way:?}: {error}"));
    assert_eq!(answer.text(), WELL, "{what}, {way:?}");
    let failed = format!("a {kind}");
    assert_eq!(trail(&answer.report), [&failed, "b answered"], "{what}, {way:?}");
    assert_eq!(world.log.models(), ["a", "b"], "{what}, {way:?}");
    assert_eq!(answer.report.fallback_level, 1, "{what}");
    world.settled().await;

    world.log.clear();
    let answer = world.ask().await.unwrap();
    let (first, asked) = match after {
        Asked => (failed, vec!["a", "b"]),
        Skipped(why) => (format!("a skipped {why}"), vec!["b"]),
    };
    assert_eq!(trail(&answer.report), [&first, "b answered"], "the call after {what}, {way:?}");
    assert_eq!(world.log.models(), asked, "the call after {what}, {way:?}");
    world.settled().await;
}

fn throttled() -> Reply {
    Reply::throttled(secs(60))
}

#[tokio::test]
async fn a_throttle_shuts_the_gate_and_leaves_the_breaker_alone() {
    let words = "Rate limit reached for a: limit 3 per minute. Please try again in 59.5s.";
    for (what, reply) in [
        ("retry-after", Reply::status(429).header("retry-after", "60")),
        ("retry-after-ms", Reply::status(429).header("retry-after-ms", "60000")),
        ("both", throttled()),
        ("words", Reply::error(429, "rate_limit_exceeded", words)),
        ("without a body", Reply::status(429).raw("text/plain", "").header("retry-after", "60")),
    ] {
        for way in WAYS {
            falls_through(way, what, reply.clone(), "rate_limited", GATE).await;
        }
    }
}

#[tokio::test]
async fn a_throttle_is_believed_for_as_long_as_it_says() {
    let date = {
        let wall = i64::try_from(SystemClock::new().wall().0).unwrap() + 120_000;
        let at = Timestamp::from_millisecond(wall).unwrap();
        at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    };
    let field = json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}, "retry_after": 120});
    for (what, reply, longest) in [
        ("seconds", Reply::status(429).header("retry-after", "120"), 120),
        ("milliseconds", Reply::status(429).header("retry-after-ms", "120000"), 120),
        ("a date", Reply::status(429).header("retry-after", date), 121),
        ("words", Reply::error(429, "rate_limit_exceeded", "Please try again in 2m0s."), 120),
        ("a field", Reply::status(429).body(field), 120),
        ("absurd", Reply::status(429).header("retry-after", "7200"), 300),
    ] {
        for way in WAYS {
            let world = setup(way, "one/a | two/b", a_gives(reply.clone())).build();
            world.ask().await.unwrap();
            let wait = world.health("a").retry_in.unwrap_or_else(|| panic!("{what}: no gate"));
            // The gate was shut a moment ago; half a minute is more than any moment.
            let range = secs(longest - 30)..=secs(longest);
            assert!(range.contains(&wait), "{what}, {way:?}: {wait:?}");
            assert_eq!(world.health("a").health, Health::Degraded);
        }
    }
}

#[tokio::test]
async fn the_second_throttle_in_a_row_without_a_hint_shuts_the_gate_for_a_second() {
    for way in WAYS {
        let clock = Arc::new(ManualClock::at(Tick::from_secs(1)));
        let same: Arc<dyn Clock> = clock.clone();
        let world = setup(way, "one/a | two/b", a_gives(Reply::status(429)))
            .builder(|builder| builder.clock(same))
            .build();
        world.ask().await.unwrap();
        assert_eq!(world.health("a").retry_in, None, "one refusal is no drought");
        world.ask().await.unwrap();
        assert_eq!(world.health("a").retry_in, Some(secs(1)));
        clock.advance(millis(999));
        world.ask().await.unwrap();
        assert_eq!(world.log.models(), ["a", "b", "a", "b", "b"]);
        clock.advance(millis(1));
        world.ask().await.unwrap();
        assert_eq!(world.log.models(), ["a", "b", "a", "b", "b", "a", "b"]);
        assert_eq!(world.health("a").retry_in, Some(secs(2)), "it doubles");
    }
}

#[tokio::test]
async fn two_throttled_models_shut_the_gate_of_their_key() {
    for way in WAYS {
        let org = Reply::error(429, "rate_limited", "Too many requests.").retry_after(secs(60));
        let scripts =
            Scripts::new().model("a", org.clone()).model("b", org).otherwise(Reply::text(WELL));
        let world = setup(way, "one/a | one/b | one/c | two/d", scripts).build();
        let answer = world.ask().await.unwrap();
        let expected = ["a rate_limited", "b rate_limited", "c skipped gate", "d answered"];
        assert_eq!(trail(&answer.report), expected, "{way:?}");
        assert_eq!(world.log.models(), ["a", "b", "d"]);
        world.settled().await;
    }
}

#[tokio::test]
async fn a_used_up_quota_and_a_refused_key_take_the_credential_out() {
    let key = "Your API key has been revoked.";
    for (what, reply, kind) in [
        (
            "429 insufficient_quota",
            Reply::error(429, "insufficient_quota", "You exceeded your current quota."),
            "quota_exhausted",
        ),
        (
            "429 insufficient_quota with a hint",
            Reply::error(429, "insufficient_quota", "You exceeded your current quota.")
                .retry_after(secs(1)),
            "quota_exhausted",
        ),
        ("402", Reply::status(402), "quota_exhausted"),
        ("401", Reply::status(401), "auth"),
        ("401 without a body", Reply::status(401).raw("text/plain", ""), "auth"),
        ("403 that names the key", Reply::error(403, "", key), "auth"),
        ("400 with the key's code", Reply::error(400, "invalid_api_key", "no"), "auth"),
    ] {
        for way in WAYS {
            falls_through(way, what, reply.clone(), kind, OUT).await;
            // The other models of the key are out with it.
            let shape = "one/a | one/b | two/c";
            let world = setup(way, shape, a_gives(reply.clone())).trip_at_once().build();
            let answer = world.ask().await.unwrap();
            let failed = format!("a {kind}");
            let expected = [failed.as_str(), "b skipped out", "c answered"];
            assert_eq!(trail(&answer.report), expected, "{what}, {way:?}");
            assert_eq!(world.health("b").health, Health::Unavailable);
            assert_eq!(world.health("a").breaker, "closed");
            world.settled().await;
        }
    }
}

#[tokio::test]
async fn a_forbidden_or_missing_model_takes_the_target_out() {
    let plan = "Your plan does not include access to this model.";
    for (what, reply, kind) in [
        ("403", Reply::status(403).body(json!({"error": {"message": "no"}})), "forbidden"),
        ("403 with a code", Reply::error(403, "model_not_allowed", plan), "forbidden"),
        ("404", Reply::status(404), "model_not_found"),
        ("410", Reply::status(410).body(json!({"error": {"message": "gone"}})), "model_not_found"),
    ] {
        for way in WAYS {
            falls_through(way, what, reply.clone(), kind, OUT).await;
            // The key's other models are not.
            let world = setup(way, "one/a | one/b", a_gives(reply.clone())).build();
            let answer = world.ask().await.unwrap();
            assert_eq!(trail(&answer.report), [&format!("a {kind}"), "b answered"], "{what}");
        }
    }
}

#[tokio::test]
async fn a_failing_provider_is_held_against_its_breaker() {
    let error = |status| Reply::status(status);
    let page = |status| Reply::status(status).raw("text/html", "<html>oops</html>");
    for (status, kind) in [
        (500, "server_error"),
        (502, "server_error"),
        (503, "overloaded"),
        (504, "timeout"),
        (507, "server_error"),
        (520, "server_error"),
        (521, "server_error"),
        (522, "timeout"),
        (523, "server_error"),
        (524, "timeout"),
        (525, "server_error"),
        (529, "overloaded"),
        (408, "timeout"),
        (425, "server_error"),
    ] {
        for way in WAYS {
            let reply = error(status).body(json!({"error": {"message": "no"}}));
            falls_through(way, &format!("{status}"), reply, kind, BREAKER).await;
        }
        let what = format!("{status} with a page");
        falls_through(Way::Plain, &what, page(status), kind, BREAKER).await;
    }
    for way in WAYS {
        falls_through(way, "500 with OpenAI's body", error(500), "server_error", BREAKER).await;
        falls_through(way, "an outage", Reply::down(), "overloaded", BREAKER).await;
    }
}

#[tokio::test]
async fn an_overload_shuts_the_gate_when_it_says_for_how_long() {
    for status in [503, 529] {
        for way in WAYS {
            let reply = Reply::status(status).body(json!({"error": {"message": "busy"}}));
            let world = setup(way, "one/a | two/b", a_gives(reply.retry_after(secs(60)))).build();
            world.ask().await.unwrap();
            let health = world.health("a");
            assert_eq!(health.breaker, "closed");
            assert!(health.retry_in.unwrap() > secs(30), "{way:?}: {health:?}");
            let answer = world.ask().await.unwrap();
            assert_eq!(trail(&answer.report), ["a skipped gate", "b answered"]);
        }
    }
}

#[tokio::test]
async fn a_conflict_and_what_a_model_does_not_do_are_held_against_nobody() {
    let words = "This model does not support the parameter `logit_bias`.";
    for (what, reply, kind) in [
        ("409", Reply::status(409).body(json!({"error": {"message": "locked"}})), "conflict"),
        ("unsupported", Reply::error(400, "unsupported_parameter", words), "unsupported"),
        ("405", Reply::status(405).body(json!({"error": {"message": "no"}})), "unsupported"),
    ] {
        for way in WAYS {
            falls_through(way, what, reply.clone(), kind, Asked).await;
        }
    }
}

#[tokio::test]
async fn a_broken_connection_before_content_is_unseen_and_held_against_the_target() {
    let words = || Reply::text("never to be seen");
    for (what, reply) in [
        ("reset before the headers", words().reset()),
        ("refused after the request", words().refuse()),
    ] {
        for way in WAYS {
            falls_through(way, what, reply.clone(), "interrupted", BREAKER).await;
        }
    }
    // A plain answer has no content before its end; a plain caller sees none of a stream before its end.
    for (what, reply) in [
        ("cut in the body", words().cut_after(1)),
        ("reset in the body", words().reset_after(1)),
        ("cut inside a chunk", words().cut_inside(2)),
    ] {
        falls_through(Way::Plain, what, reply, "interrupted", BREAKER).await;
    }
    for (what, reply) in [
        ("cut after the role", words().cut_after(0)),
        ("reset after the role", words().reset_after(0)),
        ("cut inside the first chunk", words().cut_inside(1)),
        ("ended without anything", Reply::events(Vec::<String>::new())),
        ("ended after the role", Reply::text("").without_finish().without_done()),
    ] {
        for way in [Way::Streamed, Way::Assembled] {
            falls_through(way, what, reply.clone(), "interrupted", BREAKER).await;
        }
    }
}

#[tokio::test]
async fn a_refused_connection_fails_over_and_opens_the_breaker() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    for way in WAYS {
        let world = setup(way, "gone/a | two/b", a_gives(Reply::ok()))
            .provider("gone", |provider| provider.base_url.clone_from(&nobody))
            .trip_at_once()
            .build();
        let answer = world.ask().await.unwrap();
        assert_eq!(trail(&answer.report), ["a connect", "b answered"]);
        assert_eq!(answer.report.attempts[0].cost, Some(ft_client::cost::Pico::ZERO));
        let answer = world.ask().await.unwrap();
        assert_eq!(trail(&answer.report), ["a skipped breaker", "b answered"]);
        assert_eq!(world.log.models(), ["b", "b"]);
        world.settled().await;
    }
}

/// Short timers: here silence is the fault.
fn impatient(setup: Setup) -> Setup {
    setup.targets(|target| {
        if target.model == "a" {
            target.attempt_timeout = secs(1);
            target.idle_timeout = secs(1);
        }
    })
}

#[tokio::test]
async fn silence_is_cancelled_upstream_and_not_asked_twice() {
    for way in WAYS {
        let world = impatient(setup(way, "one/a | two/b", a_gives(Reply::ok().hang())))
            .trip_at_once()
            .build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.text(), WELL);
        assert_eq!(trail(&answer.report), ["a attempt_timeout", "b answered"]);
        world.settled().await;
        assert_eq!(world.log.count_of("a", Outcome::CallerLeft), 1);
        assert_eq!(world.health("a").breaker, "open");

        // With nobody else to ask it is an error, and still asked once only.
        let alone = impatient(setup(way, "one/a", a_gives(Reply::ok().hang()))).build();
        let error = alone.ask().await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert!(error.is_timeout());
        assert_eq!(alone.log.models(), ["a"]);
        alone.settled().await;
    }
}

#[tokio::test]
async fn a_stream_that_stalls_before_content_meets_the_first_token_timer() {
    for (what, reply) in [
        ("no headers", Reply::ok().hang()),
        ("headers and a role", Reply::ok().stall_after(0)),
        ("content too late", Reply::ok().first_token(secs(600))),
    ] {
        for way in [Way::Streamed, Way::Assembled] {
            let world = setup(way, "one/a | two/b", a_gives(reply.clone()))
                .targets(|target| {
                    if target.model == "a" {
                        *target = target.clone().with_first_token_timeout(secs(1));
                    }
                })
                .trip_at_once()
                .build();
            let answer = world.ask().await.unwrap();
            assert_eq!(answer.text(), WELL, "{what}");
            assert_eq!(trail(&answer.report), ["a first_token_timeout", "b answered"], "{what}");
            world.settled().await;
            assert_eq!(world.log.count_of("a", Outcome::CallerLeft), 1, "{what}");
            assert_eq!(world.health("a").breaker, "open", "{what}");
        }
    }
}

#[tokio::test]
async fn success_by_its_status_alone_is_a_failure_of_the_target() {
    let page = Reply::ok().raw("text/html", "<html><title>Log in</title></html>");
    for (what, reply) in [
        ("no choices", Reply::ok().empty_choices()),
        ("half a body", Reply::text("never to be seen").malformed_at(1)),
        ("a page", page),
        ("nothing", Reply::ok().raw("application/json", "")),
        ("another JSON", Reply::ok().body(json!({"status": "fine"}))),
        ("null", Reply::ok().body(serde_json::Value::Null)),
    ] {
        for way in WAYS {
            // Read as a stream, these ended before they began.
            let kind = match (what, way) {
                ("nothing" | "null", Way::Streamed | Way::Assembled) => "interrupted",
                _ => "garbled",
            };
            falls_through(way, what, reply.clone(), kind, BREAKER).await;
        }
    }
}

#[tokio::test]
async fn an_error_inside_success_is_that_error() {
    let error = |code: &str, words: &str| json!({"message": words, "type": code, "code": code});
    for (code, words, kind, after) in [
        ("server_error", "The server had an error.", "server_error", BREAKER),
        ("overloaded_error", "Overloaded", "overloaded", BREAKER),
        ("rate_limit_exceeded", "Please try again in 60s.", "rate_limited", GATE),
        ("insufficient_quota", "You exceeded your current quota.", "quota_exhausted", OUT),
        ("invalid_api_key", "Incorrect API key provided.", "auth", OUT),
        ("model_not_found", "No such model.", "model_not_found", OUT),
        ("something_new", "Hm.", "server_error", BREAKER),
    ] {
        for way in WAYS {
            let reply = Reply::ok().error_in_200(error(code, words));
            falls_through(way, code, reply, kind, after).await;
        }
    }
    // As a whole body where a stream was asked for.
    for way in WAYS {
        let body = json!({"error": error("server_error", "no")});
        falls_through(way, "a body", Reply::ok().body(body), "server_error", BREAKER).await;
    }
}

#[tokio::test]
async fn the_callers_mistake_is_shown_by_the_first_target_and_skipped_at_a_later_one() {
    for (status, kind) in [
        (400, "invalid_request"),
        (422, "invalid_request"),
        (413, "payload_too_large"),
        (418, "other"),
    ] {
        for way in WAYS {
            let reply = Reply::status(status).body(
                json!({"error": {"message": "the field `top_k` is wrong", "param": "top_k"}}),
            );
            let world = setup(way, "one/a | two/b", a_gives(reply.clone()))
                .trip_at_once()
                .chain(|chain| chain.emergency = Some("sorry".to_owned()))
                .build();
            let error = world.ask().await.expect_err(&format!("{status}, {way:?}"));
            assert_eq!(error.kind(), FailKind::Refused, "{status}: {error}");
            let cause = error.cause().unwrap();
            assert_eq!((cause.status(), cause.kind().as_str()), (Some(status), kind));
            assert_eq!(cause.message(), Some("the field `top_k` is wrong"));
            assert_eq!(world.log.models(), ["a"]);
            assert_eq!(world.health("a").breaker, "closed");
            assert_eq!(world.health("a").retry_in, None);
            world.settled().await;

            let scripts = Scripts::new()
                .model("a", Reply::status(500))
                .model("b", reply)
                .otherwise(Reply::text(WELL));
            let world = setup(way, "one/a | two/b | three/c", scripts).build();
            let answer = world.ask().await.unwrap();
            assert_eq!(answer.text(), WELL);
            let expected = ["a server_error", &format!("b {kind}"), "c answered"];
            assert_eq!(trail(&answer.report), expected, "{way:?}");
            assert_eq!(answer.report.attempts[1].status, Some(status));
        }
    }
}

/// A caller must not be told to change a request that nobody has read.
#[tokio::test]
async fn what_stands_in_front_of_the_api_is_passed_over() {
    let page = "<html><head><title>Maintenance</title></head></html>";
    for (status, kind, after) in [
        (301, "server_error", BREAKER),
        (302, "server_error", BREAKER),
        (308, "server_error", BREAKER),
        (400, "other", Asked),
        (405, "unsupported", Asked),
        (413, "payload_too_large", Asked),
        (418, "other", Asked),
        (421, "server_error", BREAKER),
        (422, "other", Asked),
        (423, "conflict", Asked),
        (499, "server_error", BREAKER),
    ] {
        for way in WAYS {
            let reply = Reply::status(status).raw("text/html", page);
            falls_through(way, &format!("a page under {status}"), reply, kind, after).await;
        }
    }
    for (status, kind, after) in [
        (302, "server_error", BREAKER),
        (421, "server_error", BREAKER),
        (499, "server_error", BREAKER),
    ] {
        let reply = Reply::status(status).body(json!({"error": {"message": "no"}}));
        falls_through(Way::Plain, &format!("{status}"), reply, kind, after).await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_carries_the_key_nowhere() {
    for way in WAYS {
        let elsewhere = Raw::start(|_| raw::answer(200, raw::JSON, raw::GOOD));
        let there = format!("{}/chat/completions", elsewhere.base_url());
        let reply = Reply::status(307).raw("text/plain", "").header("location", there);
        let world = setup(way, "one/a | two/b", a_gives(reply)).build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.report.attempts[0].status, Some(307));
        assert!(elsewhere.seen().is_empty());
    }
}

#[tokio::test]
async fn a_content_filter_stops_with_the_providers_reason_unless_configured() {
    let reply = || Reply::error(400, "content_filter", "The prompt was filtered: violence.");
    for way in WAYS {
        let world = setup(way, "one/a | two/b", a_gives(reply()))
            .trip_at_once()
            .chain(|chain| chain.emergency = Some("sorry".to_owned()))
            .build();
        let error = world.ask().await.unwrap_err();
        assert!(error.is_content_filtered());
        assert_eq!(error.cause().unwrap().message(), Some("The prompt was filtered: violence."));
        assert_eq!(world.log.models(), ["a"]);
        assert_eq!(world.health("a").breaker, "closed");

        let world = setup(way, "one/a | two/b", a_gives(reply()))
            .chain(|chain| chain.content_filter_falls_through = true)
            .build();
        let answer = world.ask().await.unwrap();
        assert_eq!(trail(&answer.report), ["a content_filtered", "b answered"]);
        world.settled().await;
    }
}

#[tokio::test]
async fn an_answer_that_a_filter_ended_reaches_the_caller_as_it_is() {
    for way in WAYS {
        let reply = Reply::text("So far and no").finish(FinishReason::ContentFilter);
        let world = setup(way, "one/a | two/b", a_gives(reply)).build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.response.finish_reason(), Some(&FinishReason::ContentFilter));
        assert_eq!(answer.text(), "So far and no");
        assert_eq!(trail(&answer.report), ["a answered"]);
        assert_eq!(world.log.models(), ["a"]);
        world.settled().await;
    }
}

/// Sixteen messages of some hundred tokens each, and a question.
fn long() -> ChatRequest {
    let turn = |n: usize| {
        let word = format!("question {n} ").repeat(40);
        [Message::user(word), Message::assistant("an answer ".repeat(40))]
    };
    let turns: Vec<_> = (0..8).flat_map(turn).chain([Message::user("and now?")]).collect();
    ChatRequest::new(turns).with_max_tokens(50)
}

fn overflow() -> Reply {
    let words = "This model's maximum context length is 900 tokens. However, your messages resulted \
                 in 1702 tokens. Please reduce the length of the messages.";
    Reply::error(400, "context_length_exceeded", words)
}

async fn ask_long(world: &World) -> ft_client::Answer {
    world.ask_with(long(), CallOptions::new()).await.unwrap()
}

#[tokio::test]
async fn an_overflow_teaches_the_limit_and_is_refitted_once() {
    for way in WAYS {
        let world =
            setup(way, "one/a | two/b", a_gives(then_well([overflow()]))).trip_at_once().build();
        let answer = ask_long(&world).await;
        assert_eq!(trail(&answer.report), ["a context_length", "a answered"]);
        assert!(answer.report.fit.unwrap().dropped_messages > 0);
        let sent = world.log.attempts();
        assert_eq!(sent[0].messages, 17);
        assert!(sent[1].messages < 17, "it must be strictly smaller");
        let last = sent[1].request.as_ref().unwrap().messages.last().unwrap().content.text();
        assert_eq!(last, "and now?");
        assert_eq!(world.health("a").breaker, "closed");

        // The next one is fitted before it is sent.
        let answer = ask_long(&world).await;
        assert_eq!(trail(&answer.report), ["a answered"]);
        assert!(world.log.last().unwrap().messages < 17);
        world.settled().await;

        let twice =
            setup(way, "one/a | two/b", a_gives(then_well([overflow(), overflow()]))).build();
        let answer = ask_long(&twice).await;
        assert_eq!(trail(&answer.report), ["a context_length", "a context_length", "b answered"]);
        assert_eq!(twice.log.last().unwrap().messages, 17, "the larger window gets all of it");
        assert_eq!(answer.report.fit, None);
        twice.settled().await;
    }
}

#[tokio::test]
async fn an_answer_in_gzip_is_read_and_so_is_an_error() {
    let zipped = |body: &str| gzip(body.as_bytes());
    let good =
        Reply::ok().raw("application/json", zipped(raw::GOOD)).header("content-encoding", "gzip");
    let error =
        json!({"error": {"message": "Please try again in 60s.", "code": "rate_limit_exceeded"}});
    let busy = Reply::status(429)
        .raw("application/json", zipped(&error.to_string()))
        .header("content-encoding", "gzip");
    let broken = Reply::ok().raw("application/json", raw::GOOD).header("content-encoding", "gzip");
    for way in WAYS {
        let world = setup(way, "one/a | two/b", a_gives(good.clone())).build();
        assert_eq!(world.ask().await.unwrap().text(), "Hi", "{way:?}");
        falls_through(way, "a zipped error", busy.clone(), "rate_limited", GATE).await;
        falls_through(way, "no gzip at all", broken.clone(), "garbled", BREAKER).await;
    }
}

/// A gzip member with one stored block.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for &byte in body {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let size = u16::try_from(body.len()).unwrap();
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    member.extend(size.to_le_bytes());
    member.extend((!size).to_le_bytes());
    member.extend(body);
    member.extend((!crc).to_le_bytes());
    member.extend(u32::from(size).to_le_bytes());
    member
}

#[tokio::test]
async fn the_last_resorts_stand_in_when_everything_live_fails() {
    for way in WAYS {
        let world = setup(way, "one/a | two/b", Scripts::new().otherwise(Reply::text(WELL)))
            .chain(|chain| chain.emergency = Some("sorry".to_owned()))
            .chain(|chain| chain.rounds = 1)
            .build();
        for model in ["a", "b"] {
            world.upstream.outage(model, true);
        }
        let answer = world.ask().await.unwrap();
        assert!(answer.is_emergency());
        assert_eq!(answer.text(), "sorry");
        assert_eq!(trail(&answer.report), ["a overloaded", "b overloaded"]);

        world.upstream.outage("b", false);
        assert_eq!(world.ask().await.unwrap().text(), WELL);
        world.upstream.outage("b", true);
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.text(), WELL);
        assert_eq!(answer.report.tier.name(), "cache");
        world.settled().await;
    }
}

#[tokio::test]
async fn the_only_target_is_asked_again_after_a_back_off() {
    for way in WAYS {
        let replies = [Reply::status(500), Reply::ok().reset()];
        for reply in replies {
            let world = setup(way, "one/a", a_gives(then_well([reply]))).build();
            let answer = world.ask().await.unwrap();
            assert_eq!(answer.text(), WELL);
            assert_eq!(world.log.models(), ["a", "a"]);
            world.settled().await;
        }
        let world = setup(way, "one/a", a_gives(Script::always(Reply::status(500)))).build();
        let error = world.ask().await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::ServerError);
        assert_eq!(world.log.total(), 2, "two rounds, and no more");
        within(world.settled()).await;
    }
}

#[tokio::test]
async fn the_providers_request_ids_stand_beside_the_attempts_that_failed() {
    let world = setup(Way::Plain, "one/a | two/b", a_gives(Reply::status(500))).build();
    let answer = world.ask().await.unwrap();
    let attempt = &answer.report.attempts[0];
    assert_eq!(attempt.upstream_request_id.as_deref(), Some("sim-1"));
    assert_eq!((attempt.status, attempt.provider.as_str()), (Some(500), "one"));
}
