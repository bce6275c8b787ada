//! An answer's body, with the connection that brings it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::exchange::Exchange;
use super::idle::Idle;

/// A body that turns its own connection, and gives it back when it was read to its end.
///
/// # Cancel safety
/// Dropping it before its end closes the connection.
pub(crate) struct Passed {
    body: Incoming,
    on: Option<Exchange>,
    idle: Arc<Idle>,
}

impl Passed {
    pub(super) fn new(body: Incoming, on: Exchange, idle: Arc<Idle>) -> Self {
        Self { body, on: Some(on), idle }
    }

    /// The body is at its end, and the connection perhaps at the beginning of another one.
    fn give_back(&mut self, cx: &mut Context<'_>) {
        if let Some(mut exchange) = self.on.take()
            && exchange.is_free(cx)
        {
            self.idle.put(exchange);
        }
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { body, on, .. } = &mut *self;
        let mut body = Pin::new(body);
        let polled = match on {
            Some(exchange) => exchange.poll_turning(cx, |quiet| body.as_mut().poll_frame(quiet)),
            None => body.poll_frame(cx),
        };
        match &polled {
            Poll::Ready(None) => self.give_back(cx),
            Poll::Ready(Some(Err(_))) => self.on = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
