//! N1–N14 and N18, N19: cases that no other breaker's suite was seen to hold.
//!
//! N2, N12 and N17 are in `calls`, N8's window part in `windows`, N10 in `control`, N11 in `threads`,
//! N15 and N16 in `streams`.

use std::sync::Arc;
use std::time::Duration;

use ft_breaker::machine::{GENERATIONS, Word};
use ft_breaker::{Breaker, BreakerConfig, Phase};
use ft_core::{Clock, ManualClock, Tick};

use crate::script::{Bench, check, plain, ratio};

#[test]
fn n1_ten_thousand_successes_do_not_shield_the_next_outage() {
    check(ratio(0.5, 10, 30), "s*10000 +31s f*9 f", "c c o");
    check(plain(), "s*10000 f*4 f", "c c o");
}

#[test]
fn n3_a_hung_probe_reopens_after_its_lease_and_its_late_result_is_ignored() {
    let one = BreakerConfig { max_concurrent_probes: 1, ..plain() };
    check(one.clone(), "f*5 +30s a a +120s a s0 a", "o h x x o x");
    check(one, "f*5 +30s a +120s a +30s a f0 s1 s", "o h x h h h c");
}

/// Each way a result can end, as a letter of the script.
const ENDS: [&str; 6] = ["s0", "f0", "z0", "t0", "n0", "d0"];

#[test]
fn n4_a_closed_era_result_changes_neither_open_nor_half_open_nor_closed() {
    for end in ENDS {
        for (way, phase) in [("f*5", "o"), ("f*5 +30s a", "h"), ("f*5 +30s s s", "c"), ("R", "c")] {
            stale(&format!("a {way}"), end, phase);
        }
    }
}

#[test]
fn n4_a_probe_of_an_older_cycle_changes_neither_open_nor_half_open_nor_closed() {
    for end in ENDS {
        let cycle = "f*5 +30s a f";
        for (way, phase) in [("", "o"), (" +30s a a", "h"), (" +30s s s", "c")] {
            stale(&format!("{cycle}{way}"), end, phase);
        }
    }
}

#[track_caller]
fn stale(script: &str, end: &str, phase: &str) {
    let mut bench = Bench::new(BreakerConfig { stats: true, ..plain() });
    bench.run(script);
    let (word, stats) = (bench.breaker.word(), bench.breaker.stats(bench.now()));
    assert_eq!(bench.run(end), phase, "{script} {end}");
    assert_eq!(bench.breaker.word(), word, "{script} {end}");
    assert_eq!(bench.breaker.stats(bench.now()), stats, "{script} {end}");
}

#[test]
fn n5_probes_that_come_slower_than_the_window_still_close() {
    let config = BreakerConfig { successes_to_close: 3, ..ratio(0.5, 4, 1) };
    check(config, "f*4 +30s s +600s s +600s s", "o h h c");
}

#[test]
fn n6_a_mode_set_while_a_trip_is_in_flight_wins() {
    check(plain(), "f*4 a D f0 s A", "c c D D D c");
    check(plain(), "f*4 a F f0 s", "c c F F x");
    check(plain(), "f*4 a R f0 f*4", "c c c c c");
}

#[test]
fn n7_generations_wrap_without_a_stumble() {
    let last = Word::healthy(GENERATIONS - 1);
    let mut bench = Bench::with(plain(), |breaker| breaker.with_word(last));
    assert_eq!(bench.run("a a f*5 s0 +30s s s f1 f*4 f"), "c c o o h c c c o");
    let generations: Vec<_> = bench.events.lock().unwrap().iter().map(|e| e.generation).collect();
    assert_eq!(generations, [0, 1, 2, 3]);
}

#[test]
fn n8_a_clock_that_goes_back_or_leaps_neither_panics_nor_wedges() {
    check(plain(), "f*5 -10s s +39s s +1s s s", "o x x h c");
    check(plain(), "f*5 +946080000s s s", "o h c");
    check(plain(), "a +946080000s s0 f*5 +30s s s", "c c o h c");
    // A full cycle whose lease was noted thirty years ahead: it runs anew from where the clock is.
    let script = "+946080000s f*5 +30s a a a -946080000s a +119s a +1s a";
    check(plain(), script, "o h h h x x x");
    let mut bench = Bench::new(plain());
    bench.run(script);
    assert_eq!(bench.reasons().last(), Some(&"lease_expired"));
}

#[test]
fn n9_lost_probes_are_recovered_by_the_lease() {
    check(plain(), "f*5 +30s a a a l0 l1 l2 +120s a +30s s s", "o h h h h h h x h c");
}

#[test]
fn n13_a_permit_may_outlive_every_other_handle_and_settle_on_another_thread() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Tick::from_secs(1)));
    let breaker = Arc::new(Breaker::new(plain(), clock).unwrap());
    let watch = Arc::downgrade(&breaker);
    let permit = breaker.acquire_owned().unwrap();
    drop(breaker);
    assert_eq!(watch.upgrade().unwrap().phase(), Phase::Closed);
    std::thread::spawn(move || permit.failure()).join().unwrap();
    assert!(watch.upgrade().is_none());
}

#[test]
fn n13_a_permit_settles_after_its_runtime_is_gone() {
    let bench = Bench::new(plain());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let breaker = Arc::clone(&bench.breaker);
    let permit = runtime.block_on(async move { breaker.acquire_owned() }).unwrap();
    drop(runtime);
    permit.failure();
    assert_eq!(bench.breaker.stats(bench.now()).consecutive_failures, 1);
}

#[test]
fn n14_a_success_never_opens_a_neutral_end_never_closes_a_cancel_never_counts() {
    let config = BreakerConfig { consecutive_failures: Some(100), ..ratio(0.01, 50, 30) };
    check(config, "f*49 s*1000", "c c");
    check(plain(), "f*5 +30s n*1000 t*1000", "o h h");
    let mut bench = Bench::new(ratio(0.5, 1, 30));
    bench.run("a d0 a d1 a d2");
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
}

#[test]
fn a_drop_counts_from_the_grace_on() {
    check(plain(), "f*4 a +59999ms d0", "c c c");
    check(plain(), "f*4 a +60s d0", "c c o");
    check(plain(), "f*5 +30s a +60s d0", "o h o");
}

/// Five in a row over half a second.
fn spanned() -> BreakerConfig {
    BreakerConfig { consecutive_over: Duration::from_millis(500), ..plain() }
}

#[test]
fn n18_failures_in_a_row_open_only_once_they_span_their_time() {
    check(spanned(), "f*50 +499ms f +1ms f", "c c o");
    check(spanned(), "f +500ms f*3 f", "c c o");
    // A success ends the row, and with it its time; what says nothing does not.
    check(spanned(), "f*4 +400ms s f*4 +400ms f +100ms f", "c c c c o");
    check(spanned(), "f*4 +250ms n t +250ms f", "c c c o");
    check(BreakerConfig { consecutive_failures: Some(1), ..spanned() }, "f", "o");
    // The other limits ask for no span.
    let both = BreakerConfig { consecutive_over: Duration::from_secs(1), ..ratio(0.5, 6, 30) };
    check(BreakerConfig { consecutive_failures: Some(3), ..both }, "f*5 f", "c o");
    // A span of its own is each generation's: probes are judged one by one, and a closed circuit begins anew.
    check(spanned(), "f*5 +500ms f +30s f +30s s s f*4 +499ms f", "c o o h c c c");
}

#[test]
fn n18_the_span_is_told_under_observation_too() {
    let mut bench = Bench::new(spanned());
    assert_eq!(bench.run("O f*9 +499ms f"), "O O O");
    assert_eq!(bench.reasons(), ["manual"]);
    assert_eq!(bench.run("+1ms f f"), "O O");
    assert_eq!(bench.reasons(), ["manual", "consecutive_failures"]);
}

#[test]
fn n19_what_opened_a_circuit_is_seen_until_it_closes() {
    let mut bench = Bench::new(BreakerConfig { stats: true, ..plain() });
    bench.run("s*3 f*5");
    let seen = |bench: &Bench| {
        let stats = bench.breaker.stats(bench.now());
        (stats.calls, stats.recent_errors, stats.consecutive_failures, stats.success_rate)
    };
    let evidence = (8, 5, 5, Some(0.375));
    assert_eq!(seen(&bench), evidence);
    // Long after the window, under failed probes, and beside one that succeeded.
    for more in ["+600s", "f", "+30s s"] {
        bench.run(more);
        assert_eq!(seen(&bench), evidence, "{more}");
    }
    assert_eq!(bench.run("s"), "c");
    assert_eq!(seen(&bench), (0, 0, 0, None));
    bench.run("s f F");
    assert_eq!(seen(&bench), (2, 1, 1, Some(0.5)));
}
