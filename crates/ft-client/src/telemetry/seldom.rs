//! What is worth a line of the log, and not one for each time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_core::Tick;

/// Lets a line of the log through once in a while, and counts those it held back.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    /// From which nanosecond of the clock on the next may be told.
    next: AtomicU64,
    held_back: AtomicU64,
}

impl Seldom {
    /// How many were held back before this one, if this one is to be told: the next is not for `every`.
    pub(crate) fn due(&self, now: Tick, every: Duration) -> Option<u64> {
        let until = now.after(every).as_nanos();
        let turn = |next: u64| (next <= now.as_nanos()).then_some(until);
        match self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, turn) {
            Ok(_) => Some(self.held_back.swap(0, Ordering::Relaxed)),
            Err(_) => {
                self.held_back.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_while_is_told_with_the_number_of_those_that_were_not() {
        let (seldom, minute) = (Seldom::default(), Duration::from_secs(60));
        assert_eq!(seldom.due(Tick::ZERO, minute), Some(0));
        assert_eq!(seldom.due(Tick::from_secs(1), minute), None);
        assert_eq!(seldom.due(Tick::from_secs(59), minute), None);
        assert_eq!(seldom.due(Tick::from_secs(60), minute), Some(2));
        assert_eq!(seldom.due(Tick::from_secs(120), minute), Some(0));
    }
}
