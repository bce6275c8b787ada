//! A chunk beside the text it came as.

use bytes::Bytes;

use super::ChatChunk;

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
#[derive(Clone, Debug, Default)]
pub struct Piece {
    chunk: ChatChunk,
    raw: Option<Bytes>,
}

impl Piece {
    /// A chunk that was read from this text.
    ///
    /// The text must be one line, as server-sent events carry it: a text with line ends in it is not kept.
    #[must_use]
    pub fn with_raw(chunk: ChatChunk, raw: Bytes) -> Self {
        let one_line = !raw.contains(&b'\n') && !raw.contains(&b'\r');
        Self { chunk, raw: one_line.then_some(raw) }
    }

    /// The chunk.
    #[must_use]
    pub fn chunk(&self) -> &ChatChunk {
        &self.chunk
    }

    /// The chunk, to be changed: its text is not its text any more.
    pub fn chunk_mut(&mut self) -> &mut ChatChunk {
        self.raw = None;
        &mut self.chunk
    }

    /// Changes the chunk. `change` says whether it did: where it did not, the text is still its text.
    pub fn change(&mut self, change: impl FnOnce(&mut ChatChunk) -> bool) {
        if change(&mut self.chunk) {
            self.raw = None;
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
        self.chunk
    }
}

impl From<ChatChunk> for Piece {
    fn from(chunk: ChatChunk) -> Self {
        Self { chunk, raw: None }
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
}
