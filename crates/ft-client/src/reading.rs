//! A provider's stream, read under a timer that is set for each piece and costs nothing while pieces come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::chat::{Assembler, Piece};
use ft_core::{ChunkStream, Clock, ProviderError, Tick};
use tokio::task::coop::poll_proceed;
use tokio::time::{Sleep, sleep};

use crate::attempt::Timer;

/// A stream, and until when its next piece is waited for.
pub(crate) struct Reading {
    stream: ChunkStream,
    /// From when a piece is first asked for until it comes.
    wait: Option<(Tick, Timer)>,
    /// Set for an earlier piece's end or this one's: it is only looked at when it rings, so that a stream that flows
    /// sets none.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// Why no chunk came.
pub(crate) enum Trouble {
    Fired(Timer),
    Provider(ProviderError),
}

/// How long after the last finish reason the usage may still come: it follows at once where it follows at all.
const AFTER_FINISH: Duration = Duration::from_secs(1);

impl Reading {
    pub(crate) fn new(stream: ChunkStream) -> Self {
        Self { stream, wait: None, alarm: None }
    }

    /// The next piece within this wait; `None` at the end.
    ///
    /// An answer whose every choice has said why it ended is complete: silence, or a connection that breaks, takes
    /// nothing from it. A stream that is always ready must not outlive its timers, so they are looked at first.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        clock: &dyn Clock,
        (so_far, choices): (&Assembler, u32),
        wait: impl FnOnce(Tick) -> (Duration, Timer),
    ) -> Poll<Result<Option<Piece>, Trouble>> {
        let proceeding = ready!(poll_proceed(cx));
        let now = clock.now();
        let finished = so_far.is_finished(choices);
        let (until, timer) = *self.wait.get_or_insert_with(|| {
            let (left, timer) = wait(now);
            (now.after(if finished { left.min(AFTER_FINISH) } else { left }), timer)
        });
        if until <= now {
            return Poll::Ready(self.silent(timer, finished));
        }
        if let Poll::Ready(piece) = self.stream.poll_piece(cx) {
            proceeding.made_progress();
            self.wait = None;
            return Poll::Ready(match piece.transpose() {
                Ok(piece) => Ok(piece),
                Err(_) if finished => Ok(None),
                Err(error) => Err(Trouble::Provider(error)),
            });
        }
        loop {
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(until.since(now))));
            ready!(alarm.as_mut().poll(cx));
            let now = clock.now();
            if until <= now {
                return Poll::Ready(self.silent(timer, finished));
            }
            // It rang for an earlier piece, which has come.
            alarm.set(sleep(until.since(now)));
        }
    }

    fn silent(&mut self, timer: Timer, finished: bool) -> Result<Option<Piece>, Trouble> {
        self.wait = None;
        self.alarm = None;
        if finished { Ok(None) } else { Err(Trouble::Fired(timer)) }
    }
}
