//! The error that a status and a body stand for: the code first, then the status.

use std::time::Duration;

use ft_core::{ErrorKind, ProviderError};
use serde_json::Value;

/// The error of a reply. `body` may hold an `error` in OpenAI's form.
pub(super) fn classify(
    status: u16,
    headers: &[(String, String)],
    body: Option<&Value>,
) -> ProviderError {
    let error = body.and_then(|body| body.get("error"));
    let text = |field: &str| Some(error?.get(field)?.as_str()?.to_owned());
    // Some vendors give the status again, as a number, where others have a code.
    let inner_status = error.and_then(|error| u16::try_from(error.get("code")?.as_u64()?).ok());
    let (code, vendor_type) = (text("code"), text("type"));
    let message = text("message").unwrap_or_default();
    let failed = || code.as_deref().filter(|code| *code == "server_error" && !crowded(&message));
    let kind = code
        .as_deref()
        .and_then(by_word)
        .or_else(|| failed().map(|_| ErrorKind::ServerError))
        .or_else(|| vendor_type.as_deref().and_then(by_word))
        .unwrap_or_else(|| by_status(inner_status.unwrap_or(status)));
    let mut made = ProviderError::new(kind).with_status(status);
    if let Some(code) = code {
        made = made.with_code(code);
    }
    if let Some(vendor_type) = vendor_type {
        made = made.with_vendor_type(vendor_type);
    }
    if let Some(param) = text("param") {
        made = made.with_param(param);
    }
    if !message.is_empty() {
        made = made.with_message(message);
    }
    if let Some(wait) = hint(headers) {
        made = made.with_retry_after(wait);
    }
    made
}

fn by_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "insufficient_quota" => ErrorKind::QuotaExhausted,
        "rate_limit_exceeded" | "rate_limit_error" => ErrorKind::RateLimited,
        "context_length_exceeded" => ErrorKind::ContextLength,
        "content_filter" | "content_policy_violation" => ErrorKind::ContentFiltered,
        "invalid_api_key" | "authentication_error" => ErrorKind::Auth,
        "model_not_found" => ErrorKind::ModelNotFound,
        "overloaded_error" => ErrorKind::Overloaded,
        "unsupported_parameter" | "unsupported_value" => ErrorKind::Unsupported,
        _ => return None,
    })
}

/// Whether an error of the server says that it has too much to do, as those of an outage often do.
fn crowded(message: &str) -> bool {
    ["overloaded", "busy", "unavailable", "capacity", "loading"]
        .iter()
        .any(|word| message.contains(word))
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        200..=299 => ErrorKind::Garbled,
        400 | 422 => ErrorKind::InvalidRequest,
        401 => ErrorKind::Auth,
        402 => ErrorKind::QuotaExhausted,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::ModelNotFound,
        408 | 504 => ErrorKind::UpstreamTimeout,
        409 => ErrorKind::Conflict,
        413 => ErrorKind::PayloadTooLarge,
        425 => ErrorKind::Overloaded,
        429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        500..=599 => ErrorKind::ServerError,
        _ => ErrorKind::Other,
    }
}

fn hint(headers: &[(String, String)]) -> Option<Duration> {
    let number = |name: &str| {
        let found = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found?.1.trim().parse::<u64>().ok()
    };
    number("retry-after-ms")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}
