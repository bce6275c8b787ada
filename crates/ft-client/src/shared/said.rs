//! What a shared call has said and its reader has not taken yet.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ft_core::chat::Piece;

use crate::answer::{Answer, Report};
use crate::error::{Circumstances, Error, FailKind};

/// How many bytes a task reads ahead of a reader for whom nobody waits.
const AHEAD: usize = 64 << 10;

/// What a call came to before anything of its answer was passed on.
pub(crate) enum Head {
    /// A complete answer.
    Whole(Box<Answer>),
    /// A stream whose first content has come.
    Streaming(Box<Report>),
}

/// How a stream ended, with its report as of then.
pub(crate) struct Ended(pub(crate) Result<(), Error>, pub(crate) Option<Box<Report>>);

/// What was said.
#[derive(Default)]
pub(super) struct Said {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    head: Option<Result<Head, Error>>,
    time_left: Option<Duration>,
    pieces: VecDeque<Piece>,
    /// Of these pieces.
    bytes: usize,
    end: Option<Ended>,
    /// Nothing more will be said.
    over: bool,
    /// Nobody reads any more.
    unread: bool,
    pub(super) by_task: bool,
    pub(super) followers: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// Whether another piece may be read before the last one was taken.
    ///
    /// For those who wait for the end, all of it, which the bound on an answer bounds; for a slow reader alone a few;
    /// and for one that drives it by reading none, so that what nobody takes stays with the provider.
    fn has_room(&self) -> bool {
        let read_on = self.unread || self.followers > 0 || self.pieces.is_empty();
        read_on || (self.by_task && self.bytes < AHEAD)
    }
}

impl Said {
    pub(super) fn time_left(&self) -> Option<Duration> {
        self.state().time_left
    }

    pub(super) fn head(&self) -> Option<Result<Head, Error>> {
        let mut state = self.state();
        match state.head.take() {
            None if state.over => Some(Err(lost())),
            head => head,
        }
    }

    pub(super) fn piece(&self) -> Option<Result<Piece, Ended>> {
        let mut state = self.state();
        match state.pieces.pop_front() {
            Some(piece) => {
                state.bytes = state.bytes.saturating_sub(weight(&piece));
                // Whoever drives it by reading will be back.
                let writer = if state.by_task { state.writer.take() } else { None };
                drop(state);
                wake(writer);
                Some(Ok(piece))
            }
            None if state.over => {
                let end = state.end.take();
                Some(Err(end.unwrap_or_else(|| Ended(Err(lost()), None))))
            }
            None => None,
        }
    }

    /// Wakes this one when more is said.
    pub(super) fn read_by(&self, reader: &Waker) {
        let mut state = self.state();
        let known = state.reader.as_ref().is_some_and(|known| known.will_wake(reader));
        let before = if known { None } else { state.reader.replace(reader.clone()) };
        drop(state);
        drop(before);
    }

    /// Nobody reads any more.
    pub(super) fn unread(&self) {
        let mut state = self.state();
        state.unread = true;
        state.bytes = 0;
        let kept = (std::mem::take(&mut state.pieces), state.head.take(), state.end.take());
        let (reader, writer) = (state.reader.take(), state.writer.take());
        drop(state);
        drop((kept, reader));
        wake(writer);
    }

    /// Changes what decides how far is read.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// Says something; it comes back when nobody would hear it.
    fn say<T>(&self, word: T, say: impl FnOnce(&mut State, T)) -> Option<T> {
        let mut state = self.state();
        if state.unread {
            return Some(word);
        }
        say(&mut state, word);
        // A reader who drives it looks when it has done so.
        let reader = if state.by_task { state.reader.take() } else { None };
        drop(state);
        wake(reader);
        None
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.has_room() {
            return Poll::Ready(());
        }
        let before = state.writer.replace(cx.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn weight(piece: &Piece) -> usize {
    size_of::<Piece>() + piece.raw().map_or(0, |raw| raw.len())
}

/// Only when what drove it is gone: its runtime was shut down, or it panicked.
fn lost() -> Error {
    let detail = "the call was lost: what ran it is gone".to_owned();
    Error::new(FailKind::Exhausted, detail, Circumstances::default())
}

/// Says what the call has to say. Dropped, it says that there is no more.
pub(crate) struct Writer {
    said: Arc<Said>,
}

impl Writer {
    pub(super) fn of(said: &Arc<Said>) -> Self {
        Self { said: Arc::clone(said) }
    }

    /// How long its stream may take; before its head.
    pub(crate) fn time_left(&self, left: Option<Duration>) {
        self.said.change(|said| said.time_left = left);
    }

    /// What it came to.
    pub(crate) fn head(&self, head: Result<Head, Error>) {
        self.said.say(head, |state, head| state.head = Some(head));
    }

    /// Waits until a piece may be read.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn room(&self) {
        poll_fn(|cx| self.said.poll_room(cx)).await;
    }

    /// A piece.
    pub(crate) fn piece(&self, piece: Piece) {
        self.said.say(piece, |state, piece| {
            state.bytes += weight(&piece);
            state.pieces.push_back(piece);
        });
    }

    /// The end of its stream.
    pub(crate) fn end(&self, end: Ended) {
        self.said.say(end, |state, end| state.end = Some(end));
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.said.say((), |state, ()| state.over = true);
    }
}
