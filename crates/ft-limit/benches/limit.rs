//! What the limits cost on the healthy path, beside tower's retry budget and a bare atomic.
//!
//! Everything here is told the time; tower's budget asks a clock itself, so the clock has a row of its own.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use ft_core::{Clock, SystemClock, Tick};
use ft_limit::{AmplificationCap, Gate, InFlight, RetryBudget, Slowness};
use tower::retry::budget::{Budget, TpsBudget};

fn references(c: &mut Criterion) {
    let mut group = c.benchmark_group("limit");
    let atomic = AtomicU64::new(0);
    group.bench_function("ref atomic fetch_add", |b| {
        b.iter(|| atomic.fetch_add(1, Ordering::Relaxed))
    });
    let clock = SystemClock::new();
    group.bench_function("ref clock read", |b| b.iter(|| clock.now()));
    let tower = TpsBudget::new(Duration::from_secs(10), 1, 0.2);
    group.bench_function("ref tower TpsBudget deposit", |b| b.iter(|| tower.deposit()));
    group.finish();
}

fn limits(c: &mut Criterion) {
    let mut group = c.benchmark_group("limit");
    let now = Tick::from_secs(1);
    let gate = Gate::default();
    group.bench_function("gate admit, open", |b| b.iter(|| gate.admit(black_box(now)).is_ok()));
    let shut = Gate::default();
    shut.throttle(now, None);
    group.bench_function("gate admit, shut", |b| b.iter(|| shut.admit(black_box(now)).is_ok()));
    let in_flight = InFlight::default();
    group.bench_function("in flight acquire and release", |b| {
        b.iter(|| in_flight.acquire().is_ok());
    });
    let budget = RetryBudget::default();
    group.bench_function("retry budget deposit", |b| b.iter(|| budget.deposit(black_box(now))));
    let clock = SystemClock::new();
    let timed = RetryBudget::default();
    group.bench_function("retry budget deposit and clock read", |b| {
        b.iter(|| timed.deposit(clock.now()));
    });
    let cap = AmplificationCap::default();
    group.bench_function("amplification request", |b| b.iter(|| cap.request(black_box(now))));
    let slowness = Slowness::default();
    for sample in 0..128 {
        slowness.record(now, Duration::from_micros(sample * 7_919 % 1_000));
    }
    group.bench_function("slowness record", |b| {
        b.iter(|| slowness.record(black_box(now), Duration::from_millis(5)));
    });
    group.bench_function("slowness mean of 128", |b| b.iter(|| slowness.mean(black_box(now))));
    group.bench_function("slowness p95 of 128", |b| b.iter(|| slowness.quantile(now, 95)));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700));
    targets = references, limits
}
criterion_main!(benches);
