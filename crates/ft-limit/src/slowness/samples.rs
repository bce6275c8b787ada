//! A ring of timed samples and what can be said of those that still count. Integer arithmetic throughout.

use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

use super::KEPT;

#[derive(Debug)]
pub(super) struct Samples {
    ring: Vec<Sample>,
    /// Where the next sample goes once the ring is full.
    next: usize,
    enough: usize,
    /// Nanoseconds.
    forget_after: u64,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Tick,
    value: Value,
}

/// Orders by time, an observed one before a censored one of the same time: the censored call was still waiting then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Value {
    /// Up to 71 minutes, saturating.
    micros: u32,
    censored: bool,
}

impl Samples {
    pub(super) const fn new(enough: usize, forget_after: Duration) -> Self {
        Self { ring: Vec::new(), next: 0, enough, forget_after: nanos(forget_after) }
    }

    pub(super) fn record(&mut self, now: Tick, took: Duration, censored: bool) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let sample = Sample { at: now, value: Value { micros, censored } };
        match self.ring.get_mut(self.next) {
            Some(oldest) => *oldest = sample,
            None => self.ring.push(sample),
        }
        self.next = (self.next + 1) % KEPT as usize;
    }

    pub(super) fn mean(&self, now: Tick) -> Option<Duration> {
        let (sum, count) = self
            .fresh(now)
            .fold((0_u64, 0_u64), |(sum, count), v| (sum + u64::from(v.micros), count + 1));
        let enough = count >= self.enough as u64;
        enough.then(|| Duration::from_micros(sum.checked_div(count).unwrap_or(0)))
    }

    /// A copy of the samples that count, to be worked on outside the lock.
    pub(super) fn counting(&self, now: Tick) -> Option<Counting> {
        let mut counting = Counting { values: [Value::default(); KEPT as usize], len: 0 };
        for (slot, value) in counting.values.iter_mut().zip(self.fresh(now)) {
            *slot = value;
            counting.len += 1;
        }
        (counting.len >= self.enough).then_some(counting)
    }

    pub(super) fn clear(&mut self) {
        self.ring.clear();
        self.next = 0;
    }

    /// Neither too old nor, after a clock stepped back, from too far ahead.
    fn fresh(&self, now: Tick) -> impl Iterator<Item = Value> {
        let apart = move |at: Tick| now.as_nanos().abs_diff(at.as_nanos());
        let counts = move |sample: &&Sample| apart(sample.at) < self.forget_after;
        self.ring.iter().filter(counts).map(|sample| sample.value)
    }
}

/// Samples that count, out of the lock.
pub(super) struct Counting {
    values: [Value; KEPT as usize],
    len: usize,
}

impl Counting {
    /// The first time at which the estimated share still waiting is down to what the quantile leaves.
    pub(super) fn quantile(mut self, percent: u8) -> Duration {
        /// Everyone, in fixed point.
        const ALL: u64 = 1 << 32;
        let values = &mut self.values[..self.len];
        values.sort_unstable();
        let left = ALL * u64::from(100 - percent.min(100)) / 100;
        let mut waiting = ALL;
        let mut at_risk = self.len as u64;
        for value in values.iter() {
            if !value.censored {
                waiting = waiting * (at_risk - 1) / at_risk;
                if waiting <= left {
                    return Duration::from_micros(u64::from(value.micros));
                }
            }
            at_risk -= 1;
        }
        let longest = values.last().map_or(0, |value| value.micros);
        Duration::from_micros(u64::from(longest))
    }
}
