//! The headers that say how an answer came about.

use axum::body::Body;
use bytes::Bytes;
use ft_client::Report;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// How many headers an answer has at most: its type, its id, seven of ours, its length and its date.
const HEADERS: usize = 11;

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    // Room for all that is written below and by hyper, so that the map grows once.
    response.headers_mut().reserve(HEADERS);
    let content_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Writes `x-ft-*`: who served, at which tier, after how many attempts, what it cost, what was dropped.
///
/// Of a stream these are what is known with its first content; the cost is not.
pub(crate) fn describe(headers: &mut HeaderMap, report: &Report) {
    let mut set = |name: &'static str, value: &str| {
        // Names come from configuration, where more is allowed than in a header.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(served) = &report.served_by {
        set("x-ft-served-by", &format!("{}/{}", served.provider, served.model));
    }
    set("x-ft-tier", report.tier.name());
    set("x-ft-attempts", &report.attempts_made().to_string());
    set("x-ft-cache", report.cache.as_str());
    if let Some(cost) = report.cost {
        let dollars = cost.to_string();
        set("x-ft-cost-usd", dollars.trim_start_matches('$'));
        if report.cost_is_estimate {
            set("x-ft-cost-estimate", "true");
        }
    }
    if let Some(fit) = &report.fit {
        set("x-ft-fit", &fitted(fit));
    }
}

fn fitted(fit: &ft_client::context::FitReport) -> String {
    let mut parts = Vec::with_capacity(2);
    if fit.dropped_messages > 0 {
        parts.push(format!("dropped_messages={}", fit.dropped_messages));
    }
    if let Some(most) = fit.max_output {
        parts.push(format!("max_output={most}"));
    }
    parts.join(", ")
}
