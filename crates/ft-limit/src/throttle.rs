//! Client-side throttling: what of the load a failing target is still sent, when there is nobody else to ask.
//!
//! A breaker stops all calls, which is right where another target can answer, and wrong where none can: a target
//! that fails one call in two answers the other. Google's answer ("Handling Overload", in *Site Reliability
//! Engineering*, 2016) is to send a multiple of what is accepted: with the probability
//! `min(1, K × accepts / requests)`, both of the last seconds. At K = 2 a target that takes half its calls gets all
//! of them, one that takes a tenth gets a fifth, and one that takes none only as many as it needs to be seen well again.

mod counts;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ft_core::Tick;

use self::counts::Counts;
use crate::InvalidConfig;
use crate::invalid_config::{require, require_span};

/// How much of its load a failing target is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThrottleConfig {
    /// Calls that are sent per call that is accepted: the K of the formula, from 1 to 100. Default 2, the book's:
    /// the target may waste as much work as it does.
    pub factor: f64,
    /// How long calls and answers count. Default 10 s; slides in tenths.
    pub window: Duration,
    /// Calls below which the share says nothing and every one may go. Default 20.
    pub from: u32,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { factor: 2.0, window: Duration::from_secs(10), from: 20 }
    }
}

/// The calls of one target and how they ended, over the last seconds.
///
/// Every call that is sent is counted with [`sent`](Self::sent), whether or not it had to ask;
/// [`admits`](Self::admits) is asked only where a breaker refuses and no other target is left.
#[derive(Debug)]
pub struct Throttle {
    counts: Mutex<Counts>,
}

/// A call that counts for a [`Throttle`], borrowing it.
pub type Sent<'a> = SentCall<&'a Throttle>;
/// A call that counts for a [`Throttle`], owning it.
pub type OwnedSent = SentCall<Arc<Throttle>>;

impl Throttle {
    /// Nothing was sent yet.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when the factor is not a number from 1 to 100, or the window is zero or over 24 hours.
    pub fn new(config: ThrottleConfig) -> Result<Self, InvalidConfig> {
        let factor = (1.0..=100.0).contains(&config.factor);
        require(factor, "factor", "must be a number from 1 to 100")?;
        require_span("window", config.window)?;
        Ok(Self::unchecked(config))
    }

    fn unchecked(config: ThrottleConfig) -> Self {
        Self { counts: Mutex::new(Counts::new(config)) }
    }

    /// The probability with which one more call may be sent: 1 below [`ThrottleConfig::from`] calls, and 0 while calls
    /// of a target that was silent last are still without an answer.
    ///
    /// A silent target is asked one call at a time, since each of them costs its caller the whole timeout.
    #[must_use]
    pub fn chance(&self, now: Tick) -> f64 {
        self.lock().chance(now)
    }

    /// Whether one more call may be sent, given a number drawn evenly from 0 to below 1. Counts nothing.
    #[must_use]
    pub fn admits(&self, now: Tick, draw: f64) -> bool {
        draw < self.chance(now)
    }

    /// Counts a call that is sent. Dropped unsettled it is taken back: a caller who left says nothing of the target.
    pub fn sent(&self, now: Tick) -> Sent<'_> {
        self.lock().sent(now);
        SentCall { throttle: self, at: Some(now) }
    }

    /// As [`sent`](Self::sent), for a call that may be moved into a task.
    pub fn sent_owned(self: &Arc<Self>, now: Tick) -> OwnedSent {
        self.lock().sent(now);
        SentCall { throttle: Arc::clone(self), at: Some(now) }
    }

    /// Forgets everything, for a reload. Calls under way count no more.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// No step of the counts can panic, so a poisoned lock holds sound ones.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::unchecked(ThrottleConfig::default())
    }
}

/// One call that was sent, until it is known how it ended.
#[must_use = "a dropped call is taken back"]
pub struct SentCall<T: Deref<Target = Throttle>> {
    throttle: T,
    /// When it was sent; `None` once it is settled.
    at: Option<Tick>,
}

impl<T: Deref<Target = Throttle>> SentCall<T> {
    /// The target took the call.
    pub fn accepted(mut self, now: Tick) {
        if self.at.take().is_some() {
            self.throttle.lock().accepted(now);
        }
    }

    /// The target failed.
    pub fn failed(mut self) {
        if self.at.take().is_some() {
            self.throttle.lock().failed(false);
        }
    }

    /// Nothing came within the target's own time.
    pub fn was_silent(mut self) {
        if self.at.take().is_some() {
            self.throttle.lock().failed(true);
        }
    }
}

impl<T: Deref<Target = Throttle>> Drop for SentCall<T> {
    fn drop(&mut self) {
        if let Some(at) = self.at.take() {
            self.throttle.lock().taken_back(at);
        }
    }
}

impl<T: Deref<Target = Throttle>> fmt::Debug for SentCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentCall").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
