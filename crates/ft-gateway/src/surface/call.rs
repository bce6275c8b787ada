//! A request as it will be made: who asks, what for, by which way.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use ft_client::CallOptions;
use ft_core::chat::EmbeddingRequest;
use ft_core::{ChatRequest, Clock};
use http::Request;
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
        let (body, room) = body::read(body, live.body, gateway.buffers()).await?;
        visit.holds(room);
        let request: T =
            serde_json::from_slice(&body).map_err(|error| Refusal::unreadable(&error, &body))?;
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
