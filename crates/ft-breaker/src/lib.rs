//! A circuit breaker: it stops calling a target that fails, and finds out when it works again.
//!
//! Three things go wrong with breakers in practice, and this one is built around them.
//! A **lost probe** wedges them half-open for days: here every probe cycle has a lease, and a permit
//! gives its slot back when it is dropped. A **late result** of an earlier state opens or closes
//! them wrongly: here every transition begins a generation, and a result counts in its own only.
//! A **timeout outside** the breaker drops the future and is never seen: here a permit that is
//! dropped after [`cancel_grace`](BreakerConfig::cancel_grace) is a failure, while a younger one is
//! a caller who left.
//!
//! ```
//! use std::sync::Arc;
//! use ft_breaker::{Breaker, BreakerConfig, RejectReason};
//! use ft_core::SystemClock;
//!
//! let breaker = Breaker::new(BreakerConfig::default(), Arc::new(SystemClock::new()))?
//!     .with_listener(|event| println!("{:?} -> {:?}: {:?}", event.from, event.to, event.reason));
//!
//! for _ in 0..5 {
//!     let permit = breaker.acquire().expect("a closed circuit admits");
//!     permit.failure();
//! }
//! let rejected = breaker.acquire().expect_err("five failures in a row opened it");
//! assert_eq!(rejected.reason, RejectReason::Open);
//! assert!(rejected.retry_at.is_some());
//! # Ok::<(), ft_breaker::InvalidConfig>(())
//! ```
//!
//! Around a future it is [`Breaker::call`]; around a stream, [`OwnedPermit::first_content_at`].
//!
//! # How it works
//!
//! The whole state is a [`Word`](machine::Word) of 64 bits, and [`step`](machine::step) is a pure
//! function on it. The handle runs it in a compare-exchange loop, so every transition has exactly
//! one winner, who tells the listeners. A healthy call reads the word twice and writes nothing,
//! unless counts are kept: those go to time buckets of the thread's own shard, and are added up only
//! when a call failed or was slow.
//!
//! # What it refuses
//!
//! - A success never opens the circuit and a neutral end never closes it.
//! - Throttling (HTTP 429) is not ill health. Keep a gate for it beside the breaker.
//! - It never blocks, queues, retries, sleeps or starts a task. A lease that ran out is noticed by
//!   the next caller.
//! - Looking at it changes nothing.
//!
//! # Features
//!
//! - `tower` (off): `BreakerLayer`, a tower layer whose rejections poll nothing of the inner service.

mod config;
mod outcome;

mod breaker;
mod permit;
mod rejected;
mod stats;
mod transition;

mod evidence;
mod lease;
mod row;
mod step;
mod sync;
mod window;
mod word;

#[cfg(feature = "tower")]
mod layer;

pub use breaker::Breaker;
pub use config::{BreakerConfig, FailureRatio, InvalidConfig, SlowCalls};
#[cfg(feature = "tower")]
pub use layer::{BreakerLayer, BreakerService, ResponseFuture};
pub use outcome::Outcome;
pub use permit::{OwnedPermit, Permit, StreamGuard};
pub use rejected::{BreakerError, RejectReason, Rejected};
pub use stats::{State, Stats};
pub use transition::{Phase, Reason, Transition};

/// The breaker without its shell: the state word and the pure step, for tests and simulations.
pub mod machine {
    pub use crate::row::Row;
    pub use crate::step::{
        Answer, Command, Event, Observed, Verdict, has_room, open_time, refusal, step,
    };
    pub use crate::word::{GENERATIONS, MOST_GROWTH, View, Word};
}
