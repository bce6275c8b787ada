//! Failures in a row, and when the first of them came.

use std::time::Duration;

use ft_core::Tick;

const FAILURES_BITS: u32 = 12;
const SINCE_BITS: u32 = 23;
const SINCE: u64 = (1 << SINCE_BITS) - 1;
/// Threads read their clocks at slightly different moments: what lies this little ahead is now.
const SKEW_MS: u64 = 1_000;

/// Failures in a row. A success ends the row.
///
/// The moment is kept modulo 2²³ ms (2.3 hours): a row whose last failure comes that long after its first, to
/// within the span that is asked for, is seen one failure later.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Row {
    failures: u32,
    since_ms: u32,
}

impl Row {
    /// No failure since the last success.
    pub const NONE: Self = Self { failures: 0, since_ms: 0 };
    /// The most failures that are counted.
    pub const MOST: u32 = (1 << FAILURES_BITS) - 1;
    /// How many bits [`bits`](Self::bits) takes.
    pub(crate) const BITS: u32 = FAILURES_BITS + SINCE_BITS;

    /// This many failures, at most [`MOST`](Self::MOST), the first of them at `since`.
    #[must_use]
    pub fn new(failures: u32, since: Tick) -> Self {
        let since_ms = if failures == 0 { 0 } else { low32(millis(since) & SINCE) };
        Self { failures: failures.min(Self::MOST), since_ms }
    }

    /// How many.
    #[must_use]
    pub const fn failures(self) -> u32 {
        self.failures
    }

    /// One failure more.
    #[must_use]
    pub fn and_failed(self, now: Tick) -> Self {
        match self.failures {
            0 => Self::new(1, now),
            failures => Self { failures: (failures + 1).min(Self::MOST), ..self },
        }
    }

    /// Whether the first failure lies `over` or longer ago.
    #[must_use]
    pub fn spans(self, over: Duration, now: Tick) -> bool {
        let ago = millis(now).wrapping_sub(u64::from(self.since_ms)) & SINCE;
        let ago = if ago > SINCE - SKEW_MS { 0 } else { ago };
        u128::from(ago) >= over.as_millis()
    }

    pub(crate) const fn bits(self) -> u64 {
        (self.since_ms as u64) << FAILURES_BITS | self.failures as u64
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        let failures = low32(bits) & Self::MOST;
        Self { failures, since_ms: low32((bits >> FAILURES_BITS) & SINCE) }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.failures {
            0 => f.write_str("no failure"),
            failures => write!(f, "{failures} since {} ms", self.since_ms),
        }
    }
}

const fn millis(at: Tick) -> u64 {
    at.as_nanos() / 1_000_000
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
const fn low32(bits: u64) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVER: Duration = Duration::from_millis(500);

    #[test]
    fn a_row_spans_from_its_first_failure_on() {
        let at = |ms: u64| Tick::from_millis(40_000_000 + ms);
        let row = Row::NONE.and_failed(at(0)).and_failed(at(300)).and_failed(at(400));
        assert_eq!(row.failures(), 3);
        assert!(!row.spans(OVER, at(499)));
        assert!(row.spans(OVER, at(500)));
        assert!(row.spans(Duration::ZERO, at(0)));
    }

    #[test]
    fn a_clock_that_another_thread_read_a_moment_earlier_spans_nothing() {
        let row = Row::new(4, Tick::from_millis(5_000));
        assert!(!row.spans(OVER, Tick::from_millis(4_999)));
        assert!(!row.spans(OVER, Tick::from_millis(4_000)));
        // The edge of the moment's bits is no edge of time.
        let row = Row::new(4, Tick::from_millis(SINCE));
        assert!(!row.spans(OVER, Tick::from_millis(SINCE + 499)));
        assert!(row.spans(OVER, Tick::from_millis(SINCE + 500)));
    }

    #[test]
    fn the_count_stops_at_its_most() {
        let row = Row::new(u32::MAX, Tick::ZERO).and_failed(Tick::ZERO);
        assert_eq!(row.failures(), Row::MOST);
        assert_eq!(Row::from_bits(row.bits()), row);
    }
}
