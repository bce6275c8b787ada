//! A store that does the same in every run.

use std::collections::hash_map::Entry as Place;
use std::collections::{HashMap, VecDeque};
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
    /// Keys in the order in which they were put, so that the oldest is found without a search. Those that were put
    /// again or removed since stay, under their old number.
    order: VecDeque<(u64, Key)>,
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
            self.bytes -= slot.weight;
        }
    }

    /// Removes the oldest entry; false when there is none.
    fn remove_oldest(&mut self) -> bool {
        while let Some((put, key)) = self.order.pop_front() {
            if let Place::Occupied(place) = self.entries.entry(key)
                && place.get().put == put
            {
                self.bytes -= place.remove().weight;
                return true;
            }
        }
        false
    }

    /// Forgets the old numbers once they are the larger part, so that the order has no more room than the entries.
    fn tidy(&mut self) {
        if self.order.len() > 2 * self.entries.len() + FEW {
            let entries = &self.entries;
            let stands = |put: u64, key: &Key| entries.get(key).is_some_and(|slot| slot.put == put);
            self.order.retain(|(put, key)| stands(*put, key));
        }
    }
}

/// So few old numbers are not worth looking for.
const FEW: usize = 64;

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
            if !held.remove_oldest() {
                break;
            }
        }
        let put = held.next;
        held.next += 1;
        held.bytes += weight;
        held.order.push_back((put, key));
        held.entries.insert(key, Slot { entry, weight, put });
        held.tidy();
    }

    fn purge(&self, purge: &Purge) {
        let mut held = self.lock();
        let covered = |slot: &Slot| purge.covers(&slot.entry);
        let keys: Vec<Key> =
            held.entries.iter().filter(|(_, slot)| covered(slot)).map(|(key, _)| *key).collect();
        for key in &keys {
            held.remove(key);
        }
        held.tidy();
    }
}

impl fmt::Debug for MapStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapStore").field("entries", &self.len()).finish()
    }
}
