//! The in-flight limit as a tower layer.

use std::convert::Infallible;
use std::future::{Pending, Ready, pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ft_limit::{Full, InFlight, InFlightConfig, InFlightError, InFlightLayer};
use tower::{Layer, Service};

/// Answers `true` at once and `false` never.
struct Upstream;

enum Call {
    Answers(Ready<Result<u8, Infallible>>),
    Hangs(Pending<Result<u8, Infallible>>),
}

impl Future for Call {
    type Output = Result<u8, Infallible>;
    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Answers(call) => pin!(call).poll(cx),
            Self::Hangs(call) => pin!(call).poll(cx),
        }
    }
}

impl Service<bool> for Upstream {
    type Response = u8;
    type Error = Infallible;
    type Future = Call;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, answers: bool) -> Call {
        if answers { Call::Answers(ready(Ok(7))) } else { Call::Hangs(pending()) }
    }
}

#[test]
fn a_call_holds_a_place_until_it_ends_or_is_dropped_and_the_next_is_rejected_at_once() {
    let limit = Arc::new(InFlight::new(InFlightConfig { limit: 1 }).unwrap());
    let mut service = InFlightLayer::new(Arc::clone(&limit)).layer(Upstream);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());

    let mut hanging = Box::pin(service.call(false));
    assert!(hanging.as_mut().poll(&mut cx).is_pending());
    let rejected = pin!(service.call(true)).poll(&mut cx);
    assert_eq!(rejected, Poll::Ready(Err(InFlightError::Full(Full { limit: 1 }))));

    drop(hanging);
    assert_eq!(limit.current(), 0);
    let mut answered = pin!(service.call(true));
    assert_eq!(answered.as_mut().poll(&mut cx), Poll::Ready(Ok(7)));
    assert_eq!(limit.current(), 0);
}
