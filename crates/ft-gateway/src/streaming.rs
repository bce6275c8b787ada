//! What the connection of a streamed answer says to it, beside reading it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Waker;
use std::time::Duration;

use atomic_waker::AtomicWaker;

/// Rides in a response's extensions; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Streaming(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    asked: AtomicU8,
    waker: AtomicWaker,
    time_left: Duration,
}

/// What is asked of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To say something, so that it is seen whether anybody listens.
    Comment,
    /// To end with an error: the process stops.
    Stop,
}

const NOTHING: u8 = 0;
const COMMENT: u8 = 1;
const STOP: u8 = 2;

impl Streaming {
    /// Of a stream that ends within this time by its own clocks, as long as it is read.
    pub(crate) fn new(time_left: Duration) -> Self {
        let asked = AtomicU8::new(NOTHING);
        Self(Arc::new(Inner { asked, waker: AtomicWaker::new(), time_left }))
    }

    /// Within which it ends, from its head on.
    pub(crate) fn time_left(&self) -> Duration {
        self.0.time_left
    }

    /// Asks for this, and wakes who reads. To stop is the last word.
    pub(crate) fn ask(&self, request: Request) {
        let asked = match request {
            Request::Comment => COMMENT,
            Request::Stop => STOP,
        };
        self.0.asked.fetch_max(asked, Ordering::AcqRel);
        self.0.waker.wake();
    }

    /// What was asked for since the last time; whoever asks next wakes this.
    pub(crate) fn take(&self, waker: &Waker) -> Option<Request> {
        self.0.waker.register(waker);
        match self.0.asked.swap(NOTHING, Ordering::AcqRel) {
            COMMENT => Some(Request::Comment),
            STOP => Some(Request::Stop),
            _ => None,
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
