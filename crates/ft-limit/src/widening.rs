//! When the throttling of single models means the whole credential.
//!
//! Most limits are a model's, but some are an organisation's, and the answers name the organisation either way.
//! What tells them apart is a second model of the same credential that throttles while the first one's wait still runs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ft_core::Tick;

use crate::hint::{self, MAX_HINT};

/// The throttled models of one credential.
///
/// Models are told apart by any number that the caller gives them.
/// A call takes a lock for two comparisons, and only throttled answers call.
#[derive(Debug, Default)]
pub struct Widening {
    recent: Mutex<Recent>,
}

impl Widening {
    /// Nothing is throttled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that this model was throttled for so long (its hint, or the wait of its gate), and says whether
    /// the credential's gate is to be shut as well, for the same time: another of its models is still in its wait.
    #[must_use = "true asks for the credential's gate to be shut"]
    pub fn throttled(&self, model: u32, now: Tick, shut_for: Duration) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.throttled(model, now, hint::clamp(shut_for))
    }

    /// Forgets everything, for a reload.
    pub fn clear(&self) {
        *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = Recent::default();
    }
}

/// The two models with the latest waits: enough to know, for any model, whether another one is waiting.
#[derive(Debug, Default)]
struct Recent([Option<Waiting>; 2]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    model: u32,
    until: Tick,
}

impl Recent {
    fn throttled(&mut self, model: u32, now: Tick, shut_for: Duration) -> bool {
        // No wait is longer than the longest hint: what lies further ahead was set before the clock stepped back.
        let furthest = now.after(MAX_HINT);
        let others = self.0.map(|waiting| waiting.filter(|w| w.model != model && w.until > now));
        let own = self.0.iter().flatten().find(|w| w.model == model).map(|w| w.until);
        let until = now.after(shut_for).max(own.unwrap_or(Tick::ZERO)).min(furthest);

        let latest = others.into_iter().flatten().max_by_key(|w| w.until);
        let latest = latest.map(|w| Waiting { until: w.until.min(furthest), ..w });
        self.0 = [Some(Waiting { model, until }), latest];
        latest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps "model@second for seconds"; answers those that widened.
    fn check(script: &[(u32, u64, u64)], widened: &[usize]) {
        let widening = Widening::new();
        let answers: Vec<usize> = script
            .iter()
            .enumerate()
            .filter(|&(_, &(model, at, wait))| {
                widening.throttled(model, Tick::from_secs(at), Duration::from_secs(wait))
            })
            .map(|(step, _)| step)
            .collect();
        assert_eq!(answers, widened, "{script:?}");
    }

    #[test]
    fn one_model_never_widens() {
        check(&[(1, 0, 10), (1, 1, 10), (1, 2, 10)], &[]);
    }

    #[test]
    fn a_second_model_within_the_firsts_wait_widens() {
        check(&[(1, 0, 10), (2, 9, 10)], &[1]);
    }

    #[test]
    fn a_second_model_after_the_firsts_wait_does_not() {
        check(&[(1, 0, 10), (2, 10, 10)], &[]);
    }

    #[test]
    fn the_longer_wait_of_the_first_is_remembered_past_the_seconds() {
        check(&[(1, 0, 60), (2, 10, 1), (3, 40, 1)], &[1, 2]);
        check(&[(1, 0, 60), (1, 5, 1), (2, 40, 1)], &[2]);
    }

    #[test]
    fn a_clock_that_stepped_back_leaves_no_wait_beyond_the_longest_hint() {
        check(&[(1, 1_000_000, 300), (2, 0, 1), (3, 301, 1)], &[1]);
    }

    #[test]
    fn a_reload_forgets() {
        let widening = Widening::new();
        assert!(!widening.throttled(1, Tick::ZERO, Duration::from_secs(9)));
        widening.clear();
        assert!(!widening.throttled(2, Tick::ZERO, Duration::from_secs(9)));
    }
}
