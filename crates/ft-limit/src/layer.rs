//! The in-flight limit as a tower layer: for people who bring their own stack.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::{Full, InFlight, OwnedInFlightPermit};

/// Puts an [`InFlight`] limit around a service. Clones and the services they make share the limit.
#[derive(Debug, Clone)]
pub struct InFlightLayer {
    limit: Arc<InFlight>,
}

impl InFlightLayer {
    /// A layer over this limit.
    #[must_use]
    pub const fn new(limit: Arc<InFlight>) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for InFlightLayer {
    type Service = InFlightService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InFlightService { inner, limit: Arc::clone(&self.limit) }
    }
}

/// A service whose calls are counted, and rejected at once beyond the limit.
///
/// A call counts until its response future ends or is dropped, not until a streamed body does.
/// `poll_ready` asks the inner service alone: a full limit rejects, it does not wait.
#[derive(Debug, Clone)]
pub struct InFlightService<S> {
    inner: S,
    limit: Arc<InFlight>,
}

/// The inner service's error, or the limit's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InFlightError<E> {
    /// The call was not made.
    #[error(transparent)]
    Full(#[from] Full),
    /// The call was made and failed.
    #[error("{0}")]
    Inner(E),
}

impl<S, R> Service<R> for InFlightService<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = InFlightError<S::Error>;
    type Future = InFlightFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(InFlightError::Inner)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let state = match self.limit.acquire_owned() {
            Ok(permit) => State::Called { call: self.inner.call(request), permit: Some(permit) },
            Err(full) => State::Rejected { full },
        };
        InFlightFuture { state }
    }
}

pin_project! {
    /// The response of an [`InFlightService`].
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the inner call and gives the place back.
    #[derive(Debug)]
    pub struct InFlightFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F> {
        Called { #[pin] call: F, permit: Option<OwnedInFlightPermit> },
        Rejected { full: Full },
    }
}

impl<F, T, E> Future for InFlightFuture<F>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, InFlightError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Called { call, permit } => {
                let outcome = ready!(call.poll(cx));
                // A future that is kept after its end holds no place.
                *permit = None;
                Poll::Ready(outcome.map_err(InFlightError::Inner))
            }
            StateProjection::Rejected { full } => Poll::Ready(Err(InFlightError::Full(*full))),
        }
    }
}
