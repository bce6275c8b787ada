//! A stream that joins an identical one, over the gateway, in paused time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
use ft_client::{Client, TokioClock};
use ft_core::Clock;
use ft_gateway::Gateway;
use ft_sim::{Reply, Scripts, SimProvider};
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::stand::question;

const WORDS: u64 = 40;

async fn ask(gateway: &Gateway) -> Response<Body> {
    let mut body = question("default");
    body["stream"] = json!(true);
    let request = Request::post("/v1/chat/completions").body(Body::from(body.to_string())).unwrap();
    gateway.public().oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The words of a stream, in order.
fn words(text: &str) -> String {
    let events = text.lines().filter_map(|line| line.strip_prefix("data: {"));
    let chunks = events.map(|data| serde_json::from_str(&format!("{{{data}")).unwrap());
    let content = |chunk: serde_json::Value| {
        let content = chunk.pointer("/choices/0/delta/content")?.as_str()?.to_owned();
        Some(content)
    };
    chunks.filter_map(content).collect()
}

#[tokio::test(start_paused = true)]
async fn who_comes_in_the_middle_of_a_stream_reads_along_past_its_own_deadline() {
    let clock = Arc::new(TokioClock::new());
    let reply = Reply::chunks((0..WORDS).map(|word| format!("w{word} ")).collect::<Vec<_>>())
        .latency(Duration::from_secs(1))
        .per_chunk(Duration::from_secs(1));
    let provider = SimProvider::new("sim", Scripts::from(reply), clock.clone(), 1);
    let log = provider.log().clone();
    let mut chain = ChainConfig::new([TierConfig::new("only", [TargetConfig::new("sim", "m")])]);
    chain.deadline = Duration::from_secs(10);
    chain.cache.coalesce = Some(true);
    let its = clock.clone();
    let build = || Client::builder().provider(provider).chain(chain).clock(its).seed(1).build();
    let gateway = Gateway::build(build).unwrap();
    let leader = async { text(ask(&gateway).await).await };
    let late = async {
        tokio::time::sleep(Duration::from_millis(20_500)).await;
        let asked = clock.now();
        let response = ask(&gateway).await;
        assert_eq!(response.headers()["x-ft-cache"], "coalesced");
        assert_eq!(response.headers()["x-ft-attempts"], "0");
        assert_eq!(clock.now(), asked, "the head, and what had come, are there at once");
        text(response).await
    };
    let (leader, late) = tokio::join!(leader, late);
    let whole: String = (0..WORDS).map(|word| format!("w{word} ")).collect();
    for text in [leader, late] {
        assert_eq!(words(&text), whole);
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    }
    assert_eq!(log.total(), 1);
}
