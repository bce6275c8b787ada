//! A timer that is set for the future and costs nothing while what it waits for moves further away.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ft_core::{Clock, Tick};
use tokio::time::{Sleep, sleep};

/// Rings at a moment that may change whenever it is asked.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    /// Set for then, or for an earlier moment, at which it only looks again.
    set: Option<(Tick, Pin<Box<Sleep>>)>,
}

impl Alarm {
    /// Ready when `due` has passed. What is asked for last holds.
    ///
    /// # Cancel safety
    /// Nothing is lost between two calls.
    pub(crate) fn poll(&mut self, due: Tick, clock: &dyn Clock, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some((at, ring)) = &mut self.set
                && *at <= due
            {
                ready!(ring.as_mut().poll(cx));
            }
            let now = clock.now();
            if due <= now {
                self.set = None;
                return Poll::Ready(());
            }
            let wait = sleep(due.since(now));
            match &mut self.set {
                Some((at, ring)) => {
                    *at = due;
                    ring.set(wait);
                }
                None => self.set = Some((due, Box::pin(wait))),
            }
        }
    }

    /// Whether it is set at all.
    pub(crate) fn is_set(&self) -> bool {
        self.set.is_some()
    }
}
