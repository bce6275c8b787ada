//! Callers over HTTP: what they are told is the whole truth, or an error.

use std::net::SocketAddr;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::invariants::Violation;
use crate::luck::answer_to;
use crate::play::{EMERGENCY, Plan};

/// A client of the gateway, over HTTP/2 without TLS if asked for.
pub(super) fn http(http2: bool) -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    let builder = if http2 { builder.http2_prior_knowledge() } else { builder };
    #[expect(clippy::expect_used, reason = "it has no setting that can be wrong")]
    builder.build().expect("a client")
}

/// Asks, reads and judges; `None` when all was as it must be.
pub(super) async fn call(http: &reqwest::Client, at: SocketAddr, plan: Plan) -> Option<Violation> {
    sleep(plan.at).await;
    let asked = ask(http, at, &plan);
    match plan.leaves {
        Some(leaves) => timeout(leaves, asked).await.ok().flatten(),
        None => asked.await,
    }
}

async fn ask(http: &reqwest::Client, at: SocketAddr, plan: &Plan) -> Option<Violation> {
    let body = json!({
        "model": "default",
        "stream": plan.streamed,
        "messages": [{"role": "user", "content": plan.question}],
    });
    let request = http
        .post(format!("http://{at}/v1/chat/completions"))
        .header("x-request-id", plan.id())
        .header("content-type", "application/json")
        .body(body.to_string());
    let broken =
        |name, what: String| Some(Violation { name, what: format!("{}: {what}", plan.id()) });
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return broken("the gateway answers", error.to_string()),
    };
    let status = response.status();
    if !status.is_success() {
        let body = response.text().await.unwrap_or_default();
        let says = serde_json::from_str::<Value>(&body).ok();
        let message = says.as_ref().and_then(|says| says.pointer("/error/message"));
        return match message {
            Some(Value::String(_)) => None,
            _ => broken("an error is an error", format!("{status}: {body}")),
        };
    }
    let tier = response.headers().get("x-ft-tier").and_then(|tier| tier.to_str().ok());
    let emergency = tier == Some("emergency");
    let right = if emergency { EMERGENCY.to_owned() } else { answer_to(&plan.question) };
    if !plan.streamed {
        let body = response.text().await.unwrap_or_default();
        let says: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = says.pointer("/choices/0/message/content").and_then(Value::as_str);
        return match text {
            Some(text) if text == right => None,
            _ => broken("nothing torn is called whole", body),
        };
    }
    let (text, ended) = read(response, plan).await;
    match ended {
        Ended::Done if text == right => None,
        Ended::Done => broken("nothing torn is called whole", text),
        Ended::Error if right.starts_with(&text) => None,
        Ended::Error => broken("text is neither lost nor doubled", text),
        Ended::Cut => broken("a stream says how it ends", text),
    }
}

enum Ended {
    Done,
    Error,
    Cut,
}

async fn read(response: reqwest::Response, plan: &Plan) -> (String, Ended) {
    let mut bytes = response.bytes_stream();
    let (mut buffer, mut text) = (Vec::new(), String::new());
    let mut stalls = plan.stalls;
    while let Some(Ok(piece)) = bytes.next().await {
        buffer.extend_from_slice(&piece);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let Some(data) = line.trim_end().strip_prefix("data: ") else { continue };
            if data == "[DONE]" {
                return (text, Ended::Done);
            }
            let event: Value = serde_json::from_str(data).unwrap_or_default();
            if event.get("error").is_some() {
                return (text, Ended::Error);
            }
            let content = event.pointer("/choices/0/delta/content").and_then(Value::as_str);
            text.push_str(content.unwrap_or_default());
        }
        if let Some(still) = stalls.take() {
            sleep(still).await;
        }
    }
    (text, Ended::Cut)
}
