//! The simulation's clock: tokio's paused time, and a calendar that begins on the scenario's day.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_core::{Clock, Tick, UnixMillis};
use tokio::time::Instant;

/// As the client's own clock, but for the calendar: that does not depend on the day of the run.
///
/// Paused time moves only between two turns of the runtime, and a request asks for it many times within one. So
/// tokio's clock, which has a lock, is read once a turn. Clones share what was read.
#[derive(Clone, Debug)]
pub(crate) struct SimClock {
    epoch: Instant,
    starts: UnixMillis,
    now: Arc<AtomicU64>,
}

impl SimClock {
    /// A clock that begins now, which is midnight of the scenario's day.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    pub(crate) fn new(starts: UnixMillis) -> Self {
        let now = Arc::new(AtomicU64::new(ORIGIN.as_nanos()));
        Self { epoch: Instant::now(), starts, now }
    }

    /// Sees what time it is. To be called whenever the runtime has turned, before anything else.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    pub(crate) fn look(&self) {
        let now = Self::tick(Instant::now().saturating_duration_since(self.epoch));
        self.now.store(now.as_nanos(), Ordering::Relaxed);
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
    fn now(&self) -> Tick {
        Tick::from_nanos(self.now.load(Ordering::Relaxed))
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis(self.starts.0.saturating_add(self.now().as_millis()))
    }
}
