//! From one HTTP request to its answer.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use ft_core::chat::EmbeddingRequest;
use ft_core::{ApiKey, ChatRequest};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Builder;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use super::body::{BrokenOff, PlayBody, Steps};
use super::wire::Reset;
use crate::answer::hash;
use crate::log::Entry;
use crate::play::{Act, Content, End, Play, Step, Whole};
use crate::stage::Stage;
use crate::{Asked, Seen};

/// Far above any honest request, and a bound for those that are not.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Answers one request, or says that the connection is to end without an answer.
pub(super) async fn answer(
    stage: Arc<Stage>,
    reset: Reset,
    request: Request<Incoming>,
) -> Result<Response<PlayBody>, BrokenOff> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_end_matches('/');
    let chat = path.ends_with("/chat/completions");
    if head.method == Method::GET && path.ends_with("/models") {
        return Ok(json_answer(200, &models(&stage)));
    }
    if head.method != Method::POST || !(chat || path.ends_with("/embeddings")) {
        let message = format!("no such route: {} {path}", head.method);
        return Ok(json_answer(
            404,
            &json!({"error": {"message": message, "type": "invalid_request_error"}}),
        ));
    }
    let Ok(body) = Limited::new(body, MOST_BYTES).collect().await else {
        let message = "the body is too large or did not arrive";
        return Ok(json_answer(
            413,
            &json!({"error": {"message": message, "type": "invalid_request_error"}}),
        ));
    };
    let body = body.to_bytes();
    let credential = credential(&head.headers);
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let seen = |model, asked| Seen {
        credential: &credential,
        idempotency_key: text("idempotency-key"),
        request_id: text("x-request-id"),
        ..Seen::new(model, asked)
    };
    let (play, entry) = if chat {
        match serde_json::from_slice::<ChatRequest>(&body) {
            Ok(request) => stage.enter(Seen {
                stream: request.stream == Some(true),
                ..seen(&request.model, Asked::Chat(&request))
            }),
            Err(_) => stage.enter(seen("", Asked::Unreadable)),
        }
    } else {
        match serde_json::from_slice::<EmbeddingRequest>(&body) {
            Ok(request) => stage.enter(seen(&request.model, Asked::Embedding(&request))),
            Err(_) => stage.enter(seen("", Asked::Unreadable)),
        }
    };
    perform(play, entry, reset).await
}

/// The caller's key as it may be logged: masked, with four digits of a hash to tell short keys apart.
fn credential(headers: &HeaderMap) -> String {
    let given = headers
        .get("authorization")
        .or_else(|| headers.get("api-key"))
        .or_else(|| headers.get("x-api-key"));
    let Some(given) = given.and_then(|value| value.to_str().ok()) else { return "none".to_owned() };
    let key = given.strip_prefix("Bearer ").unwrap_or(given);
    let digits = hash(0, key.as_bytes()) & 0xffff;
    let masked = ApiKey::new(key).map_or_else(|_| "***".to_owned(), |key| key.masked());
    format!("{masked}#{digits:04x}")
}

async fn perform(
    play: Play,
    mut entry: Entry,
    reset: Reset,
) -> Result<Response<PlayBody>, BrokenOff> {
    if !play.wait.is_zero() {
        tokio::time::sleep(play.wait).await;
    }
    let number = entry.number;
    match play.act {
        Act::Never => std::future::pending().await,
        Act::Refuse | Act::Reset => {
            reset.pull();
            entry.end(play.outcome);
            Err(BrokenOff)
        }
        Act::Stream(stream) => {
            let steps = Steps::new(stream.steps, play.drip, play.outcome, entry, reset);
            let head = head(stream.status, number, "text/event-stream", &stream.headers);
            Ok(finish(head, PlayBody::Steps(Box::new(steps))))
        }
        Act::Whole(whole) => {
            let Whole { status, headers, content, end } = whole;
            let (content_type, bytes) = bytes_of(content);
            let mut head = head(status, number, &content_type, &headers);
            let half = bytes.slice(..bytes.len() / 2);
            let bytes = match end {
                End::Clean => bytes,
                End::Garbled => half,
                End::Cut | End::Reset | End::Never => {
                    if let Some(headers) = head.headers_mut() {
                        headers.insert(CONTENT_LENGTH, bytes.len().into());
                    }
                    half
                }
            };
            if play.drip.is_zero() && matches!(end, End::Clean | End::Garbled) {
                entry.end(play.outcome);
                return Ok(finish(head, PlayBody::Whole(Some(bytes))));
            }
            let last =
                VecDeque::from([Step::End(if end == End::Garbled { End::Clean } else { end })]);
            let mut steps = Steps::new(last, play.drip, play.outcome, entry, reset);
            steps.add(bytes);
            Ok(finish(head, PlayBody::Steps(Box::new(steps))))
        }
    }
}

fn bytes_of(content: Content) -> (String, Bytes) {
    let json = |written: serde_json::Result<Vec<u8>>| {
        // Every key is a string and every value our own, so that it can always be written.
        ("application/json".to_owned(), written.unwrap_or_default().into())
    };
    match content {
        Content::Chat(answer) => json(serde_json::to_vec(&answer)),
        Content::Embedding(answer) => json(serde_json::to_vec(&answer)),
        Content::Json(body) => json(serde_json::to_vec(&body)),
        Content::Raw { content_type, bytes } => (content_type, bytes),
    }
}

fn head(status: u16, number: u64, content_type: &str, more: &[(String, String)]) -> Builder {
    let mut head =
        Response::builder().status(status).header("x-request-id", format!("sim-{number}"));
    if let Some(headers) = head.headers_mut() {
        if let Ok(value) = HeaderValue::from_str(content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        for (name, value) in more {
            let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value))
            else {
                continue;
            };
            if name == CONTENT_TYPE {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
    }
    head
}

fn finish(head: Builder, body: PlayBody) -> Response<PlayBody> {
    head.body(body).unwrap_or_else(|_| {
        // The status was not one: that is the script's mistake, and the reader should see it.
        let mut response = Response::new(PlayBody::Whole(Some(Bytes::from_static(
            b"the script gives a status outside 100..=999",
        ))));
        *response.status_mut() = hyper::StatusCode::NOT_IMPLEMENTED;
        response
    })
}

fn json_answer(status: u16, body: &Value) -> Response<PlayBody> {
    let head = head(status, 0, "application/json", &[]);
    finish(head, PlayBody::Whole(Some(body.to_string().into())))
}

fn models(stage: &Stage) -> Value {
    let row = |id: &Arc<str>| json!({"id": **id, "object": "model", "created": 0, "owned_by": stage.name()});
    json!({"object": "list", "data": stage.models().iter().map(row).collect::<Vec<_>>()})
}
