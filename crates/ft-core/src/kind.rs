//! What went wrong, as far as the next step depends on it.

/// The class of a failed attempt. What follows from it is in [`rule`](crate::rule).
///
/// An adapter chooses the kind; nothing above it looks at a status or a phrase again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// No connection: refused, unreachable, DNS, TLS, proxy, or the connect timer.
    Connect,
    /// This process itself lacks what the call needs: a descriptor, a local port, memory, a place in a queue of ours.
    /// Says nothing about the target, and no byte was sent.
    LocalExhausted,
    /// The connection was reset or the answer ended before it was complete.
    Interrupted,
    /// The idle timer fired: the answer had begun and then nothing came.
    Stalled,
    /// The first-token timer fired: no content in the time this target has for it.
    FirstTokenTimeout,
    /// The attempt timer fired: the answer was not complete in the time this target has for it.
    AttemptTimeout,
    /// The caller's deadline fired. Says nothing about the target.
    DeadlineExceeded,
    /// The provider says that it ran out of time (408, 504 with its own words).
    UpstreamTimeout,
    /// The provider failed (500, 502, 52x).
    ServerError,
    /// The provider has no capacity now (503, 529).
    Overloaded,
    /// Too many requests or tokens for the moment; it passes by itself.
    RateLimited,
    /// Out of money or of a quota that no short wait restores.
    QuotaExhausted,
    /// The key is wrong, revoked or missing.
    Auth,
    /// The key is right and this is not allowed to it: region, IP address, plan, model access.
    Forbidden,
    /// No such model here, or no longer.
    ModelNotFound,
    /// The model or endpoint does not take a feature that this request uses; another may.
    Unsupported,
    /// The request is longer than the context window.
    ContextLength,
    /// A content filter refused the request or the answer.
    ContentFiltered,
    /// The caller's mistake: a field that is wrong wherever it is sent.
    InvalidRequest,
    /// The request is too large, in bytes or for a limit that no wait lifts.
    PayloadTooLarge,
    /// A lock or state conflict at the provider (409).
    Conflict,
    /// Success by its status, yet no answer in it: no choices, not JSON, a malformed event.
    Garbled,
    /// A redirect or a 4xx status that means nothing known.
    Other,
}

impl ErrorKind {
    /// Every kind, in the order of the decision table.
    pub const ALL: [Self; 23] = [
        Self::Connect,
        Self::LocalExhausted,
        Self::Interrupted,
        Self::Stalled,
        Self::FirstTokenTimeout,
        Self::AttemptTimeout,
        Self::DeadlineExceeded,
        Self::UpstreamTimeout,
        Self::ServerError,
        Self::Overloaded,
        Self::RateLimited,
        Self::QuotaExhausted,
        Self::Auth,
        Self::Forbidden,
        Self::ModelNotFound,
        Self::Unsupported,
        Self::ContextLength,
        Self::ContentFiltered,
        Self::InvalidRequest,
        Self::PayloadTooLarge,
        Self::Conflict,
        Self::Garbled,
        Self::Other,
    ];

    /// The kind's name in metrics, JSON and configuration. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::LocalExhausted => "local_exhausted",
            Self::Interrupted => "interrupted",
            Self::Stalled => "stalled",
            Self::FirstTokenTimeout => "first_token_timeout",
            Self::AttemptTimeout => "attempt_timeout",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::UpstreamTimeout => "timeout",
            Self::ServerError => "server_error",
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Auth => "auth",
            Self::Forbidden => "forbidden",
            Self::ModelNotFound => "model_not_found",
            Self::Unsupported => "unsupported",
            Self::ContextLength => "context_length",
            Self::ContentFiltered => "content_filtered",
            Self::InvalidRequest => "invalid_request",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Conflict => "conflict",
            Self::Garbled => "garbled",
            Self::Other => "other",
        }
    }

    /// The kind of this name, as [`as_str`](Self::as_str) gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The scope that an error of this kind has when nothing says otherwise.
    #[must_use]
    pub const fn default_scope(self) -> Scope {
        match self {
            Self::Connect => Scope::Endpoint,
            Self::QuotaExhausted | Self::Auth | Self::RateLimited => Scope::Credential,
            Self::LocalExhausted
            | Self::DeadlineExceeded
            | Self::ContextLength
            | Self::ContentFiltered
            | Self::InvalidRequest
            | Self::PayloadTooLarge
            | Self::Other => Scope::Call,
            Self::Interrupted
            | Self::Stalled
            | Self::FirstTokenTimeout
            | Self::AttemptTimeout
            | Self::UpstreamTimeout
            | Self::ServerError
            | Self::Overloaded
            | Self::Forbidden
            | Self::ModelNotFound
            | Self::Unsupported
            | Self::Conflict
            | Self::Garbled => Scope::Target,
        }
    }
}

/// How far a failure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// This request only.
    Call,
    /// This model at this provider; the key's other models still work.
    Target,
    /// The key, account or organisation.
    Credential,
    /// The base URL, the network on the way there, or the region.
    Endpoint,
}

impl Scope {
    /// The scope's name in metrics, JSON and configuration. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Target => "target",
            Self::Credential => "credential",
            Self::Endpoint => "endpoint",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Call, Self::Target, Self::Credential, Self::Endpoint]
            .into_iter()
            .find(|scope| scope.as_str() == name)
    }
}
