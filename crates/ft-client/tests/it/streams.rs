//! Streams: what commits, what follows a break, and what a reader who leaves means.

use ft_client::config::Commit;
use ft_client::{AnswerStream, CallOptions, Error, FailKind, Outcome};
use ft_core::chat::Tool;
use ft_core::decide::MidStream;
use ft_core::{ChatChunk, ChatRequest, ErrorKind, Message};
use ft_sim::{Outcome as Seen, Reply, Scripts};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::trial::{
    Setup, Trial, WAYS, Way, a_gives, millis, secs, setup, then_well, trail, trial,
};

async fn open(trial: &Trial) -> Result<AnswerStream, Error> {
    trial.client.chat_stream(ChatRequest::user("hi")).await
}

/// All items: the text of the chunks, and the error that ends them.
async fn read(stream: &mut AnswerStream) -> (String, Option<Error>) {
    let (mut text, mut error) = (String::new(), None);
    while let Some(item) = stream.next().await {
        assert!(error.is_none(), "something follows the error");
        match item {
            Ok(chunk) => text.push_str(chunk.text()),
            Err(last) => error = Some(last),
        }
    }
    (text, error)
}

/// A stream that opens, says who speaks, and then never says anything.
fn role_only() -> Reply {
    Reply::text("never").stall_after(0)
}

#[tokio::test(start_paused = true)]
async fn a_role_alone_does_not_commit() {
    let trial = setup("a | b", a_gives(role_only())).first_token(secs(2)).build();
    let began = trial.now();
    let mut stream = open(&trial).await.unwrap();
    assert_eq!(trial.now().since(began), secs(2));
    let (text, error) = read(&mut stream).await;
    assert_eq!((text.as_str(), error.is_none()), ("well", true));
    assert_eq!(trail(&stream.report()), ["a first_token_timeout", "b answered"]);
    let roles = trial.log.count_of("a", Seen::CallerLeft);
    assert_eq!(roles, 1, "the silent attempt is cancelled upstream");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn chunks_without_content_do_not_commit() {
    let empty = r#"{"choices":[{"index":0,"delta":{"content":""}}]}"#;
    let role = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
    let none = r#"{"choices":[]}"#;
    let reply = Reply::events([role, none, empty, empty]);
    let trial = trial("a | b", a_gives(reply));
    let mut stream = open(&trial).await.unwrap();
    assert_eq!(read(&mut stream).await.0, "well");
    assert_eq!(trail(&stream.report()), ["a interrupted", "b answered"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_content_is_handed_on_when_it_comes() {
    let slow = Reply::chunks(["one ", "two"]).first_token(secs(1)).per_chunk(secs(3));
    let trial = trial("a", a_gives(slow));
    let began = trial.now();
    let mut stream = open(&trial).await.unwrap();
    assert_eq!(trial.now().since(began), secs(1));
    let mut times = Vec::new();
    while let Some(chunk) = stream.next().await {
        if chunk.unwrap().has_content() {
            times.push(trial.now().since(began));
        }
    }
    assert_eq!(times, [secs(1), secs(4)]);
    assert_eq!(stream.report().first_token, Some(secs(1)));
    assert_eq!(stream.report().latency, secs(4));
}

#[tokio::test(start_paused = true)]
async fn the_first_content_is_counted_from_the_call() {
    let slow = || Reply::chunks(["one ", "two "]).first_token(secs(1)).per_chunk(secs(1));
    let scripts = Scripts::new()
        .model("a", Reply::status(500).latency(secs(2)))
        .model("b", slow().cut_after(1))
        .otherwise(slow());
    let trial = setup("a | b | c", scripts)
        .first_token(secs(10))
        .targets(|target| target.prefill = Some(true))
        .chain(|chain| chain.mid_stream = MidStream::Continue)
        .build();
    let mut stream = open(&trial).await.unwrap();
    assert_eq!(stream.report().first_token, Some(secs(3)), "known with the first content");
    let (_, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    let report = stream.report();
    assert!(report.continued);
    assert_eq!(report.first_token, Some(secs(3)), "of the attempt that began the answer");
    assert_eq!(report.attempts.last().unwrap().first_token, Some(secs(1)), "an attempt's own");
}

#[tokio::test(start_paused = true)]
async fn each_break_after_content_is_the_last_item() {
    let words = || Reply::chunks(["one ", "two ", "three "]);
    let inside = json!({"message": "overloaded", "code": "overloaded_error"});
    for (reply, kind) in [
        (words().cut_after(2), ErrorKind::Interrupted),
        (words().reset_after(2), ErrorKind::Interrupted),
        (words().stall_after(2), ErrorKind::Stalled),
        (words().cut_inside(3), ErrorKind::Interrupted),
        (words().malformed_at(3), ErrorKind::Garbled),
        (words().error_after(2, inside), ErrorKind::Overloaded),
        (words().without_finish().without_done(), ErrorKind::Interrupted),
    ] {
        let trial = setup("a | b", a_gives(then_well([reply])))
            .config(|config| config.breaker.consecutive_failures = Some(2))
            .build();
        let began = trial.now();
        let mut stream = open(&trial).await.unwrap();
        let (text, error) = read(&mut stream).await;
        let error = error.unwrap_or_else(|| panic!("{kind:?} was told as a success"));
        assert_eq!(error.kind(), FailKind::MidStream);
        assert_eq!(error.cause().unwrap().kind(), kind);
        assert_eq!(error.partial().unwrap().text(), text);
        assert!(text.starts_with("one two "), "{text}");
        assert_eq!(stream.report().attempts[0].outcome, Outcome::Failed(kind));
        let idle = if kind == ErrorKind::Stalled { secs(30) } else { secs(0) };
        assert_eq!(trial.now().since(began), idle);
        assert_eq!(trial.log.count("b"), 0);
        // The success at first content and this failure: one more is allowed.
        assert_eq!(trial.breaker("a"), "closed");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn breaks_after_content_open_the_breaker() {
    let cut = Reply::chunks(["one ", "two "]).cut_after(1);
    let trial = setup("a", a_gives(cut))
        .config(|config| {
            config.breaker.consecutive_failures = None;
            let ratio = ft_client::config::RatioSettings {
                over: 0.4,
                of_at_least: 10,
                within: secs(30),
                margin: 0.0,
            };
            config.breaker.failure_ratio = Some(ratio);
        })
        .build();
    for _ in 0..20 {
        let _ = trial.ask(Way::Streamed).await;
    }
    assert_eq!(trial.breaker("a"), "open");
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_a_finish_reason_needs_no_done() {
    let trial = trial("a", a_gives(Reply::text("all of it").without_done()));
    assert_eq!(trial.ask(Way::Streamed).await.unwrap().text(), "all of it");
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_in_the_middle_changes_nothing_and_cancels_upstream() {
    let slow = Reply::chunks(["one ", "two ", "three "]).per_chunk(secs(100));
    let trial = setup("a", a_gives(slow))
        .targets(|target| {
            target.attempt_timeout = secs(1_000);
            target.idle_timeout = secs(500);
        })
        .chain(|chain| chain.deadline = secs(2_000))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    for _ in 0..3 {
        let mut stream = open(&trial).await.unwrap();
        while let Some(chunk) = stream.next().await {
            if chunk.unwrap().text() == "two " {
                break;
            }
        }
        assert_eq!(trial.log.open(), 1);
        drop(stream);
        trial.assert_idle();
    }
    assert_eq!(trial.log.count_of("a", Seen::CallerLeft), 3);
    assert_eq!(trial.breaker("a"), "closed");
    assert!(trial.transitions().is_empty(), "{:?}", trial.transitions());
}

#[tokio::test(start_paused = true)]
async fn usage_is_stripped_unless_asked_for_and_counted_either_way() {
    let usage_chunks = |chunks: &[ChatChunk]| chunks.iter().filter(|c| c.usage.is_some()).count();
    for wanted in [false, true] {
        let trial =
            setup("gpt-4.1", Scripts::from(Reply::text("one two"))).prices("holysheep").build();
        let mut request = ChatRequest::user("hi");
        if wanted {
            let options: Value = json!({"stream": true, "stream_options": {"include_usage": true},
                "messages": [{"role": "user", "content": "hi"}]});
            request = serde_json::from_value(options).unwrap();
        }
        let mut stream = trial.client.chat_stream(request).await.unwrap();
        let mut chunks = Vec::new();
        while let Some(chunk) = stream.next().await {
            chunks.push(chunk.unwrap());
        }
        assert_eq!(usage_chunks(&chunks), usize::from(wanted));
        let empty = |chunk: &ChatChunk| chunk.choices.is_empty() && chunk.usage.is_none();
        assert!(!chunks.iter().any(empty), "an empty chunk is left of the stripped one");
        assert!(stream.report().cost.is_some());
        assert!(!stream.report().cost_is_estimate);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_stream_that_is_a_probe_closes_the_circuit_at_its_first_content() {
    let long = Reply::chunks(["one "; 31]).per_chunk(secs(10));
    let trial = setup("a", a_gives(ft_sim::Script::sequence([Reply::status(500)]).then(long)))
        .targets(|target| target.attempt_timeout = secs(1_000))
        .chain(|chain| {
            chain.deadline = secs(2_000);
            chain.rounds = 1;
        })
        .config(|config| {
            config.breaker.consecutive_failures = Some(1);
            config.breaker.max_concurrent_probes = 1;
            config.breaker.successes_to_close = 1;
        })
        .build();
    trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(trial.breaker("a"), "open");
    tokio::time::sleep(secs(36)).await;
    let mut stream = open(&trial).await.unwrap();
    assert_eq!(trial.breaker("a"), "closed");
    let (text, error) = read(&mut stream).await;
    assert!(error.is_none());
    assert_eq!(text.len(), 31 * 4);
    assert_eq!(trial.breaker("a"), "closed");
    assert_eq!(trial.transitions(), ["a: Open", "a: HalfOpen", "a: Closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_begun_is_not_cut_for_tiers_that_can_no_longer_help() {
    let long = Reply::chunks(["one "; 11]).per_chunk(secs(8));
    let trial = setup("a | b | c", a_gives(long))
        .targets(|target| target.attempt_timeout = secs(85))
        .build();
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.report.latency, secs(80));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_the_deadline() {
    let endless = Reply::chunks(["one "; 100]).per_chunk(secs(2));
    let trial = setup("a | b", a_gives(endless))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    let options = CallOptions::new().with_deadline(secs(11));
    let began = trial.now();
    let request = ChatRequest::user("hi");
    let error = trial.ask_with(Way::Streamed, request, options).await.unwrap_err();
    assert_eq!(trial.now().since(began), secs(11));
    assert_eq!(error.kind(), FailKind::MidStream);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(error.partial().unwrap().text(), "one ".repeat(6));
    assert_eq!(trial.breaker("a"), "closed", "the caller's haste says nothing of the target");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn committed_when_complete_every_break_is_unseen() {
    let cut = Reply::chunks(["one ", "two "]).cut_after(1);
    let trial = setup("a | b", a_gives(cut)).chain(|chain| chain.commit = Commit::Complete).build();
    let mut stream = open(&trial).await.unwrap();
    let (text, error) = read(&mut stream).await;
    assert_eq!((text.as_str(), error.is_none()), ("well", true));
    assert_eq!(trail(&stream.report()), ["a interrupted", "b answered"]);

    let options = CallOptions::new().with_commit(Commit::FirstContent);
    let request = ChatRequest::user("hi");
    let error = trial.ask_with(Way::Streamed, request, options).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
}

/// `a` breaks off after `one two `; `b` goes on with the rest, as far as its replies let it.
fn continued(shape: &str, b: impl Into<ft_sim::Script>) -> Setup {
    let a = Reply::chunks(["one ", "two ", "three "]).cut_after(2);
    let scripts = Scripts::new().model("a", a).model("b", b).otherwise(Reply::text("from c"));
    setup(shape, scripts)
        .target("b", |target| target.prefill = Some(true))
        .chain(|chain| chain.mid_stream = MidStream::Continue)
}

#[tokio::test(start_paused = true)]
async fn a_continuation_goes_on_from_the_delivered_text() {
    let trial = continued("a | b | c", Reply::chunks(["three ", "four"])).build();
    let mut stream = open(&trial).await.unwrap();
    let (text, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text, "one two three four");
    let report = stream.report();
    assert!(report.continued);
    assert_eq!(report.served_by.as_ref().unwrap().model, "b");
    assert_eq!(report.tier.name(), "tier-1");
    assert_eq!(trail(&report), ["a interrupted", "b answered"]);
    let asked = trial.log.last().unwrap().request.unwrap();
    let last = asked.messages.last().unwrap();
    assert_eq!((last.role.as_str(), &*last.content.text()), ("assistant", "one two "));
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_has_nothing_to_add_ends_the_answer() {
    let trial = continued("a | b", Reply::text("")).build();
    let mut stream = open(&trial).await.unwrap();
    let (text, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text, "one two ");
    assert!(stream.report().continued);
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_fails_never_begins_from_the_start_elsewhere() {
    for reply in [Reply::status(500), Reply::ok().cut_after(0), Reply::throttled(secs(1))] {
        let trial = continued("a | b | c", reply).build();
        let mut stream = open(&trial).await.unwrap();
        let (text, error) = read(&mut stream).await;
        assert_eq!(error.unwrap().kind(), FailKind::MidStream);
        assert_eq!(text, "one two ");
        assert_eq!(trial.log.count("c"), 0);
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_is_not_admitted_is_a_break() {
    let trial = continued("a | b | c", Reply::status(401)).build();
    // The key is out after this, so `b` cannot be asked to go on.
    let only_b = continued("b", Reply::status(401)).build();
    only_b.ask(Way::Plain).await.unwrap_err();
    let mut stream = open(&trial).await.unwrap();
    let (text, error) = read(&mut stream).await;
    assert_eq!((text.as_str(), error.unwrap().kind()), ("one two ", FailKind::MidStream));
    assert_eq!(trial.log.count("c"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_broken_continuation_is_continued_by_another_target() {
    let a = Reply::chunks(["one ", "two "]).cut_after(1);
    let b = Reply::chunks(["two ", "three "]).cut_after(1);
    let c = Reply::chunks(["three ", "four"]);
    let scripts = Scripts::new().model("a", a).model("b", b).model("c", c);
    let trial = setup("a | b | c", scripts)
        .targets(|target| target.prefill = Some(target.model != "a"))
        .chain(|chain| chain.mid_stream = MidStream::Continue)
        .build();
    let mut stream = open(&trial).await.unwrap();
    let (text, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text, "one two three four");
    let asked = trial.log.last().unwrap().request.unwrap();
    assert_eq!(&*asked.messages.last().unwrap().content.text(), "one two ");
}

#[tokio::test(start_paused = true)]
async fn no_target_goes_on_from_tool_calls_or_structured_output() {
    let tool: Tool =
        serde_json::from_value(json!({"type": "function", "function": {"name": "f"}})).unwrap();
    let structured = json!({"messages": [{"role": "user", "content": "hi"}],
        "response_format": {"type": "json_object"}});
    let structured: ChatRequest = serde_json::from_value(structured).unwrap();
    for request in [ChatRequest::user("hi").with_tool(tool), structured] {
        let trial = continued("a | b", Reply::text("more")).build();
        let way = Way::Streamed;
        let error = trial.ask_with(way, request, CallOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::MidStream);
        assert_eq!(trial.log.count("b"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn no_target_goes_on_in_a_form_that_is_bound_or_in_sound() {
    for bound in ["guided_json", "guided_choice", "grammar", "structured_outputs", "audio"] {
        let mut request = ChatRequest::user("hi");
        request.extra.insert(bound.to_owned(), json!({"type": "object"}));
        let trial = continued("a | b", Reply::text("more")).build();
        let error = trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap_err();
        assert_eq!((error.kind(), trial.log.count("b")), (FailKind::MidStream, 0), "{bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_continuation_has_what_is_left_of_the_limit() {
    for field in ["max_tokens", "max_completion_tokens"] {
        let request = json!({"messages": [{"role": "user", "content": "hi"}], field: 100});
        let request: ChatRequest = serde_json::from_value(request).unwrap();
        let trial = continued("a | b", Reply::chunks(["three"])).build();
        trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap();
        let asked = trial.log.last().unwrap().request.unwrap();
        let left = asked.output_limit().unwrap();
        assert!((90..100).contains(&left), "{field}: {left}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_continuation_goes_on_from_the_callers_own_beginning() {
    let request = ChatRequest::new([Message::user("count"), Message::assistant("zero ")]);
    let trial = continued("a | b", Reply::chunks(["three"])).build();
    trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap();
    let asked = trial.log.last().unwrap().request.unwrap();
    assert_eq!(asked.messages.len(), 2);
    assert_eq!(&*asked.messages[1].content.text(), "zero one two ");
}

#[tokio::test(start_paused = true)]
async fn the_usage_of_a_continued_answer_is_the_sum_of_its_parts() {
    let trial = continued("a | b", Reply::chunks(["three ", "four"])).build();
    let mut request = ChatRequest::user("hi");
    request.stream_options = Some(json!({"include_usage": true}));
    let answer = trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap();
    let usage = answer.response.usage.unwrap();
    let second = trial.log.last().unwrap();
    assert!(&*second.model == "b" && usage.completion_tokens > 2, "{usage:?}");
    assert_eq!(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_may_be_streamed_upstream_and_says_the_same() {
    for way in WAYS {
        let reply = Reply::chunks(["one ", "two"]).first_token(millis(5));
        let trial = setup("a", a_gives(reply)).first_token(secs(1)).build();
        let answer = trial.ask(way).await.unwrap();
        assert_eq!(answer.text(), "one two");
        assert!(trial.log.last().unwrap().stream);
        assert_eq!(answer.report.first_token, Some(millis(5)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_broke_off_says_who_served_it() {
    let scripts = Scripts::new()
        .model("a", Reply::status(500))
        .otherwise(Reply::text("one two").cut_after(1));
    let trial = trial("a | b", scripts);
    let mut stream = trial.client.chat_stream(ft_core::ChatRequest::user("hi")).await.unwrap();
    let mut last = None;
    while let Some(item) = stream.next().await {
        last = item.err();
    }
    let error = last.unwrap();
    for report in [&stream.report(), error.report().unwrap()] {
        assert_eq!(report.served_by.as_ref().unwrap().model, "b");
        assert!(report.first_token.is_some());
    }
}
