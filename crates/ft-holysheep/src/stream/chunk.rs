//! One event's JSON: a chunk, an error, or neither; and the vendors' habits taken out of it.

use ft_core::chat::{ChatChunk, ChatResponse, ChunkChoice, Extra, Usage, replay};
use serde_json::{Map, Value};

use crate::classify::Classifier;

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
pub(super) fn parse(data: &[u8], classifier: &Classifier, hides_usage: bool) -> Parsed {
    let Ok(mut chunk) = serde_json::from_slice::<ChatChunk>(data) else {
        let fault = serde_json::from_slice(data).is_ok_and(|value| classifier.is_fault(&value));
        return if fault { Parsed::Error(None) } else { Parsed::Malformed };
    };
    if classifier.is_fault_of_chunk(&chunk) {
        return Parsed::Error(rest_of(chunk));
    }
    let mut as_sent = true;
    if chunk.usage.is_none()
        && let Some(usage) = usage_of_groq(&chunk.extra)
    {
        chunk.usage = Some(usage);
        as_sent = hides_usage;
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

/// What an event that says failure adds to the answer: text and counts. Not an end, for the answer has none; and the
/// words of the failure go where they are scrubbed, not along with the text.
fn rest_of(mut chunk: ChatChunk) -> Option<ChatChunk> {
    if chunk.usage.is_none() {
        chunk.usage = usage_of_groq(&chunk.extra);
    }
    chunk.extra.clear();
    chunk.choices.retain_mut(|choice| {
        choice.finish_reason = None;
        choice.extra.clear();
        choice.delta.extra.shift_remove("error");
        choice.delta.has_content()
    });
    (!chunk.choices.is_empty() || chunk.usage.is_some()).then_some(chunk)
}

fn usage_of_groq(extra: &Extra) -> Option<Usage> {
    let usage = extra.get("x_groq")?.get("usage")?;
    serde_json::from_value(usage.clone()).ok()
}

/// A choice without a delta: its message is all there is of it.
fn is_bare(choice: &ChunkChoice) -> bool {
    choice.delta.role.is_none() && !choice.delta.has_content() && choice.delta.content.is_none()
}

/// Only what was counted, of a chunk that comes after an error.
pub(super) fn usage_of(data: &[u8]) -> Option<ChatChunk> {
    let object: Map<String, Value> = serde_json::from_slice(data).ok()?;
    let usage = object.get("usage").filter(|usage| usage.is_object())?;
    serde_json::from_value(usage.clone()).ok().map(ChatChunk::of_usage)
}
