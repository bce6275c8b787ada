//! How many requests may be hedged, and when.

use std::sync::Arc;
use std::time::Duration;

use ft_core::Tick;
use ft_limit::{OwnedRetryToken, RetryBudget, RetryBudgetConfig};

use crate::config::{HedgeSettings, InvalidConfig};

/// How long a request counts towards the share. As long as the samples that the percentile is taken from.
const WINDOW: Duration = Duration::from_secs(600);

/// The hedges of a client: a share of its requests, and no reserve beyond it, since a hedge is never needed.
pub(crate) struct Hedging {
    /// The percentile of the first-token time after which a hedge begins.
    pub(crate) percentile: u8,
    budget: Arc<RetryBudget>,
}

impl Hedging {
    pub(crate) fn new(settings: &HedgeSettings) -> Result<Self, InvalidConfig> {
        let config = RetryBudgetConfig {
            ratio: settings.share,
            window: WINDOW,
            reserve: 0,
            ..RetryBudgetConfig::default()
        };
        let budget = RetryBudget::new(config)
            .map_err(|wrong| InvalidConfig::new("hedge.share", wrong.rule()))?;
        Ok(Self { percentile: settings.percentile, budget: Arc::new(budget) })
    }

    /// A request begins, and adds its share.
    pub(crate) fn request(&self, now: Tick) {
        self.budget.deposit(now);
    }

    /// Leave for one hedge; it goes back unless the hedge was sent.
    pub(crate) fn take(&self, now: Tick) -> Option<OwnedRetryToken> {
        self.budget.withdraw_owned(now)
    }
}
