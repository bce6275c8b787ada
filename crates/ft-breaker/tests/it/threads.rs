//! Many threads at once.

use std::collections::HashSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ft_breaker::{BreakerConfig, Phase};

use crate::script::{Bench, plain, ratio};

#[test]
fn a12_counts_are_exact_after_ten_threads() {
    let bench = Bench::new(ratio(1.0, u32::MAX, 30));
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for turn in 0..10_000 {
                    let permit = bench.breaker.acquire_at(bench.now()).unwrap();
                    if turn % 4 == 0 {
                        permit.failure_at(bench.now());
                    } else {
                        permit.success_at(bench.now());
                    }
                }
            });
        }
    });
    let stats = bench.breaker.stats(bench.now());
    assert_eq!((stats.calls, stats.recent_errors, stats.successes), (100_000, 25_000, 75_000));
}

#[test]
fn a56_a_thousand_callers_never_exceed_the_probe_limit() {
    let config = BreakerConfig { max_concurrent_probes: 7, successes_to_close: 255, ..plain() };
    let mut bench = Bench::new(config);
    bench.run("f*5 +30s");
    let (inside, most, passed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Barrier::new(50);
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..20 {
                    let Ok(permit) = bench.breaker.acquire() else { continue };
                    passed.fetch_add(1, Ordering::Relaxed);
                    let now_inside = inside.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now_inside, Ordering::SeqCst);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    permit.neutral();
                }
            });
        }
    });
    assert!(most.into_inner() <= 7);
    assert!(passed.into_inner() >= 7);
    assert_eq!(bench.breaker.phase(), Phase::HalfOpen);
}

#[test]
fn of_a_thousand_held_permits_exactly_the_limit_is_granted() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s");
    let granted = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..50)
            .map(|_| {
                scope.spawn(|| {
                    let permits = (0..20).filter_map(|_| bench.breaker.acquire().ok());
                    permits.map(std::mem::forget).count()
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum::<usize>()
    });
    assert_eq!(granted, 3);
}

#[test]
fn n11_exactly_one_event_for_each_generation_under_sixty_four_threads() {
    let config = BreakerConfig {
        consecutive_failures: Some(2),
        open_for: Duration::from_millis(1),
        ..ratio(0.5, 4, 1)
    };
    let bench = Bench::new(config);
    let start = Barrier::new(64);
    std::thread::scope(|scope| {
        for thread in 0..64_u64 {
            let (bench, start) = (&bench, &start);
            scope.spawn(move || {
                let mut draw = ft_core::Entropy::seeded(thread);
                start.wait();
                for _ in 0..300 {
                    match draw.below(40) {
                        0 => bench.breaker.reset(),
                        1 => bench.breaker.force_open(),
                        2 => bench.breaker.auto(),
                        3..10 => bench.clock.advance(Duration::from_micros(300)),
                        _ => {}
                    }
                    let Ok(permit) = bench.breaker.acquire() else { continue };
                    match draw.below(4) {
                        0 => permit.success(),
                        1 => drop(permit),
                        _ => permit.failure(),
                    }
                }
            });
        }
    });
    let events = bench.events.lock().unwrap();
    let told: HashSet<_> = events.iter().map(|event| event.generation).collect();
    assert_eq!(told.len(), events.len(), "a generation was told twice");
    let last = bench.breaker.word().generation();
    assert_eq!(told, (1..=last).collect(), "a generation was not told");
    assert!(last > 50, "the test made only {last} transitions");
}
