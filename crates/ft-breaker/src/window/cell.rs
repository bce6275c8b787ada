//! One bucket of one shard: counters that carry the bucket and generation they belong to.
//!
//! A counter with another tag is empty to its reader and starts anew for its writer, so nothing
//! ever has to be cleared, neither when time moves on nor when the circuit changes.

use crate::sync::{AtomicU64, Ordering};

/// The bucket and generation of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    generation: u32,
    lap: u64,
}

impl Tag {
    pub(super) const RING: u64 = 16;

    #[inline]
    pub(super) const fn new(generation: u32, bucket: u64) -> Self {
        Self { generation, lap: bucket / Self::RING }
    }

    /// The place of a bucket in the ring.
    #[inline]
    pub(super) const fn slot(bucket: u64) -> usize {
        (bucket % Self::RING) as usize
    }

    /// `generation 16 | lap 16`: two tags meet by chance only after 36 days of 3 s buckets.
    #[inline]
    fn wide(self) -> u64 {
        u64::from(self.generation & 0xffff) << 16 | (self.lap & 0xffff)
    }

    /// `generation 6 | lap 10`, for the latency alone.
    #[inline]
    fn narrow(self) -> u64 {
        u64::from(self.generation & 0x3f) << 10 | (self.lap & 0x3ff)
    }
}

#[derive(Debug, Default)]
pub(super) struct Cell {
    pub(super) calls: Count,
    pub(super) marked: Count,
    pub(super) micros: Micros,
}

/// `tag 32 | count 32`.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    #[inline]
    pub(super) fn add(&self, tag: Tag) {
        raise(&self.0, |old| counted(old, tag.wide()));
    }

    pub(super) fn read(&self, tag: Tag) -> u64 {
        let word = self.0.load(Ordering::Relaxed);
        if word >> 32 == tag.wide() { word & 0xffff_ffff } else { 0 }
    }
}

/// `tag 16 | sum of microseconds 48`, nine years of them.
#[derive(Debug, Default)]
pub(super) struct Micros(AtomicU64);

impl Micros {
    const SUM: u64 = (1 << 48) - 1;

    #[inline]
    pub(super) fn add(&self, tag: Tag, micros: u64) {
        let tag = tag.narrow();
        raise(&self.0, |old| {
            let sum = if old >> 48 == tag { old & Self::SUM } else { 0 };
            Some(tag << 48 | (sum + micros.min(Self::SUM)).min(Self::SUM))
        });
    }

    pub(super) fn read(&self, tag: Tag) -> u64 {
        let word = self.0.load(Ordering::Relaxed);
        if word >> 48 == tag.narrow() { word & Self::SUM } else { 0 }
    }
}

#[inline]
fn raise(word: &AtomicU64, next: impl Fn(u64) -> Option<u64>) {
    let mut old = word.load(Ordering::Relaxed);
    while let Some(new) = next(old) {
        match word.compare_exchange_weak(old, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(seen) => old = seen,
        }
    }
}

/// One more in `tag`; `None` when the counter already belongs to something younger.
///
/// Younger means a little younger: after a long rest, or a clock that went far back, what looks
/// younger is only old, and refusing it would leave the bucket deaf.
#[inline]
fn counted(old: u64, tag: u64) -> Option<u64> {
    let (held, count) = (old >> 32, old & 0xffff_ffff);
    if held == tag {
        return (count < 0xffff_ffff).then_some(old + 1);
    }
    let generations = (held >> 16).wrapping_sub(tag >> 16) & 0xffff;
    let laps = held.wrapping_sub(tag) & 0xffff;
    let younger = if generations == 0 { laps == 1 } else { generations <= 64 };
    (!younger).then_some(tag << 32 | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_starts_anew_with_its_tag_and_never_yields_to_an_older_one() {
        let old = Tag::new(7, 16).wide();
        let lap = Tag::new(7, 32).wide();
        let generation = Tag::new(8, 16).wide();
        assert_eq!(counted(0, old), Some(old << 32 | 1));
        assert_eq!(counted(old << 32 | 5, old), Some(old << 32 | 6));
        assert_eq!(counted(old << 32 | 5, lap), Some(lap << 32 | 1));
        assert_eq!(counted(lap << 32 | 5, old), None);
        assert_eq!(counted(generation << 32 | 5, old), None);
        assert_eq!(counted(old << 32 | 0xffff_ffff, old), None);
    }

    #[test]
    fn a_count_from_far_ahead_is_taken_over() {
        let far = Tag::new(7, 16 * 9_000).wide();
        let here = Tag::new(7, 16).wide();
        assert_eq!(counted(far << 32 | 5, here), Some(here << 32 | 1));
    }
}
