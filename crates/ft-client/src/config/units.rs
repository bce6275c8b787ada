//! Values with their units in them, and variables from the environment.

use std::time::Duration;

use ft_cost::Pico;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::InvalidConfig;

/// The longest duration that is not a typing mistake: a week.
pub(crate) const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Reads a duration as configuration spells it: `"2s"`, `"1m 30s"`, `"250ms"`, at most seven days.
///
/// # Errors
/// The rule that it breaks, to stand behind the field's name.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let advice = "must be a duration with its unit, such as \"2s\", \"250ms\" or \"1m 30s\"";
    // A bare number would be read as something only the writer knows.
    if text.trim().parse::<f64>().is_ok() && text.trim() != "0" {
        return Err(format!("{advice}, not a bare number"));
    }
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let signed: jiff::SignedDuration = text.parse().map_err(|_| advice.to_owned())?;
    let duration = Duration::try_from(signed).map_err(|_| "must not be negative".to_owned())?;
    if duration > LONGEST {
        return Err("must not be longer than seven days".to_owned());
    }
    Ok(duration)
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

/// Reads `"$5"`.
pub(super) fn money<'de, D: Deserializer<'de>>(from: D) -> Result<Pico, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// Reads `"64MiB"`, `"10MB"`, `"512"` (bytes).
pub(super) fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    parse_bytes(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn parse_bytes(text: &str) -> Result<u64, &'static str> {
    let advice = "must be a size with its unit, such as \"64MiB\", \"10MB\" or \"512B\"";
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let factor: u64 = match text[digits.len()..].trim() {
        "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(advice),
    };
    let number: u64 = digits.trim().parse().map_err(|_| advice)?;
    number.checked_mul(factor).ok_or("must fit into 64 bits")
}

/// Replaces `${NAME}` and `${NAME:-default}` in every string of a value.
pub(super) fn interpolate(
    value: &mut toml::Value,
    path: &str,
    lookup: &impl Fn(&str) -> Option<String>,
) -> Result<(), InvalidConfig> {
    match value {
        toml::Value::String(text) => {
            *text = expand(text, lookup).map_err(|rule| InvalidConfig::new(path, rule))?;
        }
        toml::Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                interpolate(item, &format!("{path}[{at}]"), lookup)?;
            }
        }
        toml::Value::Table(table) => {
            for (name, item) in table.iter_mut() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                interpolate(item, &path, lookup)?;
            }
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => {}
    }
    Ok(())
}

fn expand(text: &str, lookup: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let end = inner.find('}').ok_or("has `${` without `}`")?;
        let (name, default) = match inner[..end].split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (&inner[..end], None),
        };
        match lookup(name).filter(|value| !value.is_empty()).or(default.map(str::to_owned)) {
            Some(value) => out.push_str(&value),
            None => {
                return Err(format!(
                    "the environment variable {name} is not set; set it, or write ${{{name}:-default}}"
                ));
            }
        }
        rest = &inner[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_a_sane_length() {
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        for wrong in ["2", "2.5", "", "soon", "-1s", "400 days", "NaN", "1e99s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_need_a_unit() {
        assert_eq!(parse_bytes("64MiB"), Ok(64 << 20));
        assert_eq!(parse_bytes("10 MB"), Ok(10_000_000));
        for wrong in ["64", "MiB", "-1MiB", "1.5MiB", "99999999999GiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables_are_replaced_or_named() {
        let lookup = |name: &str| (name == "KEY").then(|| "abc".to_owned());
        assert_eq!(expand("x-${KEY}-${NONE:-d}", &lookup), Ok("x-abc-d".to_owned()));
        assert!(expand("${NONE}", &lookup).unwrap_err().contains("NONE"));
        assert!(expand("${KEY", &lookup).is_err());
        assert_eq!(expand("$5", &lookup), Ok("$5".to_owned()));
    }
}
