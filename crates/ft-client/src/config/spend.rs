//! How much money may be spent.

use ft_cost::{Pico, SpendPer, UnknownPrice};
use serde::{Deserialize, Serialize};

use super::units;

/// A spend budget over all chains of a client.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SpendSettings {
    /// The limit, such as `"$50"`. Never overspent, also by concurrent calls.
    #[serde(with = "units::money")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::MoneyText"))]
    pub limit: Pico,
    /// The calendar window: `hour`, `day`, `month` or `total`. Default `day`, in UTC.
    #[serde(default = "day", with = "window")]
    #[cfg_attr(feature = "schema", schemars(with = "window::Word"))]
    pub per: SpendPer,
    /// The share of the limit from which cheaper targets are preferred. Default 0.8.
    #[serde(default = "soft")]
    pub soft: f64,
    /// What happens to a target whose price is unknown. Default: it is skipped.
    #[serde(default)]
    pub unknown_price: UnknownPriceSetting,
}

/// What happens to a target whose price is unknown while a spend budget exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// The soft mark of a budget that states none.
pub(super) const SOFT: f64 = 0.8;

fn soft() -> f64 {
    SOFT
}

/// The window of a budget, for serde's `with`: `hour`, `day`, `month`, `total`.
pub mod window {
    use ft_cost::SpendPer;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The words.
    #[derive(Clone, Copy, Debug, Deserialize, Serialize)]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    #[cfg_attr(feature = "schema", schemars(rename = "SpendWindow"))]
    #[serde(rename_all = "snake_case")]
    pub enum Word {
        /// From full hour to full hour.
        Hour,
        /// From midnight to midnight, UTC. The default.
        Day,
        /// From the first of a month to the next, UTC.
        Month,
        /// As long as the process runs.
        Total,
    }

    /// Reads it.
    ///
    /// # Errors
    /// What the deserializer's are, and an unknown word.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SpendPer, D::Error> {
        Ok(match Word::deserialize(from)? {
            Word::Hour => SpendPer::Hour,
            Word::Day => SpendPer::Day,
            Word::Month => SpendPer::Month,
            Word::Total => SpendPer::Total,
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &SpendPer, to: S) -> Result<S::Ok, S::Error> {
        match value {
            SpendPer::Hour => Word::Hour,
            SpendPer::Day => Word::Day,
            SpendPer::Month => Word::Month,
            SpendPer::Total => Word::Total,
        }
        .serialize(to)
    }
}
