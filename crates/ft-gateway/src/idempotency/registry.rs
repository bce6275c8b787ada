//! What is under way by its key, for as long as somebody holds it.

use std::collections::HashMap;
use std::hash::Hash;

use super::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Values by key. It keeps none alive: whoever entered holds it, and with the last of them it leaves.
///
/// Nothing that runs foreign code happens under its lock: values are compared and dropped when it is released, since a
/// value's end may be the end of the last who held it, which takes the lock to leave.
#[derive(Debug)]
pub(crate) struct Registry<K: Eq + Hash, V> {
    held: Arc<Mutex<Held<K, V>>>,
}

type Held<K, V> = HashMap<K, Weak<Entry<K, V>>>;

/// A value that is held under its key.
#[derive(Debug)]
pub(crate) struct Entry<K: Eq + Hash, V> {
    key: K,
    pub(crate) value: V,
    held: Arc<Mutex<Held<K, V>>>,
}

/// What entering came to.
#[derive(Debug)]
pub(crate) enum Entered<K: Eq + Hash, V> {
    /// There was none: it is this one now.
    First(Arc<Entry<K, V>>),
    /// There is one already, and it is the same.
    Same(Arc<Entry<K, V>>),
    /// There is one already, and it is another.
    Other,
}

impl<K: Eq + Hash + Clone, V> Registry<K, V> {
    /// Holds the value that is under this key, if it is the `same`, or puts this one there.
    pub(crate) fn enter(&self, key: K, value: V, same: impl FnOnce(&V) -> bool) -> Entered<K, V> {
        let held = Arc::clone(&self.held);
        let fresh = Arc::new(Entry { key: key.clone(), value, held });
        let found = self.find_or_put(key, &fresh);
        match found {
            None => Entered::First(fresh),
            Some(found) if same(&found.value) => Entered::Same(found),
            Some(_) => Entered::Other,
        }
    }

    /// The live one under this key, taken out of the lock before anything else happens to it.
    fn find_or_put(&self, key: K, fresh: &Arc<Entry<K, V>>) -> Option<Arc<Entry<K, V>>> {
        let mut held = lock(&self.held);
        let found = held.get(&key).and_then(Weak::upgrade);
        if found.is_none() {
            held.insert(key, Arc::downgrade(fresh));
        }
        found
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.held).is_empty()
    }
}

impl<K: Eq + Hash, V> Default for Registry<K, V> {
    fn default() -> Self {
        Self { held: Arc::new(Mutex::new(HashMap::new())) }
    }
}

impl<K: Eq + Hash, V> Drop for Entry<K, V> {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        // Somebody may have put another one there since.
        if held.get(&self.key).is_some_and(|entry| entry.strong_count() == 0) {
            held.remove(&self.key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
