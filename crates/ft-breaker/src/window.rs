//! The sliding window: counts in tenths of its length, spread over shards so that threads do not meet.
//!
//! Written by every call that ends, read only when one failed or was slow.

mod cell;
mod shard;

use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

use crate::sync::{Ordering, Padded};
use cell::{Cell, Tag};

const TENTHS: u64 = 10;
/// More than the window has buckets, so that a late result finds its bucket not yet taken by another.
#[expect(clippy::cast_possible_truncation, reason = "sixteen")]
const RING: usize = Tag::RING as usize;

/// Counts of the calls that started within the last `length`.
#[derive(Debug)]
pub(crate) struct Window {
    length: u64,
    width: u64,
    shards: Box<[Padded<[Cell; RING]>]>,
}

/// One call that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) generation: u32,
    pub(crate) start: Tick,
    pub(crate) now: Tick,
    /// Failed, in the window of failures; slow, in the window of slow calls.
    pub(crate) marked: bool,
    /// Whether its latency is wanted.
    pub(crate) timed: bool,
}

/// What a window holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) marked: u64,
    pub(crate) micros: u64,
}

impl Window {
    pub(crate) fn new(length: Duration) -> Self {
        let width = (nanos(length) / TENTHS).max(1);
        let shards = (0..shard::count()).map(|_| Padded::default()).collect();
        Self { length: width * TENTHS, width, shards }
    }

    /// Counts a call in the bucket of its start; one that outlived the window is not counted.
    #[inline]
    pub(crate) fn record(&self, entry: Entry) {
        let took = entry.now.as_nanos().saturating_sub(entry.start.as_nanos());
        if took >= self.length {
            return;
        }
        let bucket = entry.start.as_nanos() / self.width;
        let tag = Tag::new(entry.generation, bucket);
        let cell = &self.shard().0[Tag::slot(bucket)];
        if entry.marked {
            cell.marked.add(tag);
        }
        cell.calls.add(tag);
        if entry.timed {
            cell.micros.add(tag, took / 1_000);
        }
    }

    /// Marks a call that was counted before: its stream broke after its first content.
    pub(crate) fn mark(&self, entry: Entry) {
        if entry.now.since(entry.start) < Duration::from_nanos(self.length) {
            let bucket = entry.start.as_nanos() / self.width;
            let cell = &self.shard().0[Tag::slot(bucket)];
            cell.marked.add(Tag::new(entry.generation, bucket));
        }
    }

    /// The sum of the buckets that `now` still sees, for this generation.
    pub(crate) fn read(&self, generation: u32, now: Tick) -> Counts {
        let last = now.as_nanos() / self.width;
        let first = last.saturating_sub(TENTHS - 1);
        let mut sum = Counts::default();
        for shard in &self.shards {
            for bucket in first..=last {
                let tag = Tag::new(generation, bucket);
                let cell = &shard.0[Tag::slot(bucket)];
                sum.calls += cell.calls.read(tag);
                sum.marked += cell.marked.read(tag);
                sum.micros += cell.micros.read(tag);
            }
        }
        // A stream's mark may outlive the bucket in another shard that counted its call.
        sum.marked = sum.marked.min(sum.calls);
        sum
    }

    /// The sum, after this thread's own entry: of two threads that count at once and then read,
    /// at least one sees both.
    pub(crate) fn read_own(&self, generation: u32, now: Tick) -> Counts {
        crate::sync::fence(Ordering::SeqCst);
        self.read(generation, now)
    }

    #[inline]
    fn shard(&self) -> &Padded<[Cell; RING]> {
        // The number of shards is a power of two.
        &self.shards[shard::mine() & (self.shards.len() - 1)]
    }
}

impl Counts {
    /// Whether at least `of_at_least` calls ended and the share of the marked is `over` or more.
    ///
    /// `margin` standard deviations of a binomial with that share are added to it: what lies above is no chance.
    pub(crate) fn reach(self, over: f64, of_at_least: u32, margin: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "counts of a window are far below 2^53")]
        let (calls, marked) = (self.calls as f64, self.marked as f64);
        let chance = margin * (over * (1.0 - over) * calls).sqrt();
        self.calls >= u64::from(of_at_least) && marked >= over * calls + chance
    }
}

#[cfg(test)]
mod tests;
