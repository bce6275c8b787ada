//! The seeds that are to be played, handed out in order to whoever plays.

use std::sync::atomic::{AtomicU64, Ordering};

/// The seeds that are left.
#[derive(Debug)]
pub struct Seeds {
    next: AtomicU64,
    end: AtomicU64,
    until_broken: bool,
}

impl Seeds {
    /// So many seeds, from this one on.
    #[must_use]
    pub fn new(from: u64, count: u64) -> Self {
        let end = AtomicU64::new(from.saturating_add(count));
        Self { next: AtomicU64::new(from), end, until_broken: false }
    }

    /// None after the first world that breaks an invariant.
    #[must_use]
    pub fn until_broken(mut self) -> Self {
        self.until_broken = true;
        self
    }

    /// The next seed. Those before it were all handed out.
    pub(crate) fn take(&self) -> Option<u64> {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        (seed < self.end.load(Ordering::Relaxed)).then_some(seed)
    }

    /// A world broke an invariant.
    pub(crate) fn broke(&self) {
        if self.until_broken {
            self.end.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_handed_out_once_and_none_after_the_first_that_breaks() {
        let seeds = Seeds::new(5, 3);
        seeds.broke();
        assert_eq!([(); 4].map(|()| seeds.take()), [Some(5), Some(6), Some(7), None]);
        let seeds = Seeds::new(5, 3).until_broken();
        assert_eq!(seeds.take(), Some(5));
        seeds.broke();
        assert_eq!(seeds.take(), None);
    }
}
