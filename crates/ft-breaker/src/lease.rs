//! The probe lease: how long probes may stay without an answer before they are given up.

use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

use crate::sync::{AtomicU64, Ordering};

/// The moment of the youngest probe, shared.
#[derive(Debug)]
pub(crate) struct Lease {
    youngest: AtomicU64,
}

impl Lease {
    pub(crate) fn new() -> Self {
        Self { youngest: AtomicU64::new(0) }
    }

    /// Notes a probe. Called before the exchange that admits it, so that whoever sees the slot
    /// taken sees the lease as well.
    pub(crate) fn renew(&self, now: Tick) {
        self.youngest.fetch_max(now.as_nanos(), Ordering::AcqRel);
    }

    /// Whether the youngest probe is older than `lease`.
    pub(crate) fn is_over(&self, now: Tick, lease: Duration) -> bool {
        let youngest = self.youngest.load(Ordering::Acquire);
        match judge(Tick::from_nanos(youngest), now, lease) {
            Judgement::Over => true,
            Judgement::Running => false,
            Judgement::Ahead => {
                // Only if nobody was faster; a lost exchange means a newer note stands there.
                let now = now.as_nanos();
                let _ = self.youngest.compare_exchange(
                    youngest,
                    now,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                );
                false
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    Running,
    Over,
    /// The note lies further ahead than a lease: the clock went back, and the note must follow it,
    /// or the circuit would stay full until the clock is there again.
    Ahead,
}

fn judge(youngest: Tick, now: Tick, lease: Duration) -> Judgement {
    if now.since(youngest) >= lease {
        Judgement::Over
    } else if nanos(youngest.since(now)) > nanos(lease) {
        Judgement::Ahead
    } else {
        Judgement::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_runs_out_exactly_at_its_end_and_follows_a_clock_that_went_back() {
        let lease = Duration::from_secs(2);
        let at = Tick::from_secs;
        assert_eq!(judge(at(10), at(11), lease), Judgement::Running);
        assert_eq!(
            judge(at(10), at(12).before(Duration::from_nanos(1)), lease),
            Judgement::Running
        );
        assert_eq!(judge(at(10), at(12), lease), Judgement::Over);
        assert_eq!(judge(at(10), at(9), lease), Judgement::Running);
        assert_eq!(judge(at(10), at(7), lease), Judgement::Ahead);
    }
}
