//! Every fault of a network and of a server, made on loopback; order and kind are asserted, never time.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ft_core::{
    ApiKey, Call, ChatRequest, ErrorKind, ManualClock, Provider, ProviderError, Scope, UnixMillis,
};
use ft_holysheep::{HttpConfig, HttpProvider};
use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::start;
use crate::server::{
    EVENTS, GOOD, GOOD_STREAM, JSON, KEY, Reply, answer, send, send_and_close, stream_begin,
};

async fn chat(provider: &HttpProvider) -> Result<ft_core::ChatResponse, ProviderError> {
    provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await
}

/// The error of a plain call to a server that does this.
async fn fault(reply: Reply) -> ProviderError {
    chat(&start([reply]).provider()).await.unwrap_err()
}

/// The texts and the last error of a streamed call.
async fn streamed(provider: &HttpProvider) -> (Vec<String>, Option<ProviderError>) {
    let request = ChatRequest::user("Hi");
    let mut stream = match provider.chat_stream(&Call::new("m"), &request).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut texts = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(chunk) => texts.push(chunk.text().to_owned()),
            Err(error) => {
                assert!(stream.next().await.is_none(), "nothing follows an error");
                return (texts, Some(error));
            }
        }
    }
    (texts, None)
}

const HALF: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"}}]}\n\n";

#[tokio::test]
async fn a_refused_connection_was_never_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let provider = HttpProvider::openai_compatible("test", url, KEY).unwrap();
    let error = chat(&provider).await.unwrap_err();
    assert_eq!((error.kind(), error.scope()), (ErrorKind::Connect, Scope::Endpoint));
    assert!(!error.sent());
}

#[tokio::test]
async fn a_failed_handshake_was_never_sent() {
    // A server that speaks no TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let provider = HttpProvider::openai_compatible("test", url, KEY).unwrap();
    let error = chat(&provider).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Connect, false));
}

#[tokio::test]
async fn a_silent_handshake_meets_the_connect_timer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    let provider = HttpConfig::new("test", url)
        .with_connect_timeout(Duration::from_millis(20))
        .build()
        .unwrap();
    let error = chat(&provider).await.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Connect, false));
    drop(listener);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_interrupted_and_may_be_billed() {
    let cut = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 500\r\n\r\n{{\"choices\"");
    let chunked =
        format!("HTTP/1.1 200 OK\r\n{JSON}transfer-encoding: chunked\r\n\r\n10\r\n{{\"choi");
    for bytes in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-", &cut, &chunked] {
        let error = fault(send_and_close(bytes)).await;
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{bytes}: {error:?}");
        assert!(error.sent());
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_are_garbled() {
    for bytes in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 banana\r\n\r\n"] {
        assert_eq!(fault(send_and_close(bytes)).await.kind(), ErrorKind::Garbled, "{bytes}");
    }
}

#[tokio::test]
async fn a_flood_of_headers_is_garbled() {
    let flood: String = (0..5_000).map(|at| format!("x-{at}: {at}\r\n")).collect();
    let error = fault(send_and_close(answer(200, &flood, GOOD))).await;
    assert_eq!(error.kind(), ErrorKind::Garbled);
    let long = format!("x-long: {}\r\n", "x".repeat(1 << 20));
    let error = fault(send_and_close(answer(200, &long, GOOD))).await;
    assert_eq!(error.kind(), ErrorKind::Garbled);
}

#[tokio::test]
async fn success_without_an_answer_is_garbled() {
    let html = "content-type: text/html\r\n";
    for (headers, body) in [
        (html, "<html><title>Log in</title></html>"),
        (JSON, ""),
        (JSON, "OK"),
        (JSON, "{}"),
        (JSON, "{\"choices\":[]}"),
        (JSON, "{\"choices\":[{\"index\":0}]}"),
        (JSON, "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"),
        (JSON, "null"),
    ] {
        let error = fault(send(answer(200, headers, body))).await;
        let (kind, scope) = (error.kind(), error.scope());
        assert_eq!((kind, scope), (ErrorKind::Garbled, Scope::Target), "{body}");
        assert_eq!(error.status(), Some(200));
    }
}

#[tokio::test]
async fn an_error_under_status_200_is_that_error() {
    for (body, kind) in [
        (r#"{"error":{"message":"x","code":429}}"#, ErrorKind::RateLimited),
        (
            r#"{"error":{"message":"x","code":"context_length_exceeded"},"choices":[]}"#,
            ErrorKind::ContextLength,
        ),
        (
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"error","error":{"code":502,"message":"x"}}]}"#,
            ErrorKind::ServerError,
        ),
        (
            r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"},"choices":null}"#,
            ErrorKind::Auth,
        ),
        (r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, ErrorKind::ContentFiltered),
    ] {
        assert_eq!(fault(send(answer(200, JSON, body))).await.kind(), kind, "{body}");
    }
}

#[tokio::test]
async fn a_failure_carries_status_hint_words_and_request_id() {
    let clock = ManualClock::default();
    clock.set_wall(UnixMillis(1_770_379_200_000));
    let headers =
        format!("{JSON}retry-after: Fri, 06 Feb 2026 12:00:30 GMT\r\nx-request-id: up-1\r\n");
    let body =
        r#"{"error":{"message":"slow down","type":"t","param":"p","code":"rate_limit_exceeded"}}"#;
    let server = start([send(answer(429, &headers, body))]);
    let provider = server.config().with_clock(Arc::new(clock)).build().unwrap();
    let error = chat(&provider).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.status(), Some(429));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(error.request_id(), Some("up-1"));
    assert_eq!(error.message(), Some("slow down"));
    assert_eq!(error.vendor_type(), Some("t"));
    assert_eq!(error.param(), Some("p"));
    assert!(error.sent());
}

#[tokio::test]
async fn a_redirect_is_an_error_and_carries_the_key_nowhere() {
    let other = start([send(answer(200, JSON, GOOD))]);
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/chat/completions\r\n", other.url());
        let server = start([send(answer(status, &location, ""))]);
        let error = chat(&server.provider()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::ServerError, Some(status)));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_bomb_bursts_at_the_cap() {
    let bomb = include_bytes!("../data/eight-mebibytes.json.gz");
    let gzip = format!("{JSON}content-encoding: gzip\r\n");
    let reply = || send(answer(200, &gzip, bomb));
    let server = start([reply(), reply()]);
    let capped = server.config().with_max_response_body(1 << 20).build().unwrap();
    let error = chat(&capped).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Garbled);
    let whole = chat(&server.provider()).await.unwrap();
    assert_eq!(whole.text().len(), 8 << 20);
}

#[tokio::test]
async fn a_mark_of_the_byte_order_before_an_answer_is_no_part_of_it() {
    let server = start([send(answer(200, JSON, format!("\u{feff}{GOOD}")))]);
    assert_eq!(chat(&server.provider()).await.unwrap().text(), "Hi");
}

#[tokio::test]
async fn packings_are_known_by_all_their_names() {
    let pack = |name: &str| {
        let level = flate2::Compression::fast();
        if name.eq_ignore_ascii_case("deflate") {
            let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), level);
            packed.write_all(GOOD.as_bytes()).unwrap();
            packed.finish().unwrap()
        } else {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), level);
            packed.write_all(GOOD.as_bytes()).unwrap();
            packed.finish().unwrap()
        }
    };
    for name in ["gzip", "GZIP", "x-gzip", "X-Gzip", "deflate", "Deflate"] {
        let reply = answer(200, &format!("{JSON}content-encoding: {name}\r\n"), pack(name));
        let server = start([send(reply)]);
        let said = chat(&server.provider()).await;
        assert_eq!(
            said.as_ref().map(|it| it.text().into_owned()).ok().as_deref(),
            Some("Hi"),
            "{name}: {said:?}"
        );
    }
}

#[tokio::test]
async fn a_message_without_content_is_an_answer_with_its_finish_reason() {
    let body = r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant"},"finish_reason":"length"}]}"#;
    let server = start([send(answer(200, JSON, body))]);
    let said = chat(&server.provider()).await.unwrap();
    let written = serde_json::to_value(&said).unwrap();
    assert_eq!(written["choices"][0]["finish_reason"], "length");
    assert!(written["choices"][0]["message"]["content"].is_null(), "{written}");
}

#[tokio::test]
async fn broken_compression_is_garbled() {
    let gzip = format!("{JSON}content-encoding: gzip\r\n");
    let error = fault(send(answer(200, &gzip, "this is no gzip at all"))).await;
    assert_eq!(error.kind(), ErrorKind::Garbled);
}

#[tokio::test]
async fn an_answer_over_the_cap_is_not_read() {
    let server = start([send(answer(200, JSON, GOOD.replace("Hi", &"x".repeat(5_000))))]);
    let provider = server.config().with_max_response_body(4096).build().unwrap();
    assert_eq!(chat(&provider).await.unwrap_err().kind(), ErrorKind::Garbled);
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_with_interrupted_after_what_came() {
    let cut = send_and_close(stream_begin(HALF));
    let (texts, error) = streamed(&start([cut]).provider()).await;
    assert_eq!(texts, ["Half"]);
    assert_eq!(error.unwrap().kind(), ErrorKind::Interrupted);

    // The same without a transport's error: the body ends as it should, the answer does not.
    let clean = send(answer(200, EVENTS, HALF));
    let (texts, error) = streamed(&start([clean]).provider()).await;
    assert_eq!(texts, ["Half"]);
    let error = error.unwrap();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Interrupted, true));
}

#[tokio::test]
async fn a_stream_that_is_cut_after_its_finish_is_complete() {
    let finish = format!(
        "{HALF}data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n"
    );
    let (texts, error) = streamed(&start([send_and_close(stream_begin(&finish))]).provider()).await;
    assert_eq!(texts.concat(), "Half");
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn an_error_in_a_stream_is_not_waited_on() {
    // The connection stays open after the error; only what is there already is read.
    let bytes =
        format!("{HALF}data: {{\"error\":{{\"message\":\"x\",\"code\":\"server_error\"}}}}\n\n");
    let (texts, error) = streamed(&start([send(stream_begin(&bytes))]).provider()).await;
    assert_eq!(texts, ["Half"]);
    let error = error.unwrap();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ServerError, Some(200)));
}

#[tokio::test]
async fn a_refused_stream_is_an_error_before_it_begins() {
    let body = r#"{"error":{"message":"x","type":"insufficient_quota"}}"#;
    let (texts, error) = streamed(&start([send(answer(429, JSON, body))]).provider()).await;
    assert!(texts.is_empty());
    assert_eq!(error.unwrap().kind(), ErrorKind::QuotaExhausted);
}

#[tokio::test]
async fn a_stream_over_the_cap_of_answers_is_cut() {
    let server = start([send_and_close(stream_begin(&HALF.repeat(1_000)))]);
    let provider = server.config().with_max_response_body(4096).build().unwrap();
    assert_eq!(streamed(&provider).await.1.unwrap().kind(), ErrorKind::Garbled);
}

#[tokio::test]
async fn an_endless_line_is_cut_off_at_the_cap() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let flood: Reply = Box::new(move |_, stream| {
        let head = format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\ndata: ");
        let piece = vec![b'x'; 64 << 10];
        stream.write_all(head.as_bytes()).unwrap();
        while count.load(Ordering::SeqCst) < 100 << 20 && stream.write_all(&piece).is_ok() {
            count.fetch_add(piece.len(), Ordering::SeqCst);
        }
        false
    });
    let server = start([flood]);
    let provider = server.config().with_max_event(1 << 20).build().unwrap();
    let (texts, error) = streamed(&provider).await;
    assert!(texts.is_empty());
    assert_eq!(error.unwrap().kind(), ErrorKind::Garbled);
    // What the sockets buffer comes on top of the cap; the hundred megabytes never do.
    assert!(written.load(Ordering::SeqCst) < 50 << 20);
}

#[tokio::test]
async fn a_dropped_stream_is_cancelled_upstream() {
    let (closed, was_closed) = oneshot::channel();
    let hold: Reply = Box::new(move |_, stream| {
        stream.write_all(&stream_begin(HALF)).unwrap();
        // Blocks until the client is gone.
        let gone = matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_));
        let _ = closed.send(gone);
        false
    });
    let server = start([hold]);
    let provider = server.provider();
    let mut stream = provider.chat_stream(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().text(), "Half");
    drop(stream);
    assert!(was_closed.await.unwrap());
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_upstream() {
    let (asked, was_asked) = oneshot::channel();
    let (closed, was_closed) = oneshot::channel();
    let hold: Reply = Box::new(move |_, stream| {
        asked.send(()).unwrap();
        let gone = matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_));
        let _ = closed.send(gone);
        false
    });
    let server = start([hold]);
    let provider = server.provider();
    {
        let call = std::pin::pin!(chat(&provider));
        tokio::select! {
            biased;
            _ = call => panic!("the server answers nothing"),
            asked = was_asked => asked.unwrap(),
        }
    }
    assert!(was_closed.await.unwrap());
}

#[tokio::test]
async fn loopback_is_never_proxied_and_other_machines_are() {
    let proxy = start([send(answer(200, JSON, GOOD))]);
    let server = start([send(answer(200, JSON, GOOD))]);
    let url = proxy.url();
    let direct = server.config().with_proxy(&url).build().unwrap();
    chat(&direct).await.unwrap();
    assert_eq!((proxy.connections(), server.connections()), (0, 1));

    let proxied = HttpConfig::new("far", "http://provider.invalid/v1")
        .with_key(ApiKey::new(KEY).unwrap())
        .with_allow_plain_http(true)
        .with_proxy(&url)
        .build()
        .unwrap();
    chat(&proxied).await.unwrap();
    let sent = proxy.seen().remove(0);
    assert!(sent.starts_with("POST http://provider.invalid/v1/chat/completions "), "{sent}");
}

#[tokio::test]
async fn a_good_stream_has_no_error() {
    let (texts, error) =
        streamed(&start([send(answer(200, EVENTS, GOOD_STREAM))]).provider()).await;
    assert_eq!((texts.concat().as_str(), error.is_none()), ("Hi", true));
}
