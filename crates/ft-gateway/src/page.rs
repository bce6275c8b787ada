//! The status page: one file in the binary, which asks the admin API and shows what it says.
//!
//! It loads nothing and runs nothing but itself, and its policy makes the browser hold it to that: names of models
//! and chains are data, and even if one were markup it could do nothing.

use std::sync::LazyLock;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, Response};
use sha2::{Digest, Sha256};

/// Where it is.
pub(crate) const PATH: &str = "/";

const PAGE: &str = include_str!("page/status.html");

/// What the page may do: run its own script and style, known by their hashes, and ask its own origin.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let (script, style) = (hash("script"), hash("style"));
    let policy = format!(
        "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The page.
pub(crate) async fn status() -> Response<Body> {
    let mut response = Response::new(Body::from(PAGE));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A new version of the gateway has a new page.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The hash of the one element of this name, as a policy names it.
fn hash(element: &str) -> String {
    let content = content(element).unwrap_or_default();
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content)))
}

fn content(element: &str) -> Option<&'static str> {
    let (_, rest) = PAGE.split_once(&format!("<{element}>"))?;
    rest.split_once(&format!("</{element}>")).map(|(content, _)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_one_script_and_one_style_and_loads_nothing() {
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1, "{element}");
            assert!(content(element).is_some_and(|content| content.len() > 1_000), "{element}");
        }
        for foreign in ["http://", "https://", "src=", "@import", "url(", "integrity="] {
            let allowed = PAGE.replace("http://www.w3.org/2000/svg", "");
            assert!(!allowed.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn its_script_never_makes_markup_of_text() {
        let script = content("script").unwrap();
        for danger in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!script.contains(danger), "{danger}");
        }
    }

    #[test]
    fn attributes_that_the_policy_forbids_are_not_used() {
        for inline in [" style=\"", " onclick=", " onload="] {
            assert!(!PAGE.contains(inline), "{inline}");
        }
    }
}
