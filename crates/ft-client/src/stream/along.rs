//! The stream of another's call, read along with.

use std::task::{Context, Poll};
use std::time::Duration;

use ft_core::ChatChunk;
use ft_core::chat::Piece;

use crate::answer::Report;
use crate::error::Error;
use crate::run::Run;
use crate::shared::{Ended, Following};

/// What was said before it was joined, then each piece as it comes. Dropped, its request is one whose caller left.
pub(super) struct Along {
    run: Box<Run>,
    following: Following,
    so_far: std::vec::IntoIter<ChatChunk>,
}

impl Along {
    pub(super) fn new(run: Box<Run>, following: Following, so_far: Vec<ChatChunk>) -> Self {
        Self { run, following, so_far: so_far.into_iter() }
    }

    /// The next piece; then how it ended.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Piece, Ended>> {
        match self.so_far.next() {
            Some(chunk) => Poll::Ready(Ok(chunk.into())),
            None => self.following.poll_piece(cx),
        }
    }

    pub(super) fn time_left(&self) -> Option<Duration> {
        self.following.time_left()
    }

    /// Its end as this call's, told.
    pub(super) fn ends(&mut self, Ended(end, its): Ended) -> (Report, Option<Error>) {
        match end {
            Ok(()) => (self.run.read_along(its.as_deref()), None),
            Err(error) => {
                let error = self.run.fail_as(error);
                (self.run.own_report(self.run.now()), Some(error))
            }
        }
    }
}
