//! From the client's one error to the caller's.

use ft_client::{Error, FailKind};
use ft_core::{ErrorKind, ProviderError};
use http::StatusCode;

use super::Refusal;

impl From<&Error> for Refusal {
    /// The status says whose turn it is: 4xx where the request must change, 429 where the caller must wait, 5xx
    /// where nobody could answer. A provider's 401 is never the caller's: their key was right.
    fn from(error: &Error) -> Self {
        let refusal = match error.kind() {
            FailKind::Invalid => invalid(error),
            FailKind::Refused => refused(error),
            FailKind::TooLong => too_long(error),
            FailKind::MidStream => broke_off(error),
            FailKind::Deadline | FailKind::Exhausted if error.is_throttled() => {
                new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", error, "rate_limit_exceeded")
            }
            FailKind::Deadline => {
                new(StatusCode::GATEWAY_TIMEOUT, "timeout_error", error, "deadline_exceeded")
            }
            FailKind::Spend => {
                new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", error, "budget_exceeded")
            }
            _ => exhausted(error),
        };
        match error.retry_after() {
            Some(wait) if refusal.status != StatusCode::BAD_REQUEST => {
                refusal.with_retry_after(wait)
            }
            _ => refusal,
        }
    }
}

fn new(status: StatusCode, kind: &str, error: &Error, code: &str) -> Refusal {
    Refusal::new(status, kind, in_its_words(error)).with_code(code)
}

/// What happened, and what the provider said of it: scrubbed and cut where it was read, and for the caller alone.
fn in_its_words(error: &Error) -> String {
    let Some(cause) = error.cause() else { return error.to_string() };
    match cause.message() {
        // What the provider did not say, this process found out.
        Some(found) if cause.status().is_none() || cause.kind() == ErrorKind::Garbled => {
            format!("{error}; {found}")
        }
        Some(said) => format!("{error}; the provider said: {said}"),
        None => error.to_string(),
    }
}

/// It breaks a rule that every target has, in OpenAI's words for it.
fn invalid(error: &Error) -> Refusal {
    let refusal = Refusal::invalid(error.to_string());
    match (error.param(), error.code()) {
        (Some(param), Some(code)) => refusal.with_param(param).with_code(code),
        _ => refusal,
    }
}

/// The provider refused the request itself: its own words, since only they say what to change.
fn refused(error: &Error) -> Refusal {
    let Some(cause) = error.cause() else {
        return Refusal::invalid(error.to_string()).with_code("unsupported_feature");
    };
    let status = cause
        .status()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .filter(StatusCode::is_client_error)
        .unwrap_or(StatusCode::BAD_REQUEST);
    let message = cause.message().map_or_else(|| error.to_string(), str::to_owned);
    let kind = cause.vendor_type().unwrap_or("invalid_request_error");
    let mut refusal = Refusal::new(status, kind, message).with_details(cause.details());
    if let Some(code) = cause.code().or_else(|| default_code(cause)) {
        refusal = refusal.with_code(code);
    }
    match cause.param() {
        Some(param) => refusal.with_param(param),
        None => refusal,
    }
}

/// In the provider's words where it was one that said so: they tell the window, and clients look for them.
fn too_long(error: &Error) -> Refusal {
    let said = error.cause().and_then(ProviderError::message);
    Refusal::invalid(said.map_or_else(|| error.to_string(), str::to_owned))
        .with_code("context_length_exceeded")
        .with_param("messages")
}

fn default_code(cause: &ProviderError) -> Option<&'static str> {
    match cause.kind() {
        ErrorKind::ContentFiltered => Some("content_filter"),
        ErrorKind::ContextLength => Some("context_length_exceeded"),
        _ => None,
    }
}

/// Nobody answered: by what the first one's failure was.
fn exhausted(error: &Error) -> Refusal {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match error.cause().map(ProviderError::kind) {
        Some(ErrorKind::RateLimited) => {
            new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", error, "rate_limit_exceeded")
        }
        Some(ErrorKind::QuotaExhausted) => {
            new(unavailable, "upstream_error", error, "upstream_quota_exhausted")
        }
        Some(ErrorKind::Auth) => new(unavailable, "upstream_error", error, "upstream_auth"),
        Some(
            ErrorKind::FirstTokenTimeout
            | ErrorKind::AttemptTimeout
            | ErrorKind::UpstreamTimeout
            | ErrorKind::Stalled,
        ) => new(StatusCode::GATEWAY_TIMEOUT, "timeout_error", error, "upstream_timeout"),
        Some(ErrorKind::ModelNotFound) => {
            new(StatusCode::NOT_FOUND, "invalid_request_error", error, "model_not_found")
        }
        Some(ErrorKind::Overloaded) => {
            new(unavailable, "overloaded_error", error, "upstream_overloaded")
        }
        Some(ErrorKind::LocalExhausted) => {
            new(unavailable, "overloaded_error", error, "local_exhausted")
        }
        Some(_) => new(StatusCode::BAD_GATEWAY, "upstream_error", error, "upstream_error"),
        // All were gated, or their breakers open: nobody was even asked.
        None => new(unavailable, "overloaded_error", error, "no_target_available"),
    }
}

/// Only in a stream: the status has long been said.
fn broke_off(error: &Error) -> Refusal {
    let code = match error.cause().map(ProviderError::kind) {
        Some(ErrorKind::Stalled) => "upstream_stream_stalled",
        Some(ErrorKind::AttemptTimeout | ErrorKind::DeadlineExceeded) => "upstream_timeout",
        Some(ErrorKind::Garbled) => "upstream_stream_garbled",
        Some(ErrorKind::Interrupted) | None => "upstream_stream_truncated",
        Some(_) => "upstream_error",
    };
    new(StatusCode::BAD_GATEWAY, "upstream_error", error, code)
}
