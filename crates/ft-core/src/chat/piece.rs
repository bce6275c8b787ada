//! A chunk beside the text it came as.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use super::{ChatChunk, ChunkChoice, Delta};

/// A chunk, and the JSON text it came as for as long as nobody has changed it.
///
/// Whoever passes a stream on can send that text instead of writing the chunk again: it is what the provider said, to
/// the byte, and costs nothing.
///
/// ```
/// use bytes::Bytes;
/// use ft_core::chat::{ChatChunk, Piece};
///
/// let text = Bytes::from_static(br#"{"choices":[]}"#);
/// let mut piece = Piece::with_raw(ChatChunk::default(), text);
/// assert!(piece.raw().is_some());
/// piece.chunk_mut().id = "other".to_owned();
/// assert!(piece.raw().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Piece {
    said: Said,
    raw: Option<Bytes>,
}

#[derive(Clone, Debug)]
enum Said {
    Chunk(Box<ChatChunk>),
    Text(Text),
}

/// A chunk that is an earlier one with another text, written out only for who asks.
#[derive(Clone)]
struct Text {
    like: Arc<ChatChunk>,
    text: String,
    chunk: OnceLock<Box<ChatChunk>>,
}

impl Piece {
    /// A chunk that was read from this text.
    ///
    /// The text must be one line, as server-sent events carry it: a text with line ends in it is not kept.
    #[must_use]
    pub fn with_raw(chunk: ChatChunk, raw: Bytes) -> Self {
        let raw = Some(raw).filter(is_one_line);
        Self { raw, ..chunk.into() }
    }

    /// A chunk that is `like` an earlier one of its stream in everything but this text, with the text it came as.
    ///
    /// Most chunks of a stream are: they then cost no more than their words. `None` when that one says more than its
    /// text, so that another one like it would say that again.
    #[must_use]
    pub fn with_text(like: &Arc<ChatChunk>, text: String, raw: Bytes) -> Option<Self> {
        says_text_alone(like).then(|| {
            let text = Text { like: Arc::clone(like), text, chunk: OnceLock::new() };
            Self { said: Said::Text(text), raw: Some(raw).filter(is_one_line) }
        })
    }

    /// The chunk.
    #[must_use]
    pub fn chunk(&self) -> &ChatChunk {
        match &self.said {
            Said::Chunk(chunk) => chunk,
            Said::Text(text) => text.chunk.get_or_init(|| Box::new(text.written_out())),
        }
    }

    /// The text, of a chunk that is in everything else as an earlier one of its stream.
    #[must_use]
    pub fn text_alone(&self) -> Option<&str> {
        match &self.said {
            Said::Chunk(_) => None,
            Said::Text(text) => Some(&text.text),
        }
    }

    /// Which answer a chunk of [`text_alone`](Self::text_alone) adds to.
    pub(super) fn index_of_text(&self) -> u32 {
        match &self.said {
            Said::Chunk(_) => 0,
            Said::Text(text) => text.like.choices.first().map_or(0, |choice| choice.index),
        }
    }

    /// As [`ChatChunk::has_content`].
    #[must_use]
    pub fn has_content(&self) -> bool {
        match &self.said {
            Said::Chunk(chunk) => chunk.has_content(),
            Said::Text(text) => !text.text.is_empty(),
        }
    }

    /// The chunk, to be changed: its text is not its text any more.
    pub fn chunk_mut(&mut self) -> &mut ChatChunk {
        self.raw = None;
        self.own()
    }

    /// Changes the chunk. `change` says whether it did: where it did not, the text is still its text.
    pub fn change(&mut self, change: impl FnOnce(&mut ChatChunk) -> bool) {
        if change(self.own()) {
            self.raw = None;
        }
    }

    fn own(&mut self) -> &mut ChatChunk {
        if let Said::Text(text) = &self.said {
            self.said = Said::Chunk(Box::new(text.written_out()));
        }
        match &mut self.said {
            Said::Chunk(chunk) => chunk,
            Said::Text(_) => unreachable!("it has just been written out"),
        }
    }

    /// The text it came as, one line of JSON; `None` when there was none, or it has been changed since.
    #[must_use]
    pub fn raw(&self) -> Option<&Bytes> {
        self.raw.as_ref()
    }

    /// The chunk alone.
    #[must_use]
    pub fn into_chunk(self) -> ChatChunk {
        match self.said {
            Said::Chunk(chunk) => *chunk,
            Said::Text(text) => text.written_out(),
        }
    }
}

impl Text {
    fn written_out(&self) -> ChatChunk {
        let mut chunk = ChatChunk::clone(&self.like);
        if let Some(choice) = chunk.choices.first_mut() {
            choice.delta.content = Some(self.text.clone());
        }
        chunk
    }
}

/// Without a word of what was said.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.text.len())
    }
}

fn is_one_line(raw: &Bytes) -> bool {
    !raw.contains(&b'\n') && !raw.contains(&b'\r')
}

/// Whether a chunk adds text to one answer and nothing else that could be added twice.
fn says_text_alone(chunk: &ChatChunk) -> bool {
    let [choice] = &chunk.choices[..] else { return false };
    let ChunkChoice { index: _, delta, finish_reason, logprobs, extra: _, shape: _ } = choice;
    let Delta {
        role: _,
        content,
        refusal,
        reasoning_content,
        reasoning,
        tool_calls,
        extra,
        shape: _,
    } = delta;
    content.is_some()
        && refusal.is_none()
        && reasoning_content.is_none()
        && reasoning.is_none()
        && tool_calls.is_empty()
        && extra.values().all(Value::is_null)
        && finish_reason.is_none()
        && logprobs.is_none()
        && chunk.usage.is_none()
}

impl Default for Piece {
    fn default() -> Self {
        ChatChunk::default().into()
    }
}

impl From<ChatChunk> for Piece {
    fn from(chunk: ChatChunk) -> Self {
        Self { said: Said::Chunk(Box::new(chunk)), raw: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_not_kept() {
        for text in [&b"{\n}"[..], b"{\r}"] {
            assert!(
                Piece::with_raw(ChatChunk::default(), Bytes::copy_from_slice(text)).raw().is_none()
            );
        }
    }

    #[test]
    fn a_chunk_like_an_earlier_one_is_that_one_with_another_text() {
        let like = Arc::new(ChatChunk { id: "a".to_owned(), ..ChatChunk::of_text("first") });
        let raw = Bytes::from_static(b"{}");
        let mut piece = Piece::with_text(&like, "next".to_owned(), raw.clone()).unwrap();
        assert_eq!(piece.text_alone(), Some("next"));
        assert!(piece.has_content());
        let whole = ChatChunk { id: "a".to_owned(), ..ChatChunk::of_text("next") };
        assert_eq!(piece.chunk(), &whole);
        piece.change(|_| false);
        assert_eq!((piece.raw(), piece.text_alone()), (Some(&raw), None));
        assert_eq!(piece.into_chunk(), whole);
    }

    #[test]
    fn a_chunk_that_says_more_than_text_is_like_no_other() {
        let text = || ChatChunk::of_text("a");
        let mut called = text();
        called.choices[0].delta.tool_calls.push(Default::default());
        let mut ended = text();
        ended.choices[0].finish_reason = Some(crate::chat::FinishReason::Stop);
        let counted = ChatChunk { usage: Some(Default::default()), ..text() };
        let mut two = text();
        two.choices.push(ChunkChoice::default());
        for chunk in [called, ended, counted, two, ChatChunk::default()] {
            let piece = Piece::with_text(&Arc::new(chunk), String::new(), Bytes::new());
            assert!(piece.is_none());
        }
    }
}
