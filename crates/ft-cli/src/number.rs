//! Numbers on the command line, refused in words that say what would do.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A whole number, `_` or `,` between its digits or not.
///
/// # Errors
/// When it is none, or out of range.
pub(crate) fn whole(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let number = text.trim().replace(['_', ','], "").parse().ok();
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        match (*range.start(), *range.end()) {
            (0, u64::MAX) => "must be a whole number".to_owned(),
            (from, to) => format!("must be a whole number from {from} to {to}"),
        }
    })
}

/// A seed: any whole number that 64 bits hold.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0..=u64::MAX)
}

/// A factor above zero, such as `0.01` or `1%`.
pub(crate) fn factor(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    let number = number.parse().ok().map(|number: f64| number / unit);
    number.filter(|number| (1e-9..=1e6).contains(number)).ok_or_else(|| {
        "must be a number above zero, such as 0.01, or a percentage such as 1%".to_owned()
    })
}

/// A time in simulation, such as `"90m"` or `"2 days"`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    ft_simulate::parse_span(text).and_then(|span| match span.is_zero() {
        true => Err("must be longer than zero".to_owned()),
        false => Ok(span),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_grouped_and_are_refused_with_their_range() {
        assert_eq!(whole("1_000_000", 1..=1_000_000), Ok(1_000_000));
        assert_eq!(whole("10,000", 1..=1_000_000), Ok(10_000));
        for wrong in ["1e6", "1k", "-5", "0", "1.5", ""] {
            assert_eq!(
                whole(wrong, 1..=9).unwrap_err(),
                "must be a whole number from 1 to 9",
                "{wrong}"
            );
        }
        assert_eq!(seed("abc").unwrap_err(), "must be a whole number");
        assert_eq!(factor("1%"), Ok(0.01));
        for wrong in ["0", "-1", "nan", "inf", "x"] {
            assert!(factor(wrong).is_err(), "{wrong}");
        }
    }
}
