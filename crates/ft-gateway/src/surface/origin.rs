//! Who may ask beside programs: which pages in a browser.
//!
//! A browser sends what any page tells it to, also to addresses of this machine. With callers a page would need one of
//! their keys. Without callers the listener is on loopback, and then a request must name this machine, come from no
//! page of another origin, and say that it is JSON, which no page may send elsewhere without being asked first. Pages
//! that may ask are listed in `server.cors_origins`.

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};

use crate::admin::guard;
use crate::answer::Refusal;
use crate::config::ServerConfig;
use crate::gateway::{Gateway, Live};
use crate::request_id::{self, identified};

const PRIVATE_NETWORK_ASKED: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Lets a request pass, answers a browser that asks whether it may send one, or refuses it.
pub(super) async fn check(
    State(gateway): State<Gateway>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let live = gateway.live();
    let origin = allowed(&live.config.server, request.headers());
    let mut response = match (&origin, asks_first(&request)) {
        // Before any key: a browser sends none along with the question.
        (Some(_), true) => may_send(request.headers()),
        _ => match open_to(&gateway, &live, &request, origin.is_some()) {
            Ok(()) => next.run(request).await,
            Err(refusal) => {
                let id = request_id::of(request.headers(), &gateway);
                identified(refusal.response(), &id)
            }
        },
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    }
    if !live.config.server.cors_origins.is_empty() {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    response
}

/// The page that asks, if it may.
fn allowed(server: &ServerConfig, headers: &HeaderMap) -> Option<HeaderValue> {
    if server.cors_origins.is_empty() {
        return None;
    }
    let origin = headers.get(ORIGIN)?;
    let listed = |listed: &String| listed == "*" || listed.as_bytes() == origin.as_bytes();
    server.cors_origins.iter().any(listed).then(|| origin.clone())
}

/// Whether it is a browser's question, before the request itself.
fn asks_first(request: &Request<Body>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn may_send(asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("GET, HEAD, POST");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    // What is sent along is looked at when it comes; a wildcard would leave `authorization` out.
    if let Some(wanted) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    if asked.contains_key(PRIVATE_NETWORK_ASKED) {
        headers.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}

/// Whether this listener answers it: with callers their key decides, later.
fn open_to(
    gateway: &Gateway,
    live: &Live,
    request: &Request<Body>,
    listed: bool,
) -> Result<(), Refusal> {
    let health = matches!(request.uri().path(), "/healthz" | "/readyz");
    if !gateway.guards_itself() || !live.callers.are_open() || health {
        return Ok(());
    }
    guard::names_this_machine(request.uri(), request.headers())?;
    if !listed {
        guard::from_no_foreign_page(request.uri(), request.headers())?;
    }
    let json = |value: &HeaderValue| {
        let value = value.to_str().unwrap_or_default();
        let kind = value.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/json")
    };
    match request.headers().get(CONTENT_TYPE) {
        Some(value) if request.method() == Method::POST && !json(value) => {
            let message = "without callers the body must be sent as `content-type: application/json`, which no page \
                           of the web can do unasked";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request_error", message)
                .with_code("unsupported_content_type"))
        }
        _ => Ok(()),
    }
}
