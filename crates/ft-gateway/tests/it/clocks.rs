//! Nobody holds the gateway by saying nothing and by taking nothing, whatever they have said before.

use std::net::SocketAddr;
use std::time::Duration;

use ft_gateway::{ConnectionLimits, serve};
use ft_sim::{Reply, Scripts};
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::h2::{self, Raw, Said};
use crate::stand::{LONG, Stand, chain, question};

fn short() -> ConnectionLimits {
    ConnectionLimits {
        head_within: Duration::from_millis(200),
        idle_within: Duration::from_millis(300),
        write_within: Duration::from_millis(200),
        ..ConnectionLimits::default()
    }
}

async fn stand(reply: Reply, limits: ConnectionLimits) -> Stand {
    let change = |config: &mut ft_client::config::ClientConfig| {
        config.chains.insert("default".to_owned(), chain(&["m"]));
    };
    Stand::limited(Scripts::new().model("m", reply), change, limits, LONG).await
}

/// Serves the admin pages beside the callers' surface, until it is dropped.
async fn admin(stand: &Stand, limits: ConnectionLimits) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = stand.gateway.admin();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        serve(listener, router, limits, std::future::pending(), LONG).await;
    });
    (at, serving)
}

fn flights() -> Vec<Vec<u8>> {
    let body = question("default").to_string();
    let post = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // The beginning of a TLS handshake, by who took the port for another.
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    vec![
        h2::hello(65_535),
        b"GET /healthz HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n\r\n".to_vec(),
        b"PUT /v1/models HTTP/1.0\r\n\r\n".to_vec(),
        post.into_bytes(),
        hello.to_vec(),
    ]
}

#[tokio::test]
async fn whatever_somebody_has_begun_to_say_silence_ends_the_connection() {
    let stand = stand(Reply::text("Hi."), short()).await;
    let (admin, _serving) = admin(&stand, short()).await;
    for at in [stand.at, admin] {
        let mut silent = Vec::new();
        for flight in flights() {
            // A body that does not come is bounded by itself.
            let whole = flight.len() - usize::from(flight.starts_with(b"POST"));
            silent.extend((0..=whole).map(|length| flight[..length].to_vec()));
        }
        let ended = silent.into_iter().map(|said| async move {
            let mut socket = TcpStream::connect(at).await.unwrap();
            socket.write_all(&said).await.unwrap();
            let mut heard = Vec::new();
            // A reset is an end as well.
            let read = socket.read_to_end(&mut heard);
            tokio::time::timeout(LONG, read).await.is_err().then_some(said)
        });
        let open: Vec<_> = join_all(ended).await.into_iter().flatten().collect();
        assert!(open.is_empty(), "still open: {open:?}");
    }
}

#[tokio::test]
async fn pings_do_not_keep_a_connection_that_asks_for_nothing() {
    let stand = stand(Reply::text("Hi."), short()).await;
    for asks in [false, true] {
        let mut raw = Raw::connect(stand.at, 65_535).await;
        if asks {
            raw.ask(1, &h2::HEALTH, None).await;
        }
        let mut said = Vec::new();
        let all = async {
            while let Some(next) = raw.next().await {
                said.push(next);
            }
        };
        tokio::time::timeout(LONG, all).await.unwrap();
        assert_eq!(said.contains(&Said::Head(1)), asks);
        assert_eq!(said.contains(&Said::GoAway), asks, "{said:?}");
    }
}

/// It says so much that no buffer between here and there holds it.
fn endless() -> Reply {
    Reply::chunks((0..3_000).map(|_| "x".repeat(10_000))).per_chunk(Duration::from_millis(1))
}

fn streamed() -> String {
    let mut body = question("default");
    body["stream"] = json!(true);
    body.to_string()
}

async fn given_back(stand: &Stand) {
    let let_go = stand.upstream.log().until(|log| log.open() == 0);
    tokio::time::timeout(LONG, let_go).await.unwrap();
    let in_flight = || stand.gateway.client().health().iter().any(|target| target.in_flight > 0);
    while in_flight() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_without_window_is_reset_and_its_call_is_given_back() {
    let stand = stand(endless(), short()).await;
    for window in [0, 300] {
        let mut raw = Raw::connect(stand.at, window).await;
        for stream in [1, 3, 5, 7] {
            raw.ask(stream, &h2::CHAT, Some(&streamed())).await;
        }
        let mut reset = Vec::new();
        let all = async {
            while reset.len() < 4 {
                match raw.next().await.unwrap() {
                    Said::Reset(stream) => reset.push(stream),
                    Said::Head(_) | Said::Data(..) => {}
                    Said::GoAway => panic!("the connection is not at fault"),
                }
            }
        };
        tokio::time::timeout(LONG, all).await.unwrap();
        reset.sort_unstable();
        assert_eq!(reset, [1, 3, 5, 7]);
        given_back(&stand).await;
        // It still serves who takes what comes.
        raw.ask(9, &h2::HEALTH, None).await;
        assert_eq!(raw.next().await, Some(Said::Head(9)));
    }
}

#[tokio::test]
async fn a_callers_deadline_holds_for_a_reader_that_takes_nothing() {
    let limits = ConnectionLimits { write_within: LONG * 10, ..ConnectionLimits::default() };
    let stand = stand(endless(), limits).await;
    let deadline = ("x-ft-deadline", "500ms");
    let mut raw = Raw::connect(stand.at, 0).await;
    let head: Vec<_> = h2::CHAT.into_iter().chain([deadline]).collect();
    raw.ask(1, &head, Some(&streamed())).await;
    stand.upstream.log().until(|log| log.total() == 1).await;
    given_back(&stand).await;

    let mut socket = TcpStream::connect(stand.at).await.unwrap();
    let body = streamed();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n{}: {}\r\ncontent-length: {}\r\n\r\n{body}",
        deadline.0,
        deadline.1,
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    stand.upstream.log().until(|log| log.total() == 2).await;
    given_back(&stand).await;
}

#[tokio::test]
async fn a_large_answer_may_be_taken_slowly_over_http_2() {
    let text = "x".repeat(300_000);
    let stand = stand(Reply::text(text.clone()), short()).await;
    // 64 KiB at a time: each wait is shorter than what ends a reader, all of them together are not.
    let mut raw = Raw::connect(stand.at, 65_535).await;
    raw.ask(1, &h2::CHAT, Some(&question("default").to_string())).await;
    let mut got = 0;
    while got < 65_535 {
        if let Some(Said::Data(_, data)) = raw.next().await {
            got += data.len();
        }
    }
    while got < text.len() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        raw.grant(1, 16_384).await;
        let mut left = 16_384.min(text.len() - got);
        while left > 0 {
            match raw.next().await {
                Some(Said::Data(_, data)) => {
                    got += data.len();
                    left = left.saturating_sub(data.len());
                }
                said => panic!("{said:?} after {got} bytes"),
            }
        }
    }
}
