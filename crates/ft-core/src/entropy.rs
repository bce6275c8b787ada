//! Every random draw of this workspace, from a seed that can be given again.

use std::time::Duration;

use crate::time::nanos;

/// A small deterministic generator (SplitMix64), seeded per request.
///
/// The same seed gives the same draws on every machine, which is what makes a simulation repeatable.
/// Not for secrets.
/// Source of the constants: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entropy {
    state: u64,
}

impl Entropy {
    /// A generator that will always draw the same sequence for this seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator seeded from the operating system, through the standard library's hasher keys.
    #[must_use]
    pub fn from_os() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self::seeded(RandomState::new().hash_one(0x6674_u64))
    }

    /// Sixty-four random bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An independent generator, for a part whose number of draws must not shift the others'.
    #[must_use]
    pub const fn split(&mut self) -> Self {
        Self::seeded(self.next_u64())
    }

    /// A number from `0` to `below - 1`; `0` when `below` is `0`. Its bias is below 2⁻³² for small bounds.
    #[must_use]
    pub fn below(&mut self, below: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(below);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number in `[0, 1)` with 53 random bits.
    #[must_use]
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
        let top = (self.next_u64() >> 11) as f64;
        top / 9_007_199_254_740_992.0
    }

    /// True with this probability; never for `0.0` or NaN, always from `1.0` on.
    #[must_use]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A duration from zero to just below `most`: full jitter.
    #[must_use]
    pub fn jitter(&mut self, most: Duration) -> Duration {
        Duration::from_nanos(self.below(nanos(most)))
    }

    /// `base` shifted by at most `spread` of itself either way: `spread = 0.2` is ±20 %.
    #[must_use]
    pub fn spread(&mut self, base: Duration, spread: f64) -> Duration {
        let factor = 1.0 + spread.clamp(0.0, 1.0) * (2.0 * self.unit() - 1.0);
        Duration::try_from_secs_f64(base.as_secs_f64() * factor).unwrap_or(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let (mut a, mut b) = (Entropy::seeded(7), Entropy::seeded(7));
        assert_eq!([a.next_u64(), a.next_u64()], [b.next_u64(), b.next_u64()]);
        assert_ne!(a.next_u64(), Entropy::seeded(8).next_u64());
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut draw = Entropy::seeded(1);
        for _ in 0..10_000 {
            assert!(draw.below(7) < 7);
            assert!((0.0..1.0).contains(&draw.unit()));
            assert!(draw.jitter(Duration::from_millis(250)) < Duration::from_millis(250));
            let open = draw.spread(Duration::from_secs(30), 0.2);
            assert!(open >= Duration::from_secs(24) && open <= Duration::from_secs(36));
        }
        assert_eq!(draw.below(0), 0);
        assert_eq!(
            draw.spread(Duration::MAX, 1.0).min(Duration::from_secs(1)),
            Duration::from_secs(1)
        );
        assert!(!draw.chance(0.0) && draw.chance(1.0));
    }
}
