//! The simulation's clock: tokio's paused time, and a calendar that begins on the scenario's day.

use std::time::Duration;

use ft_core::{Clock, Tick, UnixMillis};
use tokio::time::Instant;

/// As the client's own clock, but for the calendar: that does not depend on the day of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimClock {
    epoch: Instant,
    starts: UnixMillis,
}

impl SimClock {
    /// A clock that begins now, which is midnight of the scenario's day.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    pub(crate) fn new(starts: UnixMillis) -> Self {
        Self { epoch: Instant::now(), starts }
    }

    /// Since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.at(self.now())
    }

    /// A moment, since the beginning.
    pub(crate) fn at(&self, tick: Tick) -> Duration {
        tick.since(ORIGIN)
    }

    /// The moment this long after the beginning.
    pub(crate) fn tick(after: Duration) -> Tick {
        ORIGIN.after(after)
    }

    /// The same moment, as tokio's timers have it.
    pub(crate) fn instant(&self, after: Duration) -> Instant {
        self.epoch + after
    }
}

/// A machine may take `Tick::ZERO` for "never".
const ORIGIN: Tick = Tick::from_nanos(1);

impl Clock for SimClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    fn now(&self) -> Tick {
        Self::tick(Instant::now().saturating_duration_since(self.epoch))
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis(self.starts.0.saturating_add(self.now().as_millis()))
    }
}
