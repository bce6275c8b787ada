//! How many upstream attempts the whole process may make per request.
//!
//! Retry budgets are per provider, and a request that falls through four of them is each one's first attempt:
//! only a count over all of them bounds what one request becomes.
//! A request's first attempt and its first fallback are never refused, or one failed provider would be an outage;
//! everything beyond draws on a share of the requests, so attempts ≤ 2.2 × requests + reserve.
//! A token goes back when its attempt turns out to be no part of a storm: it answered, or was refused at no cost. So
//! what is bounded is what fails, and a healthy target behind two that refuse is always reached.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_core::Tick;

use crate::InvalidConfig;
use crate::invalid_config::{require, require_span};
use crate::tokens::{Purse, Source};

/// A token that borrows its cap.
pub type AmpToken<'a> = AmpPass<&'a AmplificationCap>;
/// A token that owns its cap.
pub type OwnedAmpToken = AmpPass<Arc<AmplificationCap>>;

/// How far the process may multiply its requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AmplificationConfig {
    /// Attempts per request, from 2 to 100, to the nearest thousandth. Default 2.2: the first attempt and the first
    /// fallback of each request, which are never refused, and a fifth more.
    pub ratio: f64,
    /// How long requests count. Default 10 s, as for retries.
    pub window: Duration,
    /// Attempts that need no requests, at most 1000. Default 10, so that little traffic can use a long chain.
    pub reserve: u32,
    /// In how long one attempt of the reserve comes back. Default 1 s.
    pub refill_every: Duration,
}

impl Default for AmplificationConfig {
    fn default() -> Self {
        Self {
            ratio: 2.2,
            window: Duration::from_secs(10),
            reserve: 10,
            refill_every: Duration::from_secs(1),
        }
    }
}

/// What an attempt is to its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// The request's first attempt.
    First,
    /// Its first attempt at another target than the first.
    FirstFallback,
    /// Any other: a retry, a hedge, a later fallback.
    Further,
}

impl Attempt {
    /// For a chain that never asks a target twice: the attempt of this number, counted from one.
    #[must_use]
    pub const fn nth(number: u32) -> Self {
        match number {
            0 | 1 => Self::First,
            2 => Self::FirstFallback,
            _ => Self::Further,
        }
    }
}

/// The amplification cap of the process. Lock-free; exact under contention, never overdrawn.
#[derive(Debug)]
pub struct AmplificationCap {
    purse: Purse,
    refused: AtomicU64,
}

/// The process makes as many attempts per request as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process makes as many attempts per request as its amplification cap allows")]
pub struct Amplified;

impl AmplificationCap {
    /// A cap with a full reserve.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when the ratio is not a number from 2 to 100, the reserve is over 1000,
    /// or a duration is zero or over 24 hours.
    pub fn new(config: AmplificationConfig) -> Result<Self, InvalidConfig> {
        require((2.0..=100.0).contains(&config.ratio), "ratio", "must be a number from 2 to 100")?;
        require(config.reserve <= 1_000, "reserve", "must be at most 1000")?;
        require_span("window", config.window)?;
        require_span("refill_every", config.refill_every)?;
        Ok(Self::unchecked(config))
    }

    fn unchecked(config: AmplificationConfig) -> Self {
        let AmplificationConfig { ratio, window, reserve, refill_every } = config;
        // The two attempts that are never refused need no tokens.
        let purse = Purse::new(ratio - 2.0, window, reserve, refill_every);
        Self { purse, refused: AtomicU64::new(0) }
    }

    /// Counts a request. Once for each, before its first attempt.
    pub fn request(&self, now: Tick) {
        self.purse.deposit(now);
    }

    /// Asks for one more attempt.
    ///
    /// # Errors
    ///
    /// [`Amplified`] for [`Attempt::Further`] when the share of the requests and the reserve are spent; it is counted.
    pub fn admit(&self, attempt: Attempt, now: Tick) -> Result<AmpToken<'_>, Amplified> {
        let source = self.enter(attempt, now)?;
        Ok(AmpPass { cap: self, source })
    }

    /// As [`admit`](Self::admit), with a token that may be moved into a task.
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit).
    pub fn admit_owned(
        self: &Arc<Self>,
        attempt: Attempt,
        now: Tick,
    ) -> Result<OwnedAmpToken, Amplified> {
        let source = self.enter(attempt, now)?;
        Ok(AmpPass { cap: Arc::clone(self), source })
    }

    /// Refusals since the process began.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whole further attempts left now.
    #[must_use]
    pub fn available(&self, now: Tick) -> u32 {
        self.purse.available(now)
    }

    fn enter(&self, attempt: Attempt, now: Tick) -> Result<Option<Source>, Amplified> {
        match attempt {
            Attempt::First | Attempt::FirstFallback => Ok(None),
            Attempt::Further => match self.purse.withdraw(now) {
                Some(source) => Ok(Some(source)),
                None => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    Err(Amplified)
                }
            },
        }
    }
}

impl Default for AmplificationCap {
    fn default() -> Self {
        Self::unchecked(AmplificationConfig::default())
    }
}

/// Leave for one attempt, given back on drop unless it was [`sent`](Self::sent).
#[must_use = "a token that is dropped goes back"]
pub struct AmpPass<C: Deref<Target = AmplificationCap>> {
    cap: C,
    source: Option<Source>,
}

impl<C: Deref<Target = AmplificationCap>> AmpPass<C> {
    /// The attempt went out: the token is spent.
    pub fn sent(mut self) {
        self.source = None;
    }
}

impl<C: Deref<Target = AmplificationCap>> Drop for AmpPass<C> {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            self.cap.purse.refund(source);
        }
    }
}

impl<C: Deref<Target = AmplificationCap>> fmt::Debug for AmpPass<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmpPass").finish_non_exhaustive()
    }
}
