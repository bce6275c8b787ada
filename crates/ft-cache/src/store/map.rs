//! A store that does the same in every run.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Purge, Store};
use crate::{Entry, Key};

/// Entries in a map, bounded by bytes; the oldest goes first. For simulation and tests.
///
/// The same calls in the same order leave the same entries, which moka's sampled frequencies do not promise.
pub struct MapStore {
    capacity: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    entries: HashMap<Key, Slot>,
    /// Keys by when they were put, so that the oldest is found without a search.
    order: BTreeMap<u64, Key>,
    next: u64,
    bytes: usize,
}

struct Slot {
    entry: Arc<Entry>,
    weight: usize,
    put: u64,
}

impl MapStore {
    /// A store of this many bytes. An entry that is larger than all of them is not kept.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        Self { capacity, held: Mutex::default() }
    }

    /// How many entries are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// True when it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the entries in it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    // Nothing under this lock calls foreign code, so a poisoned one still holds a sound map.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn remove(&mut self, key: &Key) {
        if let Some(slot) = self.entries.remove(key) {
            self.order.remove(&slot.put);
            self.bytes -= slot.weight;
        }
    }
}

impl Store for MapStore {
    fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        self.lock().entries.get(key).map(|slot| Arc::clone(&slot.entry))
    }

    fn put(&self, key: Key, entry: Arc<Entry>) {
        let weight = entry.weight();
        let mut held = self.lock();
        held.remove(&key);
        if weight > self.capacity {
            return;
        }
        while held.bytes > self.capacity - weight {
            let Some((_, oldest)) = held.order.pop_first() else { break };
            held.remove(&oldest);
        }
        let put = held.next;
        held.next += 1;
        held.bytes += weight;
        held.order.insert(put, key);
        held.entries.insert(key, Slot { entry, weight, put });
    }

    fn purge(&self, purge: &Purge) {
        let mut held = self.lock();
        let covered = |slot: &Slot| purge.covers(&slot.entry);
        let keys: Vec<Key> =
            held.entries.iter().filter(|(_, slot)| covered(slot)).map(|(key, _)| *key).collect();
        for key in &keys {
            held.remove(key);
        }
    }
}

impl fmt::Debug for MapStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapStore").field("entries", &self.len()).finish()
    }
}
