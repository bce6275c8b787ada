//! What a listener hears: one event for each transition, told by whoever won the exchange.

use ft_core::Tick;

/// Where a breaker stands. The last three hold until someone says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Calls pass.
    Closed,
    /// Calls are rejected until a probe is due.
    Open,
    /// A few calls pass as probes.
    HalfOpen,
    /// Every call is rejected, by hand.
    ForcedOpen,
    /// Every call passes and nothing is learnt, by hand.
    Disabled,
    /// Every call passes and what would have opened the circuit is told, by hand.
    ObserveOnly,
}

impl Phase {
    /// Whether it lets every call through.
    #[must_use]
    pub const fn passes(self) -> bool {
        match self {
            Self::Closed | Self::Disabled | Self::ObserveOnly => true,
            Self::Open | Self::HalfOpen | Self::ForcedOpen => false,
        }
    }
}

/// Why a breaker changed. An enum, so that a metric's label is never a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// So many failures in a row. Reported first when several limits are crossed by one call.
    ConsecutiveFailures,
    /// The share of failures in the window.
    FailureRatio,
    /// The share of slow calls in the window.
    SlowRatio,
    /// The open time is over and a caller came: it is the first probe.
    ProbeDue,
    /// Enough probes succeeded.
    ProbesSucceeded,
    /// A probe failed.
    ProbeFailed,
    /// A probe timed out, or was slower than the threshold.
    ProbeSlow,
    /// No probe of a full half-open circuit answered within the lease.
    LeaseExpired,
    /// Someone asked for it.
    Manual,
}

impl Reason {
    /// A short constant name, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConsecutiveFailures => "consecutive_failures",
            Self::FailureRatio => "failure_ratio",
            Self::SlowRatio => "slow_ratio",
            Self::ProbeDue => "probe_due",
            Self::ProbesSucceeded => "probes_succeeded",
            Self::ProbeFailed => "probe_failed",
            Self::ProbeSlow => "probe_slow",
            Self::LeaseExpired => "lease_expired",
            Self::Manual => "manual",
        }
    }
}

/// One transition.
///
/// Events of different threads may arrive out of order; `generation` gives the order
/// (modulo [`GENERATIONS`](crate::machine::GENERATIONS)), and no two transitions share one.
/// In [`Phase::ObserveOnly`] `from` and `to` are the same and `reason` is what would have opened
/// the circuit, told once for each reason until a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The phase before.
    pub from: Phase,
    /// The phase after.
    pub to: Phase,
    /// The generation that began with this transition.
    pub generation: u32,
    /// Why.
    pub reason: Reason,
    /// When, on the breaker's clock.
    pub at: Tick,
    /// When a probe will be due, if the circuit is now open.
    pub retry_at: Option<Tick>,
}
