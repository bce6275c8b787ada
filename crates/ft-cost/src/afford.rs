//! How long an answer the money allows.

use serde::{Deserialize, Serialize};

use crate::{Pico, Price};

/// Output tokens below which a shortened answer is not worth its price: about 190 English words.
pub const LEAST_OUTPUT: u64 = 256;

/// What to do with a call whose price is unknown while a spend budget exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownPrice {
    /// Skip the target: money that cannot be counted cannot be bounded. The default.
    #[default]
    Deny,
    /// Ask it, count the call as unpriced, and let it pass the budget.
    Warn,
}

/// How many output tokens fit into `left` beside `input_tokens`; `None` when the input alone does not.
///
/// Both are counted at the upper bound, [`Price::at_most`]. `u64::MAX` when output is free.
#[must_use]
pub fn affordable_output(price: &Price, input_tokens: u64, left: Pico) -> Option<u64> {
    let fits = |output: u64| price.at_most(input_tokens, output) <= left;
    if !fits(0) {
        return None;
    }
    if fits(u64::MAX) {
        return Some(u64::MAX);
    }
    // The bound is a maximum of several lines, one per tier, and never falls: halving finds its edge.
    let (mut fitting, mut not) = (0, u64::MAX);
    while not - fitting > 1 {
        let middle = fitting + (not - fitting) / 2;
        if fits(middle) {
            fitting = middle;
        } else {
            not = middle;
        }
    }
    Some(fitting)
}

/// The output limit to send: `wanted` when it fits into `left`, else [`LEAST_OUTPUT`] when that does, else
/// `None`: ask a cheaper target.
#[must_use]
pub fn output_cap(price: &Price, input_tokens: u64, wanted: u64, left: Pico) -> Option<u64> {
    let fits = |output: &u64| price.at_most(input_tokens, *output) <= left;
    Some(wanted).filter(fits).or_else(|| Some(LEAST_OUTPUT.min(wanted)).filter(fits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rates, Tier};

    /// 1 dollar per million in, 4 out; from 1,001 tokens on 2 and 8.
    fn price() -> Price {
        let rates =
            |input: &str, output: &str| Rates::new(input.parse().unwrap(), output.parse().unwrap());
        let mut price = Price::new(rates("1", "4"), "a test", "2026-11-22".parse().unwrap());
        price.tiers = vec![Tier { min_input_tokens: 1_001, rates: rates("2", "8") }];
        price
    }

    fn check(input: u64, left: &str, affordable: Option<u64>, capped_from_1000: Option<u64>) {
        let left = left.parse().unwrap();
        assert_eq!(affordable_output(&price(), input, left), affordable);
        assert_eq!(output_cap(&price(), input, 1_000, left), capped_from_1000);
    }

    #[test]
    fn output_fits_up_to_the_last_token() {
        check(1_000, "0.005", Some(1_000), Some(1_000));
        check(1_000, "0.004999999999", Some(999), Some(256));
        check(1_000, "0.002024", Some(256), Some(256));
        check(1_000, "0.002023999999", Some(255), None);
        check(1_000, "0.001", Some(0), None);
        check(1_000, "0.000999", None, None);
        check(1_001, "0.010002", Some(1_000), Some(1_000));
        check(0, "0", Some(0), None);
    }

    #[test]
    fn a_short_answer_is_not_made_longer() {
        assert_eq!(output_cap(&price(), 0, 100, "0.0004".parse().unwrap()), Some(100));
        assert_eq!(output_cap(&price(), 0, 100, "0.0003".parse().unwrap()), None);
    }

    #[test]
    fn free_output_is_unbounded() {
        let mut free = price();
        free.rates = Rates::new(crate::Rate::ZERO, crate::Rate::ZERO);
        assert_eq!(affordable_output(&free, 10, Pico::ZERO), Some(u64::MAX));
    }
}
