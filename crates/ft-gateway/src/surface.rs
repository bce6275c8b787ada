//! The routes that callers see.

mod chat;
mod models;
mod probes;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};

use crate::answer::Refusal;
use crate::gateway::Gateway;
use crate::visit::Visit;

/// All of them.
pub(crate) fn public(gateway: Gateway) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::completions))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*name}", get(models::one))
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .with_state(gateway)
}

async fn no_route(method: Method, uri: Uri) -> Response<Body> {
    Refusal::no_route(method.as_str(), uri.path()).response()
}

/// A request, with who sent it and its id, before its body is read.
fn arrive(gateway: &Gateway, route: &'static str, request: &Request<Body>) -> Visit {
    Visit::begin(gateway, route, request_id(request.headers(), gateway))
}

/// Answers with an error, and writes it down.
fn refuse(mut visit: Visit, refusal: &Refusal) -> Response<Body> {
    visit.ended(refusal.status.as_u16(), refusal.code(), None);
    identified(refusal.response(), &visit.request_id)
}

/// Every answer says under which id it can be found.
fn identified(mut response: Response<Body>, id: &str) -> Response<Body> {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// The caller's own id, if it is one that can stand in a log; else a new one.
fn request_id(headers: &HeaderMap, gateway: &Gateway) -> String {
    let given = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let plain =
        |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(plain).map_or_else(|| gateway.new_request_id(), str::to_owned)
}
