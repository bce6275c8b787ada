//! The client's clock, which follows tokio's paused time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ft_core::{Clock, Tick, UnixMillis};
use tokio::time::Instant;

/// Tokio's clock: in a test with paused time it moves breakers, gates, cache and sleeps together.
///
/// The calendar is read once from the operating system and then moves with the monotonic clock,
/// so that a clock set back by an operator cannot open a spend window twice.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    epoch: Instant,
    wall_at_epoch: UnixMillis,
}

impl TokioClock {
    /// A clock whose epoch is this moment. Inside a runtime with paused time it follows that.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall_at_epoch = UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        Self { epoch: Instant::now(), wall_at_epoch }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    fn now(&self) -> Tick {
        // One past the epoch: a machine may take `Tick::ZERO` for "never".
        Tick::ZERO
            .after(Instant::now().saturating_duration_since(self.epoch))
            .after(Duration::from_nanos(1))
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis(self.wall_at_epoch.0.saturating_add(self.now().as_millis()))
    }
}

/// Sleeps until this moment of `clock`; returns at once when it has passed.
///
/// # Cancel safety
/// Dropping it ends the wait.
pub(crate) async fn sleep_until(clock: &dyn Clock, until: Tick) {
    tokio::time::sleep(until.since(clock.now())).await;
}
