//! The breaker around a tower service. A rejection polls nothing of the inner service.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ft_core::Tick;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::breaker::Breaker;
use crate::outcome::Outcome;
use crate::permit::OwnedPermit;
use crate::rejected::{BreakerError, RejectReason, Rejected};
use crate::step::refusal;
use crate::transition::Phase;

/// Puts one breaker around each service it wraps. Feature `tower`.
///
/// `classify` is a `Fn(&Result<Response, Error>) -> Outcome`.
#[derive(Clone, Debug)]
pub struct BreakerLayer<C> {
    breaker: Arc<Breaker>,
    classify: C,
}

impl<C> BreakerLayer<C> {
    /// A layer whose services all share `breaker`.
    pub const fn new(breaker: Arc<Breaker>, classify: C) -> Self {
        Self { breaker, classify }
    }
}

impl<S, C: Clone> Layer<S> for BreakerLayer<C> {
    type Service = BreakerService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let breaker = Arc::clone(&self.breaker);
        BreakerService { inner, breaker, classify: self.classify.clone(), inner_ready: false }
    }
}

/// A service behind a breaker. Feature `tower`.
///
/// While the circuit rejects it is ready at once, without asking the inner service, and its calls
/// fail with [`BreakerError::Rejected`]. No probe slot is held between readiness and call.
#[derive(Debug)]
pub struct BreakerService<S, C> {
    inner: S,
    breaker: Arc<Breaker>,
    classify: C,
    inner_ready: bool,
}

/// A clone has not asked its inner service for readiness yet.
impl<S: Clone, C: Clone> Clone for BreakerService<S, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            breaker: Arc::clone(&self.breaker),
            classify: self.classify.clone(),
            inner_ready: false,
        }
    }
}

impl<S, C, Request> Service<Request> for BreakerService<S, C>
where
    S: Service<Request>,
    C: Fn(&Result<S::Response, S::Error>) -> Outcome + Clone,
{
    type Response = S::Response;
    type Error = BreakerError<S::Error>;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if !self.inner_ready && self.breaker.would_admit(self.breaker.now()) {
            ready!(self.inner.poll_ready(cx)).map_err(BreakerError::Inner)?;
            self.inner_ready = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let now = self.breaker.now();
        // A circuit that admits since it was asked for readiness has an inner service that was
        // not asked: the call waits for the next one.
        let admitted = if self.inner_ready {
            self.breaker.acquire_owned_at(now)
        } else {
            Err(self.breaker.rejection(now))
        };
        match admitted {
            Ok(permit) => {
                self.inner_ready = false;
                let (inner, classify) = (self.inner.call(request), self.classify.clone());
                ResponseFuture::Running { inner, permit: Some(permit), classify }
            }
            Err(rejected) => ResponseFuture::Rejected { rejected },
        }
    }
}

pin_project! {
    /// The response, or the rejection. Dropping it follows the rule of the permit.
    #[project = Projected]
    #[derive(Debug)]
    pub enum ResponseFuture<F, C> {
        /// The call was let through.
        #[doc(hidden)]
        Running { #[pin] inner: F, permit: Option<OwnedPermit>, classify: C },
        /// The call was not let through.
        #[doc(hidden)]
        Rejected { rejected: Rejected },
    }
}

impl<F, C, T, E> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<T, E>>,
    C: Fn(&Result<T, E>) -> Outcome,
{
    type Output = Result<T, BreakerError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Projected::Rejected { rejected } => Poll::Ready(Err(BreakerError::Rejected(*rejected))),
            Projected::Running { inner, permit, classify } => {
                let result = ready!(inner.poll(cx));
                if let Some(permit) = permit.take() {
                    permit.settle(classify(&result));
                }
                Poll::Ready(result.map_err(BreakerError::Inner))
            }
        }
    }
}

impl Breaker {
    /// The rejection of a caller whose inner service was not asked for readiness.
    fn rejection(&self, now: Tick) -> Rejected {
        let word = self.word();
        refusal(word, now).unwrap_or_else(|| {
            let full = self.phase() == Phase::HalfOpen;
            let reason = if full { RejectReason::ProbesFull } else { RejectReason::Open };
            Rejected { retry_at: None, reason, generation: word.generation() }
        })
    }
}
