//! How long a target's answers are and how fast it writes them: what an attempt that was cut off may have cost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Answers that are remembered: enough for a 95th percentile, and 2 KiB.
const KEPT: usize = 128;

/// Answers without which nothing is known: fewer are chance.
const ENOUGH: usize = 10;

/// Output tokens assumed of an answer where neither the request nor the target's answers say more: what the
/// article's chain asks for.
pub(crate) const ASSUMED: u64 = 1_000;

/// Tokens a second that no model is served faster than, as of 2026-11 (Cerebras states up to 3,000).
const FASTEST: f64 = 3_000.0;

/// The last whole answers of a target.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    last: Mutex<Ring>,
}

#[derive(Clone, Debug, Default)]
struct Ring {
    samples: Vec<Sample>,
    next: usize,
}

/// One answer of a choice.
#[derive(Clone, Copy, Debug)]
struct Sample {
    tokens: u64,
    per_second: f64,
}

impl Outputs {
    /// An answer had so many tokens, and took so long.
    pub(crate) fn record(&self, tokens: u64, took: Duration) {
        if tokens == 0 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "an answer is shorter than 2^52 tokens")]
        let per_second = tokens as f64 / took.as_secs_f64().max(0.001);
        let sample = Sample { tokens, per_second: per_second.min(FASTEST) };
        let mut last = self.locked();
        let next = last.next;
        match last.samples.get_mut(next) {
            Some(oldest) => *oldest = sample,
            None => last.samples.push(sample),
        }
        last.next = (next + 1) % KEPT;
    }

    /// What 95 of 100 answers are not longer than; `None` while too few are known.
    pub(crate) fn usual(&self) -> Option<u64> {
        let mut tokens = self.of(|sample| sample.tokens)?;
        tokens.sort_unstable();
        tokens.get(rank(tokens.len())).copied()
    }

    /// The most tokens that can have been written within this time, at the rate that 95 of 100 answers do not exceed.
    pub(crate) fn within(&self, time: Duration) -> u64 {
        let rate = self.of(|sample| sample.per_second).and_then(|mut rates| {
            rates.sort_unstable_by(f64::total_cmp);
            rates.get(rank(rates.len())).copied()
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates, and neither factor is negative"
        )]
        let tokens = (rate.unwrap_or(FASTEST) * time.as_secs_f64()).ceil() as u64;
        tokens
    }

    /// Takes over what another one knows.
    pub(crate) fn learn_from(&self, other: &Self) {
        let known = other.locked().clone();
        *self.locked() = known;
    }

    pub(crate) fn clear(&self) {
        *self.locked() = Ring::default();
    }

    /// Something of each, if there are enough; sorted outside the lock.
    fn of<T>(&self, part: impl Fn(&Sample) -> T) -> Option<Vec<T>> {
        let last = self.locked();
        (last.samples.len() >= ENOUGH).then(|| last.samples.iter().map(part).collect())
    }

    fn locked(&self) -> MutexGuard<'_, Ring> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the 95th percentile among so many, by the nearest rank.
const fn rank(of: usize) -> usize {
    (of * 95).div_ceil(100).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn nothing_is_usual_until_ten_answers_are_known() {
        let outputs = Outputs::default();
        for _ in 0..9 {
            outputs.record(100, secs(2));
        }
        assert_eq!(outputs.usual(), None);
        assert_eq!(outputs.within(Duration::from_millis(20)), 60, "as fast as any model is");
        outputs.record(100, secs(2));
        assert_eq!(outputs.usual(), Some(100));
        assert_eq!(outputs.within(Duration::from_millis(20)), 1, "50 a second");
    }

    #[test]
    fn one_long_answer_in_a_hundred_is_not_usual_and_ten_are() {
        let outputs = Outputs::default();
        for at in 0..100 {
            outputs.record(if at == 0 { 9_000 } else { 100 }, secs(2));
        }
        assert_eq!(outputs.usual(), Some(100));
        for _ in 0..10 {
            outputs.record(9_000, secs(2));
        }
        assert_eq!(outputs.usual(), Some(9_000));
    }

    #[test]
    fn old_answers_are_forgotten_and_empty_ones_never_known() {
        let outputs = Outputs::default();
        for _ in 0..KEPT {
            outputs.record(9_000, secs(2));
        }
        for _ in 0..KEPT {
            outputs.record(0, secs(2));
            outputs.record(10, secs(2));
        }
        assert_eq!(outputs.usual(), Some(10));
        outputs.clear();
        assert_eq!(outputs.usual(), None);
    }
}
