//! A request as it will be made: who asks, what for, by which way.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use ft_client::CallOptions;
use ft_core::chat::{EmbeddingRequest, json};
use ft_core::{ChatRequest, Clock};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Request};
use serde::de::DeserializeOwned;

use crate::answer::Refusal;
use crate::asked::Asked;
use crate::body;
use crate::gateway::{Gateway, Live};
use crate::trace::Trace;
use crate::visit::Visit;

/// A request that may be made.
pub(super) struct Call<T> {
    pub(super) request: T,
    pub(super) options: CallOptions,
    pub(super) asked: Asked,
    /// The body as it came.
    pub(super) body: Bytes,
}

/// What the gateway needs to know of a body.
pub(super) trait Asking: DeserializeOwned {
    fn model(&self) -> &str;
    fn streams(&self) -> bool;

    /// Adds it to the trace, where the trace has such requests.
    fn trace(&self, trace: &Trace, chain: Option<&str>, clock: &dyn Clock);
}

impl Asking for ChatRequest {
    fn model(&self) -> &str {
        &self.model
    }

    fn streams(&self) -> bool {
        self.stream == Some(true)
    }

    fn trace(&self, trace: &Trace, chain: Option<&str>, clock: &dyn Clock) {
        trace.arrived(self, chain, clock);
    }
}

impl Asking for EmbeddingRequest {
    fn model(&self) -> &str {
        &self.model
    }

    fn streams(&self) -> bool {
        false
    }

    fn trace(&self, _: &Trace, _: Option<&str>, _: &dyn Clock) {}
}

impl<T: Asking> Call<T> {
    /// Reads a request, and writes into `visit` who sent it and what it asks for.
    ///
    /// # Cancel safety
    /// What was read is lost with the connection.
    pub(super) async fn read(
        gateway: &Gateway,
        live: &Live,
        request: Request<Body>,
        visit: &mut Visit,
    ) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let caller = live.callers.identify(&head.headers)?;
        visit.is_from(Arc::clone(&caller));
        caller.admit(gateway.clock().now(), gateway.clock().wall())?;
        let asked = Asked::of(&head.headers)?;
        if asked.client_retries > 0 {
            gateway.meters().retried();
        }
        if is_encoded(&head.headers) {
            return Err(Refusal::compressed());
        }
        let (body, room) = body::read(body, live.body, gateway.buffers()).await?;
        visit.holds(room);
        let request: T = parsed(&body)?;
        visit.asks_for(request.model());
        visit.streamed = request.streams();
        let name = asked.overrides.chain.as_deref().unwrap_or(request.model());
        let way = caller.way(&live.names, name)?;
        if let Some(trace) = gateway.trace() {
            request.trace(trace, way.chain(), gateway.clock());
        }
        let mut options = caller.options(way.set(asked.options()));
        options.request_id = Some(visit.request_id.clone());
        options.report_on_drop = Some(visit.left());
        Ok(Self { request, options, asked, body })
    }
}

/// Whether the body is said to be compressed.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// Reads a body. A byte order mark in front says nothing, and half a surrogate pair, as Python writes file names that
/// are no UTF-8, is one character that is lost and no reason to refuse the rest.
fn parsed<T: Asking>(body: &[u8]) -> Result<T, Refusal> {
    // What gzip begins with, and no JSON does.
    if body.starts_with(b"\x1f\x8b") {
        return Err(Refusal::compressed());
    }
    let body = json::without_mark(body);
    let read = serde_json::from_slice(body).or_else(|error| match error.is_syntax() {
        true => json::paired(body).map_or(Err(error), |paired| serde_json::from_slice(&paired)),
        false => Err(error),
    });
    read.map_err(|error| Refusal::unreadable(&error, body))
}
