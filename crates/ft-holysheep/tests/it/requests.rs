//! What is sent, and that good answers arrive.

use ft_core::chat::EmbeddingRequest;
use ft_core::{ApiKey, Call, ChatRequest, ErrorKind, Provider};
use ft_holysheep::HttpConfig;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::start;
use crate::server::{EVENTS, GOOD, GOOD_STREAM, JSON, KEY, answer, send, stream_begin};

fn call() -> Call {
    Call {
        request_id: "req-1".to_owned(),
        idempotency_key: Some("once".to_owned()),
        ..Call::new("served-model")
    }
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_plain_call_sends_the_calls_model_and_every_field_of_the_request() {
    let server = start([send(answer(200, JSON, GOOD))]);
    let request: ChatRequest = serde_json::from_value(json!({
        "model": "asked-model", "messages": [{"role": "user", "content": "Hi", "x": 1}],
        "max_tokens": 5, "temperature": 0.5, "stop": ["a"], "seed": 7, "stream": true,
        "stream_options": {"include_usage": true}, "tool_choice": "auto", "user": "u",
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "metadata": {"a": "b"}, "logit_bias": {"1": 2}, "verbosity": "low"
    }))
    .unwrap();
    let response = server.provider().chat(&call(), &request).await.unwrap();
    assert_eq!(response.text(), "Hi");

    let sent = server.seen().remove(0);
    assert!(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{sent}");
    for header in [
        &format!("authorization: Bearer {KEY}"),
        "content-type: application/json",
        "x-request-id: req-1",
        "idempotency-key: once",
        "user-agent: ft-holysheep/",
    ] {
        assert!(sent.contains(&format!("\r\n{header}")), "{header}: {sent}");
    }
    let mut wanted = serde_json::to_value(&request).unwrap();
    wanted["model"] = json!("served-model");
    wanted["stream"] = json!(false);
    wanted.as_object_mut().unwrap().shift_remove("stream_options");
    assert_eq!(body(&sent), wanted);
}

#[tokio::test]
async fn a_stream_asks_for_usage_beside_the_callers_options() {
    let reply = || send(answer(200, EVENTS, GOOD_STREAM));
    let server = start([reply(), reply(), reply()]);
    let provider = server.provider();
    let mut request = ChatRequest::user("Hi");
    let text = async |provider: &ft_holysheep::HttpProvider, request: &ChatRequest| {
        let stream = provider.chat_stream(&call(), request).await.unwrap();
        let chunks: Vec<_> = stream.map(|chunk| chunk.unwrap().text().to_owned()).collect().await;
        chunks.concat()
    };
    assert_eq!(text(&provider, &request).await, "Hi");
    request.stream_options = Some(json!({"include_obfuscation": false}));
    assert_eq!(text(&provider, &request).await, "Hi");
    let plain = server.config().with_include_usage(false).build().unwrap();
    assert_eq!(text(&plain, &ChatRequest::user("Hi")).await, "Hi");

    let sent = server.seen();
    assert_eq!(body(&sent[0])["stream"], json!(true));
    assert_eq!(body(&sent[0])["stream_options"], json!({"include_usage": true}));
    let both = json!({"include_obfuscation": false, "include_usage": true});
    assert_eq!(body(&sent[1])["stream_options"], both);
    assert_eq!(body(&sent[2]).get("stream_options"), None);
    assert!(sent[0].contains("accept-encoding: identity"), "{}", sent[0]);
}

#[tokio::test]
async fn the_connection_of_a_finished_stream_serves_the_next_call() {
    let mut whole = stream_begin(GOOD_STREAM);
    whole.extend(b"0\r\n\r\n");
    let server = start([send(whole), send(answer(200, JSON, GOOD))]);
    let provider = server.provider();
    let stream = provider.chat_stream(&call(), &ChatRequest::user("Hi")).await.unwrap();
    assert_eq!(stream.count().await, 2);
    provider.chat(&call(), &ChatRequest::user("Hi")).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn azures_deployments_have_their_model_in_the_path_and_their_key_bare() {
    let server = start([send(answer(200, JSON, GOOD))]);
    let provider = server
        .config()
        .with_auth("api-key", "")
        .with_chat_path("/openai/deployments/{model}/chat/completions")
        .with_query("api-version", "2024-10-21")
        .with_header("x-team", "blue")
        .build()
        .unwrap();
    provider.chat(&Call::new("my gpt/4?"), &ChatRequest::user("Hi")).await.unwrap();
    let sent = server.seen().remove(0);
    let path = "/v1/openai/deployments/my%20gpt%2F4%3F/chat/completions?api-version=2024-10-21";
    assert!(sent.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{sent}");
    assert!(sent.contains(&format!("\r\napi-key: {KEY}\r\n")), "{sent}");
    assert!(sent.contains("\r\nx-team: blue\r\n"), "{sent}");
    assert!(!sent.to_ascii_lowercase().contains("authorization"), "{sent}");
}

#[tokio::test]
async fn the_call_picks_the_key() {
    let server = start([send(answer(200, JSON, GOOD))]);
    let other = "sk-FAKE-other-key-000000";
    let config = server.config().with_key(ApiKey::new(other).unwrap());
    let provider = config.build().unwrap();
    assert_eq!(provider.credentials(), 2);
    let second = Call { credential: 1, ..call() };
    provider.chat(&second, &ChatRequest::user("Hi")).await.unwrap();
    assert!(server.seen()[0].contains(&format!("authorization: Bearer {other}\r\n")));

    let third = Call { credential: 2, ..call() };
    let error = provider.chat(&third, &ChatRequest::user("Hi")).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Auth, false));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_local_server_needs_no_key() {
    let server = start([send(answer(200, JSON, GOOD))]);
    let provider = HttpConfig::new("local", server.url()).build().unwrap();
    assert_eq!(provider.credentials(), 1);
    provider.chat(&call(), &ChatRequest::user("Hi")).await.unwrap();
    assert!(!server.seen()[0].to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn embeddings_go_to_their_own_path() {
    let good = r#"{"data":[{"embedding":[0.5]}],"model":"e","usage":{"prompt_tokens":1,"total_tokens":1}}"#;
    let bad = r#"{"error":{"message":"x","code":"insufficient_quota"}}"#;
    let server = start([good, bad, "{}"].map(|body| send(answer(200, JSON, body))));
    let provider = server.provider();
    let request: EmbeddingRequest =
        serde_json::from_value(json!({"input": ["a"], "dimensions": 1})).unwrap();
    let response = provider.embed(&call(), &request).await.unwrap();
    assert_eq!(response.data.len(), 1);
    let sent = server.seen().remove(0);
    assert!(sent.starts_with("POST /v1/embeddings "), "{sent}");
    let wanted = json!({"model": "served-model", "input": ["a"], "dimensions": 1});
    assert_eq!(body(&sent), wanted);
    let error = provider.embed(&call(), &request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    let error = provider.embed(&call(), &request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Garbled);
}

#[tokio::test]
async fn a_server_that_mixes_plain_and_streamed_up_is_understood() {
    let server = start([
        send(answer(200, EVENTS, GOOD_STREAM)),
        send(answer(200, JSON, GOOD)),
        send(answer(200, JSON, format!("\n\n  {GOOD}"))),
    ]);
    let provider = server.provider();
    let request = ChatRequest::user("Hi");
    assert_eq!(provider.chat(&call(), &request).await.unwrap().text(), "Hi");
    let stream = provider.chat_stream(&call(), &request).await.unwrap();
    let text: Vec<_> = stream.map(|chunk| chunk.unwrap().text().to_owned()).collect().await;
    assert_eq!(text.concat(), "Hi");
    // DeepSeek sends blank lines while a plain call waits.
    assert_eq!(provider.chat(&call(), &request).await.unwrap().text(), "Hi");
}

#[tokio::test]
async fn a_request_over_its_cap_is_not_sent() {
    let server = start([]);
    let provider = server.config().with_max_request_body(2048).build().unwrap();
    let request = ChatRequest::user("x".repeat(4096));
    let error = provider.chat(&call(), &request).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::PayloadTooLarge, false));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_id_that_no_header_can_carry_is_left_out() {
    let server = start([send(answer(200, JSON, GOOD))]);
    let call = Call { request_id: "a\r\nevil: 1".to_owned(), ..call() };
    server.provider().chat(&call, &ChatRequest::user("Hi")).await.unwrap();
    assert!(!server.seen()[0].contains("evil"));
}
