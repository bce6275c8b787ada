//! An error as the caller gets it.

use std::time::Duration;

use axum::body::Body;
use ft_client::config::DEFAULT_CHAIN;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::misread::Misread;

/// An error with its status, in the envelope that OpenAI's SDKs read.
///
/// Nearly all are final: the gateway has already tried what may be tried, so the SDKs are told not to repeat it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    message: String,
    kind: String,
    code: Option<Box<str>>,
    param: Option<Box<str>>,
    /// Further members of the error object. Boxed, for few have any.
    details: Option<Box<Map<String, Value>>>,
    retry_after: Option<Duration>,
    worth_repeating: bool,
}

/// More names than this would hide what the message says.
const MOST_NAMES: usize = 10;

impl Refusal {
    pub(crate) fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: kind.to_owned(),
            code: None,
            param: None,
            details: None,
            retry_after: None,
            worth_repeating: false,
        }
    }

    /// The request cannot be understood.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// Where in the body, and which rule; a parser's message can repeat what was said, so only the field, what it
    /// must be and the place are told.
    pub(crate) fn unreadable(error: &serde_json::Error, body: &[u8]) -> Self {
        let of_types = error.classify() == serde_json::error::Category::Data;
        let misread = if of_types { Misread::of(error, body) } else { None };
        let what = match &misread {
            Some(Misread { field, rule }) if field.is_empty() => format!("the body {rule}"),
            Some(Misread { field, rule }) => format!("the body's `{field}` {rule}"),
            None if of_types => "the body has a field of a wrong type or lacks one".to_owned(),
            // serde_json's words for its bound, which keeps a body from using up the stack.
            None if error.to_string().starts_with("recursion limit exceeded") => {
                "the body is nested deeper than 127 levels".to_owned()
            }
            None => "the body is not valid JSON".to_owned(),
        };
        // An error that was found after the text was read has no place.
        let place = match error.line() {
            0 => String::new(),
            line => format!(", at line {line} column {}", error.column()),
        };
        let refusal = Self::invalid(what + &place).with_code("invalid_body");
        match misread {
            Some(Misread { field, .. }) if !field.is_empty() => refusal.with_param(field),
            _ => refusal,
        }
    }

    /// The body is compressed, which no client does unasked.
    pub(crate) fn compressed() -> Self {
        let message = "the body is compressed, and is taken only as it is: send it without `content-encoding`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request_error", message)
            .with_code("unsupported_content_encoding")
            .with_param("content-encoding")
    }

    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("the body is larger than {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", message)
            .with_code("request_too_large")
    }

    pub(crate) fn large_head(most: usize) -> Self {
        let message = format!("the request's headers are larger than {most} bytes");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, "invalid_request_error", message).with_code("headers_too_large")
    }

    pub(crate) fn too_slow(within: Duration) -> Self {
        let message = format!("the body did not arrive within {} s", within.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "invalid_request_error", message)
            .with_code("request_timeout")
    }

    /// As many bytes of bodies are held as may be. It passes by itself, so an SDK may try again.
    pub(crate) fn full() -> Self {
        let message =
            "the gateway holds as many bytes of requests as it may (`server.max_buffered`)";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", message)
            .with_code("overloaded")
            .with_retry_after(Duration::from_secs(1))
    }

    /// The process ends, and the stream with it.
    pub(crate) fn stopped() -> Self {
        let message = "the gateway was stopped before the answer was complete";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", message)
            .with_code("gateway_stopped")
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

    /// It names no model, and there is no chain for such requests; these may be named.
    pub(crate) fn no_name<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        if more > 0 {
            names.push(format!("and {more} more, which GET /v1/models lists"));
        }
        let names = names.join(", ");
        let message = format!(
            "the request names no model, and there is no chain `{DEFAULT_CHAIN}`: name one of {names}"
        );
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
        let message = "another request with this idempotency key is in flight, which differs in its body, its \
                       route or its x-ft- headers";
        Self::new(StatusCode::CONFLICT, "invalid_request_error", message)
            .with_code("idempotency_conflict")
            .with_param("idempotency-key")
    }

    pub(crate) fn unwritable() -> Self {
        let message = "the answer cannot be written as JSON";
        Self::new(StatusCode::BAD_GATEWAY, "upstream_error", message).with_code("upstream_error")
    }

    pub(crate) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into().into());
        self
    }

    pub(crate) fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into().into());
        self
    }

    /// What else the provider's error object has. It never stands for one of ours.
    pub(crate) fn with_details(mut self, details: &Map<String, Value>) -> Self {
        self.details = (!details.is_empty()).then(|| Box::new(details.clone()));
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Nobody was asked, and after the wait somebody will be: here an SDK that waits and asks again does right.
    pub(crate) fn worth_repeating(mut self) -> Self {
        self.worth_repeating = true;
        self
    }

    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The envelope.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }});
        for (name, value) in self.details.as_deref().into_iter().flatten() {
            let place = &mut body["error"][name];
            if place.is_null() {
                place.clone_from(value);
            }
        }
        body
    }

    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if !self.worth_repeating {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ft\""));
        }
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
