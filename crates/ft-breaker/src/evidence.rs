//! Why the circuit opened: the figures with which it stopped letting calls through, kept until it closes.

use crate::row::Row;
use crate::sync::{AtomicU64, Ordering};
use crate::window::Counts;

const COUNT_BITS: u32 = 26;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Written by the winner of the exchange that opened, read by whoever looks.
///
/// Two words rather than one under a lock: a look in the instant of a transition may pair the counts of one
/// opening with the latency of another.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// `calls 26 | marked 26 | failures in a row 12`.
    counts: AtomicU64,
    micros: AtomicU64,
}

impl Evidence {
    pub(crate) fn new() -> Self {
        Self { counts: AtomicU64::new(0), micros: AtomicU64::new(0) }
    }

    /// Counts too large for their bits are held at the largest that fits.
    pub(crate) fn keep(&self, counts: Counts, in_a_row: u32) {
        let (calls, marked) = (counts.calls.min(COUNT), counts.marked.min(COUNT));
        let row = u64::from(in_a_row.min(Row::MOST));
        let word = (calls << COUNT_BITS | marked) << (64 - 2 * COUNT_BITS) | row;
        self.micros.store(counts.micros, Ordering::Relaxed);
        self.counts.store(word, Ordering::Relaxed);
    }

    /// The counts and the failures in a row.
    pub(crate) fn read(&self) -> (Counts, u32) {
        let word = self.counts.load(Ordering::Relaxed);
        let micros = self.micros.load(Ordering::Relaxed);
        let (calls, marked) = (word >> (64 - COUNT_BITS), word >> (64 - 2 * COUNT_BITS) & COUNT);
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
        let in_a_row = word as u32 & Row::MOST;
        (Counts { calls, marked, micros }, in_a_row)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_and_what_is_too_much_is_held_at_the_most() {
        let evidence = Evidence::new();
        let counts = Counts { calls: 30, marked: 7, micros: 1 << 40 };
        evidence.keep(counts, 5);
        assert_eq!(evidence.read(), (counts, 5));
        evidence.keep(Counts { calls: u64::MAX, marked: u64::MAX, micros: 0 }, u32::MAX);
        assert_eq!(evidence.read(), (Counts { calls: COUNT, marked: COUNT, micros: 0 }, Row::MOST));
    }
}
