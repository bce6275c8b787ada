//! A streamed answer as its request brings it: across a break, where another target goes on.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::chat::Piece;
use ft_core::{ChatChunk, Usage};
use futures_util::future::BoxFuture;

use super::Run;
use super::body::Body;
use crate::answer::Report;
use crate::attempt::Bad;
use crate::error::Error;

/// A stream whose first content has come, with the request that holds it.
///
/// # Cancel safety
/// Dropped, the request finds its body and settles it, in whatever state it is.
pub(crate) struct Live {
    state: State,
    wants_usage: bool,
    report: Report,
}

enum State {
    /// The request holds the body that is read.
    Reading(Box<Run>),
    /// It broke off: another target is looked for.
    Broken(BoxFuture<'static, (Box<Run>, Result<(), Error>)>),
    /// It has ended.
    Over,
}

impl Live {
    pub(super) fn new(mut run: Box<Run>, body: Box<Body>) -> Self {
        let report = run.live_report(body.leg.target, body.first_token, run.now());
        let wants_usage = run.request.wants_usage();
        run.streaming = Some(body);
        Self { state: State::Reading(run), wants_usage, report }
    }

    /// With the usage, whether or not its caller asked for it.
    pub(super) fn with_usage(mut self) -> Self {
        self.wants_usage = true;
        self
    }

    /// How the answer came about, as far as it has: complete once the stream has ended.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// How long it may still take by its own clocks.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let State::Reading(run) = &self.state else { return None };
        run.streaming.as_ref().map(|body| body.job.timers.end.since(run.now()))
    }

    /// What has come of it, to go on from; `None` while that cannot be told.
    pub(super) fn so_far(&self) -> Option<Vec<ChatChunk>> {
        let State::Reading(run) = &self.state else { return None };
        run.chunks_so_far()
    }

    /// The next piece; an error is the last one.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, Error>>> {
        loop {
            match &mut self.state {
                State::Reading(run) => match ready!(run.poll_chunk(cx)) {
                    Some(Ok(piece)) => {
                        let piece = shaped(piece, self.wants_usage, run.usage_before());
                        if let Some(piece) = piece {
                            return Poll::Ready(Some(Ok(piece)));
                        }
                    }
                    Some(Err(bad)) => self.breaks_off(bad),
                    None => {
                        self.report = run.complete_stream();
                        self.state = State::Over;
                    }
                },
                State::Broken(search) => {
                    let (run, found) = ready!(search.as_mut().poll(cx));
                    if let Err(error) = found {
                        self.report = run.report_so_far(run.now());
                        self.state = State::Over;
                        return Poll::Ready(Some(Err(error)));
                    }
                    self.state = State::Reading(run);
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }

    /// Another target goes on, if one can. The request stays in the search, so that a drop finds it there.
    fn breaks_off(&mut self, bad: Box<Bad>) {
        if let State::Reading(mut run) = std::mem::replace(&mut self.state, State::Over) {
            self.state = State::Broken(Box::pin(async move {
                let found = run.broke_off(bad).await;
                (run, found)
            }));
        }
    }
}

/// The chunk as the caller asked for it, with the usage of what went before it.
///
/// Usage is always asked for upstream, and comes in a chunk of its own: who did not ask for it does not get that one.
/// Usage that a vendor sends beside an answer's words, it sends to everybody.
pub(crate) fn shaped(mut piece: Piece, wants_usage: bool, before: Option<&Usage>) -> Option<Piece> {
    if piece.text_alone().is_some() || piece.chunk().usage.is_none() {
        return Some(piece);
    }
    if !wants_usage && piece.chunk().choices.is_empty() {
        return None;
    }
    if let Some(before) = before
        && let Some(usage) = &mut piece.chunk_mut().usage
    {
        usage.add(before);
    }
    Some(piece)
}
