//! The healthy path and the rejection, beside other breakers, a bare atomic load and a clock read.
//! Ratios within one run are what counts. Sixteen threads where there are the cores for them.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use failsafe::CircuitBreaker as _;
use ft_breaker::{Breaker, BreakerConfig};
use ft_core::{Clock, SystemClock};
use recloser::Recloser;
use tower::{Layer, Service, service_fn};
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

const HOUR: Duration = Duration::from_secs(3_600);

fn bare() -> BreakerConfig {
    BreakerConfig { failure_ratio: None, stats: false, ..BreakerConfig::default() }
}

fn breaker(config: BreakerConfig) -> (Breaker, SystemClock) {
    let clock = SystemClock::new();
    (Breaker::new(config, Arc::new(clock)).expect("a valid config"), clock)
}

/// Time of one thread, and of each of two (and sixteen, where each has a core) that run at once.
fn one_and_two(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, call: impl Fn() + Sync) {
    group.bench_function(BenchmarkId::new(name, 1), |bench| bench.iter(&call));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for threads in [2, 16] {
        if threads == 2 || threads <= cores {
            group.bench_function(BenchmarkId::new(name, threads), |bench| {
                bench.iter_custom(|times| together(threads, times, &call));
            });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures the machine's own time")]
fn together(threads: usize, times: u64, call: &(impl Fn() + Sync)) -> Duration {
    let start = Barrier::new(threads);
    let run = || {
        start.wait();
        let began = Instant::now();
        (0..times).for_each(|_| call());
        began.elapsed()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mine = run();
        let all = others.into_iter().map(|other| other.join().expect("another thread"));
        all.fold(mine, |sum, one| sum + one) / u32::try_from(threads).expect("few threads")
    })
}

fn healthy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("healthy");

    let word = AtomicU64::new(0);
    one_and_two(&mut group, "ref an atomic load", || {
        black_box(black_box(&word).load(Ordering::Acquire));
    });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    one_and_two(&mut group, "ref a clock read", || {
        black_box(clock.now());
    });

    let (plain, clock) = breaker(bare());
    let now = clock.now();
    one_and_two(&mut group, "ft consecutive, no clock", || {
        let permit = black_box(&plain).acquire_at(black_box(now)).expect("closed");
        permit.success_at(black_box(now));
    });
    let (default, _) = breaker(BreakerConfig::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    one_and_two(&mut group, "ft default, one clock read", || {
        let now = clock.now();
        let permit = black_box(&default).acquire_at(now).expect("closed");
        permit.success_at(now);
    });
    let (owned, clock) = breaker(bare());
    let (owned, now) = (Arc::new(owned), clock.now());
    one_and_two(&mut group, "ft consecutive, owned permit", || {
        let permit = black_box(&owned).acquire_owned_at(black_box(now)).expect("closed");
        permit.success_at(black_box(now));
    });

    let backoff = failsafe::backoff::constant(HOUR);
    let policy = failsafe::failure_policy::consecutive_failures(5, backoff);
    let failsafe = failsafe::Config::new().failure_policy(policy).build();
    one_and_two(&mut group, "ref failsafe consecutive", || {
        let _ = black_box(failsafe.call(|| black_box(Ok::<(), ()>(()))));
    });
    let recloser = Recloser::custom().closed_len(100).build();
    one_and_two(&mut group, "ref recloser", || {
        let _ = black_box(recloser.call(|| black_box(Ok::<(), ()>(()))));
    });
    let layer =
        CircuitBreakerLayer::builder().failure_rate_threshold(0.5).build().expect("a policy");
    let service = layer.layer(service_fn(|(): ()| std::future::ready(Ok::<(), String>(()))));
    group.bench_function(BenchmarkId::new("ref tower-resilience", 1), |bench| {
        let mut service = service.clone();
        let mut cx = Context::from_waker(Waker::noop());
        bench.iter(|| {
            let _ = black_box(service.poll_ready(&mut cx));
            match pin!(service.call(())).poll(&mut cx) {
                Poll::Ready(answer) => drop(black_box(answer)),
                Poll::Pending => unreachable!("an uncontended breaker does not wait"),
            }
        });
    });
    group.finish();
}

fn rejection(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rejection");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    one_and_two(&mut group, "ref a clock read", || {
        black_box(clock.now());
    });
    let (open, _) = breaker(BreakerConfig::default());
    open.open_for(HOUR);
    one_and_two(&mut group, "ft open, clock read", || {
        black_box(black_box(&open).acquire().is_err());
    });
    group.finish();
}

fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20)
}

criterion_group! { name = breakers; config = quick(); targets = healthy, rejection }
criterion_main!(breakers);
