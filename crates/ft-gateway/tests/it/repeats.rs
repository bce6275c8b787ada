//! Requests under one idempotency key: when they are one call, and what each of them is told of it.

use std::time::Duration;

use axum::body::Body;
use ft_core::Usage;
use ft_sim::{Reply, Scripts};
use http::Request;
use serde_json::{Value, json};

use crate::office::{Office, Told, ask};
use crate::stand::question;

const CHAINS: &str = r#"
    [[chains.default.tiers]]
    name = "only"
    targets = [{ provider = "sim", model = "gpt-4.1" }]
"#;

fn office(reply: Reply) -> Office {
    Office::of(Scripts::new().otherwise(reply.usage(Usage::new(10, 5))), CHAINS)
}

/// Asks under the key, with these headers beside it.
async fn post(office: &Office, path: &str, headers: &[(&str, &str)], body: &Value) -> Told {
    let mut request = Request::post(path).header("idempotency-key", "k");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(office.gateway.public(), request.body(Body::from(body.to_string())).unwrap()).await
}

const CHAT: &str = "/v1/chat/completions";

/// Two under one key, the second of which comes when the first is under way.
async fn two(office: &Office, body: &Value) -> (Told, Told) {
    let second = async {
        office.upstream.log().until(|log| log.open() == 1).await;
        post(office, CHAT, &[("x-request-id", "second")], body).await
    };
    tokio::join!(post(office, CHAT, &[("x-request-id", "first")], body), second)
}

async fn logged(office: &Office, id: &str) -> Value {
    let requests = office.look("/admin/requests").await.json()["requests"].clone();
    let mut requests = requests.as_array().unwrap().iter();
    requests.find(|request| request["request_id"] == id).unwrap().clone()
}

#[tokio::test]
async fn what_asks_for_something_else_under_the_same_key_is_a_conflict() {
    let office = office(Reply::text("Once.").latency(Duration::from_millis(200)));
    let body = question("default");
    let others = async {
        office.upstream.log().until(|log| log.open() == 1).await;
        for header in [
            ("x-ft-chain", "sim/gpt-4.1"),
            ("x-ft-deadline", "5s"),
            ("x-ft-no-cache", "true"),
            ("x-ft-no-fallback", "true"),
            ("x-ft-commit", "complete"),
            ("x-ft-mid-stream", "continue"),
            ("x-ft-report", "event"),
        ] {
            let told = post(&office, CHAT, &[header], &body).await;
            assert_eq!((told.status.as_u16(), &*told.code()), (409, "idempotency_conflict"));
        }
    };
    let (first, ()) = tokio::join!(post(&office, CHAT, &[], &body), others);
    assert_eq!(first.status, 200);
    assert_eq!(office.upstream.log().total(), 1);
}

#[tokio::test]
async fn the_other_route_with_the_same_body_is_a_conflict() {
    let office = office(Reply::text("Once.").latency(Duration::from_millis(200)));
    let mut body = question("default");
    body["input"] = json!("one");
    let other = async {
        office.upstream.log().until(|log| log.open() == 1).await;
        post(&office, "/v1/embeddings", &[], &body).await
    };
    let (first, other) = tokio::join!(post(&office, CHAT, &[], &body), other);
    assert_eq!((first.status.as_u16(), other.status.as_u16()), (200, 409));
}

#[tokio::test]
async fn who_joins_pays_nothing_and_is_told_so() {
    let office = office(Reply::text("Once.").latency(Duration::from_millis(200)));
    let (first, second) = two(&office, &question("default")).await;
    assert_eq!(first.text, second.text);
    let told = |told: &Told, name: &str| told.headers[name].to_str().unwrap().to_owned();
    assert_eq!((&*told(&first, "x-ft-cache"), &*told(&first, "x-ft-attempts")), ("miss", "1"));
    assert_ne!(told(&first, "x-ft-cost-usd"), "0.00");
    assert_eq!(told(&second, "x-ft-cache"), "coalesced");
    assert_eq!(told(&second, "x-ft-attempts"), "0");
    assert_eq!(told(&second, "x-ft-cost-usd"), "0.00");
    assert_eq!(told(&second, "x-ft-served-by"), "sim/gpt-4.1");
    assert_eq!(told(&second, "x-request-id"), "second");
    let (first, second) = (logged(&office, "first").await, logged(&office, "second").await);
    assert_ne!(first["report"]["cost_usd"], "0.00");
    assert_eq!(second["report"]["cost_usd"], "0.00");
    assert_eq!(second["report"]["cache"], "coalesced");
    assert_eq!(second["report"]["attempts"], json!([]));
    assert!(second["took_seconds"].as_f64().unwrap() > 0.0, "{second}");
}

#[tokio::test]
async fn the_line_of_who_joins_a_stream_is_written_at_its_end() {
    let office =
        office(Reply::text("One two three.").cut_after(2).latency(Duration::from_millis(100)));
    let mut body = question("default");
    body["stream"] = json!(true);
    let (first, second) = two(&office, &body).await;
    assert_eq!(first.text, second.text);
    assert!(second.text.contains("upstream_stream_truncated"), "{second:?}");
    assert_eq!(second.headers["x-ft-cache"], "coalesced");
    let (first, second) = (logged(&office, "first").await, logged(&office, "second").await);
    for line in [&first, &second] {
        assert_eq!((&line["status"], &line["streamed"]), (&json!(200), &json!(true)), "{line}");
        // Only who saw its end knows that.
        assert_eq!(line["code"], "upstream_stream_truncated", "{line}");
    }
    assert_eq!(second["report"]["cost_usd"], "0.00");
}

#[tokio::test]
async fn who_joins_and_leaves_has_left() {
    let office = office(Reply::ok().hang());
    let body = question("default");
    let mut first = Box::pin(post(&office, CHAT, &[("x-request-id", "first")], &body));
    let mut second = Box::pin(post(&office, CHAT, &[("x-request-id", "second")], &body));
    tokio::select! {
        biased;
        _ = &mut first => panic!("nothing answers"),
        () = office.upstream.log().until(|log| log.open() == 1) => {}
    }
    tokio::select! {
        biased;
        _ = &mut second => panic!("nothing answers"),
        () = std::future::ready(()) => {}
    }
    drop(second);
    assert_eq!(logged(&office, "second").await["status"], 499);
    assert_eq!(office.upstream.log().open(), 1);
}
