//! Distributions as scenario files spell them: one value, or a mean with its 99th percentile.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use ft_sim::{Latency, Size};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::units;

/// A duration: `"47ms"`, or `{ mean = "47ms", p99 = "156ms" }` for a log-normal one.
#[derive(Clone, Copy, Debug)]
pub struct DurationSpread(pub Latency);

/// A whole number: `300`, `{ from = 100, to = 500 }` evenly, or `{ mean = 300, p99 = 2000 }` for a log-normal one.
#[derive(Clone, Copy, Debug)]
pub struct SizeSpread(pub Size);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeanAndP99 {
    #[serde(deserialize_with = "units::duration")]
    mean: Duration,
    #[serde(deserialize_with = "units::duration")]
    p99: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sizes {
    from: Option<u64>,
    to: Option<u64>,
    mean: Option<u64>,
    p99: Option<u64>,
}

impl<'de> Deserialize<'de> for DurationSpread {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrMore::<Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for SizeSpread {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrMore::<Self>(PhantomData))
    }
}

/// What is written as one value or as a table.
struct OneOrMore<T>(PhantomData<T>);

impl<'de> Visitor<'de> for OneOrMore<DurationSpread> {
    type Value = DurationSpread;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"47ms\", or { mean = \"47ms\", p99 = \"156ms\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DurationSpread, E> {
        let fixed = units::span(text).map_err(E::custom)?;
        if fixed > units::DAY {
            return Err(E::custom("must be at most 24 h"));
        }
        Ok(DurationSpread(Latency::fixed(fixed)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DurationSpread, A::Error> {
        let MeanAndP99 { mean, p99 } = MeanAndP99::deserialize(MapAccessDeserializer::new(map))?;
        let spread = Latency::from_mean_p99(mean, p99);
        spread.map(DurationSpread).map_err(|wrong| A::Error::custom(wrong.rule()))
    }
}

impl<'de> Visitor<'de> for OneOrMore<SizeSpread> {
    type Value = SizeSpread;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, { from = 100, to = 500 } or { mean = 300, p99 = 2000 }")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SizeSpread, E> {
        let number = u64::try_from(number).ok().filter(|number| *number <= Size::MOST);
        let number = number.ok_or_else(|| E::custom("must be from 0 to 1,000,000"))?;
        Ok(SizeSpread(Size::fixed(number)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SizeSpread, A::Error> {
        let sizes = Sizes::deserialize(MapAccessDeserializer::new(map))?;
        match sizes {
            Sizes { from: Some(from), to: Some(to), mean: None, p99: None } => {
                if from > to || to > Size::MOST {
                    let rule = "`from` must not be above `to`, and `to` at most 1,000,000";
                    return Err(A::Error::custom(rule));
                }
                Ok(SizeSpread(Size::evenly(from, to)))
            }
            Sizes { from: None, to: None, mean: Some(mean), p99: Some(p99) } => {
                let size = Size::from_mean_p99(mean, p99);
                size.map(SizeSpread).map_err(|wrong| A::Error::custom(wrong.rule()))
            }
            _ => Err(A::Error::custom("needs `from` and `to`, or `mean` and `p99`")),
        }
    }
}
