//! How fast a target answers, measured by its first tokens.
//!
//! Three questions are asked of it: which target of a tier is fastest, which is too slow to be asked first,
//! and how long a healthy answer takes at most, so that a hedge is not started before.
//! First-token time is used because the total is mostly the answer's length.

mod samples;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ft_core::Tick;

use self::samples::Samples;
use crate::InvalidConfig;
use crate::invalid_config::{require, require_span};

/// Samples kept per target: the last 128. Enough for a 95th percentile, and 2 KiB.
const KEPT: u32 = 128;

/// When samples are enough, and when they are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlownessConfig {
    /// Samples without which there is no answer, from 1 to 128. Default 10: fewer are chance.
    pub enough: u32,
    /// How long a sample counts. Default 60 s. A target without samples for so long is forgiven,
    /// and one that is only tried now and then is judged by how it answers now.
    pub forget_after: Duration,
    /// Every so many turns a slow target is asked first all the same. Default 50: a fiftieth of the traffic is slower,
    /// and its recovery is seen.
    pub turn_every: u32,
}

impl Default for SlownessConfig {
    fn default() -> Self {
        Self { enough: 10, forget_after: Duration::from_secs(60), turn_every: 50 }
    }
}

impl SlownessConfig {
    /// For the moment to hedge: 50 samples within 10 min, because a 95th percentile of fewer is a maximum.
    #[must_use]
    pub fn for_hedging() -> Self {
        Self { enough: 50, forget_after: Duration::from_secs(600), ..Self::default() }
    }
}

/// The moving first-token times of one target.
///
/// Behind a mutex that is held to write one sample, or to copy or sum at most 128; sorting is done outside it.
#[derive(Debug)]
pub struct Slowness {
    samples: Mutex<Samples>,
    turns: AtomicU32,
    turn_every: u32,
}

impl Slowness {
    /// No samples yet.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when `enough` is not from 1 to 128, `forget_after` is zero or over 24 hours,
    /// or `turn_every` is zero.
    pub fn new(config: SlownessConfig) -> Result<Self, InvalidConfig> {
        require((1..=KEPT).contains(&config.enough), "enough", "must be from 1 to 128")?;
        require_span("forget_after", config.forget_after)?;
        require(config.turn_every > 0, "turn_every", "must be at least 1")?;
        Ok(Self::unchecked(config))
    }

    fn unchecked(config: SlownessConfig) -> Self {
        Self {
            samples: Mutex::new(Samples::new(config.enough as usize, config.forget_after)),
            turns: AtomicU32::new(0),
            turn_every: config.turn_every,
        }
    }

    /// A first token came after so long.
    pub fn record(&self, now: Tick, took: Duration) {
        self.lock().record(now, took, false);
    }

    /// A call was given up after so long without a first token: it would have taken at least that.
    ///
    /// For the loser of a hedge. Left out, only fast answers would count and each hedge would start before the last.
    pub fn record_censored(&self, now: Tick, waited: Duration) {
        self.lock().record(now, waited, true);
    }

    /// The mean of the samples that count, or `None` when they are not enough.
    ///
    /// A censored one counts as what it waited, so with many of them the mean is a lower bound.
    #[must_use]
    pub fn mean(&self, now: Tick) -> Option<Duration> {
        self.lock().mean(now)
    }

    /// The time within which so many per cent of the calls have their first token, or `None` without enough samples.
    ///
    /// Kaplan and Meier's estimate (1958), the nearest rank when nothing is censored.
    /// Where the slowest are all censored it is the longest wait seen, a lower bound. Over 100 counts as 100.
    #[must_use]
    pub fn quantile(&self, now: Tick, percent: u8) -> Option<Duration> {
        let counting = self.lock().counting(now)?;
        Some(counting.quantile(percent))
    }

    /// Whether the mean is above the threshold. False without enough samples: a target is not slow by rumour.
    #[must_use]
    pub fn is_slow(&self, now: Tick, threshold: Duration) -> bool {
        self.mean(now).is_some_and(|mean| mean > threshold)
    }

    /// Counts a turn at which this target would be put back for slowness, and says whether it is asked first this time:
    /// true at every fiftieth turn (see [`SlownessConfig::turn_every`]).
    #[must_use = "true puts the target first"]
    pub fn takes_turn(&self) -> bool {
        let next = |turns: u32| Some((turns + 1) % self.turn_every);
        let before = self.turns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        before.is_ok_and(|turns| turns + 1 == self.turn_every)
    }

    /// Whether the next [`takes_turn`](Self::takes_turn) would say yes. Counts nothing.
    #[must_use]
    pub fn turn_due(&self) -> bool {
        self.turns.load(Ordering::Relaxed) + 1 == self.turn_every
    }

    /// Forgets everything, for a reload.
    pub fn clear(&self) {
        self.lock().clear();
        self.turns.store(0, Ordering::Relaxed);
    }

    /// No step of the samples can panic, so a poisoned lock holds sound ones.
    fn lock(&self) -> MutexGuard<'_, Samples> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Slowness {
    fn default() -> Self {
        Self::unchecked(SlownessConfig::default())
    }
}

#[cfg(test)]
mod tests;
