//! What is counted of one target.

use std::collections::BTreeMap;

use ft_client::cost::Pico;
use ft_client::{Attempt, Outcome};

/// What is counted of one target.
#[derive(Clone, Debug)]
pub(crate) struct TargetTally {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) answered: u64,
    pub(crate) cancelled: u64,
    pub(crate) failed: BTreeMap<&'static str, u64>,
    pub(crate) skipped: BTreeMap<&'static str, u64>,
    /// Of the attempts that answered.
    pub(crate) cost_answered: Pico,
    /// Of those that failed or were cancelled: what a provider may bill without an answer.
    pub(crate) cost_failed: Pico,
    /// Of those that were under way when their caller left.
    pub(crate) cost_left: Pico,
    /// Attempts whose cost nobody knows.
    pub(crate) unpriced: u64,
}

impl TargetTally {
    pub(crate) fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            answered: 0,
            cancelled: 0,
            failed: BTreeMap::new(),
            skipped: BTreeMap::new(),
            cost_answered: Pico::ZERO,
            cost_failed: Pico::ZERO,
            cost_left: Pico::ZERO,
            unpriced: 0,
        }
    }

    /// All that it cost.
    pub(crate) fn cost(&self) -> Pico {
        self.cost_answered.saturating_add(self.cost_failed).saturating_add(self.cost_left)
    }

    /// `left`: the caller did not wait for the end.
    pub(crate) fn note(&mut self, attempt: &Attempt, left: bool) {
        let skipped = matches!(attempt.outcome, Outcome::Skipped(_));
        self.unpriced += u64::from(!skipped && attempt.cost.is_none());
        let cost = attempt.cost.unwrap_or_default();
        match attempt.outcome {
            Outcome::Cancelled | Outcome::Streaming if left => {
                self.cancelled += 1;
                self.cost_left = self.cost_left.saturating_add(cost);
            }
            Outcome::Answered | Outcome::Streaming => {
                self.answered += 1;
                self.cost_answered = self.cost_answered.saturating_add(cost);
            }
            Outcome::Failed(kind) => {
                *self.failed.entry(kind.as_str()).or_default() += 1;
                self.cost_failed = self.cost_failed.saturating_add(cost);
            }
            Outcome::Cancelled => {
                self.cancelled += 1;
                self.cost_failed = self.cost_failed.saturating_add(cost);
            }
            Outcome::Skipped(why) => *self.skipped.entry(why.as_str()).or_default() += 1,
        }
    }

    /// An attempt that was made without a client in between: what its answer cost, or how it failed.
    pub(crate) fn directly(&mut self, end: Result<Option<Pico>, &'static str>) {
        match end {
            Ok(cost) => {
                self.answered += 1;
                self.unpriced += u64::from(cost.is_none());
                self.cost_answered = self.cost_answered.saturating_add(cost.unwrap_or_default());
            }
            Err(kind) => *self.failed.entry(kind).or_default() += 1,
        }
    }
}
