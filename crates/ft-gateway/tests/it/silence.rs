//! What a stream says while it has nothing to say, in paused time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
use ft_client::{Client, TokioClock};
use ft_gateway::Gateway;
use ft_sim::{Reply, Scripts, SimProvider};
use http::Request;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::stand::question;

#[tokio::test(start_paused = true)]
async fn a_comment_goes_out_after_fifteen_seconds_of_silence_and_none_before_the_head() {
    let clock = Arc::new(TokioClock::new());
    let reply = Reply::chunks(["One ", "two ", "three."])
        .first_token(Duration::from_secs(40))
        .per_chunk(Duration::from_secs(50));
    let provider = SimProvider::new("sim", Scripts::from(reply), clock.clone(), 1);
    let target = TargetConfig::new("sim", "m").with_idle_timeout(Duration::from_secs(200));
    let chain = ChainConfig::new([TierConfig::new("only", [target])]);
    let build = || Client::builder().provider(provider).chain(chain).clock(clock).seed(1).build();
    let gateway = Gateway::build(build).unwrap();
    let mut body = question("default");
    body["stream"] = json!(true);
    let request = Request::post("/v1/chat/completions").body(Body::from(body.to_string())).unwrap();
    let response = gateway.public().oneshot(request).await.unwrap();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let words: Vec<_> = ["One ", "two ", "three."].map(|word| text.find(word).unwrap()).into();
    let comments = |from: usize, to: usize| text[from..to].matches(": keep-alive\n\n").count();
    assert_eq!(comments(0, words[0]), 0, "{text}");
    assert_eq!(comments(words[0], words[1]), 3, "{text}");
    assert_eq!(comments(words[1], words[2]), 3, "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}
