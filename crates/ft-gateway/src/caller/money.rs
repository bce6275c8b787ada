//! What a caller may spend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ft_client::cost::{InvalidSpend, Pico, SpendBudget, SpendConfig, SpendPer};
use ft_core::UnixMillis;

/// A caller's money, beside the client's own.
#[derive(Clone, Debug)]
pub(crate) struct Purse {
    config: SpendConfig,
    budget: Arc<SpendBudget>,
}

impl Purse {
    pub(super) fn new(config: SpendConfig) -> Result<Self, InvalidSpend> {
        Ok(Self { budget: SpendBudget::new(config.clone())?, config })
    }

    /// This purse where an older one was in use: the same one if nothing about it changed, else one that knows
    /// what was spent.
    ///
    /// Reserved money is taken as spent: the calls that hold it settle with the older purse. Where the window is
    /// another one, what was spent in the older is not what was spent in the new, and it begins empty.
    pub(super) fn after(&self, old: Option<&Self>, wall: UnixMillis) -> Self {
        match old {
            Some(old) if old.config == self.config => old.clone(),
            Some(old)
                if old.config.per == self.config.per && old.config.zone == self.config.zone =>
            {
                let spent = old.spent(wall).saturating_add(old.budget.reserved(wall));
                self.budget.record(spent, wall);
                self.clone()
            }
            _ => self.clone(),
        }
    }

    pub(super) fn budget(&self) -> Arc<SpendBudget> {
        Arc::clone(&self.budget)
    }

    /// Whether nothing is left, and if so in how long the next window begins.
    pub(super) fn used_up(&self, wall: UnixMillis) -> Option<Option<Duration>> {
        let smallest = Pico::from_pico(1);
        match self.budget.reserve(smallest, wall) {
            Ok(reserved) => {
                reserved.release();
                None
            }
            Err(refused) => Some(
                refused.retry_at_wall.map(|at| Duration::from_millis(at.0.saturating_sub(wall.0))),
            ),
        }
    }

    pub(crate) fn limit(&self) -> Pico {
        self.config.limit
    }

    pub(crate) fn per(&self) -> SpendPer {
        self.config.per
    }

    /// The share of the limit from which cheaper targets are preferred.
    pub(crate) fn soft(&self) -> f64 {
        self.config.soft
    }

    pub(crate) fn is_soft(&self, wall: UnixMillis) -> bool {
        self.budget.is_soft(wall)
    }

    pub(crate) fn spent(&self, wall: UnixMillis) -> Pico {
        self.budget.spent(wall)
    }

    pub(crate) fn reserved(&self, wall: UnixMillis) -> Pico {
        self.budget.reserved(wall)
    }

    pub(crate) fn left(&self, wall: UnixMillis) -> Pico {
        self.budget.left(wall)
    }
}

/// As in a sentence: `$5.00 per day`.
impl fmt::Display for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.config.limit;
        match self.config.per {
            SpendPer::Hour => write!(f, "{limit} per hour"),
            SpendPer::Day => write!(f, "{limit} per day"),
            SpendPer::Month => write!(f, "{limit} per month"),
            SpendPer::Total => write!(f, "{limit}"),
        }
    }
}
