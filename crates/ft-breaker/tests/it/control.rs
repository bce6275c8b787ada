//! Manual control, and what listeners hear.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, Phase, Reason, RejectReason, State};
use ft_core::{Clock, ManualClock, Tick};

use crate::script::{Bench, check, plain, ratio};

#[test]
fn a19_a20_open_for_and_open_until_recover_by_probes() {
    let mut bench = Bench::new(plain());
    bench.breaker.open_for(Duration::from_secs(7_200));
    assert_eq!(bench.run("+3600s s +3599s s +1s s s"), "x x h c");
    bench.breaker.open_until(bench.now() + Duration::from_secs(10));
    assert_eq!(bench.run("+9s s +1s s"), "x h");
    assert_eq!(bench.reasons()[0], "manual");
}

#[test]
fn a39_an_endless_open_time_neither_overflows_nor_ends() {
    let mut bench = Bench::new(plain());
    bench.breaker.open_for(Duration::MAX);
    assert_eq!(bench.run("s +1000000000s s"), "x x");
}

#[test]
fn a28_a_held_circuit_ignores_every_result_and_every_hour() {
    check(plain(), "a a F f0 s1 +86400s s s", "c c F F F x x");
    check(plain(), "D f*100 s a f0 A s", "D D D D D c c");
    check(plain(), "f*5 D s A f*4 f", "o D D c c o");
}

#[test]
fn a29_observe_only_tells_each_reason_once_and_rejects_nobody() {
    let config = BreakerConfig { consecutive_failures: Some(3), ..ratio(0.5, 6, 30) };
    let mut bench = Bench::new(config);
    assert_eq!(bench.run("O f*50 f*50"), "O O O");
    assert_eq!(bench.reasons(), ["manual", "consecutive_failures", "failure_ratio"]);
    let events = bench.events.lock().unwrap().clone();
    assert!(events[1..].iter().all(|e| (e.from, e.to) == (Phase::ObserveOnly, Phase::ObserveOnly)));
    assert_eq!(bench.run("R f*3 A"), "O O c");
    assert_eq!(bench.reasons()[3..], ["manual", "consecutive_failures", "manual"]);
}

#[test]
fn a31_reset_forgets_every_count() {
    let mut bench = Bench::new(BreakerConfig { jitter: 0.0, ..BreakerConfig::default() });
    assert_eq!(bench.run("f*4 R f*4 f"), "c c c o");
    bench.run("R");
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
    assert_eq!(bench.run("s"), "c");
}

#[test]
fn asking_twice_for_a_mode_is_one_transition() {
    let mut bench = Bench::new(plain());
    bench.run("A F F D D O O A A");
    assert_eq!(bench.events.lock().unwrap().len(), 4);
}

#[test]
fn a_forced_circuit_gives_no_time_to_come_back() {
    let mut bench = Bench::new(plain());
    bench.run("F");
    let rejected = bench.breaker.acquire().unwrap_err();
    assert_eq!((rejected.reason, rejected.retry_at), (RejectReason::Forced, None));
    assert_eq!(bench.breaker.state(bench.now()), State::Open { until: Tick::MAX });
    assert!(!bench.breaker.would_admit(bench.now()));
}

#[test]
fn looking_changes_nothing_and_shows_a_due_probe() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s");
    let (word, now) = (bench.breaker.word(), bench.now());
    assert!(bench.breaker.state(now).probe_due(now) && bench.breaker.probe_due(now));
    assert!(!bench.breaker.state(now).probe_due(now.before(Duration::from_nanos(1))));
    assert_eq!(bench.breaker.retry_at(now), None);
    let _ = bench.breaker.stats(now);
    assert_eq!((bench.breaker.word(), bench.events.lock().unwrap().len()), (word, 1));
    bench.run("a a");
    assert!(bench.breaker.probe_due(bench.now()));
    bench.run("a");
    assert!(!bench.breaker.probe_due(bench.now()));
    assert_eq!(bench.breaker.acquire().unwrap_err().reason, RejectReason::ProbesFull);
}

#[test]
fn an_event_says_what_became_of_the_circuit_and_why() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s s s");
    let events = bench.events.lock().unwrap().clone();
    let shown: Vec<_> = events.iter().map(|e| (e.from, e.to, e.generation, e.reason)).collect();
    assert_eq!(
        shown,
        [
            (Phase::Closed, Phase::Open, 1, Reason::ConsecutiveFailures),
            (Phase::Open, Phase::HalfOpen, 2, Reason::ProbeDue),
            (Phase::HalfOpen, Phase::Closed, 3, Reason::ProbesSucceeded),
        ]
    );
    assert_eq!(events[0].retry_at, Some(Tick::from_secs(1_030)));
}

#[test]
fn n10_a_listener_may_use_the_breaker_and_a_panicking_one_harms_nobody() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Tick::from_secs(1)));
    let me: Arc<OnceLock<Weak<Breaker>>> = Arc::default();
    let seen = Arc::clone(&me);
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let last = Arc::clone(&heard);
    let breaker = Breaker::new(plain(), clock)
        .unwrap()
        .with_listener(|_| panic!("a listener's own trouble"))
        .with_listener(move |event| {
            let breaker = seen.get().and_then(Weak::upgrade).unwrap();
            assert_eq!(breaker.phase(), event.to);
            if event.to == Phase::Open {
                breaker.reset();
            }
        })
        .with_listener(move |event| last.lock().unwrap().push((event.generation, event.to)));
    let breaker = Arc::new(breaker);
    me.set(Arc::downgrade(&breaker)).unwrap();
    for _ in 0..5 {
        breaker.acquire().unwrap().failure();
    }
    assert_eq!(breaker.phase(), Phase::Closed);
    // The inner event was told first; the generation gives the order.
    assert_eq!(*heard.lock().unwrap(), [(2, Phase::Closed), (1, Phase::Open)]);
}
