//! An error as the caller gets it.

use std::time::Duration;

use axum::body::Body;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// An error with its status, in the envelope that OpenAI's SDKs read.
///
/// All are final: the gateway has already tried what may be tried, so the SDKs are told not to repeat it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    message: String,
    kind: String,
    code: Option<String>,
    param: Option<String>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: kind.to_owned(),
            code: None,
            param: None,
            retry_after: None,
        }
    }

    /// The request cannot be understood.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// Where in the body, and which rule; a parser's message can repeat what was said, so only its place is told.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "has a field of a wrong type or lacks one",
            _ => "is not valid JSON",
        };
        let place = format!("line {} column {}", error.line(), error.column());
        Self::invalid(format!("the body {what}, at {place}")).with_code("invalid_body")
    }

    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("the body is larger than {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", message)
            .with_code("request_too_large")
    }

    pub(crate) fn too_slow(within: Duration) -> Self {
        let message = format!("the body did not arrive within {} s", within.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "invalid_request_error", message)
            .with_code("request_timeout")
    }

    pub(crate) fn no_route(method: &str, path: &str) -> Self {
        let message = format!("there is no {method} {path} here");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).with_code("unknown_url")
    }

    pub(crate) fn no_model(name: &str) -> Self {
        let message =
            format!("there is no model or chain `{name}`; ask GET /v1/models for those there are");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
            .with_code("model_not_found")
            .with_param("model")
    }

    /// A fault of the gateway itself.
    pub(crate) fn internal() -> Self {
        let message = "the gateway failed; its log has more under this request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message)
            .with_code("internal_error")
    }

    /// Another request with the same idempotency key is in flight.
    pub(crate) fn conflict() -> Self {
        let message = "another request with this idempotency key and another body is in flight";
        Self::new(StatusCode::CONFLICT, "invalid_request_error", message)
            .with_code("idempotency_conflict")
            .with_param("idempotency-key")
    }

    pub(crate) fn unwritable() -> Self {
        let message = "the answer cannot be written as JSON";
        Self::new(StatusCode::BAD_GATEWAY, "upstream_error", message).with_code("upstream_error")
    }

    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(crate) fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The envelope.
    pub(crate) fn body(&self) -> Value {
        json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }})
    }

    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-should-retry", HeaderValue::from_static("false"));
        if let Some(wait) = self.retry_after {
            // Whole seconds, rounded up: who comes early is refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            headers.insert("retry-after-ms", HeaderValue::from(millis));
        }
        response
    }
}
