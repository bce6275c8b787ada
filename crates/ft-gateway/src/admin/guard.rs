//! Who may use the admin API.
//!
//! With a key configured: who presents it. Without one the listener is on loopback, and still not everything on
//! this machine may be obeyed: a page that the operator's browser shows can send requests to loopback addresses,
//! under its own name after rebinding it (`Host: example.org`), or across origins (`Origin: https://example.org`).
//! So then a request must name this machine, and a browser must say that it comes from a page of this gateway.

use axum::body::Body;
use axum::extract::State;
use axum::middleware::Next;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Request, Response, StatusCode, Uri};

use crate::answer::Refusal;
use crate::caller::presented;
use crate::gateway::Gateway;
use crate::page;

/// Lets a request pass, or refuses it.
pub(super) async fn check(
    State(gateway): State<Gateway>,
    request: Request<Body>,
    next: Next,
) -> Response<Body> {
    let live = gateway.live();
    let allowed = match (&*live.config.server.admin_key_sha256, presented(request.headers())) {
        ([], _) => local(request.uri(), request.headers()),
        // It holds nothing but the question for the key.
        _ if request.uri().path() == page::PATH => Ok(()),
        (_, Some(_)) if live.config.server.is_admin(request.headers()) => Ok(()),
        (_, Some(_)) => Err(no_key("the key is not this gateway's admin key")),
        (_, None) => Err(no_key(
            "the admin API of this gateway needs its key: send it as `Authorization: Bearer …`",
        )),
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.response(),
    }
}

fn no_key(message: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
        .with_code("invalid_api_key")
}

/// Whether the request is made to this machine by its name, and by no foreign page.
pub(crate) fn local(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    if host(uri, headers).is_none() {
        return Err(nowhere());
    }
    names_this_machine(uri, headers)?;
    from_no_foreign_page(uri, headers)
}

/// Whether it is made under a name of this machine, or under none, which no browser does.
pub(crate) fn names_this_machine(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    match host(uri, headers) {
        None if !headers.contains_key(HOST) => Ok(()),
        Some(host) if is_loopback(host.host()) => Ok(()),
        _ => Err(nowhere()),
    }
}

/// Whether no page sent it, or one that this very listener served.
pub(crate) fn from_no_foreign_page(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        None => {}
        Some(origin)
            if host(uri, headers)
                .is_some_and(|host| origin.strip_prefix("http://") == Some(host.as_str())) => {}
        Some(_) => return Err(foreign("the request comes from a page of another origin")),
    }
    let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default());
    match site {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(foreign("the request comes from a page of another site")),
    }
}

fn host(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    match headers.get(HOST) {
        Some(host) => host.to_str().ok().and_then(|host| host.parse().ok()),
        // HTTP/2 has it in the address.
        None => uri.authority().cloned(),
    }
}

fn nowhere() -> Refusal {
    foreign(
        "without a key this is answered only under a name of this machine, such as `localhost` or `127.0.0.1`; a proxy \
         in front sends its own name along unless it is told to send one of these as `Host`",
    )
}

fn foreign(message: &str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, "invalid_request_error", message)
        .with_code("foreign_request")
}

fn is_loopback(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        local(&Uri::from_static("/admin/health"), &HeaderMap::from_iter(headers)).is_ok()
    }

    #[test]
    fn names_of_this_machine_pass() {
        for host in ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "127.9.9.9", "[::1]:8081"] {
            assert!(passes(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn a_rebound_name_is_refused() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8081",
            "10.0.0.7",
            "",
        ] {
            assert!(!passes(&[("host", host)]), "{host}");
        }
        assert!(!passes(&[]));
    }

    #[test]
    fn only_pages_of_this_gateway_pass() {
        let host = ("host", "localhost:8081");
        assert!(passes(&[host, ("origin", "http://localhost:8081")]));
        for origin in [
            "https://evil.example",
            "http://localhost:3000",
            "http://localhost:80812",
            "http://127.0.0.1:8081",
            "null",
        ] {
            assert!(!passes(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(passes(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(passes(&[host, ("sec-fetch-site", "none")]));
        assert!(!passes(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!passes(&[host, ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn without_a_host_header_the_address_counts() {
        let uri = Uri::from_static("http://localhost:8081/admin/health");
        assert!(local(&uri, &HeaderMap::new()).is_ok());
        let uri = Uri::from_static("http://evil.example/admin/health");
        assert!(local(&uri, &HeaderMap::new()).is_err());
    }
}
