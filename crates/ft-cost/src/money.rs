//! An amount of money.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal::{Decimal, Fault};

/// Decimal places of a dollar that an amount has.
const PLACES: u32 = 12;
const PICO_PER_DOLLAR: u128 = 1_000_000_000_000;

/// An amount in pico-dollars: 10⁻¹² dollars, never negative.
///
/// 128 bits, so that the largest usage that a provider can report, at the highest price, still has its true
/// cost. Sums saturate at [`Pico::MAX`], which is more money than there is.
///
/// Reads and prints dollars, exactly: `"$5"`, `"5.50"`, `"$0.000036"`. A precision rounds, half up, for
/// people: `{:.2}`. In serde it is such a string, because a float would not be exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pico(u128);

impl Pico {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(u128::MAX);

    /// This many pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: u128) -> Self {
        Self(pico)
    }

    /// This many whole dollars.
    #[must_use]
    pub const fn from_dollars(dollars: u64) -> Self {
        // 2^64 dollars are below 2^104 pico-dollars.
        Self(dollars as u128 * PICO_PER_DOLLAR)
    }

    /// The amount in pico-dollars.
    #[must_use]
    pub const fn as_pico(self) -> u128 {
        self.0
    }

    /// The amount in pico-dollars for a 64-bit counter, which holds 18 million dollars; more saturates.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        if self.0 > u64::MAX as u128 {
            u64::MAX
        } else {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "compared with u64::MAX just above"
            )]
            let pico = self.0 as u64;
            pico
        }
    }

    /// True for nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` when it is above [`Pico::MAX`].
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The sum, at most [`Pico::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or `None` when `other` is larger.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// The difference, at least nothing.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This amount `times` over, at most [`Pico::MAX`].
    #[must_use]
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times as u128))
    }
}

impl Sum for Pico {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl fmt::Display for Pico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        write_scaled(f, self.0, PLACES, f.precision())
    }
}

impl fmt::Debug for Pico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pico({self})")
    }
}

/// Writes `scaled` / 10^`places`: exactly with at least two decimals, or rounded to `precision`.
pub(crate) fn write_scaled(
    f: &mut fmt::Formatter<'_>,
    scaled: u128,
    places: u32,
    precision: Option<usize>,
) -> fmt::Result {
    let kept = precision.and_then(|kept| u32::try_from(kept).ok()).filter(|kept| *kept < places);
    let (scaled, places) = match kept {
        Some(kept) => {
            let step = 10_u128.pow(places - kept);
            let up = u128::from(scaled % step >= step.div_ceil(2));
            (scaled / step + up, kept)
        }
        None => (scaled, places),
    };
    let one = 10_u128.pow(places);
    let (whole, mut rest) = (scaled / one, scaled % one);
    let mut shown = places;
    if precision.is_none() {
        while shown > 2 && rest % 10 == 0 {
            rest /= 10;
            shown -= 1;
        }
    }
    match shown {
        0 => write!(f, "{whole}"),
        shown => write!(f, "{whole}.{rest:0width$}", width = shown as usize),
    }
}

/// A text that is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}, such as \"$5\", \"5.50\" or \"0.000001\"")]
pub struct InvalidMoney {
    rule: &'static str,
}

impl FromStr for Pico {
    type Err = InvalidMoney;

    /// Reads dollars, with or without `$` in front, and with up to twelve decimals.
    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let rule = |fault| InvalidMoney {
            rule: match fault {
                Fault::NotADecimal => "an amount is plain decimal dollars",
                Fault::Negative => "an amount must not be negative",
                Fault::TooFine => "an amount has at most twelve decimals",
                Fault::TooLarge => "an amount must be below 10^26 dollars",
            },
        };
        let digits = text.strip_prefix('$').unwrap_or(text);
        Decimal::parse(digits).and_then(|decimal| decimal.scaled(PLACES)).map(Self).map_err(rule)
    }
}

impl Serialize for Pico {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pico {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pico: u128) -> String {
        Pico::from_pico(pico).to_string()
    }

    #[test]
    fn amounts_print_as_exact_dollars() {
        assert_eq!(shown(36_000_000), "$0.000036");
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(1), "$0.000000000001");
        assert_eq!(Pico::from_dollars(5).to_string(), "$5.00");
        assert_eq!(shown(5_500_000_000_000), "$5.50");
        assert_eq!(shown(1_234_567_890_123_456), "$1234.567890123456");
    }

    #[test]
    fn a_precision_rounds_half_up() {
        let amount: Pico = "1.995".parse().unwrap();
        assert_eq!(format!("{amount:.2}"), "$2.00");
        assert_eq!(format!("{amount:.0}"), "$2");
        assert_eq!(format!("{:.2}", Pico::from_pico(4_999_999_999)), "$0.00");
        assert_eq!(format!("{:.2}", Pico::from_pico(5_000_000_000)), "$0.01");
        assert_eq!(format!("{:.20}", Pico::from_pico(1)), "$0.000000000001");
        assert_eq!(format!("{:.0}", Pico::MAX).len(), 28);
    }

    #[test]
    fn amounts_are_read_from_dollars() {
        assert_eq!("$5".parse(), Ok(Pico::from_dollars(5)));
        assert_eq!("5.50".parse(), Ok(Pico::from_pico(5_500_000_000_000)));
        assert_eq!("0.000001".parse(), Ok(Pico::from_pico(1_000_000)));
        for text in ["", "$", "-1", "$-1", "NaN", "1e3", "5 $", "0.0000000000001", "$$5"] {
            assert!(text.parse::<Pico>().is_err(), "{text:?}");
        }
        assert!("9".repeat(40).parse::<Pico>().is_err());
    }

    #[test]
    fn sums_saturate() {
        assert_eq!(Pico::MAX.saturating_add(Pico::from_pico(1)), Pico::MAX);
        assert_eq!(Pico::MAX.checked_add(Pico::from_pico(1)), None);
        assert_eq!(Pico::ZERO.saturating_sub(Pico::MAX), Pico::ZERO);
        assert_eq!([Pico::MAX, Pico::MAX].into_iter().sum::<Pico>(), Pico::MAX);
        assert_eq!(Pico::MAX.as_u64(), u64::MAX);
    }

    #[test]
    fn serde_takes_strings_and_refuses_floats() {
        assert_eq!(serde_json::from_str::<Pico>("\"$50\"").unwrap(), Pico::from_dollars(50));
        assert_eq!(serde_json::to_string(&Pico::from_dollars(50)).unwrap(), "\"$50.00\"");
        assert!(serde_json::from_str::<Pico>("50.0").is_err());
    }

    proptest! {
        #[test]
        fn amounts_round_trip_exactly(pico: u128) {
            let amount = Pico::from_pico(pico);
            prop_assert_eq!(amount.to_string().parse::<Pico>().unwrap(), amount);
        }

        #[test]
        fn reading_never_panics(text in ".*") {
            let _ = text.parse::<Pico>();
        }
    }
}
