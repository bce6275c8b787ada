//! How a spend budget stands.

use ft_core::UnixMillis;
use ft_cost::{Pico, SpendBudget, SpendPer};
use serde::{Serialize, Serializer};

/// How a spend budget stands now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BudgetStatus {
    /// The most that one window may cost.
    #[serde(serialize_with = "money", rename = "limit_usd")]
    pub limit: Pico,
    /// What is settled in this window.
    #[serde(serialize_with = "money", rename = "spent_usd")]
    pub spent: Pico,
    /// What is reserved for calls under way.
    #[serde(serialize_with = "money", rename = "reserved_usd")]
    pub reserved: Pico,
    /// What may still be reserved.
    #[serde(serialize_with = "money", rename = "left_usd")]
    pub left: Pico,
    /// The calendar window.
    #[serde(serialize_with = "window")]
    pub per: SpendPer,
    /// The share of the limit from which cheaper targets are preferred.
    pub soft: f64,
    /// Whether that share is reached.
    pub is_soft: bool,
}

impl BudgetStatus {
    pub(crate) fn of(budget: &SpendBudget, (per, soft): (SpendPer, f64), wall: UnixMillis) -> Self {
        Self {
            limit: budget.limit(),
            spent: budget.spent(wall),
            reserved: budget.reserved(wall),
            left: budget.left(wall),
            per,
            soft,
            is_soft: budget.is_soft(wall),
        }
    }
}

fn money<S: Serializer>(money: &Pico, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(money.to_string().trim_start_matches('$'))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn window<S: Serializer>(per: &SpendPer, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match per {
        SpendPer::Hour => "hour",
        SpendPer::Day => "day",
        SpendPer::Month => "month",
        SpendPer::Total => "total",
    })
}
