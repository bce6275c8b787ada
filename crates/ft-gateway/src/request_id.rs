//! The id under which a request is found: in its answer, in the log and upstream.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response};

use crate::gateway::Gateway;

/// The caller's own id, if it is one that can stand in a log; else a new one.
pub(crate) fn of(headers: &HeaderMap, gateway: &Gateway) -> String {
    let given = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let plain =
        |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(plain).map_or_else(|| gateway.new_request_id(), str::to_owned)
}

/// Every answer says under which id it can be found.
pub(crate) fn identified(mut response: Response<Body>, id: &str) -> Response<Body> {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
