//! The tower adapter.

use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ft_breaker::{BreakerError, BreakerLayer, Outcome, Phase};
use tower::{Layer, Service};

use crate::script::{Bench, plain};

/// Counts how often it was asked for readiness and called; fails every call.
#[derive(Clone, Default)]
struct Failing {
    asked: Arc<AtomicUsize>,
    called: Arc<AtomicUsize>,
    pending: bool,
}

impl Service<()> for Failing {
    type Response = ();
    type Error = &'static str;
    type Future = Ready<Result<(), &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.pending { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.called.fetch_add(1, Ordering::Relaxed);
        ready(Err("down"))
    }
}

fn by_result(result: &Result<(), &'static str>) -> Outcome {
    if result.is_ok() { Outcome::Success } else { Outcome::Failure }
}

fn once<S: Service<()>>(service: &mut S) -> Poll<Result<S::Response, S::Error>> {
    let mut cx = Context::from_waker(Waker::noop());
    match service.poll_ready(&mut cx) {
        Poll::Ready(Ok(())) => pin!(service.call(())).poll(&mut cx),
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => Poll::Pending,
    }
}

#[test]
fn five_failures_open_and_then_nothing_reaches_the_service() {
    let bench = Bench::new(plain());
    let inner = Failing::default();
    let layer = BreakerLayer::new(Arc::clone(&bench.breaker), by_result);
    let mut service = layer.layer(inner.clone());
    for _ in 0..5 {
        assert_eq!(once(&mut service), Poll::Ready(Err(BreakerError::Inner("down"))));
    }
    for _ in 0..10 {
        assert!(matches!(once(&mut service), Poll::Ready(Err(BreakerError::Rejected(_)))));
    }
    let counts = (inner.asked.load(Ordering::Relaxed), inner.called.load(Ordering::Relaxed));
    assert_eq!(counts, (5, 5));
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(once(&mut service), Poll::Ready(Err(BreakerError::Inner("down"))));
}

#[test]
fn a58_an_open_rejection_does_not_ask_a_pending_service() {
    let bench = Bench::new(plain());
    let inner = Failing { pending: true, ..Failing::default() };
    let mut service = BreakerLayer::new(Arc::clone(&bench.breaker), by_result).layer(inner.clone());
    assert_eq!(once(&mut service), Poll::Pending);
    bench.breaker.force_open();
    assert!(matches!(once(&mut service), Poll::Ready(Err(BreakerError::Rejected(_)))));
    assert_eq!(inner.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_circuit_that_turned_due_between_readiness_and_call_does_not_call_an_unready_service() {
    let mut bench = Bench::new(plain());
    bench.run("f*5");
    let inner = Failing::default();
    let mut service = BreakerLayer::new(Arc::clone(&bench.breaker), by_result).layer(inner.clone());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    bench.clock.advance(Duration::from_secs(30));
    let answer = pin!(service.call(())).poll(&mut cx);
    assert!(matches!(answer, Poll::Ready(Err(BreakerError::Rejected(_)))));
    assert_eq!((inner.called.load(Ordering::Relaxed), bench.breaker.phase()), (0, Phase::Open));
}

#[test]
fn a_dropped_response_is_a_caller_who_left() {
    let mut bench = Bench::new(plain());
    bench.run("f*4");
    let mut service =
        BreakerLayer::new(Arc::clone(&bench.breaker), by_result).layer(Failing::default());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    drop(service.call(()));
    assert_eq!(bench.breaker.stats(bench.now()).consecutive_failures, 4);
}
