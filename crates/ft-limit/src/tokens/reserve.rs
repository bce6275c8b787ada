//! Tokens that time refills, kept as the one moment at which the reserve will be full again.
//!
//! That is the generic cell rate algorithm (ITU-T I.371, 1993): no count, no timer, exact over any gap.

use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

/// The rule; the state is a word, the nanoseconds at which the reserve is full. Zero is full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reserve {
    /// Nanoseconds that refill one token.
    every: u64,
    /// Nanoseconds that refill all of them.
    whole: u64,
}

impl Reserve {
    pub(super) fn new(tokens: u32, every: Duration) -> Self {
        let every = nanos(every).max(1);
        Self { every, whole: every.saturating_mul(u64::from(tokens)) }
    }

    /// The next state, and whether it gave a token.
    pub(super) const fn draw(self, full_at: u64, now: Tick) -> (u64, bool) {
        let now = now.as_nanos();
        let emptiest = now.saturating_add(self.whole);
        if full_at > emptiest.saturating_add(self.whole) {
            // The clock stepped back by more than a whole refill: begin again, empty.
            return (emptiest, false);
        }
        let from = if full_at > now { full_at } else { now };
        let next = from.saturating_add(self.every);
        if next <= emptiest && next > from { (next, true) } else { (full_at, false) }
    }

    pub(super) const fn refund(self, full_at: u64) -> u64 {
        full_at.saturating_sub(self.every)
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most the u32 it was made with")]
    pub(super) const fn available(self, full_at: u64, now: Tick) -> u32 {
        let now = now.as_nanos();
        let missing = full_at.saturating_sub(now);
        (self.whole.saturating_sub(missing) / self.every) as u32
    }
}
