//! What is said reaches the other side whole, both ways, through client and adapter.

use ft_client::config::UpstreamMode;
use ft_client::{Answer, CallOptions};
use ft_core::ChatRequest;
use ft_core::chat::FinishReason;
use ft_sim::{Reply, Scripts};
use serde_json::{Value, json};

use crate::raw::{self, EVENTS, JSON, Raw, answer, body_of};
use crate::world::{WAYS, Way, a_gives, read, setup, text_of, trail, within};

/// A request with everything in it that this project does not know, in an order of its own.
const REQUEST: &str = r#"{
    "model": "callers", "zeta": 1, "alpha": {"z": [1, 2.5, null], "a": "ż"},
    "messages": [
        {"role": "developer", "content": "be brief", "priority": 9},
        {"role": "user", "name": "ada", "content": [
            {"type": "text", "text": "what is this?", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
        ]},
        {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
            {"id": "call_1", "type": "function", "extra_content": {"google": {"thought_signature": "s"}},
             "function": {"name": "look", "arguments": "{\"z\": 1, \"a\": 2}"}}
        ]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a turtle"},
        {"content": null, "role": "assistant", "refusal": null, "tool_calls": [
            {"id": "call_2", "type": "custom", "custom": {"name": "run", "input": "1"}},
            {"type": "function", "id": "call_3", "function": {"arguments": {"a": 1.50}, "name": "f"}}
        ]},
        {"role": "assistant", "content": "", "tool_calls": [], "name": null},
        {"role": "critic", "content": "well?"}
    ],
    "temperature": 0, "top_p": 1.0, "n": 2, "stop": ["a", "b"], "seed": -7, "max_completion_tokens": 77,
    "tools": [{"type": "function", "function": {"name": "look", "strict": true, "parameters":
        {"type": "object", "required": ["z"], "properties": {"z": {"type": "integer"}, "a": {}}}}}],
    "tool_choice": "auto", "parallel_tool_calls": false, "logprobs": true, "top_logprobs": 3,
    "logit_bias": {"50256": -100}, "frequency_penalty": 0.1, "reasoning_effort": "low",
    "metadata": {"k": "v"}, "user": "u1", "store": false, "service_tier": "flex",
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"z": 1, "a": 2}}},
    "big": 18446744073709551615, "tiny": 1e-9, "max_tokens": null,
    "digits": [-0, -0.0, 1.50, 0.10000000000000000555, 1E+400, 123456789012345678901234567890]
}"#;

#[tokio::test]
async fn every_field_of_a_request_reaches_upstream_unchanged_and_in_order() {
    let server = Raw::start(|_| answer(500, JSON, "{}"));
    let client = server.client(&["a", "b"], |_| {});
    let request: ChatRequest = serde_json::from_str(REQUEST).unwrap();
    let given: Value = serde_json::from_str(REQUEST).unwrap();
    within(client.chat_with(request.clone(), once())).await.unwrap_err();
    within(client.chat_stream_with(request, once())).await.unwrap_err();
    let seen = server.seen();
    assert_eq!(seen.len(), 4, "two targets, twice");
    for (request, (model, streamed)) in
        seen.iter().zip([("a", false), ("b", false), ("a", true), ("b", true)])
    {
        let mut expected = given.clone();
        expected["model"] = json!(model);
        if streamed {
            expected["stream"] = json!(true);
            expected["stream_options"] = json!({"include_usage": true});
        }
        // To the letter: order, nulls and digits reach the model or its server.
        assert_eq!(body_of(request), expected.to_string());
    }
}

/// One round over the chain, so that nothing waits.
fn once() -> CallOptions {
    let mut options = CallOptions::new();
    options.max_attempts = Some(2);
    options
}

/// A plain answer with everything in it that this project does not know.
fn rich() -> Value {
    json!({
        "id": "chatcmpl-9", "object": "chat.completion", "created": 1_700_000_000, "model": "a-2026",
        "choices": [
            {"index": 0, "message": {
                "role": "assistant", "content": null, "reasoning_content": "let me see",
                "annotations": [{"type": "url_citation"}],
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"z\":1,\"a\":2}"},
                     "extra_content": {"google": {"thought_signature": "sig"}}},
                    {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
                ]},
             "finish_reason": "tool_calls", "content_filter_results": {"hate": {"filtered": false}}},
            {"index": 1, "message": {"role": "assistant", "content": "no", "refusal": "I will not."},
             "finish_reason": "eos",
             "logprobs": {"content": [{"token": "no", "logprob": -0.5, "bytes": [110], "top_logprobs": []}]}}
        ],
        "usage": {
            "prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 8, "accepted_prediction_tokens": 1},
            "cost": 0.01
        },
        "system_fingerprint": "fp_1", "service_tier": "flex", "citations": ["https://example.com"]
    })
}

#[tokio::test]
async fn every_field_of_a_plain_answer_arrives() {
    let server = Raw::start(|_| answer(200, JSON, rich().to_string()));
    let client = server.client(&["a"], |_| {});
    let got = within(client.generate("hi")).await.unwrap();
    assert_eq!(serde_json::to_value(&got.response).unwrap(), rich());
}

/// Answers whose texts must come through as they are: order, nulls, empty lists, digits, and what is odd.
const TEXTS: [&str; 5] = [
    r#"{"model":"a-1","object":"chat.completion","id":"1","service_tier":null,"created":1760000000,"choices":[{"message":{"content":"Hi","role":"assistant","refusal":null,"annotations":[],"tool_calls":null},"logprobs":null,"finish_reason":"stop","index":0}],"system_fingerprint":null,"usage":null}"#,
    r#"{"id":null,"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","tool_calls":[]},"finish_reason":"stop"}],"usage":{"total_tokens":3,"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":null,"completion_tokens_details":{"audio_tokens":0,"reasoning_tokens":0},"cost":1.50e-05}}"#,
    r#"{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"custom","custom":{"name":"f","input":"x"}},{"type":"function","id":"d","function":{"arguments":{"a":-0},"name":"g"}}]},"finish_reason":"tool_calls"}]}"#,
    r#"{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop","logprobs":{"content":[{"token":"Hi","logprob":-0.10000000000000000555}]}}],"usage":"n/a","far":1e+400}"#,
    r#"{"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Hi"}]},"finish_reason":"stop"}]}"#,
];

#[tokio::test]
async fn a_plain_answer_arrives_to_the_letter() {
    for text in TEXTS {
        let server = Raw::start(move |_| answer(200, JSON, text));
        let client = server.client(&["a"], |_| {});
        let got = within(client.generate("hi")).await.unwrap();
        assert_eq!(serde_json::to_string(&got.response).unwrap(), text);
    }
}

#[tokio::test]
async fn what_other_readers_take_for_json_is_an_answer_too() {
    let of = |content: &str, more: &str| {
        format!(
            r#"{{"id":"1","choices":[{{"index":0,"message":{{"role":"assistant","content":"{content}"}},"finish_reason":"stop"{more}}}]}}"#
        )
    };
    let half = of("a\\ud83db", "");
    let python = of("ab", r#","logprobs":{"content":[{"logprob":-Infinity},{"logprob":NaN}]}"#);
    let marked = format!("\u{feff}{}", of("ab", ""));
    for (body, text) in [(half, "a\u{fffd}b"), (python, "ab"), (marked, "ab")] {
        let server = Raw::start(move |_| answer(200, JSON, &body));
        let client = server.client(&["a"], |_| {});
        let got = within(client.generate("hi")).await.unwrap();
        assert_eq!(got.text(), text);
    }
}

#[tokio::test]
async fn usage_that_nobody_asked_for_comes_as_the_vendor_sends_it_and_leaves_no_nulls() {
    let chunk = |delta: &str, finish: &str, usage: &str| {
        format!(
            r#"{{"id":"1","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]{usage}}}"#
        )
    };
    let text = |usage: &str| {
        let words = ["one ", "two ", "three"]
            .map(|word| chunk(&format!(r#"{{"content":"{word}"}}"#), "null", usage));
        words.to_vec()
    };
    let usage = r#","usage":{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4}"#;
    let end = |usage: &str| chunk("{}", r#""stop""#, usage);
    let last = format!(r#"{{"id":"1","choices":[]{usage}}}"#);
    let openai = [text(r#","usage":null"#), vec![end(r#","usage":null"#), last]].concat();
    let mistral = [text(""), vec![end(usage)]].concat();
    for (events, expected) in
        [(openai, [text(""), vec![end("")]].concat()), (mistral.clone(), mistral)]
    {
        let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        let server = Raw::start(move |_| answer(200, EVENTS, format!("{body}data: [DONE]\n\n")));
        let client = server.client(&["a"], |_| {});
        let mut stream = within(client.chat_stream(ChatRequest::user("hi"))).await.unwrap();
        let mut got = Vec::new();
        while let Some(piece) = std::future::poll_fn(|cx| stream.poll_piece(cx)).await {
            let piece = piece.unwrap();
            got.push(String::from_utf8(piece.raw().unwrap().to_vec()).unwrap());
            assert_eq!(serde_json::to_string(piece.chunk()).unwrap(), *got.last().unwrap());
        }
        assert_eq!(got, expected);
        assert!(!stream.report().attempts[0].cost_is_estimate, "the provider has told");
    }
}

/// The events of a stream with everything in it; two choices, interleaved.
fn rich_events() -> Vec<Value> {
    let chunk = |choices: Value| {
        json!({
            "id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "a-2026",
            "choices": choices, "system_fingerprint": "fp_1", "obfuscation": "xx"
        })
    };
    let piece = |index: u32, delta: Value, finish: Value| json!([{"index": index, "delta": delta, "finish_reason": finish}]);
    let mut logprobs = piece(1, json!({"content": "no"}), Value::Null);
    logprobs[0]["logprobs"] = json!({"content": [{"token": "no", "logprob": -0.5}]});
    let call = |call: Value| piece(0, json!({"tool_calls": [call]}), Value::Null);
    let mut events = vec![
        chunk(piece(0, json!({"role": "assistant", "content": ""}), Value::Null)),
        chunk(piece(0, json!({"reasoning_content": "let me "}), Value::Null)),
        chunk(piece(1, json!({"role": "assistant", "content": ""}), Value::Null)),
        chunk(piece(0, json!({"reasoning_content": "see"}), Value::Null)),
        chunk(logprobs),
        chunk(call(json!({"index": 0, "id": "c1", "type": "function",
            "function": {"name": "f", "arguments": ""}, "extra_content": {"s": 1}}))),
        chunk(call(json!({"index": 0, "function": {"arguments": "{\"z\":"}}))),
        chunk(call(json!({"index": 1, "id": "c2", "type": "function",
            "function": {"name": "g", "arguments": "{"}}))),
        chunk(call(json!({"index": 0, "function": {"arguments": "1}"}}))),
        chunk(piece(1, json!({"refusal": "I will not."}), Value::Null)),
        chunk(call(json!({"index": 1, "function": {"arguments": "}"}}))),
        chunk(piece(0, json!({}), json!("tool_calls"))),
        chunk(piece(1, json!({}), json!("eos"))),
    ];
    let mut usage = chunk(json!([]));
    usage["usage"] = rich()["usage"].clone();
    events.push(usage);
    events
}

fn sse(events: &[Value]) -> Vec<u8> {
    let mut body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    body.push_str("data: [DONE]\n\n");
    answer(200, EVENTS, body)
}

#[tokio::test]
async fn every_field_of_a_stream_arrives_in_order() {
    let server = Raw::start(|_| sse(&rich_events()));
    let client = server.client(&["a"], |_| {});
    let mut request = ChatRequest::user("hi");
    request.stream_options = Some(json!({"include_usage": true, "include_obfuscation": true}));
    let mut stream = within(client.chat_stream(request)).await.unwrap();
    let (chunks, error) = read(&mut stream).await;
    assert!(error.is_none(), "{error:?}");
    let got: Vec<_> = chunks.iter().map(|chunk| serde_json::to_value(chunk).unwrap()).collect();
    assert_eq!(got, rich_events());
    let sent: Value = serde_json::from_str(body_of(&server.seen()[0])).unwrap();
    let options = json!({"include_usage": true, "include_obfuscation": true});
    assert_eq!(sent["stream_options"], options, "the caller's own options stay");
}

/// The calls, reasoning, refusal, logprobs and usage of [`rich_events`], put together.
fn check_rich(answer: &Answer) {
    let got = serde_json::to_value(&answer.response).unwrap();
    let first = &got["choices"][0];
    assert_eq!(first["message"]["reasoning_content"], "let me see");
    assert_eq!(first["finish_reason"], "tool_calls");
    let calls = first["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0]["function"], json!({"name": "f", "arguments": "{\"z\":1}"}));
    assert_eq!(calls[0]["extra_content"], json!({"s": 1}));
    assert_eq!((&calls[1]["id"], &calls[1]["function"]["arguments"]), (&json!("c2"), &json!("{}")));
    let second = &got["choices"][1];
    assert_eq!(second["message"]["content"], "no");
    assert_eq!(second["message"]["refusal"], "I will not.");
    assert_eq!(second["finish_reason"], "eos");
    assert_eq!(second["logprobs"]["content"][0]["token"], "no");
    assert_eq!(got["system_fingerprint"], "fp_1");
}

#[tokio::test]
async fn a_stream_put_together_has_everything_too() {
    for way in WAYS {
        let events = rich_events();
        let events = events.iter().map(Value::to_string).chain(["[DONE]".to_owned()]);
        let reply = Reply::events(events.collect::<Vec<_>>());
        let world = setup(way, "one/a", Scripts::new().otherwise(reply)).build();
        let mut request = ChatRequest::user("hi");
        request.n = Some(2);
        let answer = world.ask_with(request, CallOptions::new()).await.unwrap();
        check_rich(&answer);
        assert_eq!(world.log.last().unwrap().request.unwrap().n, Some(2));
        // Whoever streams and did not ask for usage gets none.
        let usage = serde_json::to_value(&answer.response.usage).unwrap();
        let expected = if way == Way::Streamed { Value::Null } else { rich()["usage"].clone() };
        assert_eq!(usage, expected, "{way:?}");
        world.settled().await;
    }
}

#[tokio::test]
async fn parallel_tool_calls_without_an_index_stay_apart() {
    let event = |calls: Value| {
        json!({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}).to_string()
    };
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]});
    let events = [
        event(
            json!([{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\""}}]),
        ),
        event(json!([{"function": {"arguments": ":1}"}}])),
        event(
            json!([{"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{"}}]),
        ),
        event(json!([{"function": {"arguments": "}"}}])),
        end.to_string(),
        "[DONE]".to_owned(),
    ];
    for way in [Way::Streamed, Way::Assembled] {
        let world = setup(way, "one/a | two/b", a_gives(Reply::events(events.clone()))).build();
        let answer = world.ask().await.unwrap();
        let calls = &answer.response.choices[0].message.tool_calls;
        let calls: Vec<_> = calls
            .iter()
            .map(|call| {
                (call.id.as_str(), call.function.name.as_str(), call.function.arguments.as_str())
            })
            .collect();
        assert_eq!(calls, [("c1", "f", "{\"a\":1}"), ("c2", "g", "{}")], "{way:?}");
        assert_eq!(answer.response.finish_reason(), Some(&FinishReason::ToolCalls));
        world.settled().await;
    }
}

#[tokio::test]
async fn tool_calls_are_the_same_plain_and_streamed() {
    let mut got = Vec::new();
    for way in WAYS {
        let reply = Reply::text("I look it up.")
            .tool_call("look", "{\"what\":\"żółw\"}")
            .tool_call("look", "{\"what\":\"sea\"}");
        let world = setup(way, "one/a", a_gives(reply)).build();
        let answer = world.ask().await.unwrap();
        let message = &answer.response.choices[0].message;
        assert_eq!(message.tool_calls.len(), 2);
        got.push((answer.text().into_owned(), serde_json::to_value(&message.tool_calls).unwrap()));
    }
    assert_eq!(got[0], got[1]);
    assert_eq!(got[0], got[2]);
}

#[tokio::test]
async fn a_streamed_text_is_the_plain_text() {
    let text =
        "Tabs\tand \"quotes\",\r\nline ends\n\n, data: [DONE], \\u0000, żółw 你好 🐢\u{2028}.";
    for way in WAYS {
        let world = setup(way, "one/a", a_gives(Reply::text(text))).build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.text(), text, "{way:?}");
        assert_eq!(answer.response.finish_reason(), Some(&FinishReason::Stop));
        assert_eq!(trail(&answer.report), ["a answered"]);
    }
}

#[tokio::test]
async fn usage_is_always_asked_for_and_given_only_to_those_who_ask() {
    for asked in [false, true] {
        let world = setup(Way::Streamed, "one/a", a_gives(Reply::text("one two three"))).build();
        let mut request = ChatRequest::user("hi");
        request.stream_options = asked.then(|| json!({"include_usage": true}));
        let mut stream = within(world.client.chat_stream(request)).await.unwrap();
        let (chunks, error) = read(&mut stream).await;
        assert!(error.is_none());
        assert_eq!(text_of(&chunks), "one two three");
        let told = chunks.iter().filter(|chunk| chunk.usage.is_some()).count();
        assert_eq!(told, usize::from(asked));
        assert!(asked || chunks.iter().all(|chunk| !chunk.choices.is_empty()));
        let sent = world.log.last().unwrap().request.unwrap();
        assert_eq!(sent.stream_options, Some(json!({"include_usage": true})));
        assert!(!stream.report().attempts[0].cost_is_estimate, "the provider has told");
    }
}

#[tokio::test]
async fn a_provider_that_must_not_be_asked_for_usage_is_not() {
    let world = setup(Way::Streamed, "one/a", a_gives(Reply::text("one two three")))
        .provider("one", |provider| provider.include_usage = false)
        .build();
    assert_eq!(world.ask().await.unwrap().text(), "one two three");
    assert_eq!(world.log.last().unwrap().request.unwrap().stream_options, None);
}

#[tokio::test]
async fn a_server_that_answers_in_the_other_form_is_understood() {
    let plain = Raw::start(|_| answer(200, JSON, raw::GOOD));
    let client = plain.client(&["a"], |_| {});
    let stream = within(client.chat_stream(ChatRequest::user("hi"))).await.unwrap();
    let got = within(stream.collect()).await.unwrap();
    assert_eq!(got.text(), "Hi");

    let events = Raw::start(|_| sse(&rich_events()));
    let client = events.client(&["a"], |_| {});
    check_rich(&within(client.generate("hi")).await.unwrap());
}

#[tokio::test]
async fn a_plain_caller_of_a_streaming_target_gets_a_plain_answer() {
    let world = setup(Way::Plain, "one/a", a_gives(Reply::text("whole")))
        .targets(|target| target.upstream = UpstreamMode::Stream)
        .build();
    let answer = world.ask().await.unwrap();
    assert_eq!(answer.response.object, "chat.completion");
    assert!(answer.response.usage.is_some());
    assert!(world.log.last().unwrap().stream);
}
