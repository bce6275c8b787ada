//! Which of the collected acceptance cases of other breakers' suites hold here, and where.
//!
//! | case | where |
//! |---|---|
//! | A1–A7 | [`super::acceptance`] below |
//! | A8 | `windows::a_bucket_leaves_the_window_exactly_when_its_tenth_ends` |
//! | A9 | `calls::a_panic_in_the_call_passes_through_and_gives_the_slot_back_once` |
//! | A10, A36, A46 | `calls::the_classifier_alone_says_what_a_result_means` |
//! | A11 | not applicable: one classifier gives one verdict, two predicates cannot both match |
//! | A12 | `threads::counts_are_exact_after_ten_threads` |
//! | A13 | every test that holds a permit: two steps is the base form here |
//! | A14 | `windows::an_idle_window_is_empty_and_takes_the_next_call` |
//! | A15, A44 | `windows::the_next_failure_decides_and_a_success_never_opens` |
//! | A16 | `windows::three_slow_calls_of_five_open_whatever_their_result` |
//! | A17 | `windows::latency_is_measured_on_the_breakers_clock` |
//! | A18 | below; the count of rejected calls is the caller's, rejections are not counted |
//! | A19, A20, A39 | `control::open_for_and_open_until_recover_by_probes` |
//! | A21, A47 | `half_open::growth_doubles_with_each_failed_cycle_and_ends_with_a_closed_circuit` |
//! | A22–A26 | `half_open` |
//! | A27 | `half_open::a_full_cycle_without_a_verdict_reopens_when_the_next_caller_comes` |
//! | A28 | `control::a_held_circuit_ignores_every_result_and_every_hour` |
//! | A29 | `control::observe_only_tells_each_reason_once_and_rejects_nobody` |
//! | A30 | not applicable: nothing asks for half-open directly, only time and a caller lead there |
//! | A31 | `control::reset_forgets_every_count` |
//! | A32 | `calls::a_future_polled_many_times_is_counted_once` |
//! | A33 | `calls::a_caller_who_leaves_counts_for_nothing` |
//! | A34 | `config` |
//! | A35, E17 | not applicable: there is no count window; the minimum and the window are independent |
//! | A37 | below; a rejection is a small copy and has no cause that could grow |
//! | A38 | the full table in `src/step/transitions.txt` |
//! | A40 | not applicable: the open time is a formula of the config, not a callback |
//! | A41 | `windows` and the property in `model` |
//! | A42 | not applicable: events carry the generation; there is no executor that could reorder work |
//! | A43 | not applicable: control is a method of the breaker, not a shared object |
//! | A45 | below, with this crate's probe rules |
//! | A48, A51 | not applicable: the window counts calls, it has no moving average or half-life |
//! | A49 | `windows::a_burst_and_a_trickle_decide_alike` |
//! | A50 | `windows::a_thirty_year_gap_does_not_wedge_the_window` |
//! | A52 | `half_open::a_throttled_probe_gives_its_slot_back`, below for the closed circuit |
//! | A53 | below |
//! | A54 | `new_cases`, N4 |
//! | A55 | `half_open::a_slow_healthy_probe_within_its_lease_closes` |
//! | A56 | `threads::a_thousand_callers_never_exceed_the_probe_limit` |
//! | A57 | `half_open::a_dropped_probe_gives_its_slot_back` |
//! | A58 | `calls::a_rejected_future_is_never_polled`, `layer` |
//! | A59 | below |

use std::time::Duration;

use ft_breaker::{BreakerConfig, FailureRatio, RejectReason, Rejected, State};

use crate::script::{Bench, check, plain, ratio};

fn probes(concurrent: u32, to_close: u32) -> BreakerConfig {
    BreakerConfig {
        consecutive_failures: Some(3),
        max_concurrent_probes: concurrent,
        successes_to_close: to_close,
        ..plain()
    }
}

#[test]
fn a1_a_success_breaks_the_row_and_the_fifth_in_a_row_opens() {
    check(plain(), "f*4 s f*4 f", "c c c o");
    let mut bench = Bench::new(plain());
    bench.run("f*4 s f");
    assert_eq!(bench.breaker.stats(bench.now()).consecutive_failures, 1);
}

#[test]
fn a2_open_until_the_last_millisecond_and_a_probe_right_after() {
    check(plain(), "f*5 +29999ms s +999999ns s +1ns s", "o x x h");
}

#[test]
fn a2_the_deadline_is_rounded_up_to_the_next_millisecond() {
    check(plain(), "+1ns f*5 +30s s +999998ns s +1ns s", "o x x h");
}

#[test]
fn a3_a_failed_probe_reopens_for_a_full_period_with_cleared_counts() {
    check(plain(), "f*5 +30s s f +29999ms s +1ms s s f*4 f", "o h o x h c c o");
}

#[test]
fn a4_rejections_change_nothing() {
    let mut bench = Bench::new(plain());
    bench.run("f*5");
    let before = bench.breaker.word();
    bench.run("s*100");
    assert_eq!(bench.breaker.word(), before);
}

#[test]
fn a5_a_probe_that_could_not_be_needed_does_not_go() {
    check(probes(3, 3), "f*3 +30s s s a a s0", "o h h h x c");
}

#[test]
fn a6_neutral_probes_leave_the_circuit_half_open_with_a_slot_free() {
    check(plain(), "f*5 +30s n n n n s s", "o h h h h h c");
}

#[test]
fn a7_a_result_of_an_older_generation_counts_nowhere() {
    let mut bench = Bench::new(ratio(0.5, 2, 30));
    bench.run("a R f0");
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
}

#[test]
fn a7_a_call_older_than_the_window_counts_nowhere_in_it() {
    let mut bench = Bench::new(ratio(0.5, 1, 30));
    assert_eq!(bench.run("a +30s f0"), "c c");
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
}

#[test]
fn a18_counts_start_anew_half_open() {
    let config = BreakerConfig { open_for: Duration::from_secs(5), ..ratio(0.5, 4, 60) };
    let mut bench = Bench::new(config);
    assert_eq!(bench.run("f*4 +3s s s +3s s"), "o x x h");
    // What is shown until it closes is what opened it.
    let stats = bench.breaker.stats(bench.now());
    assert_eq!((stats.calls, stats.recent_errors), (4, 4));
    assert_eq!(bench.run("s s f*2 f"), "c c c o", "neither failures nor probes of before count");
}

#[test]
fn a37_a_rejection_says_when_to_come_back() {
    let mut bench = Bench::new(plain());
    bench.run("f*5");
    let until = bench.now() + Duration::from_secs(30);
    let rejected = Rejected { retry_at: Some(until), reason: RejectReason::Open, generation: 1 };
    for _ in 0..100 {
        assert_eq!(bench.breaker.acquire().err(), Some(rejected));
    }
    assert_eq!(bench.breaker.retry_at(bench.now()), Some(until));
    assert_eq!(bench.breaker.state(bench.now()), State::Open { until });
}

#[test]
fn a45_a_long_walk_through_every_phase() {
    check(probes(3, 3), "f f f s +30s s f s +30s s s s s", "c c o x h o x h h c c");
}

#[test]
fn a52_throttling_alone_never_opens() {
    let config = BreakerConfig { consecutive_failures: Some(5), ..ratio(0.5, 5, 30) };
    check(config, "t*1000", "c");
    check(plain(), "f*4 t f", "c c o");
}

#[test]
fn a53_of_two_limits_crossed_at_once_the_row_is_told_and_told_once() {
    let config = BreakerConfig { consecutive_failures: Some(5), ..ratio(0.5, 5, 30) };
    let mut bench = Bench::new(config);
    bench.run("f*5");
    assert_eq!(bench.reasons(), ["consecutive_failures"]);
}

#[test]
fn a59_a_row_opens_whatever_the_window_says() {
    let never = FailureRatio { over: 1.0, of_at_least: 1_000, within: Duration::from_secs(1) };
    let config = BreakerConfig { failure_ratio: Some(never), ..plain() };
    check(config, "s*50 f +60s f +60s f +60s f +60s f", "c c c c c o");
}
