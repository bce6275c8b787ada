//! What a gate says to those who ask.

use ft_core::Tick;

/// Why a gate is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GateReason {
    /// The provider throttled: it is well, and takes calls again soon.
    Throttled,
    /// Refused key, spent quota, missing model: it stays so until a person acts.
    Out,
}

/// What a call would meet at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatePhase {
    /// Every call passes.
    Open,
    /// No call passes before this moment.
    Shut {
        /// The deadline.
        until: Tick,
    },
    /// The deadline has passed: the next call is the pilot.
    PilotDue,
    /// One call is finding out; the others had better come back at this moment.
    PilotOut {
        /// One recheck from now, at most the moment at which the pilot's silence opens the gate.
        recheck_at: Tick,
    },
}

impl GatePhase {
    /// When to come back; `None` when a call would pass.
    #[must_use]
    pub const fn retry_at(self) -> Option<Tick> {
        match self {
            Self::Open | Self::PilotDue => None,
            Self::Shut { until } => Some(until),
            Self::PilotOut { recheck_at } => Some(recheck_at),
        }
    }
}

/// A call was turned away at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("gated ({reason:?}) until {retry_at:?}")]
pub struct Gated {
    /// When to come back.
    pub retry_at: Tick,
    /// Why the gate is shut.
    pub reason: GateReason,
}
