//! How often what is asked again: ranks by Zipf's law.

use ft_core::Entropy;

use crate::InvalidProfile;
use crate::math::{exp, ln};

/// Ranks from 0 to `of - 1`, the k-th of them in proportion to `1 / (k + 1)^skew`.
///
/// Questions to a public assistant repeat in this way: a few are asked all day, most of them once.
/// Drawn from a table of eight bytes a rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Zipf {
    /// The summed weights up to each rank.
    up_to: Vec<f64>,
}

impl Zipf {
    /// The most ranks.
    pub const MOST: u32 = 1_000_000;

    /// A law over so many ranks. A skew of 0 gives all of them equally often, 1 is Zipf's own.
    ///
    /// # Errors
    /// When there are no ranks or more than [`MOST`](Self::MOST), or when the skew is not a number from 0 to 10.
    pub fn new(of: u32, skew: f64) -> Result<Self, InvalidProfile> {
        let fail = |field, rule| Err(InvalidProfile::new(field, rule));
        if !(1..=Self::MOST).contains(&of) {
            return fail("of", "must be from 1 to 1,000,000");
        }
        if !(0.0..=10.0).contains(&skew) {
            return fail("skew", "must be a number from 0 to 10");
        }
        let mut sum = 0.0;
        let up_to = (1..=of).map(|rank| {
            sum += exp(-skew * ln(f64::from(rank)));
            sum
        });
        Ok(Self { up_to: up_to.collect() })
    }

    /// One rank. Takes exactly one number from the [`Entropy`].
    #[must_use]
    pub fn draw(&self, entropy: &mut Entropy) -> usize {
        let all = self.up_to.last().copied().unwrap_or(0.0);
        let drawn = entropy.unit() * all;
        self.up_to.partition_point(|&sum| sum <= drawn).min(self.up_to.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_is_twice_as_frequent_as_the_second() {
        let zipf = Zipf::new(1_000, 1.0).unwrap();
        let mut entropy = Entropy::seeded(5);
        let mut counts = vec![0_u32; 1_000];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut entropy)] += 1;
        }
        // The harmonic number of 1,000 is 7.485: 13.36 % and 6.68 %, each within three standard errors.
        assert!((13_030..=13_690).contains(&counts[0]), "{}", counts[0]);
        assert!((6_440..=6_920).contains(&counts[1]), "{}", counts[1]);
    }

    #[test]
    fn without_skew_all_ranks_are_equal_and_impossible_laws_are_refused() {
        let zipf = Zipf::new(4, 0.0).unwrap();
        let mut entropy = Entropy::seeded(5);
        let first = (0..10_000).filter(|_| zipf.draw(&mut entropy) == 0).count();
        assert!((2_370..=2_630).contains(&first), "{first}");
        for (of, skew) in [(0, 1.0), (Zipf::MOST + 1, 1.0), (10, -1.0), (10, f64::NAN)] {
            assert!(Zipf::new(of, skew).is_err(), "{of} {skew}");
        }
    }
}
