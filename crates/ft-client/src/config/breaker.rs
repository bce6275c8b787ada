//! The breaker's settings, as configuration spells them.

use std::time::Duration;

use ft_breaker::{BreakerConfig, FailureRatio, SlowCalls};
use serde::{Deserialize, Serialize};

use super::units;

/// The breaker of every target. Defaults are those of [`BreakerConfig`], but for `consecutive_over`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSettings {
    /// Failures in a row that open it. Default 5, the seed's. `false` turns this off.
    #[serde(with = "or_false")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::OrFalse<u32>"))]
    pub consecutive_failures: Option<u32>,
    /// How long ago the first of those failures must lie. Default 500 ms: five in a row mean something at one call a
    /// second, and happen by chance at a hundred. `"0s"` turns it off. At most 1 h; not asked for where a single
    /// failure opens the breaker.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub consecutive_over: Duration,
    /// The share of failures that opens it. Default 50 % of at least 20 calls in 30 s. `false` turns this off.
    #[serde(with = "or_false")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::OrFalse<RatioSettings>"))]
    pub failure_ratio: Option<RatioSettings>,
    /// The share of slow calls that opens it. Default: off.
    #[serde(with = "or_false")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::OrFalse<SlowSettings>"))]
    pub slow: Option<SlowSettings>,
    /// How long it stays open, ±20 %. Default 30 s, the seed's.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub open_for: Duration,
    /// The factor on that per failed probe. Default 1: growth delays the recovery from a one-minute outage by minutes.
    pub growth: f64,
    /// Probes at once while half-open. Default 3, the seed's.
    pub max_concurrent_probes: u32,
    /// Successful probes that close it. Default 2, the seed's.
    pub successes_to_close: u32,
}

/// A share of failures over a window.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RatioSettings {
    /// The share, from 0 to 1.
    pub over: f64,
    /// Calls below which the share says nothing.
    pub of_at_least: u32,
    /// The window.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub within: Duration,
    /// By how many standard deviations the failures must exceed the share, so that no chance opens it. Default 2:
    /// fifteen of the first twenty calls, 115 of two hundred. 0 takes the share at its word.
    #[serde(default = "margin")]
    pub margin: f64,
}

fn margin() -> f64 {
    RATIO_MARGIN
}

/// A share of slow calls over a window.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SlowSettings {
    /// From how long on a call is slow.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub threshold: Duration,
    /// The share, from 0 to 1.
    pub over: f64,
    /// Calls below which the share says nothing.
    pub of_at_least: u32,
    /// The window.
    #[serde(with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub within: Duration,
}

/// Short enough for an outage to be noticed at once, long enough for a row of failures at a hundred calls a second
/// not to be chance.
const CONSECUTIVE_OVER: Duration = Duration::from_millis(500);
/// At two standard deviations, a target that fails two calls in five keeps its circuit closed, and one that fails
/// three in five opens it after a hundred.
const RATIO_MARGIN: f64 = 2.0;

impl Default for BreakerSettings {
    fn default() -> Self {
        let config = BreakerConfig::default();
        Self {
            consecutive_failures: config.consecutive_failures,
            consecutive_over: CONSECUTIVE_OVER,
            failure_ratio: config.failure_ratio.map(|ratio| RatioSettings {
                over: ratio.over,
                of_at_least: ratio.of_at_least,
                within: ratio.within,
                margin: margin(),
            }),
            slow: None,
            open_for: config.open_for,
            growth: config.growth,
            max_concurrent_probes: config.max_concurrent_probes,
            successes_to_close: config.successes_to_close,
        }
    }
}

impl BreakerSettings {
    /// The breaker's own config for a target whose permits may be held this long.
    pub(crate) fn for_target(&self, cancel_grace: Duration) -> BreakerConfig {
        BreakerConfig {
            consecutive_failures: self.consecutive_failures,
            consecutive_over: self.consecutive_over,
            failure_ratio: self.failure_ratio.as_ref().map(|ratio| FailureRatio {
                over: ratio.over,
                of_at_least: ratio.of_at_least,
                within: ratio.within,
            }),
            ratio_margin: self.failure_ratio.as_ref().map_or(0.0, |ratio| ratio.margin),
            slow: self.slow.as_ref().map(|slow| SlowCalls {
                threshold: slow.threshold,
                over: slow.over,
                of_at_least: slow.of_at_least,
                within: slow.within,
            }),
            open_for: self.open_for,
            growth: self.growth,
            max_concurrent_probes: self.max_concurrent_probes,
            successes_to_close: self.successes_to_close,
            cancel_grace,
            probe_lease: cancel_grace * 2,
            ..BreakerConfig::default()
        }
    }
}

/// A value, or `false` for none: TOML has no null.
mod or_false {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
    use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn deserialize<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de>,
    {
        from.deserialize_any(OrFalse(PhantomData))
    }

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.serialize(to),
            None => to.serialize_bool(false),
        }
    }

    /// Hands everything but a boolean on, so that what is wrong inside of a table keeps its path.
    struct OrFalse<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OrFalse<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value, or false to turn it off")
        }

        fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
            if on {
                return Err(E::custom("must be a value, or false to turn it off"));
            }
            Ok(None)
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
            T::deserialize(SeqAccessDeserializer::new(items)).map(Some)
        }
    }
}
