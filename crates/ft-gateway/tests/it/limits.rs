//! Heads, bodies and readers that are too large or too slow.

use std::time::Duration;

use ft_gateway::ConnectionLimits;
use ft_sim::{Reply, Scripts};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stand::{LONG, Stand, chain, header};

async fn stand(limits: ConnectionLimits, reply: Reply) -> Stand {
    let change = |config: &mut ft_client::config::ClientConfig| {
        config.chains.insert("default".to_owned(), chain(&["m"]));
    };
    Stand::limited(Scripts::new().model("m", reply), change, limits, LONG).await
}

fn short() -> ConnectionLimits {
    ConnectionLimits {
        head_within: Duration::from_millis(200),
        idle_within: Duration::from_millis(300),
        write_within: Duration::from_millis(200),
        ..ConnectionLimits::default()
    }
}

/// Everything that comes until the other side closes.
async fn rest(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends it as well.
    let _ = socket.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let stand = stand(short(), Reply::text("Hi.")).await;
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    socket.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let text = rest(&mut socket).await;
    assert!(!text.contains("200 OK"), "{text}");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let stand = stand(short(), Reply::text("Hi.")).await;
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let text = rest(&mut socket).await;
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let stand = stand(ConnectionLimits::default(), Reply::text("Hi.")).await;
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    let (mut reading, mut writing) = socket.split();
    let flood = async {
        let _ = writing.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await;
        let line = format!("x-flood: {}\r\n", "x".repeat(1_000));
        while writing.write_all(line.as_bytes()).await.is_ok() {}
    };
    let answer = async {
        let mut text = [0; 12];
        reading.read_exact(&mut text).await.map(|_| String::from_utf8_lossy(&text).into_owned())
    };
    // A reset in place of an answer is a refusal too.
    tokio::select! {
        () = flood => {}
        answer = answer => {
            if let Ok(text) = answer {
                assert_eq!(text, "HTTP/1.1 431");
            }
        }
    }
    assert_eq!(stand.http.get(stand.url("/healthz")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn headers_that_the_parser_still_took_are_refused_by_their_size() {
    // On a new connection the parser's buffer grows to 16 KiB before it looks at its limit.
    let limits = ConnectionLimits { head_bytes: 10_000, ..ConnectionLimits::default() };
    let stand = stand(limits, Reply::text("Hi.")).await;
    let ask = |bytes: usize| {
        stand.http.get(stand.url("/healthz")).header("x-large", "x".repeat(bytes)).send()
    };
    let refused = ask(12_000).await.unwrap();
    assert_eq!(refused.status(), 431);
    assert_eq!(header(&refused, "x-should-retry"), "false");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "headers_too_large");
    assert!(body["error"]["message"].as_str().unwrap().contains("10000"), "{body}");
    assert_eq!(ask(9_500).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_size() {
    let stand = stand(ConnectionLimits::default(), Reply::text("Hi.")).await;
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 900000000\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut text = [0; 12];
    socket.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"HTTP/1.1 413");
    assert_eq!(stand.upstream.log().total(), 0);
}

#[tokio::test]
async fn a_reader_who_takes_nothing_is_cut_off_and_upstream_is_let_go() {
    let chunks = (0..300).map(|_| "x".repeat(100_000));
    // With pauses, or the upstream would hand all of it to its socket in one piece.
    let long = Reply::chunks(chunks).per_chunk(Duration::from_millis(1));
    let stand = stand(short(), long).await;
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    let body =
        r#"{"model":"default","stream":true,"messages":[{"role":"user","content":"Hello?"}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    stand.upstream.log().until(|log| log.total() == 1).await;
    // 30 MB do not fit into the buffers between here and there.
    stand.upstream.log().until(|log| log.open() == 0).await;
    let text = rest(&mut socket).await;
    assert!(!text.contains("[DONE]"));
}

#[tokio::test]
async fn a_request_of_http_1_1_has_one_host() {
    let stand = stand(ConnectionLimits::default(), Reply::text("Hi.")).await;
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", "HTTP/1.1 400"),
        (
            "GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
            "HTTP/1.1 400",
        ),
        ("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "HTTP/1.1 200"),
        ("GET /healthz HTTP/1.0\r\n\r\n", "HTTP/1.0 200"),
    ] {
        let mut socket = TcpStream::connect(stand.at).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        let text = rest(&mut socket).await;
        assert!(text.starts_with(status), "{head}: {text}");
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_is_refused_like_any_other() {
    let stand = stand(ConnectionLimits::default(), Reply::text("Hi.")).await;
    let refused = stand.http.get(stand.url("/v1/models/%ff%fe")).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_ne!(header(&refused, "x-request-id"), "");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "invalid_url");
}
