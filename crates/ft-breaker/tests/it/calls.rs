//! The breaker around futures: classification, cancellation, panics.

use std::future::{pending, poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, BreakerError, Outcome, Phase};
use ft_core::{Clock, Tick, UnixMillis};

use crate::script::{Bench, plain, ratio};

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn done<T>(future: impl Future<Output = T>) -> T {
    match poll(pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future was not ready"),
    }
}

fn by_result<T, E>(result: &Result<T, E>) -> Outcome {
    if result.is_ok() { Outcome::Success } else { Outcome::Failure }
}

#[test]
fn a10_a36_a46_the_classifier_alone_says_what_a_result_means() {
    let bench = Bench::new(plain());
    for _ in 0..100 {
        let called =
            done(bench.breaker.call(ready(Err::<(), _>("not theirs")), |_| Outcome::Success));
        assert_eq!(called, Err(BreakerError::Inner("not theirs")));
    }
    assert_eq!(bench.breaker.phase(), Phase::Closed);
    for _ in 0..5 {
        let body = ready(Ok::<_, ()>(r#"{"error":"boom"}"#));
        let classify = |result: &Result<&str, ()>| match result {
            Ok(body) if body.contains("error") => Outcome::Failure,
            _ => Outcome::Success,
        };
        assert!(done(bench.breaker.call(body, classify)).is_ok());
    }
    assert_eq!(bench.breaker.phase(), Phase::Open);
}

#[test]
fn a32_a_future_polled_many_times_is_counted_once() {
    let bench = Bench::new(ratio(1.0, 1_000, 30));
    let mut polls = 0;
    let inner = poll_fn(|_| {
        polls += 1;
        if polls < 10 { Poll::Pending } else { Poll::Ready(Ok::<_, ()>(())) }
    });
    let mut call = pin!(bench.breaker.call(inner, by_result));
    while poll(call.as_mut()).is_pending() {}
    assert_eq!(bench.breaker.stats(bench.now()).calls, 1);
}

#[test]
fn a33_a_caller_who_leaves_counts_for_nothing() {
    let bench = Bench::new(ratio(0.1, 1, 30));
    for _ in 0..100 {
        let mut call = Box::pin(bench.breaker.call(pending::<Result<(), ()>>(), by_result));
        assert!(poll(call.as_mut()).is_pending());
        bench.clock.advance(Duration::from_millis(10));
    }
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
    assert_eq!(bench.breaker.phase(), Phase::Closed);
}

#[test]
fn a58_a_rejected_future_is_never_polled() {
    let bench = Bench::new(plain());
    bench.breaker.force_open();
    let inner = poll_fn(|_| -> Poll<Result<(), ()>> { panic!("polled") });
    let error = done(bench.breaker.call(inner, by_result)).unwrap_err();
    assert!(error.rejected().is_some() && error.into_inner().is_none());
}

#[test]
fn a9_n12_a_panic_in_the_call_passes_through_and_gives_the_slot_back_once() {
    let mut bench = Bench::new(plain());
    bench.run("f*5 +30s a a");
    let before = bench.breaker.word();
    for _ in 0..10 {
        let inner = poll_fn(|_| -> Poll<Result<(), ()>> { panic!("the caller's own") });
        let call = AssertUnwindSafe(|| done(bench.breaker.call(inner, by_result)));
        let panic = std::panic::catch_unwind(call).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the caller's own"));
    }
    assert_eq!(bench.breaker.phase(), Phase::HalfOpen);
    assert_eq!(bench.run("a a"), "h x", "one slot of three was free, and still is, once");
    assert_ne!(bench.breaker.word(), before);
}

#[test]
fn n12_even_an_old_permit_dropped_by_a_panic_is_no_failure() {
    let bench = Bench::new(plain());
    for _ in 0..10 {
        let breaker = Arc::clone(&bench.breaker);
        let clock = Arc::clone(&bench.clock);
        let unwound = std::thread::spawn(move || {
            let _permit = breaker.acquire().unwrap();
            clock.advance(Duration::from_secs(61));
            panic!("while holding a permit");
        });
        assert!(unwound.join().is_err());
    }
    assert_eq!(bench.breaker.phase(), Phase::Closed);
}

/// A breaker on tokio's paused time, with a grace of one second.
fn under_tokio() -> Breaker {
    let config = BreakerConfig { cancel_grace: Duration::from_secs(1), ..plain() };
    Breaker::new(config, Arc::new(Paused(tokio_now()))).unwrap()
}

/// Calls a target that never answers, under a timeout outside the breaker; counts the rejections.
async fn hung_calls(breaker: &Breaker, timeout: Duration) -> usize {
    let mut rejected = 0;
    for _ in 0..200 {
        let call = breaker.call(pending::<Result<(), ()>>(), by_result);
        rejected += usize::from(tokio::time::timeout(timeout, call).await.is_ok());
    }
    rejected
}

#[tokio::test(start_paused = true)]
async fn n2_a_timeout_outside_the_breaker_trips_it() {
    let breaker = under_tokio();
    assert_eq!(hung_calls(&breaker, Duration::from_secs(1)).await, 195);
}

#[tokio::test(start_paused = true)]
async fn n17_a_callers_short_deadline_never_opens() {
    let breaker = under_tokio();
    assert_eq!(hung_calls(&breaker, Duration::from_millis(100)).await, 0);
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn n17_a_timer_that_the_deadline_shortened_settles_neutral() {
    let mut bench = Bench::new(ratio(0.1, 1, 30));
    assert_eq!(bench.run("n*1000"), "c");
    assert_eq!(bench.breaker.stats(bench.now()).calls, 0);
}

/// A clock that follows tokio's paused time.
#[derive(Debug)]
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> Tick {
        Tick::ZERO + (tokio_now() - self.0)
    }

    fn wall(&self) -> UnixMillis {
        UnixMillis::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is a clock")]
fn tokio_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
