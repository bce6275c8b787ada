//! Plain answers: their content, their heads, and errors with their true status.

use std::time::Duration;

use ft_sim::{Reply, Scripts};
use serde_json::{Value, json};

use crate::stand::{Stand, header, question};

#[tokio::test]
async fn an_answer_says_who_gave_it() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let response = stand.chat(&question("default")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "x-ft-served-by"), "sim/m");
    assert_eq!(header(&response, "x-ft-tier"), "m");
    assert_eq!(header(&response, "x-ft-attempts"), "1");
    assert_eq!(header(&response, "x-ft-cache"), "miss");
    assert!(header(&response, "x-request-id").starts_with("ft-"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "Hi.");
    assert_eq!(body["model"], "m");
}

#[tokio::test]
async fn a_failure_falls_through_unseen() {
    let scripts = Scripts::new().model("a", Reply::down()).model("b", Reply::text("Here."));
    let stand = Stand::of(scripts, &["a", "b"]).await;
    let response = stand.chat(&question("default")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-ft-served-by"), "sim/b");
    // The second of them is the quick second try.
    assert_eq!(header(&response, "x-ft-attempts"), "3");
}

#[tokio::test]
async fn the_callers_own_id_comes_back() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let request = stand.http.post(stand.url("/v1/chat/completions")).json(&question("default"));
    let response = request.header("x-request-id", "mine-7").send().await.unwrap();
    assert_eq!(header(&response, "x-request-id"), "mine-7");
}

#[tokio::test]
async fn a_final_error_says_so_and_when_to_come_back() {
    let throttled = Reply::throttled(Duration::from_secs(60));
    let stand = Stand::of(Scripts::new().model("m", throttled), &["m"]).await;
    let response = stand.chat(&question("default")).await;
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "x-should-retry"), "false");
    let wait: u64 = header(&response, "retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_the_place() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let secret = "do not repeat this";
    let deep = format!(
        "{{\"model\": \"default\", \"messages\": [], \"x\": {}{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let cases: [(&str, u16, Value); 9] = [
        ("{\"model\": \"default\", \"messages\": [", 400, json!("invalid_body")),
        (
            "{\"model\": \"default\", \"messages\": \"do not repeat this\"}",
            400,
            json!("invalid_body"),
        ),
        ("{\"model\": \"none\", \"messages\": []}", 404, json!("model_not_found")),
        ("{\"model\": \"default\", \"messages\": []}", 400, json!("empty_array")),
        (
            "{\"messages\": [{\"role\": \"user\"}], \"max_tokens\": 0}",
            400,
            json!("integer_below_min_value"),
        ),
        ("{\"messages\": [{\"role\": \"user\"}], \"n\": 0}", 400, json!("integer_below_min_value")),
        (
            "{\"messages\": [{\"role\": \"user\"}], \"temperature\": 99}",
            400,
            json!("decimal_above_max_value"),
        ),
        ("{\"messages\": [{\"content\": \"do not repeat this\"}]}", 400, json!("invalid_body")),
        (deep.as_str(), 400, json!("invalid_body")),
    ];
    for (body, status, code) in cases {
        let request = stand.http.post(stand.url("/v1/chat/completions")).body(body.to_owned());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        let text = response.text().await.unwrap();
        assert!(!text.contains(secret), "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["error"]["code"], code, "{body}");
    }
    assert_eq!(stand.upstream.log().total(), 0);
}

#[tokio::test]
async fn a_field_of_a_wrong_type_is_named_with_what_it_must_be() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    for (field, value, rule) in [
        ("temperature", json!("hot"), "must be a number"),
        ("max_tokens", json!(-1), "must be a whole number that is not negative"),
        ("messages", json!("do not repeat this"), "must be a list"),
        ("messages", Value::Null, "is missing"),
    ] {
        let mut body = question("default");
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
            value => body[field] = value,
        }
        let answer: Value = stand.chat(&body).await.json().await.unwrap();
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_body"), &json!(field)));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{field}` {rule}")), "{message}");
        assert!(!message.contains("hot") && !message.contains("repeat"), "{message}");
    }
    let answer = stand.post("/v1/embeddings", &json!({"model": "default"})).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["param"], "input");
}

#[tokio::test]
async fn a_route_that_is_not_there_is_named() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let wrong = stand.http.get(stand.url("/v1/chat/completions")).header("x-request-id", "mine-8");
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), 405);
    assert_eq!((header(&wrong, "allow"), header(&wrong, "x-request-id")), ("POST", "mine-8"));
    let response = stand.http.get(stand.url("/v1/nothing")).send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(header(&response, "x-request-id").starts_with("ft-"));
    let body: Value = response.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("GET /v1/nothing"));
}

async fn refused(stand: &Stand, body: impl Into<reqwest::Body>, encoding: &str) -> (u16, Value) {
    let request = stand.http.post(stand.url("/v1/chat/completions")).body(body);
    let response = request.header("content-encoding", encoding).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    for (body, param) in [
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "user", "content": 5}]}), "messages[0].content"),
        (
            json!({"messages": [{"role": "user"}], "max_completion_tokens": 0}),
            "max_completion_tokens",
        ),
        (json!({"messages": []}), "messages"),
    ] {
        let (status, answer) = refused(&stand, body.to_string(), "identity").await;
        assert_eq!((status, &answer["error"]["param"]), (400, &json!(param)));
    }
    // Right but for its depth: what is wrong first is told first.
    let deep = format!(
        "{{\"messages\": [{{\"role\": \"user\", \"content\": \"x\"}}], \"metadata\": {}{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let (_, answer) = refused(&stand, deep, "identity").await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("deeper than 127"), "{answer}");
    for (body, encoding) in [(&b"\x1f\x8b\x08"[..], "gzip"), (b"\x1f\x8b\x08", "identity")] {
        let (status, answer) = refused(&stand, body, encoding).await;
        assert_eq!((status, &answer["error"]["param"]), (415, &json!("content-encoding")));
    }
    assert_eq!(stand.upstream.log().total(), 0);
}

#[tokio::test]
async fn a_mark_and_half_a_pair_are_no_reason_to_refuse_the_rest() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("Hi.")), &["m"]).await;
    let body = "\u{feff}{\"messages\": [{\"role\": \"user\", \"content\": \"a\\ud800b\"}]}";
    let request = stand.http.post(stand.url("/v1/chat/completions")).body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(stand.upstream.log().total(), 1);
}
