//! The stream of another's call, read along with.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::ChatChunk;
use ft_core::chat::Piece;

use super::Run;
use super::live::shaped;
use crate::answer::Report;
use crate::error::Error;
use crate::shared::{Ended, Following, Start};

/// What was said before it was joined, then each piece as it comes. Dropped, its request is one whose caller left.
pub(crate) struct Along {
    run: Box<Run>,
    following: Following,
    so_far: std::vec::IntoIter<ChatChunk>,
    report: Report,
    over: bool,
}

impl Along {
    /// Of another's call, from what has come of it so far.
    pub(super) fn new(mut run: Box<Run>, following: Following, start: &Start) -> Self {
        run.reads_along(&start.report);
        let report = run.own_report(run.now());
        let so_far = start.so_far.clone().into_iter();
        Self { run, following, so_far, report, over: false }
    }

    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn time_left(&self) -> Option<Duration> {
        if self.over { None } else { self.following.time_left() }
    }

    /// The next piece; an error is the last one.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, Error>>> {
        while !self.over {
            let piece = match self.so_far.next() {
                Some(chunk) => chunk.into(),
                None => match ready!(self.following.poll_piece(cx)) {
                    Ok(piece) => piece,
                    Err(ended) => return Poll::Ready(self.ends(ended).map(Err)),
                },
            };
            if let Some(piece) = shaped(piece, self.run.request.wants_usage(), None) {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
        Poll::Ready(None)
    }

    /// Its end as this call's, told.
    fn ends(&mut self, Ended(end, its): Ended) -> Option<Error> {
        self.over = true;
        match end {
            Ok(()) => {
                self.report = self.run.read_along(its.as_deref());
                None
            }
            Err(error) => {
                let error = self.run.fail_as(error);
                self.report = self.run.own_report(self.run.now());
                Some(error)
            }
        }
    }
}
