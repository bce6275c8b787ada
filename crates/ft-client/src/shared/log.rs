//! The pieces of a call that somebody has still to take, each kept once for all.

use std::collections::VecDeque;

use ft_core::chat::Piece;

/// Pieces in order, each with how many have not taken it. Whoever takes them does so in order, so the first piece is
/// the first that nobody needs any more.
#[derive(Default)]
pub(super) struct Log {
    pieces: VecDeque<(Piece, usize)>,
    /// How many were dropped in front.
    gone: usize,
}

impl Log {
    /// Where the next piece will stand.
    pub(super) fn end(&self) -> usize {
        self.gone + self.pieces.len()
    }

    /// Adds a piece for so many; comes back where that is nobody.
    pub(super) fn push(&mut self, piece: Piece, takers: usize) -> Option<Piece> {
        if takers == 0 {
            return Some(piece);
        }
        self.pieces.push_back((piece, takers));
        None
    }

    /// One of them takes the piece that stands here; `None` when there is none yet.
    pub(super) fn take(&mut self, at: usize) -> Option<Piece> {
        let (piece, left) = self.pieces.get_mut(at.checked_sub(self.gone)?)?;
        if *left > 1 {
            *left -= 1;
            return Some(piece.clone());
        }
        // The first: nobody who is behind it is left.
        self.gone += 1;
        self.pieces.pop_front().map(|(piece, _)| piece)
    }

    /// Somebody who stood here takes no more. What nobody else needs comes back, to be dropped elsewhere.
    pub(super) fn leave(&mut self, at: usize) -> Vec<Piece> {
        for (_, left) in self.pieces.iter_mut().skip(at.saturating_sub(self.gone)) {
            *left -= 1;
        }
        let unneeded = self.pieces.iter().take_while(|(_, left)| *left == 0).count();
        self.gone += unneeded;
        self.pieces.drain(..unneeded).map(|(piece, _)| piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use ft_core::ChatChunk;

    use super::*;

    fn push(log: &mut Log, text: &str, takers: usize) {
        assert!(log.push(ChatChunk::of_text(text).into(), takers).is_none());
    }

    fn take(log: &mut Log, at: usize) -> Option<String> {
        let piece = log.take(at)?;
        piece.chunk().choices[0].delta.content.clone()
    }

    #[test]
    fn each_takes_all_at_its_own_pace_and_what_all_have_is_gone() {
        let mut log = Log::default();
        for text in ["a", "b", "c"] {
            push(&mut log, text, 2);
        }
        for (at, text) in ["a", "b", "c"].into_iter().enumerate() {
            assert_eq!(take(&mut log, at).as_deref(), Some(text));
        }
        assert_eq!(take(&mut log, 3), None);
        assert_eq!(log.pieces.len(), 3, "the other has not taken them");
        assert_eq!(take(&mut log, 0).as_deref(), Some("a"));
        assert_eq!((log.pieces.len(), log.end()), (2, 3));
        push(&mut log, "d", 2);
        assert_eq!(take(&mut log, 3).as_deref(), Some("d"));
        assert_eq!(log.leave(1).len(), 3, "whoever leaves needs none of the rest");
        assert_eq!((log.pieces.len(), log.end()), (0, 4));
    }

    #[test]
    fn whoever_leaves_in_front_takes_nothing_from_those_behind() {
        let mut log = Log::default();
        push(&mut log, "a", 2);
        push(&mut log, "b", 2);
        assert_eq!(take(&mut log, 0).as_deref(), Some("a"));
        assert!(log.leave(1).is_empty());
        assert_eq!(take(&mut log, 0).as_deref(), Some("a"));
        assert_eq!(take(&mut log, 1).as_deref(), Some("b"));
        assert!(log.pieces.is_empty());
    }

    #[test]
    fn what_nobody_takes_is_not_kept() {
        let mut log = Log::default();
        assert!(log.push(ChatChunk::of_text("a").into(), 0).is_some());
        assert_eq!(log.end(), 0);
    }
}
