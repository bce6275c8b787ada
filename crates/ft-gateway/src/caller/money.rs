//! What a caller may spend.

use std::collections::BTreeMap;
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

    /// This purse with the books of an earlier one, in which requests under way still settle. Its own settings hold
    /// from [`take_over`](Self::take_over) on.
    pub(super) fn with_books(self, budget: Arc<SpendBudget>) -> Self {
        Self { budget, ..self }
    }

    /// From now on these settings hold for the books.
    pub(super) fn take_over(&self) {
        // They were checked when the purse was made.
        let _ = self.budget.reconfigure(self.config.clone());
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

/// The books of everybody who has had a purse since the process began, by name: who loses it and gets it back within
/// its window, or loses their place and gets that back, has not earned anything by it.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    by_name: BTreeMap<String, Arc<SpendBudget>>,
}

impl Books {
    /// Adds the books of a new purse.
    pub(super) fn add(&mut self, name: &str, purse: &Purse) {
        self.by_name.insert(name.to_owned(), purse.budget());
    }

    /// Those that are there under this name.
    pub(super) fn of(&self, name: &str) -> Option<Arc<SpendBudget>> {
        self.by_name.get(name).cloned()
    }

    /// Adds those of an older configuration, instead of new ones under the same name.
    pub(super) fn inherit(&mut self, old: &Self) {
        self.by_name.extend(old.by_name.clone());
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
