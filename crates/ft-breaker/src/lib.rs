//! Circuit breaker: a pure step on a 64-bit word, and a lock-free handle around it.

mod breaker;
mod config;
#[cfg(feature = "tower")]
mod layer;
mod lease;
mod outcome;
mod permit;
mod rejected;
mod stats;
mod step;
mod sync;
mod transition;
mod window;
mod word;

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
    pub use crate::step::{Answer, Command, Event, Observed, Verdict, has_room, open_time, step};
    pub use crate::word::{GENERATIONS, MOST_GROWTH, View, Word};
}
