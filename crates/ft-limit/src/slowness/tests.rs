//! Scripts of the samples.

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn with(enough: u32) -> Slowness {
    Slowness::new(SlownessConfig { enough, ..SlownessConfig::default() }).unwrap()
}

#[test]
fn too_few_samples_are_no_answer() {
    let slow = with(3);
    let now = Tick::from_secs(1);
    slow.record(now, MS(9_000));
    slow.record(now, MS(9_000));
    assert_eq!((slow.mean(now), slow.quantile(now, 95)), (None, None));
    assert!(!slow.is_slow(now, MS(1)));
    slow.record(now, MS(9_000));
    assert_eq!((slow.mean(now), slow.quantile(now, 95)), (Some(MS(9_000)), Some(MS(9_000))));
    assert!(slow.is_slow(now, MS(8_999)) && !slow.is_slow(now, MS(9_000)));
}

#[test]
fn a_quantile_without_censoring_is_the_nearest_rank() {
    let slow = with(1);
    for ms in 1..=100 {
        slow.record(Tick::ZERO, MS(ms));
    }
    for (percent, ms) in [(0, 1), (1, 1), (50, 50), (95, 95), (99, 99), (100, 100), (255, 100)] {
        assert_eq!(slow.quantile(Tick::ZERO, percent), Some(MS(ms)), "{percent}");
    }
}

#[test]
fn censored_losers_raise_the_quantile_instead_of_sinking_it() {
    let (honest, survivors) = (with(1), with(1));
    for ms in 1..=90 {
        honest.record(Tick::ZERO, MS(ms));
        survivors.record(Tick::ZERO, MS(ms));
    }
    for _ in 0..10 {
        honest.record_censored(Tick::ZERO, MS(80));
    }
    assert_eq!(survivors.quantile(Tick::ZERO, 88), Some(MS(80)));
    // 100 calls, 80 within 80 ms; the 10 censored ones count with the 10 that were slower than that.
    assert_eq!(honest.quantile(Tick::ZERO, 80), Some(MS(80)));
    assert_eq!(honest.quantile(Tick::ZERO, 82), Some(MS(81)));
    assert_eq!(honest.quantile(Tick::ZERO, 90), Some(MS(85)));
}

#[test]
fn where_all_the_slowest_are_censored_the_longest_wait_is_the_bound() {
    let slow = with(1);
    slow.record(Tick::ZERO, MS(10));
    slow.record_censored(Tick::ZERO, MS(70));
    slow.record_censored(Tick::ZERO, MS(50));
    assert_eq!(slow.quantile(Tick::ZERO, 95), Some(MS(70)));
}

#[test]
fn a_minute_without_samples_is_forgiveness() {
    let slow = with(1);
    slow.record(Tick::from_secs(10), MS(30_000));
    assert!(slow.is_slow(Tick::from_millis(69_999), MS(2_000)));
    assert!(!slow.is_slow(Tick::from_secs(70), MS(2_000)));
    assert_eq!(slow.quantile(Tick::from_secs(70), 50), None);
}

#[test]
fn a_slow_target_that_recovered_is_seen_to_by_the_few_calls_it_gets() {
    let slow = with(5);
    for _ in 0..128 {
        slow.record(Tick::from_secs(0), MS(20_000));
    }
    for turn in 1..=12 {
        slow.record(Tick::from_secs(5 * turn), MS(400));
    }
    assert!(slow.is_slow(Tick::from_secs(59), MS(2_000)));
    assert_eq!(slow.mean(Tick::from_secs(60)), Some(MS(400)));
}

#[test]
fn only_the_last_128_samples_are_kept() {
    let slow = with(128);
    for _ in 0..200 {
        slow.record(Tick::ZERO, MS(1));
    }
    for _ in 0..128 {
        slow.record(Tick::ZERO, MS(5));
    }
    assert_eq!(slow.mean(Tick::ZERO), Some(MS(5)));
}

#[test]
fn a_slow_target_has_every_fiftieth_turn() {
    let slow = Slowness::default();
    let turns: Vec<u32> = (1..=150).filter(|_| slow.takes_turn()).collect();
    assert_eq!(turns, [50, 100, 150]);
    let always = Slowness::new(SlownessConfig { turn_every: 1, ..SlownessConfig::default() });
    let always = always.unwrap();
    assert!(always.takes_turn() && always.takes_turn());
}

#[test]
fn samples_from_beyond_a_step_of_the_clock_do_not_count() {
    let slow = with(1);
    slow.record(Tick::from_secs(1_000_000), MS(9));
    assert_eq!(slow.mean(Tick::from_secs(1)), None);
    assert_eq!(slow.mean(Tick::from_secs(1_000_000 + 946_080_000)), None);
    slow.record(Tick::from_secs(1), MS(3));
    assert_eq!(slow.mean(Tick::from_secs(1)), Some(MS(3)));
}

#[test]
fn absurd_times_saturate() {
    let slow = with(1);
    slow.record(Tick::ZERO, Duration::MAX);
    slow.record(Tick::ZERO, Duration::MAX);
    assert_eq!(slow.mean(Tick::ZERO), Some(Duration::from_micros(u64::from(u32::MAX))));
}

#[test]
fn a_reload_forgets() {
    let slow = with(1);
    slow.record(Tick::ZERO, MS(3));
    slow.clear();
    assert_eq!(slow.mean(Tick::ZERO), None);
}
