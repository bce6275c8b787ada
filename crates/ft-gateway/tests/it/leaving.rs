//! Callers who leave, and a server that stops.

use std::time::Duration;

use ft_gateway::{ConnectionLimits, Drained};
use ft_sim::{Reply, Scripts};
use futures_util::StreamExt;
use serde_json::{Value, json};

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
    while let Some(piece) = body.next().await {
        if piece.is_err() {
            break;
        }
    }
    stand.upstream.log().until(|log| log.open() == 0).await;
}
