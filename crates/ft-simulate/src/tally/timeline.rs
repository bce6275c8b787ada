//! What happened when, in as many slices as a plot has room for.

use std::time::Duration;

use ft_client::cost::Pico;

use super::Histogram;

/// Slices of equal length. When the time outgrows them, two become one.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    width: Duration,
    slices: Vec<Slice>,
    places: usize,
}

/// Requests that began in one slice of time.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    /// By place: the live tiers, then cache, emergency, failed, left.
    pub(crate) by_place: Vec<u64>,
    /// Of those answered, in milliseconds.
    pub(crate) latency: Histogram,
    pub(crate) cost: Pico,
    pub(crate) attempts: u64,
}

impl Slice {
    fn new(places: usize) -> Self {
        Self {
            by_place: vec![0; places],
            latency: Histogram::coarse(),
            cost: Pico::ZERO,
            attempts: 0,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.by_place.iter_mut().zip(&other.by_place).for_each(|(own, other)| *own += other);
        self.latency.merge(&other.latency);
        self.cost = self.cost.saturating_add(other.cost);
        self.attempts += other.attempts;
    }
}

/// As many points as a plot of a page's width shows apart.
const MOST_SLICES: usize = 240;

impl Timeline {
    pub(crate) fn new(places: usize) -> Self {
        Self { width: Duration::from_secs(1), slices: Vec::new(), places }
    }

    pub(crate) fn slice(&mut self, began: Duration) -> &mut Slice {
        let mut at = self.at(began);
        while at >= MOST_SLICES {
            self.halve();
            at = self.at(began);
        }
        if at >= self.slices.len() {
            self.slices.resize_with(at + 1, || Slice::new(self.places));
        }
        &mut self.slices[at]
    }

    fn at(&self, began: Duration) -> usize {
        usize::try_from(began.as_nanos() / self.width.as_nanos()).unwrap_or(usize::MAX)
    }

    fn halve(&mut self) {
        self.width *= 2;
        let pairs = self.slices.chunks(2).map(|pair| {
            let mut whole = pair[0].clone();
            if let Some(second) = pair.get(1) {
                whole.merge(second);
            }
            whole
        });
        self.slices = pairs.collect();
    }

    pub(crate) const fn width(&self) -> Duration {
        self.width
    }

    pub(crate) fn slices(&self) -> &[Slice] {
        &self.slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_outgrows_its_slices_without_losing_a_request() {
        let mut timeline = Timeline::new(2);
        for second in 0..10_000 {
            let slice = timeline.slice(Duration::from_secs(second));
            slice.by_place[usize::from(second >= 5_000)] += 1;
        }
        assert_eq!(timeline.width(), Duration::from_secs(64));
        assert!(timeline.slices().len() <= MOST_SLICES);
        let sum =
            |place: usize| timeline.slices().iter().map(|slice| slice.by_place[place]).sum::<u64>();
        assert_eq!((sum(0), sum(1)), (5_000, 5_000));
        assert_eq!(timeline.slices()[0].by_place, [64, 0]);
    }
}
