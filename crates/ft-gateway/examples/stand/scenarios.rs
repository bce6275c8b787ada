//! The upstream's scenarios: each is a model, and its name says what happens to who asks it.

use std::time::Duration;

use bytes::Bytes;
use ft_core::Usage;
use ft_sim::{Reply, Script, Scripts};
use serde_json::{Value, json};

const TEXT: &str = "The quick brown fox jumps over the lazy dog.";
const PARIS: &str = r#"{"city":"Paris","unit":"C"}"#;
const ROME: &str = r#"{"city":"Rome","unit":"C"}"#;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The whole text, with tokens counted as a vendor would: some of them cached, some spent on reasoning.
fn fox() -> Reply {
    let mut usage = Usage::new(9, 3);
    usage.prompt_tokens_details = serde_json::from_value(json!({"cached_tokens": 4})).ok();
    usage.completion_tokens_details = serde_json::from_value(json!({"reasoning_tokens": 1})).ok();
    Reply::text(TEXT).usage(usage)
}

/// Scenarios that have a second chain, `NAME-then-ok`, with a healthy tier behind them.
pub(super) const MADE_GOOD: &[&str] = &[
    "bad-request",
    "key-refused",
    "quota",
    "throttled",
    "broken",
    "down",
    "dies",
    "cut-after-two",
    "resets-after-two",
];

/// Scenarios whose chain has one target and one round.
pub(super) fn single() -> Vec<(&'static str, Script)> {
    let mut all = answers();
    all.extend(refusals());
    all.extend(faults());
    all.extend([
        ("two-answers", two_answers()),
        ("logprobs", logprobs()),
        ("refuses", refuses()),
        ("reasons", reasons()),
        ("odd", odd()),
        ("echo", echo()),
        ("tools-indexless", calls_with([None, None])),
        ("tools-index-zero", calls_with([Some(0), Some(0)])),
    ]);
    all
}

/// Models whose chains stand in the configuration.
fn configured() -> Vec<(&'static str, Script)> {
    vec![
        ("silent", Reply::ok().hang().into()),
        ("stalls", fox().stall_after(2).into()),
        ("drips", fox().drip(millis(100)).into()),
        ("cached", fox().into()),
        // Half a second: long enough for fifty callers to have arrived.
        ("cached-slow", fox().first_token(millis(200)).per_chunk(millis(40)).into()),
        ("gpt-4.1", fox().into()),
        ("gpt-4.1-mini", fox().stall_after(2).into()),
        ("claude-sonnet-4-5", fox().into()),
        ("gemini-2.5-flash", fox().into()),
        ("vectors-down", Reply::down().into()),
    ]
}

/// What the first provider does.
pub(super) fn sim() -> Scripts {
    let all = single().into_iter().chain(configured());
    all.fold(Scripts::new(), |scripts, (name, script)| scripts.model(name, script))
}

/// What the provider behind it does.
pub(super) fn backup() -> Scripts {
    Scripts::new()
        .model("ok", fox())
        .model("vectors-down", Reply::ok())
        .model("down", Reply::down())
}

/// Answers of 120 tokens.
pub(super) fn long() -> Scripts {
    Scripts::new().model("gpt-4.1", Reply::text("fox ".repeat(120)))
}

fn answers() -> Vec<(&'static str, Script)> {
    let tool = || Reply::tool("get_weather", PARIS);
    let city = r#"{"name":"Paris","people":2100000}"#;
    vec![
        ("ok", fox().into()),
        ("slow", fox().latency(millis(500)).into()),
        ("paced", fox().per_chunk(millis(100)).into()),
        ("no-done", fox().without_done().into()),
        ("chatty", chatty()),
        ("tools", tool().into()),
        ("tools-parallel", tool().tool_call("get_weather", ROME).into()),
        ("city", Reply::text(city).into()),
        ("vectors", Reply::ok().into()),
        ("ok-once", Script::sequence([fox()]).then(Reply::down())),
    ]
}

fn refusals() -> Vec<(&'static str, Script)> {
    let overflow = "This model's maximum context length is 128000 tokens. However, your messages resulted in \
                    130000 tokens. Please reduce the length of the messages.";
    let filtered =
        "The response was filtered due to the prompt triggering the content management policy.";
    let temperature = json!({"error": {
        "message": "Invalid 'temperature': it must be between 0 and 2.",
        "type": "invalid_request_error", "param": "temperature", "code": "invalid_value",
    }});
    let spent = "You exceeded your current quota, please check your plan and billing details.";
    let html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    vec![
        ("bad-request", Reply::status(400).body(temperature).into()),
        ("too-long", Reply::error(400, "context_length_exceeded", overflow).into()),
        ("filtered", Reply::error(400, "content_filter", filtered).into()),
        ("key-refused", Reply::error(401, "invalid_api_key", "Incorrect API key provided.").into()),
        ("unpaid", Reply::error(402, "insufficient_quota", "Insufficient Balance").into()),
        (
            "forbidden",
            Reply::error(
                403,
                "unsupported_country_region_territory",
                "Country, region, or territory not supported",
            )
            .into(),
        ),
        ("gone", Reply::error(404, "model_not_found", "The model does not exist.").into()),
        ("too-large", Reply::status(413).into()),
        ("unprocessable", Reply::status(422).into()),
        ("throttled", Reply::throttled(Duration::from_secs(7)).into()),
        ("quota", Reply::error(429, "insufficient_quota", spent).into()),
        ("broken", Reply::status(500).into()),
        ("html", Reply::status(502).raw("text/html", html).into()),
        ("down", Reply::down().into()),
    ]
}

fn faults() -> Vec<(&'static str, Script)> {
    let overloaded =
        json!({"message": "Overloaded", "type": "overloaded_error", "code": "overloaded"});
    let broken = || Reply::status(500);
    vec![
        ("hangs", Reply::ok().hang().into()),
        ("resets", Reply::ok().reset().into()),
        ("dies", fox().reset_after(0).into()),
        ("empty", Reply::ok().empty_choices().into()),
        ("garbled", fox().malformed_at(1).into()),
        ("error-in-200", Reply::ok().error_in_200(overloaded.clone()).into()),
        ("holds-after-two", fox().stall_after(2).into()),
        ("cut-after-two", fox().cut_after(2).into()),
        ("resets-after-two", fox().reset_after(2).into()),
        ("error-after-two", fox().error_after(2, overloaded).into()),
        ("malformed-at-three", fox().malformed_at(3).into()),
        ("truncated", fox().without_finish().without_done().into()),
        (
            "recovers",
            Script::sequence([broken(), broken(), broken(), broken(), broken()])
                .then(fox().latency(millis(300))),
        ),
    ]
}

/// Both forms of an answer that [`Reply`] has no words for: its choices when plain, and the choices of each chunk.
fn both(extra: Value, choices: Value, chunks: Vec<Value>) -> Script {
    Script::from_fn(move |seen| {
        let frame = |object: &str, choices: Value| {
            let mut whole = json!({
                "id": format!("chatcmpl-stand-{}", seen.number), "object": object, "created": 1_767_225_600,
                "model": seen.model, "choices": choices,
            });
            if let (Some(whole), Some(extra)) = (whole.as_object_mut(), extra.as_object()) {
                whole.extend(extra.clone());
            }
            whole
        };
        let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12});
        if !seen.stream {
            let mut plain = frame("chat.completion", choices.clone());
            plain["usage"] = usage;
            return Reply::ok().body(plain);
        }
        let chunk = |choices: &Value| frame("chat.completion.chunk", choices.clone());
        let mut events: Vec<String> =
            chunks.iter().map(|choices| chunk(choices).to_string()).collect();
        if seen.chat().is_some_and(ft_core::ChatRequest::wants_usage) {
            let mut last = chunk(&json!([]));
            last["usage"] = usage;
            events.push(last.to_string());
        }
        events.push("[DONE]".to_owned());
        Reply::events(events)
    })
}

fn plain(message: Value, finish: &str) -> Value {
    json!([{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}])
}

fn piece(index: u32, delta: Value) -> Value {
    json!({"index": index, "delta": delta, "finish_reason": null})
}

fn end(index: u32, finish: &str) -> Value {
    json!({"index": index, "delta": {}, "finish_reason": finish})
}

/// Chunks of one answer: its role, these pieces, and its end.
fn one(deltas: impl IntoIterator<Item = Value>, finish: &str) -> Vec<Value> {
    let mut chunks = vec![json!([piece(0, json!({"role": "assistant", "content": null}))])];
    chunks.extend(deltas.into_iter().map(|delta| json!([piece(0, delta)])));
    chunks.push(json!([end(0, finish)]));
    chunks
}

fn two_answers() -> Script {
    let answer = |index: u32, text: &str| json!({"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"});
    let say = |index: u32, text: &str| piece(index, json!({"content": text}));
    both(
        json!({}),
        json!([answer(0, "Heads."), answer(1, "Tails.")]),
        vec![
            json!([piece(0, json!({"role": "assistant", "content": ""}))]),
            json!([piece(1, json!({"role": "assistant", "content": ""}))]),
            json!([say(1, "Tai")]),
            json!([say(0, "Hea"), say(1, "ls.")]),
            json!([say(0, "ds.")]),
            json!([end(1, "stop")]),
            json!([end(0, "stop")]),
        ],
    )
}

fn logprobs() -> Script {
    let yes = json!({"token": "Yes", "logprob": -0.125, "bytes": [89, 101, 115], "top_logprobs": [
        {"token": "Yes", "logprob": -0.125, "bytes": [89, 101, 115]},
        {"token": "No", "logprob": -2.25, "bytes": [78, 111]},
    ]});
    let dot = json!({"token": ".", "logprob": -0.5, "bytes": [46], "top_logprobs": []});
    let likely = |of: &[&Value]| json!({"content": of, "refusal": null});
    let mut choice = plain(json!({"role": "assistant", "content": "Yes."}), "stop");
    choice[0]["logprobs"] = likely(&[&yes, &dot]);
    let mut chunks = one([json!({"content": "Yes"}), json!({"content": "."})], "stop");
    chunks[1][0]["logprobs"] = likely(&[&yes]);
    chunks[2][0]["logprobs"] = likely(&[&dot]);
    both(json!({}), choice, chunks)
}

fn refuses() -> Script {
    let message =
        json!({"role": "assistant", "content": null, "refusal": "I cannot help with that."});
    let pieces = ["I cannot ", "help with that."].map(|text| json!({"refusal": text}));
    both(json!({}), plain(message, "stop"), one(pieces, "stop"))
}

fn reasons() -> Script {
    let message =
        json!({"role": "assistant", "content": "Seven.", "reasoning_content": "Three and four."});
    let pieces = [
        json!({"reasoning_content": "Three "}),
        json!({"reasoning_content": "and four."}),
        json!({"content": "Seven."}),
    ];
    both(json!({}), plain(message, "stop"), one(pieces, "stop"))
}

fn odd() -> Script {
    let extra = json!({"x_vendor": {"queue": 0.25}, "system_fingerprint": "fp_odd", "service_tier": "default"});
    let message = json!({"role": "assistant", "content": "Odd.", "annotations": [], "extra_content": {"signature": "abc"}});
    both(extra, plain(message, "stop"), one([json!({"content": "Odd."})], "stop"))
}

/// What was asked, in chunks of a word with time between them, so that many such streams are under way at once.
fn echo() -> Script {
    Script::from_fn(|seen| {
        let asked = seen.chat().and_then(|request| request.messages.last());
        let text = asked.map(|message| message.content.text().into_owned());
        Reply::text(text.unwrap_or_default()).per_chunk(millis(20))
    })
}

/// Two calls in pieces with these indexes, as Gemini's compatible endpoint leaves them out or repeats them.
fn calls_with(indexes: [Option<u32>; 2]) -> Script {
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}});
    let indexed = |index: Option<u32>, mut call: Value| {
        if let Some(index) = index {
            call["index"] = index.into();
        }
        json!({"tool_calls": [call]})
    };
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call("call_a", PARIS), call("call_b", ROME)]});
    let pieces =
        [indexed(indexes[0], call("call_a", PARIS)), indexed(indexes[1], call("call_b", ROME))];
    both(json!({}), plain(message, "tool_calls"), one(pieces, "tool_calls"))
}

/// A byte order mark, comments and both line ends around the text.
fn chatty() -> Script {
    Script::from_fn(|seen| {
        if !seen.stream {
            return fox();
        }
        let chunk = |delta: Value, finish: Value| {
            json!({
                "id": "chatcmpl-chatty", "object": "chat.completion.chunk", "created": 1, "model": "chatty",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            })
        };
        let mut text = "\u{feff}: keep-alive\r\n\r\n".to_owned();
        for word in TEXT.split_inclusive(' ') {
            text += &format!(
                "data: {}\r\n\r\n: keep-alive\n\n",
                chunk(json!({"content": word}), Value::Null)
            );
        }
        text += &format!("data:{}\n\ndata: [DONE]\n\n", chunk(json!({}), "stop".into()));
        Reply::ok().raw("text/event-stream", Bytes::from(text))
    })
}
