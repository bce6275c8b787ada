//! Values with their units in them, as scenario files spell them.

use std::fmt;
use std::time::Duration;

use ft_client::config::parse_duration;
use ft_client::config::units::duration::leading_days;
use ft_client::cost::{Day, Pico};
use ft_sim::Rate;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A day of simulated time.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest that a scenario may last, and the latest that anything in it may happen: a leap year.
const MOST_DAYS: u32 = 366;

/// Reads a time of a scenario: `"30 days"`, `"2d 6h"`, `"1m 30s"`, `"250ms"`.
///
/// # Errors
/// The rule that it breaks, for the person who wrote it.
pub fn span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (days, rest) = leading_days(text);
    let Some(days) = days else {
        // A client's own durations end at seven days; here it is only that longer ones have another unit.
        return parse_duration(text).map_err(|rule| match rule.contains("seven days") {
            true => "must be in days when it is longer than seven, such as \"9 days\"".to_owned(),
            false => rule,
        });
    };
    if days > MOST_DAYS {
        return Err(format!("must be at most {MOST_DAYS} days"));
    }
    let rest = match rest {
        "" => Duration::ZERO,
        rest => parse_duration(rest)?,
    };
    Ok(DAY * days + rest)
}

/// Reads `"500/min"`, `"4/s"`, `"1000000/day"`.
pub(crate) fn rate(text: &str) -> Result<Rate, String> {
    const ADVICE: &str =
        "must be an amount per time, such as \"4/s\", \"500/min\" or \"90000/day\"";
    let (amount, per) = text.split_once('/').ok_or(ADVICE)?;
    let amount: u64 = amount.trim().replace('_', "").parse().map_err(|_| ADVICE)?;
    let seconds = match per.trim() {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3_600,
        "d" | "day" => 86_400,
        _ => return Err(ADVICE.to_owned()),
    };
    if amount == 0 {
        return Err("must be above zero".to_owned());
    }
    Ok(Rate { amount, per: Duration::from_secs(seconds) })
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

pub(super) fn optional_rate<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rate>, D::Error> {
    rate(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

pub(super) fn money<'de, D: Deserializer<'de>>(from: D) -> Result<Pico, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

pub(super) fn optional_money<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pico>, D::Error> {
    money(from).map(Some)
}

pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// Reads a share: a number from 0 to 1, or `"5.8%"`.
pub(super) fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    from.deserialize_any(Share)
}

pub(super) fn optional_share<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    share(from).map(Some)
}

pub(super) struct Share;

impl Share {
    const RULE: &'static str =
        "must be a share: a number from 0 to 1, or a percentage such as \"5.8%\"";

    fn check<E: Error>(share: f64) -> Result<f64, E> {
        if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(E::custom(Self::RULE)) }
    }
}

impl Visitor<'_> for Share {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 0 to 1, or a percentage such as \"5.8%\"")
    }

    fn visit_f64<E: Error>(self, share: f64) -> Result<f64, E> {
        Self::check(share)
    }

    fn visit_i64<E: Error>(self, share: i64) -> Result<f64, E> {
        match share {
            0 => Ok(0.0),
            1 => Ok(1.0),
            other => Err(E::invalid_value(Unexpected::Signed(other), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse().ok());
        let percent: f64 = number.ok_or_else(|| E::custom(Self::RULE))?;
        Self::check(percent / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_may_be_days_long() {
        assert_eq!(span("30 days"), Ok(30 * DAY));
        assert_eq!(span("3d"), Ok(3 * DAY));
        assert_eq!(span("1 day"), Ok(DAY));
        assert_eq!(span("1 day, 2h"), Ok(DAY + Duration::from_secs(2 * 3_600)));
        assert_eq!(span("2d 6h"), Ok(2 * DAY + Duration::from_secs(6 * 3_600)));
        assert_eq!(span("90m"), Ok(Duration::from_secs(5_400)));
        assert!(span("200h").unwrap_err().contains("in days"));
        for wrong in ["400 days", "30", "day", "2d 6", "2d,", "-3 days", "2d -6h"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_need_a_time() {
        assert_eq!(rate("500/min"), Ok(Rate::per_minute(500)));
        assert_eq!(rate("10_000 / s"), Ok(Rate::per_second(10_000)));
        for wrong in ["500", "0/s", "x/s", "5/week", "-1/s", "1.5/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_numbers_or_percentages() {
        #[derive(Deserialize)]
        struct One {
            #[serde(deserialize_with = "share")]
            it: f64,
        }
        let read = |text: &str| toml::from_str::<One>(&format!("it = {text}")).map(|one| one.it);
        assert_eq!(read("0.25"), Ok(0.25));
        assert_eq!(read("\"25%\""), Ok(0.25));
        assert_eq!(read("1"), Ok(1.0));
        for wrong in ["2", "-0.1", "nan", "\"250%\"", "\"x\"", "true"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
