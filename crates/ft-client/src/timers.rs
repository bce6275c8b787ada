//! What bounds an attempt in time.

use std::time::Duration;

use ft_core::Tick;

/// The timers of an attempt, as moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    /// The end of the wait for first content, where it is bounded.
    pub(crate) first_token: Option<Tick>,
    /// The end of the attempt; of one whose stream is handed on, of the wait for its first content.
    pub(crate) end: Tick,
    /// Whether that is sooner than the target's own timer, because of the deadline.
    pub(crate) shortened: bool,
    /// The request's deadline; once content has reached the caller, the caller's own.
    pub(crate) deadline: Tick,
    /// The end of the stream once content has reached the caller, by the target's own timer.
    pub(crate) stream_end: Tick,
    /// The deadline that the caller brought, which bounds a stream that flows as well. [`Tick::MAX`] without one.
    pub(crate) callers: Tick,
    /// The longest pause after first content.
    pub(crate) idle: Duration,
}

/// A timer, by what it bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    FirstToken,
    Attempt,
    Idle,
}

impl Timers {
    /// How long first content may still take, and the timer that says so.
    pub(crate) fn first_wait(&self, streamed: bool, now: Tick) -> (Duration, Timer) {
        match self.first_token.filter(|&first| streamed && first < self.end) {
            Some(first) => (first.since(now), Timer::FirstToken),
            None => (self.end.since(now), Timer::Attempt),
        }
    }

    /// Content is about to reach the caller: a stream that flows is cut by no clock that was set to find it, and no
    /// tier below can take over any more.
    pub(crate) fn commit(&mut self) {
        self.shortened = self.callers < self.stream_end;
        self.deadline = self.callers;
        self.end = self.stream_end.min(self.callers);
    }

    /// When the attempt ends at the latest, if it is handed on as a stream.
    pub(crate) fn last(&self) -> Tick {
        self.stream_end.min(self.callers)
    }

    /// How long the next chunk may take, and the timer that says so.
    pub(crate) fn next_wait(&self, now: Tick) -> (Duration, Timer) {
        let left = self.end.since(now);
        if self.idle < left { (self.idle, Timer::Idle) } else { (left, Timer::Attempt) }
    }
}
