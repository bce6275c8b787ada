//! Exact decimals: text to a scaled integer, with no float on the way.

/// A non-negative decimal: `digits` × 10^`exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: u128,
    exponent: i64,
}

/// Why a text is no usable decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotADecimal,
    Negative,
    TooFine,
    TooLarge,
}

impl Decimal {
    /// Reads digits with at most one point, such as `5`, `5.50` or `0.028`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        if text.starts_with('-') {
            return Err(Fault::Negative);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !numeric(whole) || !numeric(fraction) {
            return Err(Fault::NotADecimal);
        }
        // Trailing zeros carry no value, so "1.0000000000000" is not too fine.
        let fraction = fraction.trim_end_matches('0');
        let push = |sum: u128, byte: u8| sum.checked_mul(10)?.checked_add(u128::from(byte - b'0'));
        let digits = whole.bytes().try_fold(0, push).ok_or(Fault::TooLarge)?;
        let digits = fraction.bytes().try_fold(digits, push).ok_or(Fault::TooFine)?;
        let places = i64::try_from(fraction.len()).map_err(|_| Fault::TooFine)?;
        Ok(Self { digits, exponent: -places })
    }

    /// Reads a JSON number, which may have an exponent: `2e-06`.
    pub(crate) fn parse_scientific(text: &str) -> Result<Self, Fault> {
        let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
            return Self::parse(text);
        };
        let shift: i64 = exponent.parse().map_err(|_| Fault::NotADecimal)?;
        let mut decimal = Self::parse(mantissa)?;
        decimal.exponent = decimal.exponent.checked_add(shift).ok_or(Fault::TooLarge)?;
        Ok(decimal)
    }

    /// The value × 10^`places`, when that is a whole number.
    pub(crate) fn scaled(self, places: u32) -> Result<u128, Fault> {
        let (quotient, rest, _) = self.divided(places)?;
        if rest == 0 { Ok(quotient) } else { Err(Fault::TooFine) }
    }

    /// The value × 10^`places`, rounded when what is lost is below a millionth of it.
    ///
    /// Files that once held floats contain `1.5000000000000002e-07`, which means `1.5e-07`.
    pub(crate) fn scaled_despite_noise(self, places: u32) -> Result<u128, Fault> {
        let (quotient, rest, divisor) = self.divided(places)?;
        let (near, lost) = if rest > divisor / 2 {
            (quotient.saturating_add(1), divisor - rest)
        } else {
            (quotient, rest)
        };
        let noise = lost.checked_mul(1_000_000).is_some_and(|lost| lost <= self.digits);
        if noise { Ok(near) } else { Err(Fault::TooFine) }
    }

    /// Quotient, remainder and divisor of the digits when the point is moved `places` to the right.
    fn divided(self, places: u32) -> Result<(u128, u128, u128), Fault> {
        if self.digits == 0 {
            return Ok((0, 0, 1));
        }
        let shift = self.exponent.saturating_add(i64::from(places));
        let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|by| 10_u128.checked_pow(by));
        match (shift >= 0, power) {
            (true, Some(factor)) => {
                let product = self.digits.checked_mul(factor).ok_or(Fault::TooLarge)?;
                Ok((product, 0, 1))
            }
            (true, None) => Err(Fault::TooLarge),
            (false, Some(divisor)) => Ok((self.digits / divisor, self.digits % divisor, divisor)),
            (false, None) => Err(Fault::TooFine),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Result<u128, Fault> {
        Decimal::parse(text)?.scaled(6)
    }

    fn noisy(text: &str) -> Result<u128, Fault> {
        Decimal::parse_scientific(text)?.scaled_despite_noise(12)
    }

    #[test]
    fn decimals_are_read_exactly_or_refused() {
        assert_eq!(exact("0.028"), Ok(28_000));
        assert_eq!(exact("5"), Ok(5_000_000));
        assert_eq!(exact("5.50"), Ok(5_500_000));
        assert_eq!(exact("0.0000010000"), Ok(1));
        assert_eq!(exact("0.0000001"), Err(Fault::TooFine));
        assert_eq!(exact("-1"), Err(Fault::Negative));
        assert_eq!(exact(&"9".repeat(60)), Err(Fault::TooLarge));
        assert_eq!(exact(&format!("0.{}1", "0".repeat(5_000))), Err(Fault::TooFine));
        for text in [
            "", ".", "1.", ".5", "+1", "1e3", "NaN", "inf", " 1", "1 ", "1,5", "1_000", "0x1",
            "1.2.3",
        ] {
            assert_eq!(exact(text), Err(Fault::NotADecimal), "{text:?}");
        }
    }

    #[test]
    fn noise_of_floats_is_rounded_away_and_real_digits_are_not() {
        assert_eq!(noisy("2e-06"), Ok(2_000_000));
        assert_eq!(noisy("1.5000000000000002e-07"), Ok(150_000));
        assert_eq!(noisy("1.4999999999999998e-07"), Ok(150_000));
        assert_eq!(noisy("2.5E+1"), Ok(25_000_000_000_000));
        assert_eq!(noisy("1.25e-12"), Err(Fault::TooFine));
        assert_eq!(noisy("1e-99999999999999999999"), Err(Fault::NotADecimal));
        assert_eq!(noisy("1e-9999"), Err(Fault::TooFine));
        assert_eq!(noisy("1e9999"), Err(Fault::TooLarge));
        assert_eq!(noisy("0e-9999"), Ok(0));
    }
}
