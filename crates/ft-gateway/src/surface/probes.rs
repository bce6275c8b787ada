//! `/healthz`, `/readyz` and `/metrics`.

use axum::body::Body;
use axum::extract::State;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use crate::gateway::Gateway;

/// The process runs.
pub(super) async fn alive() -> Response<Body> {
    text("text/plain; charset=utf-8", "ok\n".to_owned())
}

/// It takes requests.
pub(super) async fn ready() -> Response<Body> {
    text("text/plain; charset=utf-8", "ready\n".to_owned())
}

/// Everything that was counted, in Prometheus' text format, but for what callers did: that is not for each other.
pub(super) async fn metrics(State(gateway): State<Gateway>) -> Response<Body> {
    counted(gateway.prometheus().render(&gateway.client()))
}

/// What was counted, in Prometheus' text format.
pub(crate) fn counted(body: String) -> Response<Body> {
    text("text/plain; version=0.0.4; charset=utf-8", body)
}

fn text(content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
