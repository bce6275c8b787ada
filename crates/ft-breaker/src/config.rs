//! What a breaker is told: when to trip, how long to stay open, how to probe.

use std::time::Duration;

use thiserror::Error;

use crate::row::Row;

/// Well below the 2.3 h that a row's moment can tell apart.
const LONGEST_ROW: Duration = Duration::from_secs(60 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings of a [`Breaker`](crate::Breaker).
///
/// Three dimensions trip it, whichever comes first: failures in a row, the share of failures in a
/// sliding window, the share of slow calls. With all three off only manual control opens it.
///
/// ```
/// use std::time::Duration;
/// use ft_breaker::BreakerConfig;
///
/// let config = BreakerConfig { open_for: Duration::from_secs(2), ..BreakerConfig::default() };
/// assert!(config.validate().is_ok());
///
/// let wrong = BreakerConfig { max_concurrent_probes: 0, ..config };
/// assert_eq!(wrong.validate().unwrap_err().field(), "max_concurrent_probes");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerConfig {
    /// Failures in a row that open the circuit. Default 5: a hard outage is seen within five calls.
    /// At most [`Row::MOST`](crate::machine::Row::MOST).
    pub consecutive_failures: Option<u32>,
    /// How long ago the first of those failures must lie. Default zero: the row's length alone decides.
    ///
    /// Five in a row mean something at one call a second and happen by chance at a hundred: of calls that fail
    /// 30 % of the time, one row in 400 is that long. A span makes the evidence independent of the traffic.
    /// At most 1 h. A single failure spans nothing, so with `consecutive_failures` of 1 it is not asked for.
    pub consecutive_over: Duration,
    /// Share of failures that opens the circuit. Default 50 % of at least 20 calls within 30 s:
    /// it catches the provider that fails every other call and never five times in a row.
    pub failure_ratio: Option<FailureRatio>,
    /// By how many standard deviations the failures of the window must exceed that share. Default 0: none.
    ///
    /// The first twenty calls of a target that fails 40 % of the time hold ten failures one time in four: over a busy
    /// target, a circuit without a margin opens by chance within minutes. With 2, fifteen of the first twenty must
    /// have failed, 24 of 36, 115 of 200. A target that fails altogether is not affected.
    /// From 0 to 10. Source: the normal approximation of the binomial distribution.
    pub ratio_margin: f64,
    /// Share of slow calls that opens the circuit. Off by default: an honest long answer is slow.
    pub slow: Option<SlowCalls>,
    /// How long the circuit stays open before a probe may go. Default 30 s. At least 1 ms, at most 24 h.
    pub open_for: Duration,
    /// Spread of each open time, as a share either way. Default 0.2, so that a fleet that tripped
    /// together does not come back together. From 0 to below 1.
    pub jitter: f64,
    /// Factor on the open time for each probe cycle in a row that failed. Default 1, no growth:
    /// growth turns a one-minute outage into minutes of refusal after it. From 1 to 10.
    pub growth: f64,
    /// What growth may lead to, before jitter. Default 5 min. Has no effect while `growth` is 1.
    pub open_at_most: Duration,
    /// Probes in flight at once while half-open. Default 3. From 1 to 255.
    pub max_concurrent_probes: u32,
    /// Successful probes that close the circuit. Default 2: one success may be luck. From 1 to 255.
    pub successes_to_close: u32,
    /// How long the probes of a full half-open circuit may stay without an answer.
    /// After it the next caller reopens the circuit, so that a lost probe cannot wedge it.
    /// Default 120 s, twice the grace.
    pub probe_lease: Duration,
    /// From this age on, a permit dropped unsettled counts as a call that timed out; a younger one
    /// is a caller who left. Set it at or below the timeout that stands *outside* the breaker, or
    /// that timeout will never trip it. Default 60 s, the usual timeout of one attempt.
    pub cancel_grace: Duration,
    /// Whether to keep the counts and latencies that [`stats`](crate::Breaker::stats) shows.
    /// Default on. Off, and with no ratio configured, a healthy call writes nothing.
    pub stats: bool,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            consecutive_failures: Some(5),
            consecutive_over: Duration::ZERO,
            failure_ratio: Some(FailureRatio::default()),
            ratio_margin: 0.0,
            slow: None,
            open_for: Duration::from_secs(30),
            jitter: 0.2,
            growth: 1.0,
            open_at_most: Duration::from_secs(300),
            max_concurrent_probes: 3,
            successes_to_close: 2,
            probe_lease: Duration::from_secs(120),
            cancel_grace: Duration::from_secs(60),
            stats: true,
        }
    }
}

/// Trips when at least `of_at_least` calls of the window ended and this share of them failed.
///
/// A call is counted at the time it **started**, so a call that outlived the window leaves no trace
/// in it: choose `within` longer than the timeout of a call, or rely on failures in a row for those.
/// The window slides in tenths of `within`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailureRatio {
    /// The share at which, or over which, the circuit opens. Default 0.5. Above 0, at most 1.
    pub over: f64,
    /// Calls below which the share means nothing. Default 20.
    pub of_at_least: u32,
    /// Length of the window. Default 30 s. From 10 ms to 24 h.
    pub within: Duration,
}

impl Default for FailureRatio {
    fn default() -> Self {
        Self { over: 0.5, of_at_least: 20, within: Duration::from_secs(30) }
    }
}

/// Trips when at least `of_at_least` calls of the window ended and this share of them was slow.
///
/// Successes and failures count alike. While half-open, one slow probe reopens the circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowCalls {
    /// A call that took this long or longer is slow. There is no honest default: it depends on the model.
    pub threshold: Duration,
    /// The share at which, or over which, the circuit opens. Above 0, at most 1.
    pub over: f64,
    /// Calls below which the share means nothing.
    pub of_at_least: u32,
    /// Length of the window, from 10 ms to 24 h; longer than `threshold`, or no slow call is ever in it.
    pub within: Duration,
}

impl BreakerConfig {
    /// Says whether a breaker can be built from this.
    ///
    /// # Errors
    ///
    /// The first field that breaks its rule: zero, NaN, out of range, or longer than 24 h.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        check(
            self.consecutive_failures != Some(0),
            "consecutive_failures",
            "must be at least 1; leave it out (`None`, in a file `false`) to turn it off",
        )?;
        check(
            self.consecutive_failures.is_none_or(|most| most <= Row::MOST),
            "consecutive_failures",
            "must be at most 4095",
        )?;
        check(
            self.consecutive_over <= LONGEST_ROW,
            "consecutive_over",
            "must be at most 1 h; zero turns it off",
        )?;
        if let Some(ratio) = &self.failure_ratio {
            share(ratio.over, "failure_ratio.over")?;
            check(ratio.of_at_least > 0, "failure_ratio.of_at_least", "must be at least 1")?;
            window(ratio.within, "failure_ratio.within")?;
        }
        check((0.0..=10.0).contains(&self.ratio_margin), "ratio_margin", "must be from 0 to 10")?;
        if let Some(slow) = &self.slow {
            time(slow.threshold, "slow.threshold")?;
            share(slow.over, "slow.over")?;
            check(slow.of_at_least > 0, "slow.of_at_least", "must be at least 1")?;
            window(slow.within, "slow.within")?;
            check(
                slow.within > slow.threshold,
                "slow.within",
                "must be longer than slow.threshold, or no slow call is ever in the window",
            )?;
        }
        time(self.open_for, "open_for")?;
        check((0.0..1.0).contains(&self.jitter), "jitter", "must be from 0 to below 1")?;
        check(
            (1.0..=10.0).contains(&self.growth),
            "growth",
            "must be from 1 to 10; 1 turns it off",
        )?;
        time(self.open_at_most, "open_at_most")?;
        if self.growth > 1.0 {
            check(
                self.open_at_most >= self.open_for,
                "open_at_most",
                "must not be below open_for",
            )?;
        }
        let small = |n| (1..=255).contains(&n);
        check(small(self.max_concurrent_probes), "max_concurrent_probes", "must be from 1 to 255")?;
        check(small(self.successes_to_close), "successes_to_close", "must be from 1 to 255")?;
        time(self.probe_lease, "probe_lease")?;
        time(self.cancel_grace, "cancel_grace")
    }
}

fn check(holds: bool, field: &'static str, rule: &'static str) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig { field, rule }) }
}

fn time(value: Duration, field: &'static str) -> Result<(), InvalidConfig> {
    let fits = (Duration::from_millis(1)..=LONGEST).contains(&value);
    check(fits, field, "must be from 1 ms to 24 h")
}

fn window(value: Duration, field: &'static str) -> Result<(), InvalidConfig> {
    let fits = (Duration::from_millis(10)..=LONGEST).contains(&value);
    check(fits, field, "must be from 10 ms to 24 h")
}

/// NaN is in no range, so it fails here too.
fn share(value: f64, field: &'static str) -> Result<(), InvalidConfig> {
    check(value > 0.0 && value <= 1.0, field, "must be above 0 and at most 1")
}

/// A setting that no breaker can be built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("breaker setting `{field}` {rule}")]
pub struct InvalidConfig {
    field: &'static str,
    rule: &'static str,
}

impl InvalidConfig {
    /// The field, as it is written in [`BreakerConfig`], such as `failure_ratio.over`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that it breaks, such as `must be from 1 to 255`.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}
