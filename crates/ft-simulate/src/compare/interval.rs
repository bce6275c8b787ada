//! How far a mean may be from the truth.

/// A mean, and how far it may be from the truth in 95 of 100 cases.
pub(super) struct Interval {
    pub(super) mean: f64,
    pub(super) half: f64,
}

impl Interval {
    /// `None` of fewer than two values.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let number = u32::try_from(values.clone().count()).ok().filter(|number| *number > 1)?;
        let count = f64::from(number);
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        Some(Self { mean, half: quantile(number - 1) * deviation / count.sqrt() })
    }
}

/// Requests that may differ in truth although none of all that were played did, in 95 of 100 cases: the upper end of
/// a count of zero, `−ln 0.025` (Garwood 1936). An interval is at least as wide, so that what is too rare to have
/// been seen is not told to be absent.
pub(super) const UNSEEN: f64 = 3.689;

/// The 97.5 % quantile of Student's t.
fn quantile(freedom: u32) -> f64 {
    match T_975.get(freedom as usize - 1) {
        Some(quantile) => *quantile,
        // Hill's first two terms: right in the third decimal from 30 degrees on.
        None => {
            let (z, n) = (1.959_964, f64::from(freedom));
            z + (z * z * z + z) / (4.0 * n)
                + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
        }
    }
}

/// The same for 1 to 29 degrees of freedom, from any table of it.
const T_975: [f64; 29] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045,
];

#[cfg(test)]
mod tests {
    use ft_core::Entropy;

    use super::*;

    #[test]
    fn an_interval_is_that_of_a_textbook() {
        // Mean 5.5, deviation 3.0277, standard error 0.9574, times 2.262 for 9 degrees of freedom.
        let interval = Interval::of((1..=10).map(f64::from)).unwrap();
        assert!((interval.mean - 5.5).abs() < 1e-12);
        assert!((interval.half - 2.1658).abs() < 1e-3, "{}", interval.half);
        assert!(Interval::of([1.0].into_iter()).is_none());
        assert!((quantile(30) - 2.042).abs() < 1e-3 && (quantile(100) - 1.984).abs() < 1e-3);
    }

    /// How often the interval has the truth, of shares of failures that one side has and the other has not.
    fn coverage(failures: f64, requests: u32, seeds: u32) -> f64 {
        let share = failures / f64::from(requests);
        let mut draw = Entropy::seeded(9);
        let covered = (0..1_000).filter(|_| {
            let seen: Vec<f64> = (0..seeds)
                .map(|_| {
                    f64::from((0..requests).map(|_| u32::from(draw.chance(share))).sum::<u32>())
                })
                .collect();
            let interval = Interval::of(seen.iter().copied()).unwrap();
            let half = interval.half.max(UNSEEN / f64::from(seeds));
            (interval.mean - failures).abs() <= half
        });
        covered.count() as f64 / 1_000.0
    }

    #[test]
    fn rare_failures_are_within_the_interval_nearly_as_often_as_it_says() {
        for failures in [0.05, 0.2, 0.5, 1.5, 5.0] {
            let coverage = coverage(failures, 200, 10);
            assert!(coverage >= 0.90, "{failures} failures a run: {coverage}");
        }
    }
}
