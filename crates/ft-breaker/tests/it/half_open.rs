//! Probes: how many, for how long, and what their ends mean.

use std::time::Duration;

use ft_breaker::{BreakerConfig, SlowCalls};

use crate::script::{Bench, check, plain};

fn four() -> BreakerConfig {
    BreakerConfig { max_concurrent_probes: 4, successes_to_close: 4, ..plain() }
}

#[test]
fn a22_four_slots_admit_four_and_after_reopening_exactly_four_again() {
    check(four(), "f*5 +30s a a a a a f0 +30s a a a a a", "o h h h h x o h h h h x");
}

#[test]
fn a23_a_released_slot_admits_exactly_one_more() {
    check(four(), "f*5 +30s a a a a a n1 a a", "o h h h h x h h x");
}

#[test]
fn a24_an_ignored_last_probe_gives_its_slot_back() {
    check(four(), "f*5 +30s a a a a n3 a", "o h h h h h h");
}

#[test]
fn a25_four_ignored_then_four_successes_close() {
    check(four(), "f*5 +30s n n n n s s s s", "o h h h h h h h c");
}

#[test]
fn a26_a_slow_probe_reopens_without_any_error() {
    let slow = SlowCalls {
        threshold: Duration::from_secs(4),
        over: 0.5,
        of_at_least: 5,
        within: Duration::from_secs(60),
    };
    let mut bench = Bench::new(BreakerConfig { slow: Some(slow), ..plain() });
    assert_eq!(bench.run("f*5 +30s a +4s s0"), "o h o");
    assert_eq!(bench.reasons().last(), Some(&"probe_slow"));
}

#[test]
fn a_probe_that_timed_out_reopens_as_slow() {
    let mut bench = Bench::new(plain());
    assert_eq!(bench.run("f*5 +30s z"), "o o");
    assert_eq!(bench.reasons(), ["consecutive_failures", "probe_due", "probe_slow"]);
}

#[test]
fn a27_a_full_cycle_without_a_verdict_reopens_when_the_next_caller_comes() {
    check(plain(), "f*5 +30s a a a +119999ms a +1ms a", "o h h h x x");
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s a a a +120s a");
    assert_eq!(bench.reasons().last(), Some(&"lease_expired"));
    assert_eq!(bench.run("+29999ms s +1ms s s"), "x h c");
}

#[test]
fn a_single_probe_at_a_time_still_reaches_two_successes() {
    let config = BreakerConfig { max_concurrent_probes: 1, ..plain() };
    check(config, "f*5 +30s a a s0 a a s1", "o h x h h x c");
}

#[test]
fn a47_growth_doubles_with_each_failed_cycle_and_ends_with_a_closed_circuit() {
    let config = BreakerConfig {
        growth: 2.0,
        open_for: Duration::from_secs(5),
        open_at_most: Duration::from_secs(15),
        ..plain()
    };
    check(config.clone(), "f*5 +5s f +9s s +1s f +14s s +1s f +14s s +1s s s", "o o x o x o x h c");
    check(config, "f*5 +5s f +10s s s f*5 +4s s +1s s", "o o h c o x h");
}

#[test]
fn a52_a_throttled_probe_gives_its_slot_back() {
    check(plain(), "f*5 +30s t*50 a a a a t0 a s1 s2", "o h h h h x h h h c");
}

#[test]
fn a55_a_slow_healthy_probe_within_its_lease_closes() {
    check(plain(), "f*5 +30s a a +119s s0 s1", "o h h h c");
}

#[test]
fn a57_a_dropped_probe_gives_its_slot_back() {
    let mut bench = Bench::new(plain());
    assert_eq!(bench.run("f*5 +30s a a a a +1s d0 a a"), "o h h h x h h x");
    assert_eq!(bench.events.lock().unwrap().len(), 2);
}

#[test]
fn jitter_spreads_the_open_time_by_a_fifth_either_way() {
    let rests: Vec<u128> = (0..200)
        .map(|seed| {
            let config = BreakerConfig { jitter: 0.2, ..plain() };
            let mut bench = Bench::with(config, |breaker| breaker.with_seed(seed));
            bench.run("f*5");
            let until = bench.breaker.retry_at(bench.now()).unwrap();
            until.since(bench.now()).as_millis()
        })
        .collect();
    assert!(rests.iter().all(|rest| (24_000..=36_001).contains(rest)));
    assert!(rests.iter().any(|rest| *rest < 25_500) && rests.iter().any(|rest| *rest > 34_500));
}

#[test]
fn one_seed_gives_one_open_time() {
    let rest = |seed| {
        let config = BreakerConfig { jitter: 0.2, ..plain() };
        let mut bench = Bench::with(config, |breaker| breaker.with_seed(seed));
        bench.run("f*5");
        bench.breaker.retry_at(bench.now())
    };
    assert_eq!(rest(1), rest(1));
    assert_ne!(rest(1), rest(2));
}
