//! Lookup and fill: the rules of freshness over any store.

use std::sync::Arc;
use std::time::Duration;

use ft_core::Tick;

use crate::{
    CacheConfig, Entry, Fill, InvalidConfig, Key, MokaStore, NotStored, Purge, Quality, Scope,
    Store, storable,
};

/// How far ahead of `now` an entry may have been filled and still be fresh.
///
/// Calls that run side by side read the clock at different moments. An entry from further ahead means that the
/// clock was set back, and then its age is unknown.
const SKEW: Duration = Duration::from_secs(1);

/// Answers, kept by [`Key`], each fresh for a while and then stale for a while.
///
/// A clone shares the store.
#[derive(Clone, Debug)]
pub struct Cache {
    store: Arc<dyn Store>,
    config: CacheConfig,
}

/// What the cache has for a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// An answer that saves the call.
    Fresh(Arc<Entry>),
    /// An answer that may be given when all live tiers have failed, and not before.
    Stale(Arc<Entry>),
    /// Nothing that may be given.
    Miss,
}

impl Cache {
    /// A cache over this store. Chains may share a store: their keys differ.
    ///
    /// # Errors
    ///
    /// Names the setting that makes no sense, and the rule that it breaks.
    pub fn new(store: Arc<dyn Store>, config: CacheConfig) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self { store, config })
    }

    /// A cache over a [`MokaStore`] of the configured capacity.
    ///
    /// # Errors
    ///
    /// Names the setting that makes no sense, and the rule that it breaks.
    pub fn in_memory(config: CacheConfig) -> Result<Self, InvalidConfig> {
        config.validate()?;
        let store = MokaStore::new(config.capacity, config.lifetime());
        Ok(Self { store: Arc::new(store), config })
    }

    /// What is kept under this key, as it stands at `now`.
    ///
    /// An entry is fresh before its `fresh_until`, stale from then on and before its `stale_until`, and gone
    /// from then on. When the clock was set back by more than a second, what was filled before that is stale.
    #[must_use]
    pub fn lookup(&self, key: &Key, now: Tick) -> Lookup {
        match self.store.get(key) {
            Some(entry) if is_fresh(&entry, now) => Lookup::Fresh(entry),
            Some(entry) if now < entry.stale_until => Lookup::Stale(entry),
            Some(_) | None => Lookup::Miss,
        }
    }

    /// Keeps this answer from `now` on, in place of an older one.
    ///
    /// To be called with answers of providers only, never with an emergency answer, and only where
    /// [`cacheable`](crate::cacheable) agreed to the request.
    ///
    /// # Errors
    ///
    /// Says why the answer is not kept: it is not [`storable`], would expire at once, or is
    /// [`Quality::StaleOnly`] where a full one is still fresh.
    pub fn fill(
        &self,
        key: Key,
        scope: &Scope<'_>,
        fill: Fill,
        now: Tick,
    ) -> Result<Arc<Entry>, NotStored> {
        storable(&fill.response)?;
        let entry = Arc::new(Entry::new(fill, scope, &self.config, now));
        if entry.stale_until <= now {
            return Err(NotStored::NoLifetime);
        }
        let is_lesser = entry.quality == Quality::StaleOnly;
        if is_lesser && self.store.get(&key).is_some_and(|kept| is_fresh(&kept, now)) {
            return Err(NotStored::BetterIsFresh);
        }
        self.store.put(key, Arc::clone(&entry));
        Ok(entry)
    }

    /// Forgets everything.
    pub fn purge_all(&self) {
        self.store.purge(&Purge::all());
    }

    /// Forgets what this purge covers. Takes time in proportion to all that is kept.
    pub fn purge(&self, purge: &Purge) {
        self.store.purge(purge);
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &CacheConfig {
        &self.config
    }

    /// Whether identical calls that run at the same time should become one, by way of
    /// [`Flights`](crate::Flights).
    #[must_use]
    pub fn coalesces(&self) -> bool {
        self.config.coalesces()
    }
}

fn is_fresh(entry: &Entry, now: Tick) -> bool {
    now < entry.fresh_until && entry.stored_at <= now.after(SKEW)
}
