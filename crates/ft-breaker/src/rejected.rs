//! The answer of a circuit that does not let a call through.

use ft_core::Tick;
use thiserror::Error;

/// The breaker did not admit the call; the target was not asked.
///
/// Not worth repeating on the same target before `retry_at`; another target may be asked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Rejected {
    /// When a probe will be due, on the breaker's clock.
    /// `None` while probes are in flight (they may answer at any moment) or the circuit is forced open.
    pub retry_at: Option<Tick>,
    /// Why.
    pub reason: RejectReason,
    /// The generation that rejected: it ties the refusal to the transition that caused it.
    pub generation: u32,
}

/// Why a call was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum RejectReason {
    /// The circuit is open and no probe is due yet.
    #[error("circuit open: the target failed too often and rests")]
    Open,
    /// The circuit is half-open and as many probes as may are in flight.
    #[error("circuit half-open: its probes are in flight, no more may go yet")]
    ProbesFull,
    /// The circuit is held open by hand.
    #[error("circuit forced open by hand")]
    Forced,
}

/// What [`Breaker::call`](crate::Breaker::call) fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BreakerError<E> {
    /// The breaker did not admit the call; the future was never polled.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The call's own error.
    #[error("{0}")]
    Inner(E),
}

impl<E> BreakerError<E> {
    /// The rejection, if it was one.
    #[must_use]
    pub const fn rejected(&self) -> Option<&Rejected> {
        match self {
            Self::Rejected(rejected) => Some(rejected),
            Self::Inner(_) => None,
        }
    }

    /// The call's own error, if it was asked at all.
    #[must_use]
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Rejected(_) => None,
            Self::Inner(error) => Some(error),
        }
    }
}
