//! Counts of whole numbers in buckets of even relative width, so that a month takes as much room as a minute.

/// Numbers counted in buckets: exact up to `2^(bits + 1)`, and above that to one part in `2^bits`.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    bits: u32,
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
    most: u64,
}

impl Histogram {
    /// For results: milliseconds are exact up to 2 s, and within 0.1 % above.
    pub(crate) fn fine() -> Self {
        Self::new(10)
    }

    /// For points of a plot and batches of a comparison: within 3 %.
    pub(crate) fn coarse() -> Self {
        Self::new(5)
    }

    fn new(bits: u32) -> Self {
        Self { bits, buckets: Vec::new(), count: 0, sum: 0, most: 0 }
    }

    pub(crate) fn add(&mut self, number: u64) {
        let at = self.bucket(number);
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, 0);
        }
        self.buckets[at] += 1;
        self.count += 1;
        self.sum += u128::from(number);
        self.most = self.most.max(number);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(own, other)| *own += other);
        self.count += other.count;
        self.sum += other.sum;
        self.most = self.most.max(other.most);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) const fn most(&self) -> u64 {
        self.most
    }

    /// The mean, in thousandths, rounded; `None` of nothing.
    pub(crate) fn mean_thousandths(&self) -> Option<u64> {
        let count = u128::from(self.count);
        let mean = (self.sum * 1_000 + count / 2).checked_div(count)?;
        Some(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// The number below or at which this many of a hundred thousand are: the middle of its bucket.
    pub(crate) fn quantile(&self, of_100_000: u64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = (u128::from(self.count) * u128::from(of_100_000)).div_ceil(100_000).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|count| {
            seen += u128::from(*count);
            seen >= rank
        });
        at.map(|at| self.middle(at).min(self.most))
    }

    fn bucket(&self, number: u64) -> usize {
        let exact = 2_u64 << self.bits;
        let index = if number < exact {
            number
        } else {
            let shift = 63 - number.leading_zeros() - self.bits;
            (u64::from(shift) << self.bits) + (number >> shift)
        };
        usize::try_from(index).unwrap_or(usize::MAX - 1)
    }

    fn middle(&self, bucket: usize) -> u64 {
        let bucket = bucket as u64;
        if bucket < 2 << self.bits {
            return bucket;
        }
        let shift = (bucket >> self.bits) - 1;
        let low = (bucket - (shift << self.bits)) << shift;
        low + ((1 << shift) >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_exact_and_large_ones_nearly() {
        let mut histogram = Histogram::fine();
        for number in [0, 1, 47, 2_047, 2_048, 4_095, 1_000_000, 86_400_000] {
            let middle = histogram.middle(histogram.bucket(number));
            assert!(middle.abs_diff(number) * 1_024 <= number, "{number} became {middle}");
            if number < 2_048 {
                assert_eq!(middle, number);
            }
        }
        for number in 1..=100 {
            histogram.add(number);
        }
        assert_eq!(histogram.quantile(50_000), Some(50));
        assert_eq!(histogram.quantile(99_000), Some(99));
        assert_eq!(histogram.quantile(100_000), Some(100));
        assert_eq!(histogram.mean_thousandths(), Some(50_500));
    }

    #[test]
    fn two_halves_are_the_whole() {
        let (mut whole, mut odd, mut even) =
            (Histogram::coarse(), Histogram::coarse(), Histogram::coarse());
        for number in 0..5_000 {
            whole.add(number);
            if number % 2 == 0 { even.add(number) } else { odd.add(number) }
        }
        odd.merge(&even);
        assert_eq!(odd.buckets, whole.buckets);
        assert_eq!((odd.count, odd.sum, odd.most), (whole.count, whole.sum, whole.most));
        assert_eq!(Histogram::fine().quantile(50_000), None);
    }
}
