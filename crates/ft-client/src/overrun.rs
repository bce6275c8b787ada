//! A stream that goes on far past the money that was taken for it is cut: a pure machine that counts bytes.

use ft_core::chat::Piece;
use ft_core::{ErrorKind, ProviderError};

/// Tokens beyond twice what was reserved that a stream may still have: counts are estimates, and a few more words cost
/// less than a torn answer.
const MARGIN: u64 = 1_024;

/// How far a stream may go.
///
/// Tokens are counted seldom: a text has at most as many as bytes, so that below so many bytes there is nothing to
/// count, and above them only where it has grown by a quarter since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overrun {
    most: u64,
    bytes: u64,
    look_at: u64,
    over: bool,
}

impl Overrun {
    /// A stream for which the money of so many tokens was taken. An estimate is at most about twice the count.
    pub(crate) const fn new(reserved: u64) -> Self {
        let most = reserved.saturating_mul(2).saturating_add(MARGIN);
        Self { most, bytes: 0, look_at: most, over: false }
    }

    /// This piece was read; with it, `count` is what all of them have. True once that is too much.
    pub(crate) fn reads(&mut self, piece: &Piece, count: impl FnOnce() -> u64) -> bool {
        self.bytes = self.bytes.saturating_add(bytes_of(piece));
        if self.bytes > self.look_at {
            let left = self.most.saturating_sub(count());
            self.over |= left == 0;
            self.look_at = self.bytes.saturating_add(left.max(self.bytes / 4));
        }
        self.over
    }

    /// Whether so many tokens, counted here, may well be what was reserved: counts err high.
    pub(crate) const fn explains(&self, tokens: u64) -> bool {
        tokens <= self.most
    }

    /// Whether it was too much.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// What is wrong with the provider then.
    pub(crate) fn error() -> ProviderError {
        ProviderError::new(ErrorKind::Garbled)
            .with_code("output_limit_exceeded")
            .with_message("the answer is far longer than what was asked for, and was cut")
    }
}

/// The bytes that a piece adds to an answer; of fields that are not known, their whole text.
fn bytes_of(piece: &Piece) -> u64 {
    if let Some(text) = piece.text_alone() {
        return text.len() as u64;
    }
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let deltas = piece.chunk().choices.iter().map(|choice| {
        let delta = &choice.delta;
        if !delta.extra.is_empty() || !delta.tool_calls.is_empty() {
            return piece.raw().map_or(0, |raw| raw.len());
        }
        length(&delta.content)
            + length(&delta.refusal)
            + length(&delta.reasoning)
            + length(&delta.reasoning_content)
    });
    deltas.sum::<usize>() as u64
}

#[cfg(test)]
mod tests {
    use ft_core::ChatChunk;

    use super::*;

    /// How many pieces of four bytes and one token are read before it is too much, and how often all were counted.
    fn read(reserved: u64) -> (u64, u64) {
        let mut overrun = Overrun::new(reserved);
        let (mut pieces, mut counts) = (0, 0);
        let piece = Piece::from(ChatChunk::of_text("word"));
        while !overrun.reads(&piece, || {
            counts += 1;
            pieces + 1
        }) {
            pieces += 1;
        }
        assert!(overrun.is_over());
        (pieces, counts)
    }

    #[test]
    fn an_endless_stream_is_cut_soon_after_twice_what_was_reserved() {
        for reserved in [0, 1, 1_000, 100_000] {
            let (pieces, counts) = read(reserved);
            let most = 2 * reserved + MARGIN;
            assert!((most..most * 5 / 4 + 2).contains(&pieces), "{reserved}: {pieces}");
            assert!(counts < 20, "{reserved}: counted {counts} times");
        }
    }

    #[test]
    fn a_stream_within_its_limit_is_hardly_ever_counted() {
        let mut overrun = Overrun::new(1_000);
        let piece = Piece::from(ChatChunk::of_text("word"));
        let mut counts = 0;
        for pieces in 1..=1_000 {
            assert!(!overrun.reads(&piece, || {
                counts += 1;
                pieces
            }));
        }
        assert!(counts <= 3, "{counts}");
    }
}
