//! The seam between the cache and whatever keeps its entries.

mod map;
mod moka;

use std::fmt;
use std::sync::Arc;

use crate::entry::Tag;
use crate::{Entry, Key, Scope};

pub use self::map::MapStore;
pub use self::moka::MokaStore;

/// Keeps entries. It may forget any of them at any time, and knows nothing of freshness.
///
/// Its calls stand on the request's path and do not wait: a back end across a network answers from a copy at
/// hand and writes in its own time.
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// The entry under this key.
    fn get(&self, key: &Key) -> Option<Arc<Entry>>;

    /// Keeps this entry, in place of an older one under its key.
    fn put(&self, key: Key, entry: Arc<Entry>);

    /// Forgets what [`Purge::covers`], as far as it was put before this call.
    fn purge(&self, purge: &Purge);
}

/// What a purge covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Purge {
    tenant: Option<u64>,
    chain: Option<u64>,
}

impl Purge {
    /// Everything.
    #[must_use]
    pub const fn all() -> Self {
        Self { tenant: None, chain: None }
    }

    /// What is this tenant's, through every chain.
    #[must_use]
    pub fn tenant(tenant: &str) -> Self {
        Self { tenant: Some(Tag::name(tenant)), chain: None }
    }

    /// What came through this chain, every tenant's.
    #[must_use]
    pub fn chain(chain: &str) -> Self {
        Self { tenant: None, chain: Some(Tag::name(chain)) }
    }

    /// What is this tenant's through this chain.
    #[must_use]
    pub fn scope(scope: &Scope<'_>) -> Self {
        let Tag { tenant, chain } = Tag::of(scope);
        Self { tenant: Some(tenant), chain: Some(chain) }
    }

    /// Whether it covers everything, which a store may know a short way for.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.tenant.is_none() && self.chain.is_none()
    }

    /// Whether it covers this entry.
    #[must_use]
    pub fn covers(&self, entry: &Entry) -> bool {
        self.tenant.is_none_or(|tenant| tenant == entry.tag.tenant)
            && self.chain.is_none_or(|chain| chain == entry.tag.chain)
    }
}
