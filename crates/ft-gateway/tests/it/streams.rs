//! Streams: whole, broken, and never a 200 before there is something to say.

use ft_sim::{Reply, Scripts};
use serde_json::{Value, json};

use crate::stand::{Stand, header, question};

fn streamed(model: &str) -> Value {
    let mut body = question(model);
    body["stream"] = json!(true);
    body
}

/// The data of each event.
fn events(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
}

fn said(text: &str) -> String {
    let content = |data: &&str| {
        let chunk: Value = serde_json::from_str(data).ok()?;
        Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned())
    };
    events(text).iter().filter_map(content).collect()
}

#[tokio::test]
async fn a_stream_ends_with_one_done_and_its_report() {
    let stand = Stand::of(Scripts::new().model("m", Reply::text("One two three.")), &["m"]).await;
    let response = stand.chat(&streamed("default")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "text/event-stream");
    assert_eq!(header(&response, "x-ft-served-by"), "sim/m");
    let text = response.text().await.unwrap();
    assert_eq!(said(&text), "One two three.");
    assert_eq!(text.matches("data: [DONE]").count(), 1);
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(text.contains(": ft.report {"), "{text}");
    // Usage was asked for upstream, and not by the caller.
    assert!(!text.contains("prompt_tokens"), "{text}");
}

#[tokio::test]
async fn what_fails_before_the_first_content_has_a_true_status() {
    let stand = Stand::of(Scripts::new().model("m", Reply::status(500)), &["m"]).await;
    let response = stand.chat(&streamed("default")).await;
    assert_eq!(response.status(), 502);
    assert_eq!(header(&response, "x-should-retry"), "false");
    assert_eq!(header(&response, "content-type"), "application/json");
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_and_is_not_done() {
    let cut = Reply::text("One two three four.").cut_after(2);
    let stand = Stand::of(Scripts::new().model("m", cut), &["m"]).await;
    let text = stand.chat(&streamed("default")).await.text().await.unwrap();
    let last: Value = serde_json::from_str(events(&text).last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "upstream_stream_truncated");
    assert!(!text.contains("[DONE]"), "{text}");
}

#[tokio::test]
async fn a_cut_before_the_first_content_is_unseen() {
    let scripts = Scripts::new()
        .model("a", Reply::text("One two.").cut_after(0))
        .model("b", Reply::text("Here."));
    let stand = Stand::of(scripts, &["a", "b"]).await;
    let response = stand.chat(&streamed("default")).await;
    assert_eq!(header(&response, "x-ft-served-by"), "sim/b");
    assert_eq!(said(&response.text().await.unwrap()), "Here.");
}
