//! One path and method that is answered, as a value: what is served and what is described can be compared.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};

use crate::answer::Refusal;
use crate::gateway::Gateway;
use crate::request_id::{self, identified};

/// A path and method, and what answers.
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    answers: MethodRouter<Gateway>,
}

/// What is read; `HEAD` is answered too.
pub(crate) fn get<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, Gateway>,
    T: 'static,
{
    Endpoint { method: "GET", path, answers: on(MethodFilter::GET, handler) }
}

/// What changes something, or needs a body to be asked.
pub(crate) fn post<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, Gateway>,
    T: 'static,
{
    Endpoint { method: "POST", path, answers: on(MethodFilter::POST, handler) }
}

/// How a request is refused that meets no endpoint.
pub(crate) type Refuse = fn(&Gateway, &Request<Body>, &Refusal) -> Response<Body>;

/// All of them together. Everything else is refused in the same envelope as other errors; `refuse` answers what was
/// asked with another method than a path has.
pub(crate) fn router(
    endpoints: impl IntoIterator<Item = Endpoint>,
    refuse: Refuse,
) -> Router<Gateway> {
    let mut methods: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    let mut router = Router::new();
    for Endpoint { method, path, answers } in endpoints {
        methods.entry(path).or_default().push(method);
        router = router.route(path, answers);
    }
    for (path, methods) in methods {
        let allowed = methods.join(", ");
        let refused = move |State(gateway): State<Gateway>, request: Request<Body>| async move {
            let refusal = wrong_method(request.method(), request.uri(), &allowed);
            let mut response = refuse(&gateway, &request, &refusal);
            if let Ok(allowed) = HeaderValue::from_str(&allowed) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        };
        router = router.route(path, MethodRouter::new().fallback(refused));
    }
    router.fallback(no_route)
}

fn wrong_method(method: &Method, uri: &Uri, allowed: &str) -> Refusal {
    let path = uri.path();
    let message = format!("{path} is asked with {allowed}, not with {method}");
    let kind = "invalid_request_error";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, kind, message).with_code("method_not_allowed")
}

/// Without a line anywhere.
pub(crate) fn unwritten(
    gateway: &Gateway,
    request: &Request<Body>,
    refusal: &Refusal,
) -> Response<Body> {
    identified(refusal.response(), &request_id::of(request.headers(), gateway))
}

async fn no_route(State(gateway): State<Gateway>, request: Request<Body>) -> Response<Body> {
    let refusal = Refusal::no_route(request.method().as_str(), request.uri().path());
    unwritten(&gateway, &request, &refusal)
}
