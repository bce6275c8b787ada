//! Retries of one provider as a share of its first attempts.
//!
//! A maximum per request lets an outage multiply the load by that maximum, just when it hurts.
//! A share of the provider's own first attempts bounds it for all requests together: Finagle's idea,
//! with its figures (20 % over 10 s), and a small reserve so that little traffic can retry too.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ft_core::Tick;

use crate::InvalidConfig;
use crate::invalid_config::{require, require_span};
use crate::tokens::{Purse, Source};

/// A token that borrows its budget.
pub type RetryToken<'a> = RetryPass<&'a RetryBudget>;
/// A token that owns its budget.
pub type OwnedRetryToken = RetryPass<Arc<RetryBudget>>;

/// How many retries a provider's traffic may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryBudgetConfig {
    /// Retries per first attempt, from 0 to 1, to the nearest thousandth. Default 0.2, Finagle's:
    /// a total outage then costs the provider at most a fifth more calls than health does.
    pub ratio: f64,
    /// How long first attempts count. Default 10 s: long enough to smooth bursts, gone before a storm feeds on it.
    pub window: Duration,
    /// Retries that need no first attempts, at most 1000. Default 10.
    pub reserve: u32,
    /// In how long one retry of the reserve comes back. Default 1 s.
    pub refill_every: Duration,
}

impl Default for RetryBudgetConfig {
    fn default() -> Self {
        Self {
            ratio: 0.2,
            window: Duration::from_secs(10),
            reserve: 10,
            refill_every: Duration::from_secs(1),
        }
    }
}

/// The retry budget of one provider. Lock-free; exact under contention, never overdrawn.
///
/// In any stretch of time the tokens withdrawn and kept are at most
/// `ratio` × the first attempts of it and the [`window`](RetryBudgetConfig::window) before,
/// plus the reserve, plus what the reserve was refilled by.
/// One budget per provider is what keeps one provider's outage from eating another's retries.
#[derive(Debug)]
pub struct RetryBudget {
    purse: Purse,
}

impl RetryBudget {
    /// A budget with a full reserve.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when the ratio is not a number from 0 to 1, the reserve is over 1000,
    /// or a duration is zero or over 24 hours.
    pub fn new(config: RetryBudgetConfig) -> Result<Self, InvalidConfig> {
        require((0.0..=1.0).contains(&config.ratio), "ratio", "must be a number from 0 to 1")?;
        require(config.reserve <= 1_000, "reserve", "must be at most 1000")?;
        require_span("window", config.window)?;
        require_span("refill_every", config.refill_every)?;
        Ok(Self::unchecked(config))
    }

    fn unchecked(config: RetryBudgetConfig) -> Self {
        let RetryBudgetConfig { ratio, window, reserve, refill_every } = config;
        Self { purse: Purse::new(ratio, window, reserve, refill_every) }
    }

    /// Counts a first attempt at this provider; a fallback into it is one.
    pub fn deposit(&self, now: Tick) {
        self.purse.deposit(now);
    }

    /// Takes a token for a retry or a hedge at the moment it is decided on, or `None` when the budget is spent.
    #[must_use = "a token that is dropped goes back"]
    pub fn withdraw(&self, now: Tick) -> Option<RetryToken<'_>> {
        let source = self.purse.withdraw(now)?;
        Some(RetryPass { budget: self, source: Some(source) })
    }

    /// As [`withdraw`](Self::withdraw), with a token that may be moved into a task.
    #[must_use = "a token that is dropped goes back"]
    pub fn withdraw_owned(self: &Arc<Self>, now: Tick) -> Option<OwnedRetryToken> {
        let source = self.purse.withdraw(now)?;
        Some(RetryPass { budget: Arc::clone(self), source: Some(source) })
    }

    /// Whole retries left now.
    #[must_use]
    pub fn available(&self, now: Tick) -> u32 {
        self.purse.available(now)
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::unchecked(RetryBudgetConfig::default())
    }
}

/// Leave for one retry, given back on drop unless it was [`sent`](Self::sent).
#[must_use = "a token that is dropped goes back"]
pub struct RetryPass<B: Deref<Target = RetryBudget>> {
    budget: B,
    source: Option<Source>,
}

impl<B: Deref<Target = RetryBudget>> RetryPass<B> {
    /// The retry went out: the token is spent.
    pub fn sent(mut self) {
        self.source = None;
    }
}

impl<B: Deref<Target = RetryBudget>> Drop for RetryPass<B> {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            self.budget.purse.refund(source);
        }
    }
}

impl<B: Deref<Target = RetryBudget>> fmt::Debug for RetryPass<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPass").finish_non_exhaustive()
    }
}
