//! The failure of one attempt at one provider.

use std::error::Error;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "chat")]
use serde_json::{Map, Value};

use crate::kind::{ErrorKind, Scope};

/// Why one attempt failed.
///
/// Branch on [`kind`](Self::kind) and [`scope`](Self::scope).
/// `Display` and `Debug` print the class, the status and the provider's code, and never its message:
/// providers quote prompts and keys in those. Ask for [`message`](Self::message) where the caller may see it.
/// The wording of `Display` is not part of the contract.
pub struct ProviderError {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    scope: Scope,
    status: Option<u16>,
    code: Option<String>,
    vendor_type: Option<String>,
    param: Option<String>,
    message: Option<String>,
    wording: Option<String>,
    #[cfg(feature = "chat")]
    details: Map<String, Value>,
    retry_after: Option<Duration>,
    limit_tokens: Option<u64>,
    request_id: Option<String>,
    sent: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ProviderError {
    /// An error of this kind, with the kind's usual scope.
    ///
    /// It counts as sent (so possibly billed) unless the kind is [`ErrorKind::Connect`] or
    /// [`ErrorKind::LocalExhausted`].
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                scope: kind.default_scope(),
                status: None,
                code: None,
                vendor_type: None,
                param: None,
                message: None,
                wording: None,
                #[cfg(feature = "chat")]
                details: Map::new(),
                retry_after: None,
                limit_tokens: None,
                request_id: None,
                sent: !matches!(kind, ErrorKind::Connect | ErrorKind::LocalExhausted),
                source: None,
            }),
        }
    }

    /// Sets how far the failure reaches.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.inner.scope = scope;
        self
    }

    /// Sets the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Sets the provider's own code, as it stands in the body.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.inner.code = Some(code.into());
        self
    }

    /// Sets the provider's own error type, as it stands in the body.
    #[must_use]
    pub fn with_vendor_type(mut self, vendor_type: impl Into<String>) -> Self {
        self.inner.vendor_type = Some(vendor_type.into());
        self
    }

    /// Sets the field of the request that the provider names.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.inner.param = Some(param.into());
        self
    }

    /// Sets the provider's words. The adapter has scrubbed them of its key.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.inner.message = Some(message.into());
        self
    }

    /// Sets the sentence among the provider's words that is the same for everybody.
    #[must_use]
    pub fn with_wording(mut self, wording: impl Into<String>) -> Self {
        self.inner.wording = Some(wording.into());
        self
    }

    /// Sets what else stands in the provider's error object. The adapter has scrubbed it of its key.
    #[cfg(feature = "chat")]
    #[must_use]
    pub fn with_details(mut self, details: Map<String, Value>) -> Self {
        self.inner.details = details;
        self
    }

    /// Sets how long the provider asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.inner.retry_after = Some(wait);
        self
    }

    /// Sets a limit in tokens that the provider's words give away.
    #[must_use]
    pub fn with_limit_tokens(mut self, tokens: u64) -> Self {
        self.inner.limit_tokens = Some(tokens);
        self
    }

    /// Sets the provider's id of this request.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.inner.request_id = Some(id.into());
        self
    }

    /// Sets whether any byte of the request was sent, so that the provider may bill it.
    #[must_use]
    pub fn with_sent(mut self, sent: bool) -> Self {
        self.inner.sent = sent;
        self
    }

    /// Sets the cause. It must not carry a key, a prompt or an answer.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// How far the failure reaches.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.inner.scope
    }

    /// The HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The provider's own code, such as `insufficient_quota`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// The provider's own error type, such as `invalid_request_error`.
    #[must_use]
    pub fn vendor_type(&self) -> Option<&str> {
        self.inner.vendor_type.as_deref()
    }

    /// The field of the request that the provider names.
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        self.inner.param.as_deref()
    }

    /// The provider's words, scrubbed of the key. May quote the prompt: for the caller, not for a log.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.inner.message.as_deref()
    }

    /// The sentence among the provider's words that is known to be the same for everybody, as a table has it and not
    /// as it came: it quotes nothing, so a log may have it.
    #[must_use]
    pub fn wording(&self) -> Option<&str> {
        self.inner.wording.as_deref()
    }

    /// What stands in the provider's error object beside its message, type, code and parameter, such as Azure's
    /// `innererror`, scrubbed of the key; kept of errors of the request. For the caller, not for a log.
    #[cfg(feature = "chat")]
    #[must_use]
    pub fn details(&self) -> &Map<String, Value> {
        &self.inner.details
    }

    /// How long the provider asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The limit in tokens that the provider's words give away.
    #[must_use]
    pub fn limit_tokens(&self) -> Option<u64> {
        self.inner.limit_tokens
    }

    /// The provider's id of this request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// Whether any byte of the request was sent, so that the provider may bill it.
    #[must_use]
    pub fn sent(&self) -> bool {
        self.inner.sent
    }

    /// One of the timers fired: first token, idle, attempt, or the deadline; or the provider said it timed out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Stalled
                | ErrorKind::FirstTokenTimeout
                | ErrorKind::AttemptTimeout
                | ErrorKind::DeadlineExceeded
                | ErrorKind::UpstreamTimeout
        )
    }

    /// The provider limits the rate of this key or model.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self.inner.kind, ErrorKind::RateLimited)
    }
}

impl From<ErrorKind> for ProviderError {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.kind {
            ErrorKind::Connect => "no connection to the provider",
            ErrorKind::LocalExhausted => {
                "this process has no descriptor, local port or memory left for the call"
            }
            ErrorKind::Interrupted => "the connection ended before the answer was complete",
            ErrorKind::Stalled => "the idle timer fired: the answer began and then nothing came",
            ErrorKind::FirstTokenTimeout => "the first-token timer fired: no content came",
            ErrorKind::AttemptTimeout => "the attempt timer fired: the answer was not complete",
            ErrorKind::DeadlineExceeded => "the deadline passed",
            ErrorKind::UpstreamTimeout => "the provider timed out",
            ErrorKind::ServerError => "the provider failed",
            ErrorKind::Overloaded => "the provider is overloaded",
            ErrorKind::RateLimited => "the provider limits the rate",
            ErrorKind::QuotaExhausted => "the account's quota or credit is used up",
            ErrorKind::Auth => "the provider refused the key",
            ErrorKind::Forbidden => "the provider does not allow this",
            ErrorKind::ModelNotFound => "the provider has no such model",
            ErrorKind::Unsupported => "the model does not support a feature of this request",
            ErrorKind::ContextLength => "the request is longer than the context window",
            ErrorKind::ContentFiltered => "a content filter refused",
            ErrorKind::InvalidRequest => "the provider refused the request as invalid",
            ErrorKind::PayloadTooLarge => "the request is too large for the provider",
            ErrorKind::Conflict => "the provider reports a conflict",
            ErrorKind::Garbled => "the provider's answer could not be read",
            ErrorKind::Other => "the provider gave an unexpected answer",
        })?;
        let mut details = Vec::with_capacity(3);
        details.extend(self.inner.status.map(|status| status.to_string()));
        details.extend(self.inner.code.clone());
        details.extend(self.inner.retry_after.map(|wait| format!("retry after {wait:?}")));
        if details.is_empty() { Ok(()) } else { write!(f, " ({})", details.join(", ")) }
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("kind", &self.inner.kind)
            .field("scope", &self.inner.scope)
            .field("status", &self.inner.status)
            .field("code", &self.inner.code)
            .field("retry_after", &self.inner.retry_after)
            .field("limit_tokens", &self.inner.limit_tokens)
            .field("request_id", &self.inner.request_id)
            .field("sent", &self.inner.sent)
            .finish_non_exhaustive()
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_display_nor_debug_shows_the_providers_words() {
        let error = ProviderError::new(ErrorKind::RateLimited)
            .with_status(429)
            .with_code("rate_limit_exceeded")
            .with_message("Rate limit reached while answering: what is my PIN")
            .with_retry_after(Duration::from_secs(8));
        assert_eq!(
            error.to_string(),
            "the provider limits the rate (429, rate_limit_exceeded, retry after 8s)"
        );
        assert!(!format!("{error:?}").contains("PIN"));
        assert!(error.message().unwrap().contains("PIN"));
    }

    #[test]
    fn only_what_got_no_connection_is_surely_not_billed() {
        for kind in ErrorKind::ALL {
            let unsent = matches!(kind, ErrorKind::Connect | ErrorKind::LocalExhausted);
            assert_eq!(ProviderError::new(kind).sent(), !unsent);
            assert_eq!(ErrorKind::from_name(kind.as_str()), Some(kind));
        }
    }
}
