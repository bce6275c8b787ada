//! How many calls a target may have under way; the next one is rejected at once.
//!
//! Without it a target that hangs collects every request of the process until memory or sockets end.
//! There is no queue: behind a slow provider it would only turn calls that could go elsewhere into calls that are late.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::InvalidConfig;
use crate::invalid_config::require;

/// A permit that borrows its limit.
pub type InFlightPermit<'a> = Permit<&'a InFlight>;
/// A permit that owns its limit.
pub type OwnedInFlightPermit = Permit<Arc<InFlight>>;

/// The limit of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlightConfig {
    /// Calls at once, from 1. Default 256: more than hosted accounts let through, less than a process has sockets.
    pub limit: u32,
}

impl Default for InFlightConfig {
    fn default() -> Self {
        Self { limit: 256 }
    }
}

/// Counts the calls under way. One atomic; exact under contention.
#[derive(Debug)]
pub struct InFlight {
    current: AtomicU32,
    limit: u32,
}

/// As many calls as allowed are under way.
///
/// When one ends is not known, so there is nothing to say of when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} calls are under way, which is the in-flight limit")]
pub struct Full {
    /// The limit.
    pub limit: u32,
}

impl InFlight {
    /// A limit with nothing under way.
    ///
    /// # Errors
    ///
    /// When the limit is zero: nothing would ever pass.
    pub fn new(config: InFlightConfig) -> Result<Self, InvalidConfig> {
        require(config.limit > 0, "limit", "must be at least 1")?;
        Ok(Self { current: AtomicU32::new(0), limit: config.limit })
    }

    /// Takes a place, held until the permit is dropped.
    ///
    /// # Errors
    ///
    /// [`Full`] when every place is taken.
    pub fn acquire(&self) -> Result<InFlightPermit<'_>, Full> {
        self.enter()?;
        Ok(Permit { limit: self })
    }

    /// As [`acquire`](Self::acquire), with a permit that may be moved into a stream or a task.
    ///
    /// # Errors
    ///
    /// [`Full`] when every place is taken.
    pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedInFlightPermit, Full> {
        self.enter()?;
        Ok(Permit { limit: Arc::clone(self) })
    }

    /// Calls under way.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.current.load(Ordering::Relaxed)
    }

    /// Calls allowed at once.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The count guards no other memory, so relaxed is enough: all that matters is that each change is atomic.
    fn enter(&self) -> Result<(), Full> {
        let below = |current: u32| (current < self.limit).then_some(current + 1);
        match self.current.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below) {
            Ok(_) => Ok(()),
            Err(_) => Err(Full { limit: self.limit }),
        }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self { current: AtomicU32::new(0), limit: InFlightConfig::default().limit }
    }
}

/// A place among the calls under way, given back on drop.
#[derive(Debug)]
#[must_use = "a dropped permit gives its place back"]
pub struct Permit<L: Deref<Target = InFlight>> {
    limit: L,
}

impl<L: Deref<Target = InFlight>> Drop for Permit<L> {
    fn drop(&mut self) {
        self.limit.current.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_exact_and_a_dropped_permit_frees_a_place() {
        let limit = InFlight::new(InFlightConfig { limit: 2 }).unwrap();
        let first = limit.acquire().unwrap();
        let _second = limit.acquire().unwrap();
        assert_eq!(limit.acquire().unwrap_err(), Full { limit: 2 });
        drop(first);
        assert_eq!(limit.current(), 1);
        assert!(limit.acquire().is_ok());
    }

    #[test]
    fn a_limit_of_zero_is_refused_by_name() {
        let refused = InFlight::new(InFlightConfig { limit: 0 }).unwrap_err();
        assert_eq!((refused.field(), refused.rule()), ("limit", "must be at least 1"));
    }

    #[test]
    fn an_owned_permit_outlives_the_handle_it_came_from() {
        let limit = Arc::new(InFlight::default());
        let other = Arc::clone(&limit);
        let permit = limit.acquire_owned().unwrap();
        drop(limit);
        assert_eq!(other.current(), 1);
        drop(permit);
        assert_eq!(other.current(), 0);
    }

    #[test]
    fn a_permit_dropped_by_a_panic_frees_its_place() {
        let limit = InFlight::default();
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _permit = limit.acquire().unwrap();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err());
        assert_eq!(limit.current(), 0);
    }
}
