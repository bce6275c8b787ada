//! From a complete answer to the stream it would have been.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{
    ChatChunk, ChatResponse, ChunkChoice, Content, Delta, FunctionCall, FunctionDelta, Piece,
    ToolCall, ToolCallDelta,
};
use crate::ProviderError;

/// A streamed answer: chunks, then the end.
///
/// The stream ends without an error only after the provider ended it well: a `finish_reason` or its `[DONE]`
/// was seen. Every other end is an `Err` item, after which nothing follows.
///
/// # Cancel safety
/// Dropping it cancels the call upstream.
pub struct ChunkStream {
    inner: Pin<Box<dyn Stream<Item = Result<Piece, ProviderError>> + Send>>,
    keep_alives: Option<KeepAlives>,
}

/// Counts what a provider sends between chunks only to say that it is still there: comments, ping events.
///
/// The adapter counts, and whoever reads the stream waits a little longer for the next chunk.
#[derive(Clone, Debug, Default)]
pub struct KeepAlives(Arc<AtomicU64>);

impl KeepAlives {
    /// One more has come.
    pub fn heard(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many have come so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ChunkStream {
    /// Wraps any stream of chunks.
    #[must_use]
    pub fn new(
        stream: impl Stream<Item = Result<ChatChunk, ProviderError>> + Send + 'static,
    ) -> Self {
        Self { inner: Box::pin(Bare(Box::pin(stream))), keep_alives: None }
    }

    /// Wraps a stream of chunks with the texts they came as.
    #[must_use]
    pub fn of_pieces(
        stream: impl Stream<Item = Result<Piece, ProviderError>> + Send + 'static,
    ) -> Self {
        Self { inner: Box::pin(stream), keep_alives: None }
    }

    /// Sets where the adapter counts what comes between chunks.
    #[must_use]
    pub fn with_keep_alives(mut self, keep_alives: KeepAlives) -> Self {
        self.keep_alives = Some(keep_alives);
        self
    }

    /// How many signs of life have come between chunks; 0 where nobody counts them.
    #[must_use]
    pub fn keep_alives(&self) -> u64 {
        self.keep_alives.as_ref().map_or(0, KeepAlives::count)
    }

    /// The next chunk with the text it came as. The same stream as by [`Stream`]: each chunk comes once.
    pub fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, ProviderError>>> {
        self.inner.as_mut().poll_next(cx)
    }

    /// A stream of chunks that are all there already.
    #[must_use]
    pub fn of(chunks: impl IntoIterator<Item = ChatChunk>) -> Self {
        Self::of_pieces(Ready(chunks.into_iter().collect()))
    }
}

impl Stream for ChunkStream {
    type Item = Result<ChatChunk, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_piece(cx).map_ok(Piece::into_chunk)
    }
}

impl fmt::Debug for ChunkStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkStream")
    }
}

/// Chunks without the texts they came as.
struct Bare<S>(S);

impl<S: Stream<Item = Result<ChatChunk, ProviderError>>> Stream for Bare<Pin<Box<S>>> {
    type Item = Result<Piece, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map_ok(Piece::from)
    }
}

struct Ready(VecDeque<ChatChunk>);

impl Stream for Ready {
    type Item = Result<Piece, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front().map(|chunk| Ok(chunk.into())))
    }
}

/// The chunks that put together give `response` again: one with the content of each choice, one that ends it,
/// and one with the usage.
#[must_use]
pub fn replay(response: ChatResponse) -> Vec<ChatChunk> {
    let frame = ChatChunk {
        id: response.id,
        object: "chat.completion.chunk".to_owned(),
        created: response.created,
        model: response.model,
        extra: response.extra,
        ..ChatChunk::default()
    };
    let mut chunks = Vec::with_capacity(2 * response.choices.len() + 1);
    for choice in response.choices {
        let mut message = choice.message;
        let mut word = |field| match message.extra.shift_remove(field) {
            Some(serde_json::Value::String(text)) => Some(text),
            _ => None,
        };
        let reasoning_content = word("reasoning_content");
        let reasoning = word("reasoning");
        let content = match message.content {
            Content::Absent | Content::Null => None,
            Content::Text(text) => Some(text),
            // As a stream has them: under the field's name, among those of another type.
            Content::Parts(parts) => {
                let parts = serde_json::to_value(parts).unwrap_or_default();
                message.extra.insert("content".to_owned(), parts);
                None
            }
        };
        let delta = Delta {
            role: Some(message.role),
            content,
            refusal: message.refusal,
            reasoning_content,
            reasoning,
            tool_calls: message.tool_calls.into_iter().zip(0..).map(called).collect(),
            extra: message.extra,
            ..Delta::default()
        };
        let piece = ChunkChoice {
            index: choice.index,
            delta,
            logprobs: choice.logprobs,
            ..ChunkChoice::default()
        };
        chunks.push(ChatChunk { choices: vec![piece], ..frame.clone() });
        let end = ChunkChoice {
            index: choice.index,
            finish_reason: choice.finish_reason,
            extra: choice.extra,
            ..ChunkChoice::default()
        };
        chunks.push(ChatChunk { choices: vec![end], ..frame.clone() });
    }
    if let Some(usage) = response.usage {
        chunks.push(ChatChunk { usage: Some(usage), ..frame });
    }
    chunks
}

fn called((call, index): (ToolCall, u32)) -> ToolCallDelta {
    let ToolCall { id, kind, function, extra, shape: _ } = call;
    let FunctionCall { name, arguments, extra: of_function, shape: _ } = function;
    // A call of another kind, such as a custom tool's, has no function.
    let is_function = kind == "function" || !name.is_empty() || !of_function.is_empty();
    let arguments = (!of_function.contains_key("arguments")).then_some(arguments);
    ToolCallDelta {
        index: Some(index),
        id: Some(id),
        kind: Some(kind),
        function: is_function.then(|| FunctionDelta {
            name: Some(name),
            arguments,
            extra: of_function,
            ..FunctionDelta::default()
        }),
        extra,
        ..ToolCallDelta::default()
    }
}
