//! Callers who leave, and a server that stops.

use std::time::Duration;

use ft_gateway::{ConnectionLimits, Drained};
use ft_sim::{Reply, Scripts};
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stand::{LONG, Stand, chain, question};

fn streamed() -> Value {
    let mut body = question("default");
    body["stream"] = json!(true);
    body
}

/// It says something and then nothing.
fn stalls() -> Scripts {
    Scripts::new().model("m", Reply::text("One two three four five.").stall_after(2))
}

async fn draining(scripts: Scripts, drain: Duration) -> Stand {
    let change = |config: &mut ft_client::config::ClientConfig| {
        config.chains.insert("default".to_owned(), chain(&["m"]));
    };
    Stand::limited(scripts, change, ConnectionLimits::default(), drain).await
}

#[tokio::test]
async fn who_leaves_in_the_middle_of_a_stream_ends_the_call_upstream() {
    let stand = Stand::of(stalls(), &["m"]).await;
    let mut body = stand.chat(&streamed()).await.bytes_stream();
    body.next().await.unwrap().unwrap();
    assert_eq!(stand.upstream.log().open(), 1);
    drop(body);
    stand.upstream.log().until(|log| log.open() == 0).await;
    let health = stand.gateway.client().health();
    assert!(health.iter().all(|target| target.in_flight == 0 && target.breaker == "closed"));
}

#[tokio::test]
async fn who_leaves_before_the_answer_ends_the_call_upstream() {
    let stand = Stand::of(Scripts::new().model("m", Reply::ok().hang()), &["m"]).await;
    let question = question("default");
    let mut asked = Box::pin(stand.chat(&question));
    tokio::select! {
        biased;
        _ = &mut asked => panic!("nothing answers"),
        () = stand.upstream.log().until(|log| log.open() == 1) => {}
    }
    drop(asked);
    stand.upstream.log().until(|log| log.open() == 0).await;
}

#[tokio::test]
async fn a_stream_under_way_ends_well_after_the_server_was_told_to_stop() {
    let slow = Reply::text("One two three four.").per_chunk(Duration::from_millis(50));
    let mut stand = draining(Scripts::new().model("m", slow), LONG).await;
    let mut body = stand.chat(&streamed()).await.bytes_stream();
    let mut text = String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    stand.stop();
    while let Some(piece) = body.next().await {
        text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
    }
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(stand.drained().await, Drained::Clean);
    let refused = stand.http.get(stand.url("/healthz")).send().await;
    assert!(refused.unwrap_err().is_connect());
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let mut stand = draining(stalls(), Duration::from_millis(50)).await;
    let mut body = stand.chat(&streamed()).await.bytes_stream();
    body.next().await.unwrap().unwrap();
    stand.stop();
    assert_eq!(stand.drained().await, Drained::Cut(1));
    let mut text = String::new();
    while let Some(Ok(piece)) = body.next().await {
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    assert!(text.contains("\"code\":\"gateway_stopped\""), "{text}");
    assert!(!text.contains("[DONE]"), "{text}");
    stand.upstream.log().until(|log| log.open() == 0).await;
}

/// A request over a socket of its own, with these bytes behind it.
async fn asks(stand: &Stand, body: &Value, behind: &str) -> TcpStream {
    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    let body = body.to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}{behind}",
        body.len()
    );
    // Who does not read everything holds up who sends it.
    let _ = socket.write_all(request.as_bytes()).now_or_never();
    socket
}

#[tokio::test]
async fn who_leaves_is_seen_also_with_bytes_behind_the_request() {
    let scripts = Scripts::new().model("m", Reply::ok().hang());
    let stand = Stand::of(scripts, &["m"]).await;
    let long = "x".repeat(300_000);
    for behind in ["", "\n", "\r\n", "G", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", &long] {
        for resets in [false, true] {
            let socket = asks(&stand, &question("default"), behind).await;
            stand.upstream.log().until(|log| log.open() == 1).await;
            if resets {
                socket.set_zero_linger().unwrap();
            }
            drop(socket);
            stand.upstream.log().until(|log| log.open() == 0).await;
        }
    }
}

#[tokio::test]
async fn who_only_says_that_no_more_is_sent_still_gets_the_answer() {
    let slow = Reply::text("One two three.").latency(Duration::from_millis(100));
    let stand =
        Stand::of(Scripts::new().model("m", slow.per_chunk(Duration::from_millis(50))), &["m"])
            .await;
    for (body, end) in [(question("default"), "One two three."), (streamed(), "[DONE]")] {
        let mut socket = asks(&stand, &body, "").await;
        socket.shutdown().await.unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).await.unwrap();
        assert!(text.contains("HTTP/1.1 200 OK"), "{text}");
        assert!(text.contains(end), "{text}");
    }
    let in_the_middle = asks(&stand, &streamed(), "").await;
    let mut socket = in_the_middle;
    let mut first = [0; 12];
    socket.read_exact(&mut first).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("[DONE]"), "{text}");
}

#[tokio::test]
async fn a_pipelined_request_is_answered_after_the_first() {
    let slow = Reply::text("One.").latency(Duration::from_millis(100));
    let stand = Stand::of(Scripts::new().model("m", slow), &["m"]).await;
    let behind = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut socket = asks(&stand, &question("default"), behind).await;
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 2, "{text}");
    let half = asks(&stand, &question("default"), "GET /healthz HTTP/1.1\r\n").await;
    let mut socket = half;
    stand.upstream.log().until(|log| log.open() == 1).await;
    socket.write_all(b"host: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 2, "{text}");
}
