//! Ratios of the window, and what `stats` says of it.

use std::time::Duration;

use ft_breaker::{BreakerConfig, SlowCalls};
use ft_core::{Clock, Tick};

use crate::script::{Bench, check, plain, ratio};

const YEARS: u64 = 365 * 24 * 3600;

fn calls(bench: &Bench) -> (u64, u64) {
    let stats = bench.breaker.stats(bench.now());
    (stats.calls, stats.recent_errors)
}

#[test]
fn a8_a_bucket_leaves_the_window_exactly_when_its_tenth_ends() {
    // Ten buckets of three seconds; the clock starts at 1,000 s, one second into a bucket.
    let mut bench = Bench::new(ratio(1.0, 1_000, 30));
    bench.run("f*4 +3s s*3 +25s");
    assert_eq!(calls(&bench), (7, 4));
    bench.run("+1s");
    assert_eq!(calls(&bench), (3, 0), "at 1,029 s the bucket of 999 s is gone");
    bench.run("+3s");
    assert_eq!(calls(&bench), (0, 0));
}

#[test]
fn a14_an_idle_window_is_empty_and_takes_the_next_call() {
    let mut bench = Bench::new(ratio(1.0, 1_000, 30));
    bench.run("f*9 +3600s");
    assert_eq!(calls(&bench), (0, 0));
    bench.run("f");
    assert_eq!(calls(&bench), (1, 1));
}

#[test]
fn a15_a44_the_next_failure_decides_and_a_success_never_opens() {
    check(ratio(0.5, 5, 20), "f f f s s f", "c c c c c o");
    check(ratio(0.5, 10, 20), "f*9 s s*5", "c c c");
}

#[test]
fn a16_three_slow_calls_of_five_open_whatever_their_result() {
    let slow = SlowCalls {
        threshold: Duration::from_secs(4),
        over: 0.5,
        of_at_least: 5,
        within: Duration::from_secs(100),
    };
    let mut bench = Bench::new(BreakerConfig { slow: Some(slow), ..plain() });
    assert_eq!(bench.run("s s a +4s s0 a +4s f1 a +4s s2"), "c c c c c c c o");
    assert_eq!(bench.reasons(), ["slow_ratio"]);
}

#[test]
fn a_slow_success_below_the_share_stays_closed() {
    let slow = SlowCalls {
        threshold: Duration::from_secs(4),
        over: 0.5,
        of_at_least: 5,
        within: Duration::from_secs(100),
    };
    check(BreakerConfig { slow: Some(slow), ..plain() }, "s*9 a +9s s0 a +9s s1", "c c c c c");
}

#[test]
fn a17_latency_is_measured_on_the_breakers_clock() {
    let mut bench = Bench::new(ratio(1.0, 1_000, 30));
    bench.run("a +300ms s0 a +100ms f1");
    let stats = bench.breaker.stats(bench.now());
    assert_eq!(stats.mean_latency, Some(Duration::from_millis(200)));
    assert_eq!(stats.success_rate, Some(0.5));
}

#[test]
fn without_calls_there_is_no_rate_and_no_latency() {
    let bench = Bench::new(BreakerConfig::default());
    let stats = bench.breaker.stats(bench.now());
    assert_eq!((stats.success_rate, stats.mean_latency), (None, None));
}

#[test]
fn without_statistics_the_ratio_still_trips() {
    let config = BreakerConfig { stats: false, ..ratio(0.5, 4, 30) };
    let mut bench = Bench::new(config);
    assert_eq!(bench.run("s s f f"), "c c c o");
    assert_eq!(bench.reasons(), ["failure_ratio"]);
}

#[test]
fn a49_a_burst_and_a_trickle_decide_alike() {
    check(ratio(0.5, 10, 30), "s*5 f*4 f", "c c o");
    check(
        ratio(0.5, 10, 30),
        "s +2s f +2s s +2s f +2s s +2s f +2s s +2s f +2s s +2s f",
        "c c c c c c c c c o",
    );
}

#[test]
fn a50_a_thirty_year_gap_does_not_wedge_the_window() {
    let mut bench = Bench::new(ratio(0.5, 4, 30));
    bench.run("f*3");
    bench.clock.set(Tick::from_secs(30 * YEARS));
    assert_eq!(bench.run("f*3 f"), "c o");
}

#[test]
fn n8_a_clock_that_goes_back_loses_counts_but_not_the_window() {
    for back in ["-1s", "-20s", "-40s", "-100s", "-999s"] {
        let mut bench = Bench::new(ratio(0.5, 4, 30));
        bench.run("f*3");
        bench.run(back);
        // Whatever was lost, once a window has passed the ratio trips again as it should.
        assert_eq!(bench.run("+200s f*3 f"), "c o", "after {back}");
    }
}

#[test]
fn the_counts_belong_to_the_bucket_of_the_start() {
    let mut bench = Bench::new(ratio(1.0, 1_000, 30));
    bench.run("a +20s f0 +8s");
    assert_eq!(calls(&bench), (1, 1));
    bench.run("+1s");
    assert_eq!(calls(&bench), (0, 0), "it started 29 s ago, in a bucket that is gone");
    assert_eq!(bench.clock.now(), Tick::from_secs(1_029));
}
