//! A spend budget: so much money per window of the calendar, reserved before it is spent.

mod budget;
mod calendar;
mod window;

/// The lock of a budget; its test brings another, which tries every order of threads.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
}

use crate::Pico;

pub use budget::{Reservation, SpendBudget};
pub use calendar::{InvalidZone, SpendPer, Zone};
pub use window::{SpendRefused, SpendWindow, Ticket};

/// What a spend budget allows.
#[derive(Clone, Debug, PartialEq)]
pub struct SpendConfig {
    /// The most that one window may cost. No default: only the owner of the money knows.
    pub limit: Pico,
    /// The window. Default: a day.
    pub per: SpendPer,
    /// The share of the limit at which cheaper models are preferred. Above 0, at most 1. Default: 0.8, which
    /// leaves a fifth of the window's money for the cheaper models to carry on with.
    pub soft: f64,
    /// Where the calendar's days and months begin. Default: UTC, as providers bill.
    pub zone: Zone,
}

impl SpendConfig {
    /// This much a day, in UTC, with the soft mark at 0.8.
    #[must_use]
    pub fn new(limit: Pico) -> Self {
        Self { limit, per: SpendPer::Day, soft: 0.8, zone: Zone::UTC }
    }

    /// Sets the window.
    #[must_use]
    pub fn with_per(mut self, per: SpendPer) -> Self {
        self.per = per;
        self
    }

    /// Sets the soft mark.
    #[must_use]
    pub fn with_soft(mut self, share: f64) -> Self {
        self.soft = share;
        self
    }

    /// Sets the time zone.
    #[must_use]
    pub fn with_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }
}

impl SpendConfig {
    fn validate(&self) -> Result<(), InvalidSpend> {
        if self.limit.is_zero() {
            return Err(InvalidSpend { field: "limit", rule: "must be above zero" });
        }
        // NaN fails both comparisons.
        if !(self.soft > 0.0 && self.soft <= 1.0) {
            return Err(InvalidSpend { field: "soft", rule: "must be above 0 and at most 1" });
        }
        Ok(())
    }
}

/// A field of a spend budget that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct InvalidSpend {
    /// The field.
    pub field: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}
