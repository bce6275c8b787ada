//! The atomics, from the standard library or from loom: the only place that knows which.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A value on cache lines of its own, so that writes nearby do not slow its readers.
///
/// 128 bytes because x86 fetches lines in pairs and some ARM cores have lines of that size.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);
