//! Connections that wait for their next request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_core::{Clock, Tick};

use super::exchange::Exchange;

/// Free connections, the one used last on top. Nobody turns them: one that was closed meanwhile is found out when it
/// is taken.
pub(super) struct Idle {
    clock: Arc<dyn Clock>,
    kept: Mutex<Vec<(Tick, Exchange)>>,
}

/// As the pooled client keeps them; servers and balancers mostly close after a minute or two.
const KEPT_FOR: Duration = Duration::from_secs(90);
/// As many as a target may have in flight by default. More are closed after a burst.
const MOST: usize = 256;

impl Idle {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// The one used last, unless all have been idle for too long.
    pub(super) fn take(&self) -> Option<Exchange> {
        let now = self.clock.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, exchange) = kept.pop()?;
        if now.since(since) < KEPT_FOR {
            return Some(exchange);
        }
        // Those below are older still. They are closed outside the lock.
        let old = std::mem::take(&mut *kept);
        drop(kept);
        drop(old);
        None
    }

    pub(super) fn put(&self, exchange: Exchange) {
        let now = self.clock.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let old = kept.partition_point(|(since, _)| now.since(*since) >= KEPT_FOR);
        let surplus = (kept.len() + 1).saturating_sub(MOST);
        let closed: Vec<_> = kept.drain(..old.max(surplus)).collect();
        kept.push((now, exchange));
        drop(kept);
        drop(closed);
    }
}
