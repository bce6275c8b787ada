//! Every interleaving of two or three threads on the state word.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p ft-breaker --test loom --release`
#![cfg(loom)]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ft_breaker::machine::{Row, View, Word};
use ft_breaker::{Breaker, BreakerConfig, FailureRatio, Phase};
use ft_core::{ManualClock, Tick};
use loom::thread;

use std::sync::Arc;

struct Setup {
    breaker: Arc<Breaker>,
    /// One bit for each generation told; counts how many events came.
    told: Arc<AtomicUsize>,
}

fn at(secs: u64) -> Tick {
    Tick::from_secs(secs)
}

fn config() -> BreakerConfig {
    BreakerConfig {
        consecutive_failures: Some(2),
        failure_ratio: None,
        jitter: 0.0,
        max_concurrent_probes: 2,
        probe_lease: Duration::from_secs(10),
        stats: false,
        ..BreakerConfig::default()
    }
}

fn setup(config: BreakerConfig, view: View) -> Setup {
    let told = Arc::new(AtomicUsize::new(0));
    let events = Arc::clone(&told);
    let breaker = Breaker::new(config, Arc::new(ManualClock::at(at(100))))
        .unwrap()
        .with_word(Word::pack(0, 0, view))
        .with_listener(move |event| {
            let bit = 1 << event.generation;
            assert_eq!(events.fetch_or(bit, Ordering::Relaxed) & bit, 0, "told twice");
        });
    Setup { breaker: Arc::new(breaker), told }
}

impl Setup {
    /// Every generation up to the present was told, each once.
    fn check_events(&self) {
        let generation = self.breaker.word().generation();
        let all = (1 << (generation + 1)) - 2;
        assert_eq!(self.told.load(Ordering::Relaxed), all);
    }
}

#[test]
fn two_failures_at_the_threshold_trip_once() {
    loom::model(|| {
        let setup = setup(config(), View::Closed { row: Row::NONE });
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let breaker = Arc::clone(&setup.breaker);
                thread::spawn(move || {
                    if let Ok(permit) = breaker.acquire_at(at(100)) {
                        permit.failure_at(at(100));
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(setup.breaker.word().view(), View::Open { until_ms: 130_000 });
        setup.check_events();
    });
}

#[test]
fn of_two_failures_in_a_window_at_least_one_sees_both() {
    loom::model(|| {
        let ratio = FailureRatio { over: 1.0, of_at_least: 2, within: Duration::from_secs(30) };
        let config =
            BreakerConfig { consecutive_failures: None, failure_ratio: Some(ratio), ..config() };
        let setup = setup(config, View::Closed { row: Row::NONE });
        // Different buckets, so that only the fence orders the two.
        let threads: Vec<_> = [100, 104]
            .map(|start| {
                let permit = setup.breaker.acquire_owned_at(at(start)).unwrap();
                thread::spawn(move || permit.failure_at(at(105)))
            })
            .into_iter()
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(setup.breaker.phase(), Phase::Open);
        setup.check_events();
    });
}

#[test]
fn a_stale_failure_never_undoes_a_probes_success() {
    loom::model(|| {
        let setup = setup(
            BreakerConfig { successes_to_close: 1, ..config() },
            View::Closed { row: Row::NONE },
        );
        let stale = setup.breaker.acquire_owned_at(at(100)).unwrap();
        setup.breaker.open_until(at(110));
        let probe = setup.breaker.acquire_owned_at(at(110)).unwrap();
        let late = thread::spawn(move || stale.failure_at(at(111)));
        probe.success_at(at(111));
        late.join().unwrap();
        assert_eq!(setup.breaker.word(), Word::healthy(3));
        setup.check_events();
    });
}

#[test]
fn a_lease_that_ends_and_a_late_success_agree_on_one_outcome() {
    loom::model(|| {
        let one = BreakerConfig { max_concurrent_probes: 1, successes_to_close: 1, ..config() };
        let setup = setup(one, View::Open { until_ms: 100_000 });
        let probe = setup.breaker.acquire_owned_at(at(100)).unwrap();
        let breaker = Arc::clone(&setup.breaker);
        let caller = thread::spawn(move || {
            // Rejected if the lease was judged first, a plain call if the probe had closed.
            let admitted = breaker.acquire_at(at(111));
            let generation =
                admitted.as_ref().map_or_else(|no| no.generation, |yes| yes.generation());
            assert_eq!(generation, 2);
            admitted.map(|permit| permit.neutral_at(at(111))).is_ok()
        });
        probe.success_at(at(111));
        let admitted = caller.join().unwrap();
        let phase = if admitted { Phase::Closed } else { Phase::Open };
        assert_eq!(setup.breaker.phase(), phase);
        setup.check_events();
    });
}

#[test]
fn a_forced_circuit_stays_forced_whatever_trips_meanwhile() {
    loom::model(|| {
        let setup = setup(config(), View::Closed { row: Row::NONE.and_failed(at(100)) });
        let breaker = Arc::clone(&setup.breaker);
        let trip = thread::spawn(move || {
            if let Ok(permit) = breaker.acquire_at(at(100)) {
                permit.failure_at(at(100));
            }
        });
        setup.breaker.force_open();
        trip.join().unwrap();
        assert_eq!(setup.breaker.phase(), Phase::ForcedOpen);
        setup.check_events();
    });
}

#[test]
fn two_callers_never_hold_one_slot() {
    loom::model(|| {
        let one = BreakerConfig { max_concurrent_probes: 1, ..config() };
        let setup = setup(one, View::Open { until_ms: 100_000 });
        let inside = Arc::new(AtomicUsize::new(0));
        let (breaker, counter) = (Arc::clone(&setup.breaker), Arc::clone(&inside));
        let other = thread::spawn(move || enter(&breaker, &counter));
        enter(&setup.breaker, &inside);
        other.join().unwrap();
        assert!(matches!(setup.breaker.word().view(), View::HalfOpen { slots: 0, .. }));
        setup.check_events();
    });
}

fn enter(breaker: &Breaker, inside: &AtomicUsize) {
    if let Ok(permit) = breaker.acquire_at(at(100)) {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
        // Loom switches threads at its own yields and atomics only.
        thread::yield_now();
        inside.fetch_sub(1, Ordering::SeqCst);
        permit.neutral_at(at(100));
    }
}

#[test]
fn a_dropped_probe_and_a_reset_leave_a_healthy_circuit() {
    loom::model(|| {
        let setup = setup(config(), View::Open { until_ms: 100_000 });
        let probe = setup.breaker.acquire_owned_at(at(100)).unwrap();
        let dropping = thread::spawn(move || drop(probe));
        setup.breaker.reset();
        dropping.join().unwrap();
        assert_eq!(setup.breaker.word(), Word::healthy(2));
        setup.check_events();
    });
}
