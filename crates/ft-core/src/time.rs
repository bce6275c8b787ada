//! Time as a value: machines are handed a [`Tick`], and only a [`Clock`] asks anybody for one.

use std::fmt;
use std::ops::Add;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on a monotonic clock: nanoseconds since that clock's own epoch.
///
/// Ticks of different clocks do not compare.
/// All arithmetic saturates: a clock that steps back gives a zero duration, a huge delay gives [`Tick::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(u64);

impl Tick {
    /// The clock's epoch.
    pub const ZERO: Self = Self(0);
    /// The end of time, 584 years after the epoch.
    pub const MAX: Self = Self(u64::MAX);

    /// The moment `nanos` nanoseconds after the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The moment `secs` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment `by` later, at most [`Tick::MAX`].
    #[must_use]
    pub const fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanos(by)))
    }

    /// The moment `by` earlier, at least [`Tick::ZERO`].
    #[must_use]
    pub const fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(by)))
    }
}

impl Add<Duration> for Tick {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        self.after(by)
    }
}

impl fmt::Debug for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tick({:?})", Duration::from_nanos(self.0))
    }
}

/// Nanoseconds of a duration, saturating at `u64::MAX` (584 years).
#[must_use]
pub const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "compared with u64::MAX just above")]
        let nanos = nanos as u64;
        nanos
    }
}

/// Calendar time: milliseconds since 1970-01-01T00:00Z, for spend windows and price dates only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub u64);

/// The one source of time.
///
/// Durations are measured with [`now`](Clock::now), which must not be set back by an operator;
/// calendars are read with [`wall`](Clock::wall), which may be.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The present on the monotonic clock.
    fn now(&self) -> Tick;
    /// The present on the calendar.
    fn wall(&self) -> UnixMillis;
}

/// The operating system's clocks. The only place in the workspace that asks it for the time.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    epoch: Instant,
}

impl SystemClock {
    /// A clock whose epoch is this moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    pub fn new() -> Self {
        Self { epoch: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    fn now(&self) -> Tick {
        Tick(nanos(Instant::now().saturating_duration_since(self.epoch)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are told to take")]
    fn wall(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(nanos(since) / 1_000_000)
    }
}

/// A clock that moves only when told to, for tests.
///
/// It may be moved back: machines must survive that too.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicU64,
    wall: AtomicU64,
}

impl ManualClock {
    /// A clock that stands at `now`, with the calendar at 1970.
    #[must_use]
    pub const fn at(now: Tick) -> Self {
        Self { now: AtomicU64::new(now.0), wall: AtomicU64::new(0) }
    }

    /// Moves both the monotonic clock and the calendar on.
    pub fn advance(&self, by: Duration) {
        self.now.fetch_add(nanos(by), Ordering::Relaxed);
        self.wall.fetch_add(nanos(by) / 1_000_000, Ordering::Relaxed);
    }

    /// Sets the monotonic clock, also backwards.
    pub fn set(&self, now: Tick) {
        self.now.store(now.0, Ordering::Relaxed);
    }

    /// Sets the calendar.
    pub fn set_wall(&self, wall: UnixMillis) {
        self.wall.store(wall.0, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Tick {
        Tick(self.now.load(Ordering::Relaxed))
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis(self.wall.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Tick::MAX.after(Duration::from_secs(1)), Tick::MAX);
        assert_eq!(Tick::ZERO.before(Duration::from_secs(1)), Tick::ZERO);
        assert_eq!(Tick::ZERO.since(Tick::MAX), Duration::ZERO);
        assert_eq!(Tick::ZERO.after(Duration::MAX), Tick::MAX);
    }

    #[test]
    fn a_manual_clock_moves_both_hands() {
        let clock = ManualClock::default();
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now(), Tick::from_millis(1_500));
        assert_eq!(clock.wall(), UnixMillis(1_500));
    }
}
