//! What a request's headers change.

use ft_sim::{Reply, Scripts};
use serde_json::{Value, json};

use crate::stand::{Stand, chain, header, question};

async fn two_tiers() -> Stand {
    let scripts = Scripts::new().model("a", Reply::down()).model("b", Reply::text("Here."));
    Stand::with(scripts, |config| {
        config.chains.insert("default".to_owned(), chain(&["a", "b"]));
        config.chains.insert("second".to_owned(), chain(&["b"]));
    })
    .await
}

async fn ask(stand: &Stand, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = stand.http.post(stand.url("/v1/chat/completions")).json(&question("default"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_header_names_the_chain() {
    let stand = two_tiers().await;
    let response = ask(&stand, &[("x-ft-chain", "second")]).await;
    assert_eq!(header(&response, "x-ft-tier"), "b");
    assert_eq!(stand.upstream.log().models(), ["b"]);
}

#[tokio::test]
async fn without_fallback_the_first_targets_failure_is_the_answer() {
    let stand = two_tiers().await;
    let response = ask(&stand, &[("x-ft-no-fallback", "true")]).await;
    assert_eq!(response.status(), 503);
    assert!(stand.upstream.log().models().iter().all(|model| model == "a"));
}

#[tokio::test]
async fn the_sdks_read_timeout_bounds_a_plain_call_and_the_head_of_a_stream() {
    let stand = Stand::of(Scripts::new().model("m", Reply::ok().hang()), &["m"]).await;
    for streamed in [false, true] {
        let mut body = question("default");
        body["stream"] = json!(streamed);
        // Far below the chain's deadline: the answer is in time for an SDK that would have left.
        let request = stand.http.post(stand.url("/v1/chat/completions")).json(&body);
        let response = request.header("x-stainless-read-timeout", "0.2").send().await.unwrap();
        assert_eq!(response.status(), 504, "streamed: {streamed}");
        assert_eq!(header(&response, "x-should-retry"), "false");
    }
}

#[tokio::test]
async fn the_sdks_read_timeout_does_not_bound_a_stream_that_flows() {
    let slow = Reply::chunks(["one "; 8]).per_chunk(std::time::Duration::from_millis(50));
    let stand = Stand::of(Scripts::new().model("m", slow), &["m"]).await;
    let mut body = question("default");
    body["stream"] = json!(true);
    let request = stand.http.post(stand.url("/v1/chat/completions")).json(&body);
    let response = request.header("x-stainless-read-timeout", "0.3").send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn a_header_that_makes_no_sense_is_named() {
    let stand = two_tiers().await;
    for (name, value) in [
        ("x-ft-deadline", "soon"),
        ("x-ft-deadline", "0s"),
        ("x-ft-no-cache", "perhaps"),
        ("x-ft-mid-stream", "replay"),
        ("x-ft-commit", "now"),
        ("x-ft-report", "trailer"),
        ("idempotency-key", ""),
    ] {
        let response = ask(&stand, &[(name, value)]).await;
        assert_eq!(response.status(), 400, "{name}: {value}");
        let body: Value = response.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains(name), "{body}");
    }
    let unknown = ask(&stand, &[("x-ft-chain", "nowhere")]).await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(stand.upstream.log().total(), 0);
}

#[tokio::test]
async fn an_idempotency_key_goes_upstream_with_every_attempt() {
    let stand = two_tiers().await;
    let response = ask(&stand, &[("idempotency-key", "order-66")]).await;
    assert_eq!(response.status(), 200);
    let attempts = stand.upstream.log().attempts();
    assert_eq!(attempts.len(), 3, "the first target twice, quickly, and the second");
    for attempt in attempts {
        assert_eq!(attempt.idempotency_key.as_deref(), Some("order-66"));
    }
}

#[tokio::test]
async fn the_same_key_in_flight_is_one_call_and_with_another_body_a_conflict() {
    let slow = Reply::text("Once.").latency(std::time::Duration::from_millis(300));
    let stand = Stand::of(Scripts::new().model("m", slow), &["m"]).await;
    let key = [("idempotency-key", "k")];
    let other = async {
        stand.upstream.log().until(|log| log.open() == 1).await;
        let mut body = question("default");
        body["temperature"] = json!(1);
        let request = stand.http.post(stand.url("/v1/chat/completions")).json(&body);
        request.header("idempotency-key", "k").send().await.unwrap()
    };
    let again = async {
        stand.upstream.log().until(|log| log.open() == 1).await;
        ask(&stand, &key).await
    };
    let (first, again, other) = tokio::join!(ask(&stand, &key), again, other);
    assert_eq!(other.status(), 409);
    let (first, again): (Value, Value) = (first.json().await.unwrap(), again.json().await.unwrap());
    assert_eq!(first, again);
    assert_eq!(first["choices"][0]["message"]["content"], "Once.");
    assert_eq!(stand.upstream.log().total(), 1);
}
