//! An answer that another request's call gave to this one as well.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use ft_client::cost::Pico;
use ft_client::{CacheStatus, Report, Tokens};
use http::{HeaderMap, HeaderValue, Response};
use hyper::body::Frame;

use crate::idempotency::Joined;
use crate::request_id::identified;
use crate::visit::{End, Visit};

/// The call's answer as this request's: it cost this one nothing, and its visit ends with the answer's last piece.
pub(super) fn followed(joined: Joined, visit: Visit) -> Response<Body> {
    let (mut head, body) = joined.response.into_parts();
    let id = visit.request_id.clone();
    shared(&mut head.headers);
    let followed = Followed { body, status: head.status.as_u16(), end: joined.end, visit };
    identified(Response::from_parts(head, Body::new(followed)), &id)
}

/// Says so in the headers that are there.
fn shared(headers: &mut HeaderMap) {
    for (name, value) in [
        ("x-ft-cache", CacheStatus::Coalesced.as_str()),
        ("x-ft-attempts", "0"),
        ("x-ft-cost-usd", "0.00"),
    ] {
        if let Some(told) = headers.get_mut(name) {
            *told = HeaderValue::from_static(value);
        }
    }
    headers.remove("x-ft-cost-estimate");
}

/// The body of such an answer. Who leaves before its end has left the visit.
struct Followed {
    body: Body,
    status: u16,
    end: Arc<OnceLock<End>>,
    visit: Visit,
}

impl Followed {
    /// How the call ended is how this request did, but for what it cost.
    fn over(&mut self) {
        let end = self.end.get().cloned();
        let mut end = end.unwrap_or(End { status: self.status, code: None, report: None });
        if let Some(report) = &mut end.report {
            self.share(report);
        }
        self.visit.ends(end);
    }

    fn share(&self, report: &mut Report) {
        report.request_id.clone_from(&self.visit.request_id);
        report.attempts.clear();
        report.latency = self.visit.took();
        report.first_token = None;
        report.cost = Some(Pico::ZERO);
        report.cost_is_estimate = false;
        report.tokens = Tokens::default();
        report.cache = CacheStatus::Coalesced;
    }
}

impl hyper::body::Body for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Poll::Ready(None) = polled {
            this.over();
        }
        polled
    }
}
