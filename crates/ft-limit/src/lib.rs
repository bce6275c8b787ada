//! Gates, in-flight limits and budgets that keep retries and fallbacks from becoming a storm.
//!
//! A layer that answers each failure with another call multiplies the load on whatever is already failing:
//! three attempts on four providers are twelve paid calls for one question, just when nobody can serve them.
//! A maximum of attempts per request does not bound that, because every request brings its own maximum;
//! what bounds it is shared between requests, and all of it is here, on by default:
//!
//! - [`Gate`]: "not before …" for what a provider throttled or refused, reopened by one pilot call, not a herd.
//!   [`Widening`] says when the gates of single models mean the whole credential.
//! - [`InFlight`]: how many calls one target may have under way; the next is rejected at once, never queued.
//! - [`RetryBudget`]: retries as a share of a provider's first attempts, with a small reserve for little traffic.
//! - [`AmplificationCap`]: the attempts of the whole process as a multiple of its requests.
//! - [`Throttle`]: what of the load a failing target is still sent when there is nobody else to ask.
//! - [`Backoff`]: full jitter, never shorter than what the provider asked for.
//! - [`Slowness`]: moving first-token times, for ordering, for health and for the moment to hedge.
//!
//! Each is a synchronous machine behind a thin handle, is told the time as a [`Tick`](ft_core::Tick), and never waits.
//! Each guard (pass, permit, token) undoes in `Drop` what its holder did not settle, so a future may be dropped anywhere.
//!
//! What this crate refuses: queues (a queue behind a slow provider is where deadlines go to die),
//! background tasks, state shared between processes, and money, which is `ft-cost`'s.
//!
//! # Features
//!
//! - `tower` (off): [`InFlightLayer`], the in-flight limit as a tower layer.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ft_core::Tick;
//! use ft_limit::Gate;
//!
//! let gate = Gate::default();
//! let now = Tick::from_secs(10);
//!
//! // The provider answered 429 with `retry-after: 2`.
//! let pass = gate.admit(now).expect("a new gate is open");
//! pass.throttled(now, Some(Duration::from_secs(2)));
//! assert_eq!(gate.admit(now).unwrap_err().retry_at, Tick::from_secs(12));
//!
//! // Two seconds later one call may find out; the others are told to come back.
//! let now = Tick::from_secs(12);
//! let pilot = gate.admit(now).expect("the first call after the hint is the pilot");
//! assert!(gate.admit(now).is_err());
//! pilot.opened(now);
//! assert!(gate.admit(now).is_ok());
//! ```

mod gate;
mod widening;

mod in_flight;
#[cfg(feature = "tower")]
mod layer;

mod amplification;
mod retry_budget;
mod tokens;

mod backoff;
mod slowness;
mod throttle;

mod doubling;
mod hint;
mod invalid_config;

pub use amplification::{
    AmpPass, AmpToken, AmplificationCap, AmplificationConfig, Amplified, Attempt, OwnedAmpToken,
};
pub use backoff::{Backoff, BackoffConfig};
pub use gate::{Gate, GateConfig, GatePass, GatePhase, GateReason, Gated, OwnedGatePass, Pass};
pub use hint::MAX_HINT;
pub use in_flight::{Full, InFlight, InFlightConfig, InFlightPermit, OwnedInFlightPermit, Permit};
pub use invalid_config::InvalidConfig;
#[cfg(feature = "tower")]
pub use layer::{InFlightError, InFlightFuture, InFlightLayer, InFlightService};
pub use retry_budget::{OwnedRetryToken, RetryBudget, RetryBudgetConfig, RetryPass, RetryToken};
pub use slowness::{Slowness, SlownessConfig};
pub use throttle::{OwnedSent, Sent, SentCall, Throttle, ThrottleConfig};
pub use widening::Widening;
