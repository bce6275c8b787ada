//! The table of what a provider says under a success status, over the gateway's socket: the whole truth, or an error.

use ft_sim::{Reply, Scripts};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::faults::{self, Fault, HALF, PLACES, Place};
use crate::stand::{Stand, question};

const WELL: &str = "All of it.";

/// A chain of `a`, which gives this body, and of `b`, which is well.
async fn stand(content_type: &str, body: String) -> Stand {
    let failing = Reply::ok().raw(content_type, body);
    let scripts = Scripts::new().model("a", failing).model("b", Reply::text(WELL));
    Stand::of(scripts, &["a", "b"]).await
}

fn asked(stream: bool) -> Value {
    let mut body = question("default");
    body["stream"] = json!(stream);
    body
}

/// The status of a failure that the other target cannot stand in for: a refusal is the caller's to see, and both have
/// one key.
fn told(fault: &Fault) -> Option<u16> {
    match fault.kind {
        "content_filtered" => Some(400),
        "auth" | "quota_exhausted" => Some(503),
        _ => None,
    }
}

/// The other target's answer in full, where it can stand in.
fn is_whole_or_refused(fault: &Fault, status: u16, body: &str) {
    if let Some(expected) = told(fault) {
        assert_eq!(status, expected, "{}: {body}", fault.name);
        return;
    }
    let says: Value = serde_json::from_str(body).unwrap();
    let text = &says["choices"][0]["message"]["content"];
    assert_eq!((status, text), (200, &json!(WELL)), "{}: {body}", fault.name);
}

/// Whether one of a stream's events is an error.
fn ends_in_error(body: &str) -> bool {
    body.lines().any(|line| line.starts_with("data: {\"error\""))
}

#[tokio::test]
async fn a_plain_answer_that_failed_is_never_given_as_one_also_under_a_key_for_repeats() {
    for fault in faults::all().iter().filter(|fault| fault.is_plain()) {
        let stand = stand("application/json", fault.body()).await;
        let ask = || async {
            let request = stand.http.post(stand.url("/v1/chat/completions")).json(&asked(false));
            let answer = request.header("idempotency-key", "one").send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        for (status, body) in join_all([ask(), ask()]).await {
            is_whole_or_refused(fault, status, &body);
        }
    }
}

#[tokio::test]
async fn a_stream_that_failed_ends_with_an_error_and_not_as_if_it_were_whole() {
    for fault in faults::all() {
        for place in PLACES.into_iter().filter(|&place| fault.fits(place)) {
            let what = format!("{}, {place:?}", fault.name);
            let stand = stand("text/event-stream", fault.stream(place, true)).await;
            let answer = stand.chat(&asked(true)).await;
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap();
            if place == Place::First {
                let whole = status == 200 && body.contains("All") && !ends_in_error(&body);
                let refused = told(&fault) == Some(status);
                assert!(whole || refused, "{what}: {status} {body}");
            } else {
                assert_eq!(status, 200, "{what}");
                assert!(body.contains(HALF) && !body.contains("All"), "{what}: {body}");
                assert!(ends_in_error(&body), "{what}: {body}");
            }
        }
    }
}
