//! How long to wait before the same provider is asked again.
//!
//! Full jitter, `rand(0, min(cap, base · 2^attempt))`, as the AWS SDKs run it: retries spread over the whole interval
//! instead of arriving together at its end (Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015).

use std::time::Duration;

use ft_core::Entropy;

use crate::InvalidConfig;
use crate::doubling::Doubling;
use crate::hint;
use crate::invalid_config::{require, require_span};

/// The base and the cap of a back-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffConfig {
    /// The longest first wait. Default 250 ms: a second try is worth having before a person notices the first.
    pub base: Duration,
    /// The longest wait. Default 20 s, the AWS SDKs'.
    pub cap: Duration,
}

impl Default for BackoffConfig {
    fn default() -> Self {
        Self { base: Duration::from_millis(250), cap: Duration::from_secs(20) }
    }
}

/// A back-off with full jitter. It holds no state: the caller counts its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    most: Doubling,
}

impl Backoff {
    /// A back-off of one's own.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when a duration is zero or over 24 hours, or the base exceeds the cap.
    pub fn new(config: BackoffConfig) -> Result<Self, InvalidConfig> {
        require_span("base", config.base)?;
        require_span("cap", config.cap)?;
        require(config.base <= config.cap, "base", "must be at most cap")?;
        Ok(Self { most: Doubling { first: config.base, cap: config.cap } })
    }

    /// After a transient failure: base 250 ms, cap 20 s.
    #[must_use]
    pub fn transient() -> Self {
        let BackoffConfig { base, cap } = BackoffConfig::default();
        Self { most: Doubling { first: base, cap } }
    }

    /// After throttling or overload: base 1 s, cap 20 s. Such a provider needs a longer rest than one that stumbled.
    #[must_use]
    pub fn throttled() -> Self {
        let cap = BackoffConfig::default().cap;
        Self { most: Doubling { first: Duration::from_secs(1), cap } }
    }

    /// The wait after failed attempt number `attempt`, counted from zero: the longer of the jitter and the hint.
    ///
    /// The hint, clamped to [`MAX_HINT`](crate::MAX_HINT), is never shortened.
    /// Exactly one number is drawn, hint or not, so a hint does not shift the draws that follow.
    #[must_use]
    pub fn delay(&self, attempt: u32, hint: Option<Duration>, draw: &mut Entropy) -> Duration {
        let jitter = draw.jitter(self.most.wait(attempt));
        hint.map_or(jitter, |hint| jitter.max(hint::clamp(hint)))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::transient()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest of many draws is near the ceiling, and the shortest near zero.
    fn check(backoff: Backoff, attempt: u32, ceiling: Duration) {
        let mut draw = Entropy::seeded(u64::from(attempt));
        let waits: Vec<_> = (0..2_000).map(|_| backoff.delay(attempt, None, &mut draw)).collect();
        let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
        assert!(most < ceiling && most > ceiling.mul_f64(0.98), "{attempt}: {most:?}");
        assert!(least < ceiling.mul_f64(0.02), "{attempt}: {least:?}");
    }

    #[test]
    fn jitter_is_full_and_its_ceiling_doubles_to_the_cap() {
        check(Backoff::transient(), 0, Duration::from_millis(250));
        check(Backoff::transient(), 1, Duration::from_millis(500));
        check(Backoff::transient(), 6, Duration::from_secs(16));
        check(Backoff::transient(), 7, Duration::from_secs(20));
        check(Backoff::transient(), u32::MAX, Duration::from_secs(20));
        check(Backoff::throttled(), 0, Duration::from_secs(1));
    }

    #[test]
    fn a_hint_is_never_shortened_and_never_beyond_the_clamp() {
        let (backoff, mut draw) = (Backoff::transient(), Entropy::seeded(3));
        for attempt in 0..40 {
            let hint = Duration::from_secs(2);
            assert!(backoff.delay(attempt, Some(hint), &mut draw) >= hint);
        }
        let forever = backoff.delay(0, Some(Duration::MAX), &mut draw);
        assert_eq!(forever, crate::MAX_HINT);
    }

    #[test]
    fn a_hint_does_not_shorten_the_jitter_either() {
        let (mut with, mut without) = (Entropy::seeded(9), Entropy::seeded(9));
        for attempt in 0..40 {
            let jitter = Backoff::transient().delay(attempt, None, &mut without);
            let hint = Duration::from_millis(10);
            assert_eq!(
                Backoff::transient().delay(attempt, Some(hint), &mut with),
                jitter.max(hint)
            );
        }
    }

    #[test]
    fn a_hint_does_not_shift_the_draws_that_follow() {
        let (mut with, mut without) = (Entropy::seeded(5), Entropy::seeded(5));
        let _ = Backoff::transient().delay(3, Some(Duration::from_secs(1)), &mut with);
        let _ = Backoff::transient().delay(3, None, &mut without);
        assert_eq!(with, without);
    }

    #[test]
    fn a_base_over_the_cap_is_refused_by_name() {
        let config = BackoffConfig { base: Duration::from_secs(2), cap: Duration::from_secs(1) };
        assert_eq!(Backoff::new(config).unwrap_err().field(), "base");
        let config = BackoffConfig { base: Duration::ZERO, ..BackoffConfig::default() };
        assert_eq!(Backoff::new(config).unwrap_err().field(), "base");
    }
}
