//! A clock that follows Tokio's time, paused or not.

use std::time::Duration;

use ft_core::time::nanos;
use ft_core::{Clock, Tick, UnixMillis};
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct TokioClock(Instant);

impl TokioClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock of these tests")]
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    fn past(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Tick {
        Tick::from_nanos(nanos(self.past()))
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis(nanos(self.past()) / 1_000_000)
    }
}
