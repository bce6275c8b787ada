//! Figures as reports write them.

use ft_client::cost::Pico;

/// Dollars without the sign, to the last digit.
pub(crate) fn dollars(money: Pico) -> String {
    money.to_string().trim_start_matches('$').to_owned()
}

const DOLLAR: u128 = 1_000_000_000_000;

/// Money as [`money`] prints it: in cents, and in hundredths of a cent below a dollar.
pub(crate) fn rounded(money: Pico) -> Pico {
    let step = if money.as_pico() < DOLLAR { DOLLAR / 10_000 } else { DOLLAR / 100 };
    Pico::from_pico((money.as_pico() + step / 2) / step * step)
}

/// Dollars for people: `$1,234.57`, and four digits below a dollar.
pub(crate) fn money(money: Pico) -> String {
    let money = rounded(money);
    if money != Pico::ZERO && money.as_pico() < DOLLAR {
        return format!("$0.{:04}", money.as_pico() / (DOLLAR / 10_000));
    }
    let cents = money.as_pico() / (DOLLAR / 100);
    let whole = u64::try_from(cents / 100).unwrap_or(u64::MAX);
    format!("${}.{:02}", grouped(whole), cents % 100)
}

/// A part of a whole; `None` of nothing. Both are exact in an `f64` up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Thousandths as a number.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a simulation stay far below 2^53")]
pub(crate) fn thousandths(number: u64) -> f64 {
    number as f64 / 1_000.0
}

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

/// `99.9987 %`, rounded down: a share that is not whole never reads as 100.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = (u128::from(part) * 1_000_000).checked_div(u128::from(whole));
    share.map_or_else(
        || "–".to_owned(),
        |share| {
            let (whole, rest) = (share / 10_000, share % 10_000);
            if rest % 100 == 0 {
                format!("{whole}.{:02} %", rest / 100)
            } else {
                format!("{whole}.{rest:04} %")
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_short_and_never_rounds_to_nothing() {
        let shown = |pico| money(Pico::from_pico(pico));
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(842_004_999_999_999), "$842.00");
        assert_eq!(shown(1_234_567_890_000_000_000), "$1,234,567.89");
        assert_eq!(shown(12_300_000_000), "$0.0123");
    }

    #[test]
    fn only_all_of_them_are_a_hundred_per_cent() {
        assert_eq!(percent(1_000, 1_000), "100.00 %");
        assert_eq!(percent(9_999_999, 10_000_000), "99.9999 %");
        assert_eq!(percent(942, 1_000), "94.20 %");
        assert_eq!(percent(1, 0), "–");
    }
}
