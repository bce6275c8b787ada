//! How much money may be spent.

use ft_cost::{Pico, SpendPer, UnknownPrice};
use serde::{Deserialize, Deserializer};

use super::units::money;

/// A spend budget over all chains of a client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendSettings {
    /// The limit, such as `"$50"`. Never overspent, also by concurrent calls.
    #[serde(deserialize_with = "money")]
    pub limit: Pico,
    /// The calendar window: `hour`, `day`, `month` or `total`. Default `day`, in UTC.
    #[serde(default = "day", deserialize_with = "window")]
    pub per: SpendPer,
    /// The share of the limit from which cheaper targets are preferred. Default 0.8.
    #[serde(default = "soft")]
    pub soft: f64,
    /// What happens to a target whose price is unknown. Default: it is skipped.
    #[serde(default)]
    pub unknown_price: UnknownPriceSetting,
}

/// What happens to a target whose price is unknown while a spend budget exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPriceSetting {
    /// It is skipped: a budget that does not count a model does not hold. The default.
    #[default]
    Deny,
    /// It is asked, and counted in a metric.
    Warn,
}

impl From<UnknownPriceSetting> for UnknownPrice {
    fn from(setting: UnknownPriceSetting) -> Self {
        match setting {
            UnknownPriceSetting::Deny => Self::Deny,
            UnknownPriceSetting::Warn => Self::Warn,
        }
    }
}

impl SpendSettings {
    /// A limit per day in UTC, soft from 80 %.
    #[must_use]
    pub fn per_day(limit: Pico) -> Self {
        Self { limit, per: day(), soft: soft(), unknown_price: UnknownPriceSetting::Deny }
    }
}

fn day() -> SpendPer {
    SpendPer::Day
}

fn soft() -> f64 {
    0.8
}

fn window<'de, D: Deserializer<'de>>(from: D) -> Result<SpendPer, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Hour,
        Day,
        Month,
        Total,
    }
    Ok(match Word::deserialize(from)? {
        Word::Hour => SpendPer::Hour,
        Word::Day => SpendPer::Day,
        Word::Month => SpendPer::Month,
        Word::Total => SpendPer::Total,
    })
}
