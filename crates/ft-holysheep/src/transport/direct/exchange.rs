//! One connection, turned by whoever waits for what it brings.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest};

use super::bell::Bell;
use super::wire::{Heard, Wire};

/// A connection with the hand that gives it requests. Dropped, it closes.
pub(super) struct Exchange {
    bell: Bell,
    sender: SendRequest<Full<Bytes>>,
    heard: Heard,
    /// Gone once it has ended. Large, and handed from call to call.
    connection: Option<Box<Connection<Wire, Full<Bytes>>>>,
}

impl Exchange {
    pub(super) fn new(
        sender: SendRequest<Full<Bytes>>,
        connection: Connection<Wire, Full<Bytes>>,
        heard: Heard,
    ) -> Self {
        Self { bell: Bell::new(), sender, heard, connection: Some(Box::new(connection)) }
    }

    /// Whether a byte has come since a request was last sent.
    pub(super) fn has_heard(&self) -> bool {
        self.heard.any()
    }

    /// What `take` finds, before or after the connection has done what it can. If it finds nothing, `cx` is woken when
    /// there may be something.
    pub(super) fn poll_turning<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Self { bell, connection, .. } = self;
        // The connection wakes this task, and what it brings is there after its turn or not at all: nobody else has
        // to wake anybody.
        let mut quiet = Context::from_waker(Waker::noop());
        if let Poll::Ready(there) = take(&mut quiet) {
            return Poll::Ready(there);
        }
        bell.turning(cx, |ringing| {
            turn(connection, ringing);
            take(&mut quiet)
        })
    }

    /// Whether it can take a request, as far as its socket knows. Never waits.
    pub(super) fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { bell, connection, .. } = self;
        bell.ring();
        let _ = bell.turning(cx, |ringing| {
            turn(connection, ringing);
            Poll::Ready(())
        });
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Sends a request and gives the head of its answer. An error has the request in it, if nothing was sent.
    ///
    /// # Cancel safety
    /// Dropping it leaves a connection that is not free, to be dropped as well.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        self.heard.forget();
        let mut answer = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| self.poll_turning(cx, |quiet| answer.as_mut().poll(quiet))).await
    }
}

/// Lets the connection do what it can, which is what it was woken for.
fn turn(connection: &mut Option<Box<Connection<Wire, Full<Bytes>>>>, cx: &mut Context<'_>) {
    if let Some(open) = connection
        && Pin::new(open).poll(cx).is_ready()
    {
        // What it still owes is told by its drop.
        *connection = None;
    }
}
