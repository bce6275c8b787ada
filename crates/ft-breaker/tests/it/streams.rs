//! Streams: the permit settles at first content, a guard rides on.

use std::time::Duration;

use ft_breaker::{BreakerConfig, OwnedPermit, Phase, StreamGuard};

use crate::script::{Bench, plain, ratio};

fn permit(bench: &Bench) -> OwnedPermit {
    bench.breaker.acquire_owned().unwrap()
}

fn begun(bench: &Bench) -> StreamGuard {
    permit(bench).first_content_at(bench.now())
}

#[test]
fn n15_a_tab_closed_in_the_middle_of_a_long_healthy_stream_changes_nothing() {
    let bench = Bench::new(ratio(0.1, 1, 600));
    let guards: Vec<_> = (0..50).map(|_| begun(&bench)).collect();
    bench.clock.advance(Duration::from_secs(300));
    drop(guards);
    let stats = bench.breaker.stats(bench.now());
    assert_eq!((bench.breaker.phase(), stats.calls, stats.recent_errors), (Phase::Closed, 50, 0));
}

#[test]
fn n16_a_long_stream_as_probe_closes_at_its_first_content() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s s");
    let probe = permit(&bench);
    assert!(probe.is_probe());
    bench.clock.advance(Duration::from_secs(1));
    let guard = probe.first_content_at(bench.now());
    assert_eq!(bench.breaker.phase(), Phase::Closed);
    bench.clock.advance(Duration::from_secs(299));
    guard.finish();
    assert_eq!(bench.breaker.phase(), Phase::Closed);
}

#[test]
fn a_stream_admitted_as_probe_gives_its_slot_back_at_first_content() {
    let config = BreakerConfig { max_concurrent_probes: 1, successes_to_close: 3, ..plain() };
    let mut bench = Bench::new(config);
    bench.run("f*5 +30s");
    let _guard = begun(&bench);
    assert_eq!(bench.run("s s"), "h c");
}

#[test]
fn a_cut_while_the_cycle_lasts_reopens_and_later_it_is_ignored() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s");
    begun(&bench).fail_at(bench.now());
    assert_eq!(bench.breaker.phase(), Phase::Open);
    bench.run("+30s");
    let late = begun(&bench);
    assert_eq!(bench.run("s f*4"), "c c");
    late.fail();
    assert_eq!(bench.breaker.phase(), Phase::Closed);
    assert_eq!(bench.run("f"), "o");
}

#[test]
fn a_cut_after_first_content_makes_the_counted_success_a_failure() {
    let bench = Bench::new(ratio(0.5, 4, 30));
    for cut in 1..=4 {
        begun(&bench).fail_at(bench.now());
        if cut < 4 {
            let stats = bench.breaker.stats(bench.now());
            assert_eq!((stats.calls, stats.recent_errors), (cut, cut));
        }
    }
    assert_eq!(bench.reasons(), ["failure_ratio"]);
}

#[test]
fn a_cut_that_outlived_the_window_leaves_the_ratio_alone() {
    let bench = Bench::new(ratio(0.1, 1, 30));
    let guard = begun(&bench);
    bench.clock.advance(Duration::from_secs(31));
    guard.fail();
    assert_eq!(bench.breaker.phase(), Phase::Closed);
}

#[test]
fn a_stream_dropped_before_first_content_follows_the_rule_of_the_grace() {
    let bench = Bench::new(BreakerConfig { consecutive_failures: Some(1), ..plain() });
    let early = permit(&bench);
    bench.clock.advance(Duration::from_secs(59));
    drop(early);
    assert_eq!(bench.breaker.phase(), Phase::Closed);
    let hung = permit(&bench);
    bench.clock.advance(Duration::from_secs(60));
    drop(hung);
    assert_eq!(bench.breaker.phase(), Phase::Open);
}

#[test]
fn the_latency_of_a_stream_is_the_time_to_its_first_content() {
    let bench = Bench::new(ratio(1.0, 1_000, 600));
    let permit = permit(&bench);
    bench.clock.advance(Duration::from_millis(400));
    let guard = permit.first_content();
    bench.clock.advance(Duration::from_secs(300));
    guard.finish();
    assert_eq!(bench.breaker.stats(bench.now()).mean_latency, Some(Duration::from_millis(400)));
}
