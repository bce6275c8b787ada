//! The amplification cap: never in the way of a first fallback, and a wall beyond.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ft_core::Tick;
use ft_limit::{AmplificationCap, Attempt};

#[test]
fn a_first_fallback_is_never_refused() {
    let cap = AmplificationCap::default();
    for _ in 0..10_000 {
        cap.request(Tick::ZERO);
        cap.admit(Attempt::First, Tick::ZERO).unwrap().sent();
        while let Ok(token) = cap.admit(Attempt::Further, Tick::ZERO) {
            token.sent();
        }
        cap.admit(Attempt::FirstFallback, Tick::ZERO).unwrap().sent();
    }
}

#[test]
fn attempts_stay_within_the_ratio_and_the_reserve_and_refusals_are_counted() {
    let cap = AmplificationCap::default();
    let (requests, chain) = (1_000, 6);
    let mut attempts = 0;
    for _ in 0..requests {
        cap.request(Tick::ZERO);
        for number in 1..=chain {
            let Ok(token) = cap.admit(Attempt::nth(number), Tick::ZERO) else { break };
            token.sent();
            attempts += 1;
        }
    }
    assert_eq!(attempts, requests * 22 / 10 + 10);
    // Each request was refused once, but for those that the reserve and the share took to their chain's end.
    assert!(cap.refused() >= 940, "{}", cap.refused());
}

#[test]
fn a_dropped_token_comes_back_and_a_free_one_gives_nothing() {
    let cap = Arc::new(AmplificationCap::default());
    drop(cap.admit(Attempt::First, Tick::ZERO).unwrap());
    drop(cap.admit_owned(Attempt::FirstFallback, Tick::ZERO).unwrap());
    assert_eq!(cap.available(Tick::ZERO), 10);
    let token = cap.admit_owned(Attempt::Further, Tick::ZERO).unwrap();
    assert_eq!(cap.available(Tick::ZERO), 9);
    drop(token);
    assert_eq!(cap.available(Tick::ZERO), 10);
}

#[test]
fn it_refills_after_recovery() {
    let cap = AmplificationCap::default();
    while let Ok(token) = cap.admit(Attempt::Further, Tick::ZERO) {
        token.sent();
    }
    assert_eq!(cap.refused(), 1);
    assert!(cap.admit(Attempt::Further, Tick::from_secs(1)).is_ok());
    cap.request(Tick::ZERO);
    assert_eq!(cap.available(Tick::from_secs(10)), 10);
}

#[test]
fn eight_threads_stay_within_the_cap() {
    let cap = AmplificationCap::default();
    let now = Tick::from_secs(100);
    let attempts = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    cap.request(now);
                    for number in 1..=4 {
                        if let Ok(token) = cap.admit(Attempt::nth(number), now) {
                            token.sent();
                            attempts.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(attempts.into_inner(), 8_000 * 22 / 10 + 10);
    assert_eq!(cap.refused(), 8_000 * 4 - (8_000 * 22 / 10 + 10));
}
