//! What a breaker shows of itself, from real counts.

use std::time::Duration;

use ft_core::Tick;

use crate::transition::Phase;

/// Whether calls pass, as a caller sees it. Manual modes show as what they do to a call;
/// [`Breaker::phase`](crate::Breaker::phase) tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Calls pass.
    Closed,
    /// Calls are rejected.
    Open {
        /// When a probe is due; [`Tick::MAX`] when forced open. Reading never changes the state, so a
        /// circuit whose time is over stays `Open` until a caller comes: see [`State::probe_due`].
        until: Tick,
    },
    /// A few calls pass as probes.
    HalfOpen,
}

impl State {
    /// Whether the circuit is open and its next caller will be a probe.
    #[must_use]
    pub fn probe_due(self, now: Tick) -> bool {
        matches!(self, Self::Open { until } if until <= now)
    }
}

/// Counts within the window: while calls pass, of the present generation, so since the last transition and no
/// older than the window's length. While the circuit is open or half-open, the counts at the moment
/// at which it opened, until it closes: they are why it did. All zero when statistics are off and no failure ratio is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Whether calls pass.
    pub state: State,
    /// The phase, with the manual modes apart.
    pub phase: Phase,
    /// Counts the transitions; wraps at 2¹⁸.
    pub generation: u32,
    /// Failures in a row right now, or when the circuit opened.
    pub consecutive_failures: u32,
    /// Calls that ended as success or failure.
    pub calls: u64,
    /// Those that succeeded.
    pub successes: u64,
    /// Those that failed or timed out.
    pub recent_errors: u64,
    /// Mean time from admission to settlement; for a stream, to its first content.
    pub mean_latency: Option<Duration>,
    /// Share of successes among the calls, from 0 to 1; none without calls.
    pub success_rate: Option<f64>,
    /// The length of the window these numbers are of.
    pub window: Duration,
}
