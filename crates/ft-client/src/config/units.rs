//! Values with their units in them, for serde's `with`.

use std::fmt;
use std::time::Duration;

use serde::Deserializer;
use serde::de::{Error, Visitor};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest duration that is not a typing mistake: a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Reads a string by a rule of its own; anything but a string is told what is expected.
fn text<'de, D, T>(
    from: D,
    expected: &'static str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct Text<F>(&'static str, F);
    impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).map_err(E::custom)
        }
    }
    from.deserialize_str(Text(expected, read))
}

/// A duration: `"2s"`, `"1m 30s"`, `"250ms"`.
pub mod duration {
    use super::{DAY, Duration, LONGEST, text};

    const EXPECTED: &str = "a string with a duration and its unit, such as \"2s\", \"250ms\", \"1m 30s\" or \"3 days\"";

    /// Reads a duration as configuration spells it: `"2s"`, `"1m 30s"`, `"250ms"`, `"2d 6h"`, at most seven days.
    ///
    /// # Errors
    /// The rule that it breaks, to stand behind the field's name.
    pub fn parse(text: &str) -> Result<Duration, String> {
        let text = text.trim();
        if text == "0" {
            return Ok(Duration::ZERO);
        }
        // A bare number would be read as something only the writer knows.
        if text.parse::<f64>().is_ok() {
            return Err(format!("must be {EXPECTED}, not a bare number"));
        }
        let (days, text) = leading_days(text);
        let signed: jiff::SignedDuration = match text {
            "" if days.is_some() => jiff::SignedDuration::ZERO,
            text => text.parse().map_err(|_| format!("must be {EXPECTED}"))?,
        };
        let duration = Duration::try_from(signed).map_err(|_| "must not be negative".to_owned())?;
        let duration = duration.saturating_add(DAY.saturating_mul(days.unwrap_or_default()));
        if duration > LONGEST {
            return Err("must not be longer than seven days".to_owned());
        }
        Ok(duration)
    }

    /// The whole days that a text begins with, `7d` or `7 days`, and what follows them: `2d 6h` is two days and
    /// `6h`. `None` where it begins with another unit, or with a number that 32 bits do not hold.
    #[must_use]
    pub fn leading_days(text: &str) -> (Option<u32>, &str) {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = text.split_at(digits);
        let rest = rest.trim_start();
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, rest) = rest.split_at(word);
        match (unit, number.parse::<u32>()) {
            ("d" | "day" | "days", Ok(days)) => {
                let rest = rest.trim();
                // As between other units; a comma with nothing behind it is none.
                let after = rest.strip_prefix(',').map(str::trim_start);
                (Some(days), after.filter(|after| !after.is_empty()).unwrap_or(rest))
            }
            _ => (None, text),
        }
    }

    /// For serde: reads it.
    ///
    /// # Errors
    /// What the deserializer's are, and a text that is no duration, is negative, or longer than seven days.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        text(from, EXPECTED, parse)
    }

    /// For serde: writes it, the shortest way that reads back.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&show(*value))
    }

    /// Writes a duration as configuration spells it: `2s`, `250ms`, `90s`, `24h`. Below a millisecond is left out.
    #[must_use]
    pub fn show(value: Duration) -> String {
        let (secs, millis) = (value.as_secs(), value.subsec_millis());
        let parts =
            [(secs / 3600, "h"), (secs / 60 % 60, "m"), (secs % 60, "s"), (millis.into(), "ms")];
        // Up to two minutes people count in seconds.
        let parts =
            if secs < 120 { [(0, ""), (0, ""), (secs, "s"), (millis.into(), "ms")] } else { parts };
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count}{unit}"))
            .collect();
        if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
    }
}

/// A duration that may be left out.
pub mod optional_duration {
    use super::{Duration, duration};

    /// For serde: reads it.
    ///
    /// # Errors
    /// As [`duration::deserialize`].
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        duration::deserialize(from).map(Some)
    }

    /// For serde: writes it, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(
        value: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => duration::serialize(value, to),
            None => to.serialize_none(),
        }
    }
}

/// An amount of money: `"$5"`.
pub mod money {
    use ft_cost::Pico;

    use super::text;

    const EXPECTED: &str = "a string with dollars, such as \"$5\" or \"$0.25\"";

    /// For serde: reads it.
    ///
    /// # Errors
    /// What the deserializer's are, and a text that is no amount.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Pico, D::Error> {
        text(from, EXPECTED, |text| {
            text.parse().map_err(|wrong: ft_cost::InvalidMoney| wrong.to_string())
        })
    }

    /// For serde: writes it.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(value: &Pico, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }
}

/// A number of bytes: `"64MiB"`, `"10MB"`, `"512B"`.
pub mod bytes {
    use super::text;

    const EXPECTED: &str =
        "a string with a size and its unit, such as \"64MiB\", \"10MB\" or \"512B\"";
    const UNITS: [(&str, u64); 7] = [
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("KB", 1_000),
        ("B", 1),
    ];

    /// Reads a size as configuration spells it: `"64MiB"`, `"10MB"`, `"512B"`.
    ///
    /// # Errors
    /// The rule that it breaks, to stand behind the field's name.
    pub fn parse(text: &str) -> Result<u64, String> {
        let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let unit = text[digits.len()..].trim();
        let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
        let (Some(factor), Ok(number)) = (factor, digits.trim().parse::<u64>()) else {
            return Err(format!("must be {EXPECTED}"));
        };
        number.checked_mul(factor).ok_or_else(|| "must fit into 64 bits".to_owned())
    }

    /// For serde: reads it.
    ///
    /// # Errors
    /// What the deserializer's are, and a text that is no size.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        text(from, EXPECTED, parse)
    }

    /// For serde: writes it, in the largest unit that is whole.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&show(*value))
    }

    /// Writes a size as configuration spells it: `64MiB`, `1500B`.
    #[must_use]
    pub fn show(value: u64) -> String {
        let binary =
            UNITS[..3].iter().find(|(_, unit)| value >= *unit && value.is_multiple_of(*unit));
        let (name, unit) = binary.unwrap_or(&("B", 1));
        format!("{}{name}", value / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_a_sane_length() {
        for (text, millis) in [
            ("2s", 2_000),
            ("1m 30s", 90_000),
            ("250ms", 250),
            ("0s", 0),
            ("0", 0),
            ("168h", 604_800_000),
            ("1d", 86_400_000),
            ("3d", 259_200_000),
            ("1 day", 86_400_000),
            ("7 days", 604_800_000),
            ("2d 6h", 194_400_000),
            ("1d12h", 129_600_000),
            ("1 day, 2h", 93_600_000),
            ("0d", 0),
        ] {
            assert_eq!(duration::parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["2", "2.5", "", "soon", "-1s", "400 days", "NaN", "1e99s", "169h"] {
            assert!(duration::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["8d", "7d 1s", "-3d", "2d -6h", "2d 6", "2d,", "day", "99999999999d"] {
            assert!(duration::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_and_sizes_are_written_as_they_are_read() {
        for (millis, text) in [
            (0, "0s"),
            (250, "250ms"),
            (1_500, "1s 500ms"),
            (90_000, "90s"),
            (150_000, "2m 30s"),
            (86_400_000, "24h"),
            (3_661_001, "1h 1m 1s 1ms"),
        ] {
            let value = Duration::from_millis(millis);
            assert_eq!(duration::show(value), text);
            assert_eq!(duration::parse(text), Ok(value));
        }
        for (value, text) in
            [(0, "0B"), (64 << 20, "64MiB"), (1_500, "1500B"), (1 << 40, "1024GiB")]
        {
            assert_eq!(bytes::show(value), text);
            assert_eq!(bytes::parse(text), Ok(value));
        }
    }

    #[test]
    fn sizes_need_a_unit() {
        assert_eq!(bytes::parse("64MiB"), Ok(64 << 20));
        assert_eq!(bytes::parse("10 MB"), Ok(10_000_000));
        for wrong in ["64", "MiB", "-1MiB", "1.5MiB", "99999999999GiB"] {
            assert!(bytes::parse(wrong).is_err(), "{wrong}");
        }
    }
}
