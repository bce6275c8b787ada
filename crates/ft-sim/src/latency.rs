//! How long something takes: a distribution of durations.

use std::time::Duration;

use ft_core::Entropy;

use crate::InvalidProfile;
use crate::math::{exp, ln, normal_quantile};

/// A distribution of durations. Every draw takes exactly one number from the [`Entropy`], or none when fixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Fixed(Duration),
    Exponential(Duration),
    LogNormal { mu: f64, sigma: f64 },
}

impl Default for Latency {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Latency {
    /// At once.
    pub const ZERO: Self = Self::fixed(Duration::ZERO);

    /// Always this long.
    #[must_use]
    pub const fn fixed(duration: Duration) -> Self {
        Self { shape: Shape::Fixed(duration) }
    }

    /// The exponential distribution with this mean: the time between two events of which none knows of another,
    /// such as the requests of many callers, or the incidents of a year. No draw is cut.
    #[must_use]
    pub const fn exponential(mean: Duration) -> Self {
        Self { shape: Shape::Exponential(mean) }
    }

    /// The log-normal distribution with this mean and this 99th percentile: what benchmarks usually publish,
    /// and the long tail that response times usually have.
    ///
    /// With `z` the normal 99 % quantile, `ln p99 = μ + zσ` and `ln mean = μ + σ²/2` give
    /// `σ = z − √(z² − 2 ln(p99 ÷ mean))`. Equal values give a fixed latency.
    ///
    /// # Errors
    /// When the mean is zero, when either is above 24 h, when the percentile is below the mean, or when it is
    /// more than 14.9 times the mean: no log-normal distribution has both then.
    pub fn from_mean_p99(mean: Duration, p99: Duration) -> Result<Self, InvalidProfile> {
        let fail = |rule| Err(InvalidProfile::new("latency", rule));
        if mean.is_zero() {
            return fail("the mean must be above zero");
        }
        if mean > MOST || p99 > MOST {
            return fail("mean and p99 must be at most 24 h");
        }
        if p99 < mean {
            return fail("p99 must not be below the mean");
        }
        if p99 == mean {
            return Ok(Self::fixed(mean));
        }
        let (mean, p99) = (mean.as_secs_f64(), p99.as_secs_f64());
        let z = normal_quantile(0.99);
        let under_root = z * z - 2.0 * ln(p99 / mean);
        if under_root < 0.01 {
            return fail("p99 must be at most 14.9 times the mean");
        }
        let sigma = z - under_root.sqrt();
        Ok(Self { shape: Shape::LogNormal { mu: ln(mean) - sigma * sigma / 2.0, sigma } })
    }

    /// One duration.
    #[must_use]
    pub fn draw(&self, entropy: &mut Entropy) -> Duration {
        match self.shape {
            Shape::Fixed(duration) => duration,
            Shape::Exponential(mean) => {
                // 1 − u lies in (0, 1], which has a logarithm.
                let times = -ln(1.0 - entropy.unit());
                seconds(mean.as_secs_f64() * times)
            }
            Shape::LogNormal { mu, sigma } => {
                // The half step keeps the draw off 0, which has no quantile.
                let p = entropy.unit() + 0.5 / 9_007_199_254_740_992.0;
                seconds(exp(mu + sigma * normal_quantile(p.min(ALMOST_ONE))))
            }
        }
    }

    pub(crate) fn check(&self, field: &'static str) -> Result<(), InvalidProfile> {
        match self.shape {
            Shape::Fixed(duration) | Shape::Exponential(duration) if duration > MOST => {
                Err(InvalidProfile::new(field, "must be at most 24 h"))
            }
            Shape::Fixed(_) | Shape::Exponential(_) | Shape::LogNormal { .. } => Ok(()),
        }
    }
}

/// A draw is cut nowhere near where draws are: a bound below its tail would change the distribution, and with it
/// the mean that was asked for.
fn seconds(drawn: f64) -> Duration {
    Duration::try_from_secs_f64(drawn).unwrap_or(Duration::MAX).min(LONGEST)
}

/// The largest figure of a wait that a profile may state.
const MOST: Duration = Duration::from_secs(24 * 3_600);
/// A century: moments that are added up stay far from the end of the clock.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
/// The sum above may round up to 1, which has no quantile either.
const ALMOST_ONE: f64 = 1.0 - f64::EPSILON;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn mean_and_p99(mean: u64, p99: u64) -> (f64, f64) {
        let latency = Latency::from_mean_p99(MS(mean), MS(p99)).unwrap();
        let mut entropy = Entropy::seeded(1);
        let mut draws: Vec<f64> =
            (0..100_000).map(|_| latency.draw(&mut entropy).as_secs_f64() * 1_000.0).collect();
        draws.sort_by(f64::total_cmp);
        (draws.iter().sum::<f64>() / 100_000.0, draws[99_000])
    }

    #[test]
    fn draws_have_the_published_mean_and_p99() {
        for (mean, p99) in [(312, 1_842), (489, 2_156), (47, 156)] {
            let (drawn_mean, drawn_p99) = mean_and_p99(mean, p99);
            let (mean, p99) = (mean as f64, p99 as f64);
            // Three standard errors of the widest of them: 1.2 % of the mean, 3.5 % of the percentile.
            assert!((drawn_mean / mean - 1.0).abs() < 0.012, "mean {drawn_mean}, not {mean}");
            assert!((drawn_p99 / p99 - 1.0).abs() < 0.035, "p99 {drawn_p99}, not {p99}");
        }
    }

    #[test]
    fn exponential_draws_have_their_mean_and_are_under_it_in_63_of_100_cases() {
        let latency = Latency::exponential(MS(250));
        let mut entropy = Entropy::seeded(2);
        let draws: Vec<_> = (0..100_000).map(|_| latency.draw(&mut entropy)).collect();
        let mean = draws.iter().sum::<Duration>() / 100_000;
        assert!((MS(247)..MS(253)).contains(&mean), "{mean:?}");
        let under = draws.iter().filter(|draw| **draw < MS(250)).count();
        assert!((62_700..63_700).contains(&under), "{under}");
    }

    #[test]
    fn gaps_of_days_have_their_mean_too() {
        for days in [1, 2, 5, 10, 30, 366] {
            let day = Duration::from_secs(24 * 3_600);
            let latency = Latency::exponential(day * days);
            let mut entropy = Entropy::seeded(u64::from(days));
            let sum: f64 = (0..100_000).map(|_| latency.draw(&mut entropy).as_secs_f64()).sum();
            let mean = sum / 100_000.0 / day.as_secs_f64();
            // Three standard errors.
            assert!((mean / f64::from(days) - 1.0).abs() < 0.01, "{mean} days, not {days}");
        }
    }

    #[test]
    fn one_seed_gives_one_sequence_of_latencies_on_every_machine() {
        let latency = Latency::from_mean_p99(MS(312), MS(1_842)).unwrap();
        let mut entropy = Entropy::seeded(42);
        let drawn: Vec<_> = (0..3).map(|_| latency.draw(&mut entropy).as_nanos()).collect();
        assert_eq!(drawn, [366_405_447, 75_392_978, 111_626_035]);
    }

    #[test]
    fn impossible_distributions_are_refused() {
        for (mean, p99) in [(0, 10), (10, 9), (10, 151), (1, 90_000_000)] {
            let error = Latency::from_mean_p99(MS(mean), MS(p99)).unwrap_err();
            assert!(error.to_string().starts_with("latency: "), "{error}");
        }
        assert_eq!(Latency::from_mean_p99(MS(5), MS(5)).unwrap(), Latency::fixed(MS(5)));
    }
}
