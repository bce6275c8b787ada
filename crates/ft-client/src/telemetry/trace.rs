//! Logs: a span for each request, an event for each attempt and for the request's end.
//!
//! Never a prompt, an answer or a key; and no text of a provider's but its codes and the sentences that are the
//! same for everybody, since providers repeat all three.

use std::error::Error as _;

use ft_core::{ErrorKind, ProviderError};
use tracing::Span;

use crate::answer::{Attempt, Report};
use crate::error::Error;

/// The span of a request.
pub(crate) fn request_span(chain: &str, request_id: &str, streamed: bool) -> Span {
    tracing::debug_span!("request", chain, request_id, streamed)
}

/// An attempt ended.
pub(crate) fn attempt_ended(span: &Span, attempt: &Attempt) {
    tracing::debug!(
        parent: span,
        provider = %attempt.provider,
        model = %attempt.model,
        manner = attempt.manner.as_str(),
        outcome = attempt.outcome.as_str(),
        status = attempt.status,
        code = attempt.code,
        r#type = attempt.vendor_type,
        wording = attempt.wording,
        took_ms = millis(attempt.took),
        first_token_ms = attempt.first_token.map(millis),
        cost = attempt.cost.map(tracing::field::display),
        "attempt ended"
    );
}

/// A provider refused a key for all that it was used for, and it is out. `untold`: so many more since this was last
/// told.
pub(crate) fn credential_out(
    attempt: &Attempt,
    key: Option<&str>,
    error: &ProviderError,
    untold: u64,
) {
    let what = match error.kind() {
        ErrorKind::Auth => "a provider refused the key: put a valid one into `keys`",
        ErrorKind::QuotaExhausted => "the account of a key has no credit or quota left: top it up",
        _ => "a key is not allowed what was asked with it: ask the provider for access",
    };
    tracing::warn!(
        provider = %attempt.provider,
        model = %attempt.model,
        key,
        kind = error.kind().as_str(),
        status = error.status(),
        code = attempt.code,
        r#type = attempt.vendor_type,
        wording = attempt.wording,
        untold,
        "{what}"
    );
}

/// An attempt failed for what this process itself lacks. `untold`: so many more since this was last told.
pub(crate) fn local_exhausted(attempt: &Attempt, error: &ProviderError, untold: u64) {
    let cause = error.source().map(tracing::field::display);
    tracing::warn!(
        provider = %attempt.provider,
        model = %attempt.model,
        cause,
        untold,
        "this process has no descriptor, local port or memory left for a call: raise `ulimit -n`, or lower in_flight"
    );
}

/// A target was passed over.
pub(crate) fn skipped(span: &Span, attempt: &Attempt) {
    tracing::debug!(
        parent: span,
        provider = %attempt.provider,
        model = %attempt.model,
        reason = attempt.outcome.as_str(),
        "target skipped"
    );
}

/// The request ended.
pub(crate) fn request_ended(span: &Span, report: &Report, error: Option<&Error>) {
    tracing::debug!(
        parent: span,
        tier = report.tier.name(),
        fallback_level = report.fallback_level,
        attempts = report.attempts_made(),
        cache = report.cache.as_str(),
        latency_ms = millis(report.latency),
        cost = report.cost.map(tracing::field::display),
        error = error.map(|error| error.kind().as_str()),
        "request ended"
    );
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
