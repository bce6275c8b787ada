//! Which shard of a window a thread writes to.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// As many as cores, up to sixteen: beyond, reading them on each failure costs more than meeting does.
pub(super) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    if cfg!(loom) {
        return 1;
    }
    *COUNT.get_or_init(|| {
        available_parallelism().map_or(4, std::num::NonZero::get).next_power_of_two().min(16)
    })
}

/// This thread's number, given out in turn.
#[inline]
pub(super) fn mine() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        mine.get()
    })
}
