//! Figures for people: grouped numbers, shares, times.

use std::time::Duration;

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `128k`, `1.04M`: a number of tokens in a narrow column, rounded down. Below ten thousand exact.
pub(crate) fn short(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}.{:02}M", grouped(number / 1_000_000), number % 1_000_000 / 10_000),
    }
}

/// `99.95 %`, rounded down: a share that is not whole never reads as 100.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let hundredths = hundredths(u128::from(part) * 100, whole);
    hundredths.map_or_else(|| "–".to_owned(), |share| format!("{share} %"))
}

/// `1.06`, rounded down; how often `part` stands for each of `whole`.
pub(crate) fn ratio(part: u64, whole: u64) -> String {
    hundredths(part.into(), whole).unwrap_or_else(|| "–".to_owned())
}

fn hundredths(part: u128, whole: u64) -> Option<String> {
    let hundredths = (part * 100).checked_div(whole.into())?;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

/// `1,842 ms`.
pub(crate) fn millis(time: Duration) -> String {
    format!("{} ms", grouped(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
}

/// `4.7 s`, rounded down.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn windows_are_short() {
        for (number, text) in
            [(4_000, "4,000"), (128_000, "128k"), (999_999, "999k"), (1_047_576, "1.04M")]
        {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn only_all_of_them_are_a_hundred_per_cent() {
        assert_eq!(percent(2_000, 2_000), "100.00 %");
        assert_eq!(percent(99_999, 100_000), "99.99 %");
        assert_eq!(percent(0, 7), "0.00 %");
        assert_eq!(percent(0, 0), "–");
        assert_eq!(ratio(2_139, 2_000), "1.06");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(millis(Duration::from_micros(1_842_900)), "1,842 ms");
        assert_eq!(seconds(Duration::from_millis(4_799)), "4.7 s");
    }
}
