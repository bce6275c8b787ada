//! A moment that survives a clock which steps back.

use std::time::Duration;

use ft_core::Tick;

/// Threads read their clocks at slightly different moments; a step back is what is larger than that.
const SKEW: Duration = Duration::from_secs(1);

/// A moment, and how far ahead it was when it was set.
///
/// The second figure is what a clock that steps back leaves to wait, instead of the length of the step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    pub(super) at: Tick,
    ahead: Duration,
}

impl Deadline {
    pub(super) fn new(now: Tick, ahead: Duration) -> Self {
        Self { at: now.after(ahead), ahead }
    }

    /// The deadline, set anew when the clock has stepped back since it was set.
    pub(super) fn seen_from(self, now: Tick) -> Self {
        let furthest = self.ahead.saturating_add(SKEW);
        if self.at.since(now) > furthest { Self::new(now, self.ahead) } else { self }
    }

    pub(super) fn is_ahead(self, now: Tick) -> bool {
        self.at > now
    }

    /// The later of the two.
    pub(super) fn or_later(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }
}
