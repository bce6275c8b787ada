//! `/`, `/healthz`, `/readyz` and `/metrics`.

use axum::body::Body;
use axum::extract::State;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::answer;
use crate::gateway::Gateway;
use crate::request_id::{self, identified};

/// The process runs.
pub(super) async fn alive() -> Response<Body> {
    text("text/plain; charset=utf-8", "ok\n".to_owned())
}

/// It takes requests.
pub(super) async fn ready() -> Response<Body> {
    text("text/plain; charset=utf-8", "ready\n".to_owned())
}

/// What this is, for a person or a probe that opens the address alone.
pub(super) async fn about() -> Response<Body> {
    let about = json!({
        "service": "ft",
        "version": env!("CARGO_PKG_VERSION"),
        "base_url": "/v1",
        "routes": super::endpoints().iter().map(|each| format!("{} {}", each.method, each.path)).collect::<Vec<_>>(),
    });
    answer::json(StatusCode::OK, about.to_string())
}

/// Everything that was counted, in Prometheus' text format, but for what callers did: that is not for each other.
/// It names models and money, so where there are callers it takes the key of one of them, or the admin API's.
pub(super) async fn metrics(State(gateway): State<Gateway>, headers: HeaderMap) -> Response<Body> {
    let live = gateway.live();
    if !live.config.server.is_admin(&headers)
        && let Err(refusal) = live.callers.identify(&headers)
    {
        return identified(refusal.response(), &request_id::of(&headers, &gateway));
    }
    counted(gateway.prometheus().render(&live.client))
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
