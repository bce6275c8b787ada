//! How much of something there is: a distribution of whole numbers.

use std::time::Duration;

use ft_core::Entropy;

use crate::{InvalidProfile, Latency};

/// A distribution of whole numbers, such as the tokens of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Evenly {
        fewest: u64,
        most: u64,
    },
    /// In nanoseconds where the other one counts.
    LogNormal(Latency),
}

impl Size {
    /// The largest number that can be asked for.
    pub const MOST: u64 = 1_000_000;

    /// Always this many.
    #[must_use]
    pub const fn fixed(number: u64) -> Self {
        Self::evenly(number, number)
    }

    /// Every number from the fewest to the most as often as any other.
    #[must_use]
    pub const fn evenly(fewest: u64, most: u64) -> Self {
        Self { shape: Shape::Evenly { fewest, most } }
    }

    /// The log-normal distribution with this mean and this 99th percentile, from 1 to [`MOST`](Self::MOST).
    ///
    /// # Errors
    /// As [`Latency::from_mean_p99`], and when the percentile is above [`MOST`](Self::MOST).
    pub fn from_mean_p99(mean: u64, p99: u64) -> Result<Self, InvalidProfile> {
        if p99 > Self::MOST {
            return Err(InvalidProfile::new("size", "must be at most 1,000,000"));
        }
        let shape =
            Latency::from_mean_p99(Duration::from_micros(mean), Duration::from_micros(p99))?;
        Ok(Self { shape: Shape::LogNormal(shape) })
    }

    /// One number. Takes exactly one number from the [`Entropy`].
    #[must_use]
    pub fn draw(&self, entropy: &mut Entropy) -> u64 {
        match self.shape {
            Shape::Evenly { fewest, most } => fewest + entropy.below(most - fewest + 1),
            Shape::LogNormal(shape) => {
                let drawn = (shape.draw(entropy).as_nanos() + 500) / 1_000;
                u64::try_from(drawn).unwrap_or(Self::MOST).clamp(1, Self::MOST)
            }
        }
    }

    pub(crate) fn check(&self, field: &'static str) -> Result<(), InvalidProfile> {
        let fail = |rule| Err(InvalidProfile::new(field, rule));
        match self.shape {
            Shape::Evenly { fewest, most } if fewest > most => {
                fail("the fewest must not be above the most")
            }
            Shape::Evenly { most, .. } if most > Self::MOST => fail("must be at most 1,000,000"),
            Shape::Evenly { .. } | Shape::LogNormal(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_mean_and_the_p99_that_were_asked_for() {
        let size = Size::from_mean_p99(400, 3_000).unwrap();
        let mut entropy = Entropy::seeded(3);
        let mut drawn: Vec<u64> = (0..100_000).map(|_| size.draw(&mut entropy)).collect();
        drawn.sort_unstable();
        let mean = drawn.iter().sum::<u64>() / 100_000;
        // Three standard errors of the mean and of the percentile.
        assert!((394..=406).contains(&mean), "mean {mean}");
        assert!((2_890..=3_110).contains(&drawn[99_000]), "p99 {}", drawn[99_000]);
    }

    #[test]
    fn even_numbers_reach_both_ends() {
        let mut entropy = Entropy::seeded(1);
        let drawn: Vec<u64> = (0..1_000).map(|_| Size::evenly(16, 18).draw(&mut entropy)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&16), Some(&18)));
        assert_eq!(Size::fixed(7).draw(&mut entropy), 7);
    }
}
