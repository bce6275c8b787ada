//! What a shared call has said and those who read it have not taken yet.

use std::future::poll_fn;
use std::mem::size_of;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ft_core::chat::Piece;

use super::flow::{Flow, Start};
use super::log::Log;
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
#[derive(Clone)]
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
    pub(super) log: Log,
    /// How far its reader is in that.
    at: usize,
    /// Of the pieces that its reader has not taken.
    bytes: usize,
    pub(super) end: Option<Ended>,
    /// Nothing more will be said.
    pub(super) over: bool,
    /// Its reader has left.
    unread: bool,
    pub(super) by_task: bool,
    /// All who wait for it beside its reader.
    pub(super) followers: usize,
    /// Those of them who read along.
    pub(super) flow: Flow,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// Whether another piece may be read before the last one was taken.
    ///
    /// For those who wait for the end, all of it, which the bound on an answer bounds; for a slow reader alone a few;
    /// and for one that drives it by reading none, so that what nobody takes stays with the provider.
    fn has_room(&self) -> bool {
        let read_on = self.unread || self.followers > 0 || self.at == self.log.end();
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
        let at = state.at;
        match state.log.take(at) {
            Some(piece) => {
                state.at += 1;
                state.bytes = state.bytes.saturating_sub(weight(&piece));
                // Whoever drives it by reading will be back.
                let writer = if state.by_task { state.writer.take() } else { None };
                drop(state);
                wake(writer);
                Some(Ok(piece))
            }
            None if state.over => {
                let end = if state.flow.is_empty() { state.end.take() } else { state.end.clone() };
                Some(Err(end.unwrap_or_else(Ended::lost)))
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

    /// Its reader has left.
    pub(super) fn unread(&self) {
        let mut state = self.state();
        state.unread = true;
        state.bytes = 0;
        let at = state.at;
        let end = if state.flow.is_empty() { state.end.take() } else { None };
        let kept = (state.log.leave(at), state.head.take(), end);
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

    /// Says something; what nobody would hear comes back, to be dropped outside of the lock.
    fn say<T>(&self, say: impl FnOnce(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        let unheard = say(&mut state);
        // A reader who drives it looks when it has done so.
        let reader = if state.by_task { state.reader.take() } else { None };
        let others = state.flow.take_wakers();
        drop(state);
        wake(reader);
        others.into_iter().for_each(Waker::wake);
        unheard
    }

    /// Whether somebody wants to read along, once there is room.
    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.state();
        if state.has_room() {
            return Poll::Ready(state.flow.is_awaited());
        }
        let before = state.writer.replace(cx.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
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

impl Ended {
    pub(super) fn lost() -> Self {
        Self(Err(lost()), None)
    }
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
        self.said.say(|state| match state.unread {
            true => Some(head),
            false => state.head.replace(head),
        });
    }

    /// Waits until a piece may be read; whether somebody wants to [read along](Self::start) from here on.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn room(&self) -> bool {
        poll_fn(|cx| self.said.poll_room(cx)).await
    }

    /// Ready once somebody else wants to read along.
    pub(crate) fn poll_asked(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.said.poll_asked(cx)
    }

    /// Those who want to read along begin here.
    pub(crate) fn start(&self, start: Start) {
        self.said.start(start);
    }

    /// A piece.
    pub(crate) fn piece(&self, piece: Piece) {
        self.said.say(|state| {
            if !state.unread {
                state.bytes += weight(&piece);
            }
            let readers = state.flow.count() + usize::from(!state.unread);
            state.log.push(piece, readers)
        });
    }

    /// The end of its stream.
    pub(crate) fn end(&self, end: Ended) {
        self.said.say(|state| match state.unread && state.flow.is_empty() {
            true => Some(end),
            false => state.end.replace(end),
        });
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.said.say(|state| {
            state.over = true;
            None::<()>
        });
    }
}
