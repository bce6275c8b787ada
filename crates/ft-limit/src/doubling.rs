//! A wait that doubles with each step up to a cap; shared by gates and back-off.

use std::time::Duration;

/// `min(cap, first · 2^step)`, saturating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doubling {
    pub(crate) first: Duration,
    pub(crate) cap: Duration,
}

impl Doubling {
    /// The wait of this step, counted from zero.
    pub(crate) fn wait(self, step: u32) -> Duration {
        let factor = 1_u32.checked_shl(step).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_from_the_first_to_the_cap_and_stays_there() {
        let doubling = Doubling { first: Duration::from_secs(1), cap: Duration::from_secs(20) };
        let waits: Vec<u64> = (0..7).map(|step| doubling.wait(step).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(doubling.wait(u32::MAX), Duration::from_secs(20));
    }

    #[test]
    fn a_day_long_first_wait_does_not_overflow() {
        let doubling = Doubling { first: Duration::from_secs(86_400), cap: Duration::MAX };
        assert_eq!(doubling.wait(40), Duration::from_secs(86_400).saturating_mul(u32::MAX));
    }
}
