//! Client-side throttling as steps of a script, and as a world with a target in it.

use ft_core::Entropy;

use super::*;

fn at(ms: u64) -> Tick {
    Tick::from_millis(1_000_000 + ms)
}

/// So many calls at once, so many of them accepted and the rest failed.
fn calls(throttle: &Throttle, now: Tick, sent: u32, accepted: u32) {
    for call in 0..sent {
        let call_sent = throttle.sent(now);
        if call < accepted { call_sent.accepted(now) } else { call_sent.failed() }
    }
}

#[track_caller]
fn assert_chance(throttle: &Throttle, now: Tick, chance: f64) {
    assert!((throttle.chance(now) - chance).abs() < 1e-9, "{}", throttle.chance(now));
}

#[test]
fn below_twenty_calls_every_one_may_go() {
    let throttle = Throttle::default();
    calls(&throttle, at(0), 19, 0);
    assert_chance(&throttle, at(0), 1.0);
    calls(&throttle, at(0), 1, 0);
    assert_chance(&throttle, at(0), 0.0);
}

#[test]
fn the_chance_is_twice_the_share_that_is_accepted() {
    for (accepted, chance) in [(0, 0.0), (5, 0.1), (20, 0.4), (50, 1.0), (60, 1.0), (100, 1.0)] {
        let throttle = Throttle::default();
        calls(&throttle, at(0), 100, accepted);
        assert_chance(&throttle, at(0), chance);
        assert!(!throttle.admits(at(0), chance));
        assert!(chance == 0.0 || throttle.admits(at(0), chance - 1e-6));
    }
}

#[test]
fn what_is_older_than_the_window_counts_no_more_and_what_is_younger_does() {
    let throttle = Throttle::default();
    calls(&throttle, at(0), 30, 0);
    assert_chance(&throttle, at(10_000), 0.0);
    assert_chance(&throttle, at(11_000), 1.0);
    // After a rest of a day as well.
    calls(&throttle, at(86_400_000), 30, 0);
    assert_chance(&throttle, at(86_400_000), 0.0);
}

#[test]
fn a_call_whose_caller_left_is_taken_back() {
    let throttle = Throttle::default();
    let sent: Vec<_> = (0..20).map(|_| throttle.sent(at(0))).collect();
    assert_chance(&throttle, at(5_000), 0.0);
    drop(sent);
    assert_chance(&throttle, at(5_000), 1.0);
    // Long after its second was emptied there is nothing to take it from.
    let late = throttle.sent(at(5_000));
    calls(&throttle, at(60_000), 20, 0);
    drop(late);
    assert_chance(&throttle, at(60_000), 0.0);
}

#[test]
fn a_silent_target_is_asked_one_call_at_a_time_until_it_says_something() {
    let throttle = Throttle::default();
    throttle.sent(at(0)).was_silent();
    assert_chance(&throttle, at(1_000), 1.0);
    let alone = throttle.sent(at(1_000));
    assert_chance(&throttle, at(2_000), 0.0);
    alone.was_silent();
    let next = throttle.sent(at(3_000));
    assert_chance(&throttle, at(3_000), 0.0);
    next.failed();
    let _under_way = throttle.sent(at(4_000));
    assert_chance(&throttle, at(4_000), 1.0);
}

#[test]
fn a_clock_that_steps_back_forgets_and_a_thread_a_moment_behind_does_not() {
    let throttle = Throttle::default();
    calls(&throttle, at(1_000), 30, 0);
    assert_chance(&throttle, at(999), 0.0);
    assert_chance(&throttle, Tick::from_secs(5), 1.0);
    calls(&throttle, Tick::from_secs(5), 30, 0);
    assert_chance(&throttle, Tick::from_secs(5), 0.0);
}

#[test]
fn a_reload_forgets_and_calls_of_before_it_change_nothing() {
    let throttle = Throttle::default();
    calls(&throttle, at(0), 30, 0);
    let before = throttle.sent(at(0));
    throttle.clear();
    assert_chance(&throttle, at(0), 1.0);
    drop(before);
    assert_chance(&throttle, at(0), 1.0);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let refused = |change: fn(&mut ThrottleConfig)| {
        let mut config = ThrottleConfig::default();
        change(&mut config);
        Throttle::new(config).unwrap_err().field()
    };
    assert_eq!(refused(|config| config.factor = 0.5), "factor");
    assert_eq!(refused(|config| config.factor = f64::NAN), "factor");
    assert_eq!(refused(|config| config.window = Duration::ZERO), "window");
}

/// A hundred calls a second for two minutes, at a target that fails this share of them.
fn sent_share(fails: f64) -> f64 {
    let throttle = Throttle::default();
    let mut draw = Entropy::seeded(7);
    let mut sent = 0.0;
    for call in 0..12_000 {
        let now = at(10 * call);
        if throttle.admits(now, draw.unit()) {
            sent += 1.0;
            let one = throttle.sent(now);
            if draw.unit() < fails { one.failed() } else { one.accepted(now) }
        }
    }
    sent / 12_000.0
}

#[test]
fn a_target_that_takes_half_of_its_calls_gets_all_and_a_dead_one_next_to_none() {
    assert!(sent_share(0.0) > 0.999);
    assert!(sent_share(0.4) > 0.99);
    let dead = sent_share(1.0);
    assert!(dead <= 0.021, "20 calls in 11 s, of 1100: {dead}");
    assert!(sent_share(0.9) < 0.25);
}
