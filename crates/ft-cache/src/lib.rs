//! Response cache with freshness, stale answers and coalescing of identical calls.
//!
//! # Why it exists
//!
//! An LLM answer is slow and paid for, and when every provider is down an hour-old answer is often better than
//! none. So an answer is kept for two reasons that must not be confused: it may be *fresh*, and then it saves a
//! call, or *stale*, and then it is what is left when all live tiers have failed.
//! A generic cache knows one expiry, hashes whatever text it is handed, and lets every waiter of a failed call
//! repeat it. Here each entry has both ends of its life on the caller's [`Clock`](ft_core::Clock), the [`Key`]
//! is a 256-bit hash of all that changes the output, and [`Flights`] hands one outcome to all who wait for it.
//!
//! # What it refuses
//!
//! - To guess that two requests are the same: a field it does not know is part of the key, and tenants never
//!   share. A needless miss costs money; a wrong hit costs trust.
//! - To keep what is not a whole answer of one choice: see [`cacheable`] and [`storable`].
//! - To pass a lesser answer off as fresh: see [`Quality::StaleOnly`].
//! - To lengthen an entry's life because it is read.
//! - To run anything: there is no task, no timer and no clock in here. `now` is an argument.
//!
//! # Where to begin
//!
//! [`Cache::in_memory`] for the store, [`Key::of`] for the key, [`Flights`] for coalescing. The three know each
//! other only through [`Key`], so each can be used alone.

mod key;

mod rule;

mod entry;

mod config;

mod store;

mod cache;

mod flight;

pub use cache::{Cache, Lookup};
pub use config::{CacheConfig, InvalidConfig};
pub use entry::{Entry, Fill, Quality, ServedBy};
pub use flight::{FlightKey, Flights, FollowEnd, Follower, LeadGuard, News, Role};
pub use key::{Key, Scope};
pub use rule::{NotCacheable, NotStored, cacheable, storable};
pub use store::{MapStore, MokaStore, Purge, Store};
