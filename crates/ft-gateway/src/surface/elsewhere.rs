//! Paths that are no route: those that are meant as one are answered as it, the others with what is missing.

use axum::Router;
use axum::body::Body;
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use tower::ServiceExt;

use super::{arrive, refuse};
use crate::answer::Refusal;
use crate::gateway::Gateway;
use crate::meters::Route;

/// Answers what no route took.
pub(super) async fn answer(
    gateway: Gateway,
    routes: Router,
    mut request: Request<Body>,
) -> Response<Body> {
    let Some(path) = meant(request.uri().path()) else { return unknown(&gateway, &request) };
    match with_path(request.uri(), path) {
        Some(uri) => *request.uri_mut() = uri,
        None => return unknown(&gateway, &request),
    }
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The route that this path is meant for: clients put a base URL and a path together, and the one ends with `/v1` or
/// a slash, the other begins with it, or neither does.
fn meant(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut rest = &*parts;
    while let ["v1", behind @ ..] = rest {
        rest = behind;
    }
    let meant = match rest {
        ["chat", "completions"] | ["embeddings"] | ["models", ..] => {
            format!("/v1/{}", rest.join("/"))
        }
        ["healthz" | "readyz" | "metrics"] if rest.len() == parts.len() => format!("/{}", rest[0]),
        _ => return None,
    };
    (meant != path).then_some(meant)
}

fn with_path(uri: &Uri, path: String) -> Option<Uri> {
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

fn unknown(gateway: &Gateway, request: &Request<Body>) -> Response<Body> {
    refused(gateway, request, &no_route(request.method().as_str(), request.uri().path()))
}

/// Written down like any other request: who runs the gateway should see what clients ask in vain.
pub(super) fn refused(
    gateway: &Gateway,
    request: &Request<Body>,
    refusal: &Refusal,
) -> Response<Body> {
    let mut visit = arrive(gateway, Route::Other, request);
    match gateway.live().callers.recognise(request.headers()) {
        Some(caller) => visit.is_from(caller),
        None => visit.is_of_a_stranger(),
    }
    visit.asks_at(request.uri().path());
    refuse(visit, refusal)
}

fn no_route(method: &str, path: &str) -> Refusal {
    let message = match advice(path) {
        Some(advice) => format!("there is no {method} {path} here: {advice}"),
        None => format!("there is no {method} {path} here"),
    };
    Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", message).with_code("unknown_url")
}

fn advice(path: &str) -> Option<&'static str> {
    let has = |part: &str| path.split('/').any(|each| each.split(':').next() == Some(part));
    if has("chat") {
        Some("did you mean /v1/chat/completions? The base URL of a client ends with /v1, once")
    } else if has("responses") {
        Some(
            "this gateway speaks chat completions; tell the client to use them instead of the Responses API",
        )
    } else if has("messages") {
        Some(
            "this gateway speaks OpenAI's chat completions, not Anthropic's Messages; use a client of OpenAI's",
        )
    } else if has("v1beta") {
        Some(
            "this gateway speaks OpenAI's chat completions, not Gemini's API; use a client of OpenAI's",
        )
    } else if has("completions") {
        Some(
            "did you mean /v1/chat/completions? The older completions without messages are not served",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_with_one_v1_too_many_or_too_few_is_understood() {
        for path in [
            "/chat/completions",
            "/chat/completions/",
            "/v1/chat/completions/",
            "//v1/chat/completions",
            "/v1//chat/completions",
            "/v1/v1/chat/completions",
        ] {
            assert_eq!(meant(path).as_deref(), Some("/v1/chat/completions"), "{path}");
        }
        for (path, route) in [
            ("/models", "/v1/models"),
            ("/v1/models/", "/v1/models"),
            ("/models/sim/m", "/v1/models/sim/m"),
            ("/embeddings", "/v1/embeddings"),
            ("/healthz/", "/healthz"),
        ] {
            assert_eq!(meant(path).as_deref(), Some(route), "{path}");
        }
    }

    #[test]
    fn what_is_something_else_stays_it() {
        for path in ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/healthz", "/"]
        {
            assert_eq!(meant(path), None, "{path}");
        }
    }
}
