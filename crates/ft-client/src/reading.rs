//! A provider's stream, read under a timer that is set for each piece and costs nothing while pieces come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::chat::{Assembler, Piece};
use ft_core::{ChunkStream, Clock, ProviderError, Tick};
use tokio::task::coop::poll_proceed;
use tokio::time::{Sleep, sleep};

use crate::timers::Timer;
use crate::whole;

/// A stream, and until when its next piece is waited for.
pub(crate) struct Reading {
    stream: ChunkStream,
    /// From when a piece is first asked for until it comes.
    wait: Option<(Tick, Timer)>,
    /// From when content is first asked for until it comes, whatever else comes meanwhile.
    quiet_since: Option<Tick>,
    /// The signs of life that the wait takes account of already.
    heard: u64,
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

/// How long signs of life alone keep a stream that says nothing: the longest pause that a reasoning model is known
/// to make, twice. An idle timer that is longer than that holds as it is.
const QUIET: Duration = Duration::from_secs(10 * 60);

impl Reading {
    pub(crate) fn new(stream: ChunkStream) -> Self {
        Self { stream, wait: None, quiet_since: None, heard: 0, alarm: None }
    }

    /// The next piece within this wait; `None` at the end.
    ///
    /// An answer whose every choice has said why it ended is complete: silence, or a connection that breaks, takes
    /// nothing from it. An error that the provider says does, whenever it comes. A stream that is always ready must
    /// not outlive its timers, so they are looked at first.
    /// A piece without content, and whatever else the provider sends to say that it is still there, begins the
    /// idle timer anew, for at most ten minutes without content.
    pub(crate) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        clock: &dyn Clock,
        (so_far, choices): (&Assembler, u32),
        wait: impl Fn(Tick) -> (Duration, Timer),
    ) -> Poll<Result<Option<Piece>, Trouble>> {
        let proceeding = ready!(poll_proceed(cx));
        let now = clock.now();
        let finished = so_far.is_finished(choices);
        let (mut until, mut timer) = match self.wait {
            Some(begun) => begun,
            None => self.begin_wait(wait(now), finished, now),
        };
        if until <= now {
            return Poll::Ready(self.silent(timer, finished));
        }
        if let Poll::Ready(piece) = self.stream.poll_piece(cx) {
            proceeding.made_progress();
            self.wait = None;
            if matches!(&piece, Some(Ok(piece)) if piece.has_content()) {
                self.quiet_since = None;
            }
            return Poll::Ready(match piece.transpose() {
                Ok(None) => {
                    let end = whole::check(so_far.so_far(), choices);
                    end.map(|()| None).map_err(Trouble::Provider)
                }
                Ok(piece) => Ok(piece),
                Err(error) if finished && whole::is_end_of_connection(&error) => Ok(None),
                Err(error) => Err(Trouble::Provider(error)),
            });
        }
        let heard = self.stream.keep_alives();
        if std::mem::replace(&mut self.heard, heard) != heard && !finished {
            (until, timer) = self.begin_wait(wait(now), finished, now);
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

    /// Until when the next piece is waited for, from now on.
    fn begin_wait(
        &mut self,
        (left, timer): (Duration, Timer),
        finished: bool,
        now: Tick,
    ) -> (Tick, Timer) {
        let quiet_since = *self.quiet_since.get_or_insert(now);
        let left = if finished { left.min(AFTER_FINISH) } else { left };
        let until = match timer {
            Timer::Idle => now.after(left).min(quiet_since.after(QUIET.max(left))),
            Timer::FirstToken | Timer::Attempt => now.after(left),
        };
        *self.wait.insert((until, timer))
    }

    fn silent(&mut self, timer: Timer, finished: bool) -> Result<Option<Piece>, Trouble> {
        self.wait = None;
        self.alarm = None;
        if finished { Ok(None) } else { Err(Trouble::Fired(timer)) }
    }
}
