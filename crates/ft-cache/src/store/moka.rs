//! The store in memory that is used unless another is handed in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Purge, Store};
use crate::{Entry, Key};

/// Entries in memory, bounded by bytes; what is asked for often stays longest (TinyLFU).
///
/// moka cannot be given a clock, so its expiry decides nothing here: it frees the memory of entries that are
/// past all use. Its bookkeeping is done by the callers as they pass; there is no thread behind it.
pub struct MokaStore {
    entries: moka::sync::Cache<Key, Arc<Entry>>,
}

impl MokaStore {
    /// A store of this many bytes that frees an entry's memory when it was put `keep_for` ago.
    ///
    /// A `keep_for` that is shorter than an entry's life ends that life; 0 is no limit.
    #[must_use]
    pub fn new(capacity: u64, keep_for: Duration) -> Self {
        let mut entries = moka::sync::Cache::builder().max_capacity(capacity).weigher(
            |_: &Key, entry: &Arc<Entry>| u32::try_from(entry.weight()).unwrap_or(u32::MAX),
        );
        if !keep_for.is_zero() {
            // moka panics above a thousand years.
            entries = entries.time_to_live(keep_for.min(Duration::from_secs(365 * 24 * 60 * 60)));
        }
        Self { entries: entries.build() }
    }

    /// Bytes and number of the entries in it, after what is due of its bookkeeping is done. For gauges.
    #[must_use]
    pub fn held(&self) -> (u64, u64) {
        self.entries.run_pending_tasks();
        (self.entries.weighted_size(), self.entries.entry_count())
    }
}

impl Store for MokaStore {
    fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        self.entries.get(key)
    }

    fn put(&self, key: Key, entry: Arc<Entry>) {
        self.entries.insert(key, entry);
    }

    // A walk over all entries, not moka's own invalidation by predicate: that one is applied on every later
    // read, and a purge is rare.
    fn purge(&self, purge: &Purge) {
        if purge.is_all() {
            return self.entries.invalidate_all();
        }
        for (key, entry) in &self.entries {
            if purge.covers(&entry) {
                self.entries.invalidate(&*key);
            }
        }
    }
}

impl fmt::Debug for MokaStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MokaStore").field("entries", &self.entries.entry_count()).finish()
    }
}
