//! A34: every setting that no breaker can be built from is named, with its rule.

use std::sync::Arc;
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, FailureRatio, SlowCalls};
use ft_core::SystemClock;

fn rejects(field: &str, change: impl FnOnce(&mut BreakerConfig)) {
    let mut config = BreakerConfig::default();
    change(&mut config);
    let error = Breaker::new(config, Arc::new(SystemClock::new())).unwrap_err();
    assert_eq!(error.field(), field);
    assert!(error.to_string().contains(field) && error.to_string().contains(error.rule()));
}

fn ratio(change: impl FnOnce(&mut FailureRatio)) -> Option<FailureRatio> {
    let mut ratio = FailureRatio::default();
    change(&mut ratio);
    Some(ratio)
}

fn slow(change: impl FnOnce(&mut SlowCalls)) -> Option<SlowCalls> {
    let (threshold, within) = (Duration::from_secs(4), Duration::from_secs(60));
    let mut slow = SlowCalls { threshold, over: 0.5, of_at_least: 5, within };
    change(&mut slow);
    Some(slow)
}

#[test]
fn the_defaults_are_valid() {
    assert_eq!(BreakerConfig::default().validate(), Ok(()));
}

#[test]
fn zero_is_refused_where_it_makes_no_sense() {
    let zero = Duration::ZERO;
    rejects("consecutive_failures", |c| c.consecutive_failures = Some(0));
    rejects("failure_ratio.over", |c| c.failure_ratio = ratio(|r| r.over = 0.0));
    rejects("failure_ratio.of_at_least", |c| c.failure_ratio = ratio(|r| r.of_at_least = 0));
    rejects("failure_ratio.within", |c| c.failure_ratio = ratio(|r| r.within = zero));
    rejects("slow.threshold", |c| c.slow = slow(|s| s.threshold = zero));
    rejects("slow.over", |c| c.slow = slow(|s| s.over = 0.0));
    rejects("slow.of_at_least", |c| c.slow = slow(|s| s.of_at_least = 0));
    rejects("slow.within", |c| c.slow = slow(|s| s.within = zero));
    rejects("open_for", |c| c.open_for = zero);
    rejects("open_at_most", |c| c.open_at_most = zero);
    rejects("max_concurrent_probes", |c| c.max_concurrent_probes = 0);
    rejects("successes_to_close", |c| c.successes_to_close = 0);
    rejects("probe_lease", |c| c.probe_lease = zero);
    rejects("cancel_grace", |c| c.cancel_grace = zero);
}

#[test]
fn a_row_is_no_longer_than_can_be_counted() {
    rejects("consecutive_failures", |c| c.consecutive_failures = Some(4_096));
    rejects("consecutive_over", |c| c.consecutive_over = Duration::from_millis(3_600_001));
}

#[test]
fn what_is_no_number_or_out_of_range_is_refused() {
    for wrong in [f64::NAN, f64::INFINITY, -0.1, 1.01] {
        rejects("failure_ratio.over", |c| c.failure_ratio = ratio(|r| r.over = wrong));
        rejects("slow.over", |c| c.slow = slow(|s| s.over = wrong));
        rejects("jitter", |c| c.jitter = wrong);
    }
    for wrong in [f64::NAN, f64::INFINITY, 0.99, 10.1, -2.0] {
        rejects("growth", |c| c.growth = wrong);
    }
    rejects("jitter", |c| c.jitter = 1.0);
    rejects("max_concurrent_probes", |c| c.max_concurrent_probes = 256);
    rejects("successes_to_close", |c| c.successes_to_close = 256);
}

#[test]
fn absurd_times_are_refused() {
    let absurd = Duration::from_secs(24 * 3600 + 1);
    rejects("open_for", |c| c.open_for = absurd);
    rejects("open_for", |c| c.open_for = Duration::MAX);
    rejects("probe_lease", |c| c.probe_lease = absurd);
    rejects("cancel_grace", |c| c.cancel_grace = absurd);
    rejects("failure_ratio.within", |c| c.failure_ratio = ratio(|r| r.within = absurd));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    rejects("slow.within", |c| c.slow = slow(|s| s.within = s.threshold));
    rejects("open_at_most", |c| {
        c.growth = 2.0;
        c.open_for = Duration::from_secs(400);
    });
}
