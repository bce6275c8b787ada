//! How a target stands: derived from its breaker, gates and speed, never stored.
//!
//! What is stored goes stale: a flag that says "degraded" needs somebody to take it down again.

use std::time::Duration;

use ft_breaker::Phase;
use ft_core::Tick;
use serde::Serialize;

use crate::target::Target;

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is asked in its place.
    Healthy,
    /// Half-open, gated or slow: it is asked after the healthy ones of its tier.
    Degraded,
    /// Its breaker is open, or it or all its credentials are out: it is skipped.
    Unavailable,
}

/// A target's health and what it comes from.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TargetHealth {
    /// The provider's name.
    pub provider: String,
    /// The model.
    pub model: String,
    /// How it stands.
    pub health: Health,
    /// The breaker's state: `closed`, `open`, `half_open`.
    pub breaker: &'static str,
    /// In how long a call may be let through again; `None` when now.
    pub retry_in: Option<Duration>,
    /// The mean first-token time, when there are enough samples.
    pub first_token: Option<Duration>,
    /// The share of successes in the breaker's window; `None` without calls.
    pub success_rate: Option<f64>,
    /// Calls in flight.
    pub in_flight: u32,
}

/// The phase's name in metrics and JSON. Stable.
pub(crate) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed => "closed",
        Phase::Open => "open",
        Phase::HalfOpen => "half_open",
        Phase::ForcedOpen => "forced_open",
        Phase::Disabled => "disabled",
        Phase::ObserveOnly => "observe_only",
    }
}

impl Target {
    pub(crate) fn health(&self, now: Tick) -> Health {
        if self.is_out(now) {
            return Health::Unavailable;
        }
        match self.breaker.phase() {
            Phase::Open if !self.breaker.probe_due(now) => Health::Unavailable,
            Phase::ForcedOpen => Health::Unavailable,
            Phase::Open | Phase::HalfOpen => Health::Degraded,
            Phase::Closed | Phase::Disabled | Phase::ObserveOnly
                if self.view(0, now).ready_at > now || self.is_slow(now) =>
            {
                Health::Degraded
            }
            Phase::Closed | Phase::Disabled | Phase::ObserveOnly => Health::Healthy,
        }
    }

    pub(crate) fn is_slow(&self, now: Tick) -> bool {
        self.config.slow_after().is_some_and(|threshold| self.speed.is_slow(now, threshold))
    }

    /// Whether it keeps its place in the tier although it is not healthy: a probe that is due must have traffic,
    /// and a slow target must now and then be asked first, or neither would ever recover.
    ///
    /// To `look` is no turn: it changes nothing.
    pub(crate) fn keeps_its_place(&self, now: Tick, look: bool) -> bool {
        match self.health(now) {
            Health::Healthy => true,
            Health::Unavailable => false,
            Health::Degraded if matches!(self.breaker.phase(), Phase::Open | Phase::HalfOpen) => {
                self.breaker.would_admit(now)
            }
            Health::Degraded => {
                let turn = || if look { self.speed.turn_due() } else { self.speed.takes_turn() };
                self.view(0, now).ready_at <= now && self.is_slow(now) && turn()
            }
        }
    }

    pub(crate) fn report(&self, now: Tick) -> TargetHealth {
        let ready_at = self.view(0, now).ready_at;
        TargetHealth {
            provider: self.provider.name.clone(),
            model: self.model().to_owned(),
            health: self.health(now),
            breaker: phase_name(self.breaker.phase()),
            retry_in: (ready_at > now).then(|| ready_at.since(now)),
            first_token: self.speed.mean(now),
            success_rate: self.breaker.stats(now).success_rate,
            in_flight: self.in_flight.current(),
        }
    }
}
