//! A price of tokens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Pico;
use crate::decimal::{Decimal, Fault};
use crate::money::write_scaled;

/// The least and the highest price that are believed, in pico-dollars per token: 0.001 and 1,000 dollars
/// per million tokens.
///
/// Real prices lie between 0.003 (cached input) and 600. A price that was written per token lands below the
/// range, one that was read per token but written per million lands above it, with room on both sides.
const SANE: std::ops::RangeInclusive<u128> = 1_000..=1_000_000_000;

/// Pico-dollars per token, which is the same number as micro-dollars per million tokens.
///
/// Reads and prints dollars per million tokens, exactly: `"0.028"` is 28,000 pico-dollars per token.
/// Either zero or from 0.001 to 1,000 dollars per million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(u64);

impl Rate {
    /// No charge.
    pub const ZERO: Self = Self(0);

    /// This many pico-dollars per token.
    ///
    /// # Errors
    /// A rate that is outside of the sane range.
    pub fn from_pico_per_token(pico: u64) -> Result<Self, InvalidRate> {
        Self::sane(u128::from(pico), "not dollars per token or per thousand")
    }

    /// Reads dollars per *single* token, as LiteLLM's price file has them: `2e-06` is 2 dollars per million.
    ///
    /// Digits below a millionth of the value are taken as what a float left behind, and rounded.
    ///
    /// # Errors
    /// A text that is no decimal, and a rate outside of the sane range: a price per million was written.
    pub fn per_token(text: &str) -> Result<Self, InvalidRate> {
        let pico = Decimal::parse_scientific(text)
            .and_then(|decimal| decimal.scaled_despite_noise(12))
            .map_err(InvalidRate::from)?;
        Self::sane(
            pico,
            "and a price per million does not belong in a field that is read per token",
        )
    }

    /// Pico-dollars per token.
    #[must_use]
    pub const fn as_pico_per_token(self) -> u64 {
        self.0
    }

    /// True when tokens cost nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What this many tokens cost.
    #[must_use]
    pub const fn times(self, tokens: u64) -> Pico {
        // A product of two 64-bit numbers fits into 128 bits.
        Pico::from_pico(self.0 as u128 * tokens as u128)
    }

    fn sane(pico: u128, advice: &'static str) -> Result<Self, InvalidRate> {
        if pico == 0 || SANE.contains(&pico) {
            let pico = u64::try_from(pico).map_err(|_| InvalidRate::from(Fault::TooLarge))?;
            return Ok(Self(pico));
        }
        Err(InvalidRate { rule: Rule::Range { pico, advice } })
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    /// Reads dollars per million tokens, with or without `$` in front.
    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let digits = text.strip_prefix('$').unwrap_or(text);
        let pico = Decimal::parse(digits).and_then(|decimal| decimal.scaled(6))?;
        Self::sane(pico, "not dollars per token or per thousand")
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, u128::from(self.0), 6, f.precision())
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rate({self} per million)")
    }
}

/// A text or a number that is no price of tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct InvalidRate {
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Text(&'static str),
    Range { pico: u128, advice: &'static str },
}

impl From<Fault> for InvalidRate {
    fn from(fault: Fault) -> Self {
        let rule = match fault {
            Fault::NotADecimal => {
                "a price is plain decimal dollars per million tokens, such as \"0.028\""
            }
            Fault::Negative => "a price must not be negative",
            Fault::TooFine => "a price has at most six decimals of a dollar per million tokens",
            Fault::TooLarge => "a price must be at most 1000 dollars per million tokens",
        };
        Self { rule: Rule::Text(rule) }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Range { pico, advice } => {
                write_scaled(f, *pico, 6, None)?;
                write!(
                    f,
                    " dollars per million tokens is outside of 0.001 to 1000: the unit is dollars per million tokens, {advice}"
                )
            }
        }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pico(text: &str) -> u64 {
        text.parse::<Rate>().unwrap().as_pico_per_token()
    }

    #[test]
    fn rates_are_read_exactly() {
        assert_eq!(pico("0.028"), 28_000);
        assert_eq!(pico("$15.00"), 15_000_000);
        assert_eq!(pico("0"), 0);
        assert_eq!(Rate::per_token("2e-06"), "2".parse());
        assert_eq!(Rate::per_token("1.5000000000000002e-07"), "0.15".parse());
        assert_eq!("0.028".parse::<Rate>().unwrap().times(1_000_000).to_string(), "$0.028");
    }

    #[test]
    fn a_price_in_the_wrong_unit_is_refused_in_both_directions() {
        for per_token in ["0.000002", "0.0006", "0.00000005"] {
            let error = per_token.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains("per million"), "{error}");
        }
        for per_million in ["2.00", "0.005", "600"] {
            let error = Rate::per_token(per_million).unwrap_err().to_string();
            assert!(error.contains("per token"), "{error}");
        }
        assert!("1000.000001".parse::<Rate>().is_err());
        assert!(Rate::from_pico_per_token(999).is_err());
    }

    #[test]
    fn bad_texts_are_refused() {
        for text in ["", "NaN", "-0.1", "1e-3", "two", "0.0000001", "2,00"] {
            assert!(text.parse::<Rate>().is_err(), "{text:?}");
        }
        assert!(Rate::per_token(&"9".repeat(50)).is_err());
    }

    proptest! {
        #[test]
        fn rates_round_trip_exactly(pico in 1_000_u64..=1_000_000_000) {
            let rate = Rate::from_pico_per_token(pico).unwrap();
            prop_assert_eq!(rate.to_string().parse::<Rate>().unwrap(), rate);
        }
    }
}
