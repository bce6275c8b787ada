//! Coalescing: identical calls that run at the same time become one.
//!
//! moka's three ways to compute a value once do not fit: the first shares an error but takes no freshness, the
//! second takes freshness but cannot fail, the third runs the waiters of a failed call one after another, which
//! in an outage is a queue of paid attempts. And none of them tells the end of a chain, which all who wait should
//! share, from the end of a caller, which concerns nobody else.

mod flights;
mod machine;
#[cfg(test)]
mod tests;

/// The locks of the flights; their test brings others, which try every order of threads.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
}

use std::hash::{DefaultHasher, Hash, Hasher};

pub use self::flights::{Flights, FollowEnd, Follower, LeadGuard, News, Role};
use crate::Key;

/// What two calls must have in common to become one: the key, and whatever else changes the outcome.
///
/// The key says which answer is wanted, not how it is to be got. A call that must not fall back, or has a spend
/// limit of its own, must not be given the outcome of one that may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlightKey(pub Key, pub u64);

impl FlightKey {
    /// A flight key of the cache key and everything that this call overrides.
    ///
    /// The digest is the same in every process of one build, and is not meant to be kept.
    #[must_use]
    pub fn with_overrides(key: Key, overrides: &impl Hash) -> Self {
        let mut digest = DefaultHasher::new();
        overrides.hash(&mut digest);
        Self(key, digest.finish())
    }
}
