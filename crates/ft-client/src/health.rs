//! How a target stands: derived from its breaker, gates and speed, never stored.
//!
//! What is stored goes stale: a flag that says "degraded" needs somebody to take it down again.

use std::time::Duration;

use ft_breaker::{Breaker, Phase};
use ft_core::Tick;
use ft_limit::{Gate, GateReason};
use serde::Serialize;

use crate::answer::{optional_seconds, seconds};
use crate::credentials::Credentials;
use crate::target::Target;

/// How a target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is asked in its place.
    Healthy,
    /// It failed or was shut, that time is over, and nobody has asked since: its next call finds out, in its place.
    Due,
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
    /// Where it stands in the chains. A model that is configured in two ways is told of twice.
    pub stands: Vec<Standing>,
    /// How it stands.
    pub health: Health,
    /// The breaker's state: `closed`, `open`, `due` (its time is over, and the next call is a probe), `half_open`, and
    /// by hand `forced_open`, `disabled`, `observe_only`.
    pub breaker: &'static str,
    /// In how long a call may be let through again; `None` when now.
    #[serde(serialize_with = "optional_seconds", rename = "retry_in_seconds")]
    pub retry_in: Option<Duration>,
    /// The gates that are shut, and why.
    pub gates: Vec<GateExplained>,
    /// The mean first-token time, when there are enough samples.
    #[serde(serialize_with = "optional_seconds", rename = "first_token_seconds")]
    pub first_token: Option<Duration>,
    /// The mean time of the calls of the window, of streams to their first content; `None` without calls.
    #[serde(serialize_with = "optional_seconds", rename = "mean_latency_seconds")]
    pub mean_latency: Option<Duration>,
    /// Calls of the breaker's window that ended as success or failure.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// Failures in a row right now.
    pub consecutive_failures: u32,
    /// How far back the window reaches, at most to the breaker's last change.
    #[serde(serialize_with = "seconds", rename = "window_seconds")]
    pub window: Duration,
    /// The share of successes in the breaker's window; `None` without calls.
    pub success_rate: Option<f64>,
    /// Calls in flight.
    pub in_flight: u32,
    /// Most calls in flight.
    pub in_flight_limit: u32,
    /// Whether its price is known.
    pub priced: bool,
}

/// A gate that is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GateExplained {
    /// The credential that it shuts, from 0; `None`: the target under every key.
    pub credential: Option<usize>,
    /// Whether it shuts that credential for all models.
    pub all_models: bool,
    /// Why: `throttled` or `out`.
    pub reason: &'static str,
    /// In how long a call is let through; `None` when the next call is.
    #[serde(serialize_with = "optional_seconds", rename = "retry_in_seconds")]
    pub retry_in: Option<Duration>,
}

/// A tier of a chain in which a target stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The chain's name.
    pub chain: String,
    /// The tier's name.
    pub tier: String,
    /// How many targets of the chain stand above it.
    pub level: u32,
}

/// Whether a target keeps its place in its tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It does.
    Kept,
    /// It is asked after those that do.
    Lost,
    /// Now and then: it is slow.
    ByTurns,
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

/// What [`breaker_state`] may say, in this order.
pub(crate) const BREAKER_STATES: [&str; 7] =
    ["closed", "open", "due", "half_open", "forced_open", "disabled", "observe_only"];

/// The breaker's state as pages, metrics and JSON name it: its phase, but for one that nobody has probed yet.
pub(crate) fn breaker_state(breaker: &Breaker, now: Tick) -> &'static str {
    if breaker.awaits_probe(now) { "due" } else { phase_name(breaker.phase()) }
}

pub(crate) const fn reason_name(reason: GateReason) -> &'static str {
    match reason {
        GateReason::Throttled => "throttled",
        GateReason::Out => "out",
    }
}

impl Target {
    /// The gates of the target that are shut, its own and those of each credential.
    pub(crate) fn gates_shut(&self, now: Tick) -> Vec<GateExplained> {
        let told = |gate: &Gate, credential: Option<usize>, all_models: bool| {
            gate.reason().map(|reason| GateExplained {
                credential,
                all_models,
                reason: reason_name(reason),
                retry_in: gate.retry_at(now).map(|at| at.since(now)),
            })
        };
        let credentials = self.provider.credentials.iter().zip(&self.credential_gates);
        let each = credentials.enumerate().flat_map(|(at, (shared, own))| {
            [told(&shared.gate, Some(at), true), told(own, Some(at), false)]
        });
        std::iter::once(told(&self.gate, None, true)).chain(each).flatten().collect()
    }
}

impl Target {
    pub(crate) fn health(&self, now: Tick) -> Health {
        if self.is_out(now) {
            return Health::Unavailable;
        }
        match self.breaker.phase() {
            Phase::ForcedOpen => Health::Unavailable,
            Phase::Open if !self.breaker.probe_due(now) => Health::Unavailable,
            _ if self.view(&Credentials::NONE, now).ready_at > now || self.is_slow(now) => {
                Health::Degraded
            }
            Phase::Open | Phase::HalfOpen if self.breaker.awaits_probe(now) => Health::Due,
            Phase::Open | Phase::HalfOpen => Health::Degraded,
            Phase::Closed | Phase::Disabled | Phase::ObserveOnly if self.pilot_is_due() => {
                Health::Due
            }
            Phase::Closed | Phase::Disabled | Phase::ObserveOnly => Health::Healthy,
        }
    }

    /// Whether every way to it leads through a gate that is shut, be its time over.
    fn pilot_is_due(&self) -> bool {
        let keys = self.provider.credentials.iter().zip(&self.credential_gates);
        let mut shut = keys.map(|(key, model)| key.gate.is_shut() || model.is_shut());
        self.gate.is_shut() || shut.all(|shut| shut)
    }

    pub(crate) fn is_slow(&self, now: Tick) -> bool {
        self.config.slow_after().is_some_and(|threshold| self.speed.is_slow(now, threshold))
    }

    /// Whether it keeps its place in its tier although it is not healthy: a probe that is due must have traffic, and a
    /// slow target must now and then be asked first, or neither would ever recover.
    pub(crate) fn place(&self, now: Tick) -> Place {
        let kept = match self.health(now) {
            Health::Healthy | Health::Due => true,
            Health::Unavailable => false,
            Health::Degraded if matches!(self.breaker.phase(), Phase::Open | Phase::HalfOpen) => {
                self.breaker.would_admit(now)
            }
            Health::Degraded
                if self.view(&Credentials::NONE, now).ready_at <= now && self.is_slow(now) =>
            {
                return Place::ByTurns;
            }
            Health::Degraded => false,
        };
        if kept { Place::Kept } else { Place::Lost }
    }

    pub(crate) fn report(&self, stands: Vec<Standing>, priced: bool, now: Tick) -> TargetHealth {
        let ready_at = self.view(&Credentials::NONE, now).ready_at;
        let stats = self.breaker.stats(now);
        TargetHealth {
            provider: self.provider.name.clone(),
            model: self.model().to_owned(),
            stands,
            health: self.health(now),
            breaker: breaker_state(&self.breaker, now),
            retry_in: (ready_at > now).then(|| ready_at.since(now)),
            first_token: self.speed.mean(now),
            gates: self.gates_shut(now),
            mean_latency: stats.mean_latency,
            calls: stats.calls,
            failures: stats.recent_errors,
            consecutive_failures: stats.consecutive_failures,
            window: stats.window,
            success_rate: stats.success_rate,
            in_flight: self.in_flight.current(),
            in_flight_limit: self.in_flight.limit(),
            priced,
        }
    }
}
