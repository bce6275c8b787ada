//! The plain form of a reply.

use std::time::Duration;

use ft_core::chat::{
    Assembler, ChatRequest, Choice, Content as Says, EmbeddingResponse, Extra, Message, ToolCall,
};
use ft_core::{ChatChunk, ChatResponse, Usage};
use serde_json::{Value, json};

use super::events::pieces;
use super::{Content, End, Whole};
use crate::answer::{hash, vector};
use crate::reply::{Body, Counted};
use crate::seen::tokens;
use crate::{Asked, Fault, Reply, Seen};

pub(super) fn whole(reply: Reply, seen: &Seen<'_>, created: u64) -> Whole {
    let end = match reply.fault {
        Some(Fault::ResetAfter(_)) => End::Reset,
        Some(Fault::CutAfter(_) | Fault::CutInside(_)) => End::Cut,
        Some(Fault::StallAfter(_)) => End::Never,
        Some(Fault::MalformedAt(_)) => End::Garbled,
        _ => End::Clean,
    };
    let (status, headers) = (reply.status, reply.headers);
    let content = match (reply.fault, reply.body) {
        (Some(Fault::ErrorAfter(_, error)), _) => Content::Json(error),
        (_, Body::Json(json)) => Content::Json(json),
        (_, Body::Raw { content_type, bytes }) => Content::Raw { content_type, bytes },
        (_, Body::Events(events)) => Content::Chat(Box::new(assembled(&events))),
        (fault, Body::Words { text, tool_calls, .. }) => match seen.asked {
            Asked::Embedding(request) => {
                let mut answer = vectors(&request.input, &reply.usage, seen);
                if fault == Some(Fault::EmptyChoices) {
                    answer.data.clear();
                }
                Content::Embedding(Box::new(answer))
            }
            Asked::Chat(_) | Asked::Unreadable => {
                let usage = usage(&reply.usage, &text, &tool_calls, seen);
                let says = match (text.is_empty(), tool_calls.is_empty()) {
                    (true, false) => Says::Null,
                    _ => Says::Text(text),
                };
                let message = Message { tool_calls, ..Message::assistant(says) };
                let choice = Choice { message, finish_reason: reply.finish, ..Choice::default() };
                let choices = match fault {
                    Some(Fault::EmptyChoices) => Vec::new(),
                    _ => copies(choice, seen.chat()),
                };
                Content::Chat(Box::new(ChatResponse {
                    id: answer_id(seen),
                    object: "chat.completion".to_owned(),
                    created,
                    model: seen.model.to_owned(),
                    choices,
                    usage,
                    ..ChatResponse::default()
                }))
            }
        },
    };
    Whole { status, headers, content, end }
}

/// How much later than its headers' latency the plain form of this reply comes.
pub(super) fn tail(reply: &Reply) -> Duration {
    let Body::Words { text, pieces: ends, tool_calls } = &reply.body else { return Duration::ZERO };
    if reply.pace.per_chunk.is_zero() {
        return reply.pace.first_token;
    }
    let chunks = pieces(text, ends.as_deref()).count() + 3 * tool_calls.len();
    let further = u32::try_from(chunks.saturating_sub(1)).unwrap_or(u32::MAX);
    reply.pace.first_token.saturating_add(reply.pace.per_chunk.saturating_mul(further))
}

pub(super) fn answer_id(seen: &Seen<'_>) -> String {
    let number = seen.number.to_string();
    ["chatcmpl-sim-", &number].concat()
}

pub(super) fn usage(
    counted: &Counted,
    text: &str,
    calls: &[ToolCall],
    seen: &Seen<'_>,
) -> Option<Usage> {
    match counted {
        Counted::Really => {
            let called = |call: &ToolCall| call.function.name.len() + call.function.arguments.len();
            let bytes = text.len() + calls.iter().map(called).sum::<usize>();
            Some(Usage::new(seen.prompt_tokens(), tokens(bytes)))
        }
        Counted::As(usage) => Some((**usage).clone()),
        Counted::Not => None,
    }
}

/// How many answers were asked for; at most 128, as at OpenAI.
pub(super) fn choices(request: Option<&ChatRequest>) -> u32 {
    request.map_or(1, ChatRequest::choices).clamp(1, 128)
}

/// As many answers as were asked for, all alike.
fn copies(choice: Choice, request: Option<&ChatRequest>) -> Vec<Choice> {
    match choices(request) {
        1 => vec![choice],
        n => (0..n).map(|index| Choice { index, ..choice.clone() }).collect(),
    }
}

fn assembled(events: &[String]) -> ChatResponse {
    let mut whole = Assembler::new();
    for chunk in events.iter().filter_map(|event| serde_json::from_str::<ChatChunk>(event).ok()) {
        whole.push(&chunk);
    }
    whole.finish()
}

fn vectors(input: &Value, counted: &Counted, seen: &Seen<'_>) -> EmbeddingResponse {
    let texts = match input {
        Value::Array(list) if !list.iter().all(Value::is_number) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let of = |text: &Value| vector(hash(0, text.to_string().as_bytes()));
    let row = |(index, text)| json!({"object": "embedding", "index": index, "embedding": of(text)});
    EmbeddingResponse {
        model: seen.model.to_owned(),
        data: texts.iter().enumerate().map(row).collect(),
        usage: usage(counted, "", &[], seen),
        extra: Extra::from_iter([("object".to_owned(), "list".into())]),
        ..EmbeddingResponse::default()
    }
}
