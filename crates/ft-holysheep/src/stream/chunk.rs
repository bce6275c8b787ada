//! One event's JSON: a chunk, an error, or neither; and the vendors' habits taken out of it.

use ft_core::chat::{ChatChunk, ChatResponse, ChunkChoice, FinishReason, replay};
use serde_json::{Map, Value};

use crate::classify::{carries_error, is_error, looks_like_error};

/// What an event's data is.
pub(super) enum Parsed {
    /// A piece of the answer, and whether it is what the event says, to the byte.
    Chunk(ChatChunk, bool),
    /// A whole answer in one event, from servers that only pretend to stream.
    Whole(Vec<ChatChunk>),
    /// An error, with what the same event adds to the answer.
    Error(Option<ChatChunk>),
    /// Not JSON, or JSON of another kind.
    Malformed,
}

/// Reads it. Who did not ask for usage (`hides_usage`) gets it where the vendor puts it, and nowhere else.
pub(super) fn parse(data: &[u8], hides_usage: bool) -> Parsed {
    let Ok(mut chunk) = serde_json::from_slice::<ChatChunk>(data) else {
        let error = match serde_json::from_slice::<Value>(data) {
            Ok(Value::Object(object)) => carries_error(&object) || looks_like_error(&object),
            Ok(Value::Array(list)) => {
                list.iter().any(|it| it.as_object().is_some_and(carries_error))
            }
            _ => false,
        };
        return if error { Parsed::Error(None) } else { Parsed::Malformed };
    };
    if is_error_chunk(&chunk) {
        // The words of the error go where they are scrubbed, not along with the text.
        chunk.extra.shift_remove("error");
        chunk.extra.shift_remove("x_groq");
        for choice in &mut chunk.choices {
            choice.extra.shift_remove("error");
        }
        let adds = chunk.has_content() || chunk.has_finish();
        return Parsed::Error(adds.then_some(chunk));
    }
    let mut as_sent = true;
    if chunk.usage.is_none()
        && let Some(usage) = chunk.extra.get("x_groq").and_then(|it| it.get("usage"))
    {
        chunk.usage = serde_json::from_value(usage.clone()).ok();
        as_sent = chunk.usage.is_none() || hides_usage;
    }
    let mut whole = false;
    for choice in &mut chunk.choices {
        // Perplexity repeats the whole text so far in here, beside the delta.
        let message = choice.extra.shift_remove("message");
        as_sent &= message.is_none();
        whole |= message.is_some_and(|it| it.is_object()) && is_bare(choice);
    }
    if whole && let Ok(response) = serde_json::from_slice::<ChatResponse>(data) {
        return Parsed::Whole(replay(response));
    }
    Parsed::Chunk(chunk, as_sent)
}

fn is_error_chunk(chunk: &ChatChunk) -> bool {
    (!chunk.extra.is_empty() && carries_error(&chunk.extra))
        || chunk.object == "error"
        || chunk.choices.iter().any(|choice| choice.extra.get("error").is_some_and(is_error))
        || (chunk.choices.is_empty() && chunk.usage.is_none() && looks_like_error(&chunk.extra))
}

/// A choice without a delta: its message is all there is of it.
fn is_bare(choice: &ChunkChoice) -> bool {
    choice.delta.role.is_none() && !choice.delta.has_content() && choice.delta.content.is_none()
}

/// OpenRouter's way to end an answer that failed.
pub(super) fn ends_in_error(chunk: &ChatChunk) -> bool {
    chunk.choices.iter().any(|choice| {
        matches!(&choice.finish_reason, Some(FinishReason::Other(word)) if word == "error")
    })
}

/// Only what was counted, of a chunk that comes after an error.
pub(super) fn usage_of(data: &[u8]) -> Option<ChatChunk> {
    let object: Map<String, Value> = serde_json::from_slice(data).ok()?;
    let usage = object.get("usage").filter(|usage| usage.is_object())?;
    serde_json::from_value(usage.clone()).ok().map(ChatChunk::of_usage)
}
