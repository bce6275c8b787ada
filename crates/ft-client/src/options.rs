//! What one call overrides.

use std::time::Duration;

use ft_core::decide::MidStream;

use crate::config::{Commit, DEFAULT_CHAIN};

/// Overrides of one call. All default to the chain's own settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CallOptions {
    /// The chain that serves it. Default `default`.
    pub chain: String,
    /// Who asks: tenants share no cached answer. Default: the empty name.
    pub tenant: String,
    /// The longest that everything live may take. A longer one than the chain's is cut to that.
    pub deadline: Option<Duration>,
    /// Most attempts.
    pub max_attempts: Option<u32>,
    /// Asks the first target only, and gives its failure instead of a stale or emergency answer.
    pub no_fallback: bool,
    /// Neither reads nor fills the cache.
    pub no_cache: bool,
    /// Gives an error rather than the emergency answer.
    pub no_emergency: bool,
    /// What happens when a stream breaks after content has reached the caller.
    pub mid_stream: Option<MidStream>,
    /// When a stream's first piece may reach the caller.
    pub commit: Option<Commit>,
    /// Passed upstream with every attempt.
    pub idempotency_key: Option<String>,
    /// The request's id in answers and logs. Default: a new one.
    pub request_id: Option<String>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            chain: DEFAULT_CHAIN.to_owned(),
            tenant: String::new(),
            deadline: None,
            max_attempts: None,
            no_fallback: false,
            no_cache: false,
            no_emergency: false,
            mid_stream: None,
            commit: None,
            idempotency_key: None,
            request_id: None,
        }
    }
}

impl CallOptions {
    /// The overrides of none.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the chain.
    #[must_use]
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    /// Sets who asks.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Sets the deadline, counted from the call's beginning.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks the first target only.
    #[must_use]
    pub fn without_fallback(mut self) -> Self {
        self.no_fallback = true;
        self
    }

    /// Neither reads nor fills the cache.
    #[must_use]
    pub fn without_cache(mut self) -> Self {
        self.no_cache = true;
        self
    }

    /// Gives an error rather than the emergency answer.
    #[must_use]
    pub fn without_emergency(mut self) -> Self {
        self.no_emergency = true;
        self
    }

    /// Sets what happens when a stream breaks after content has reached the caller.
    #[must_use]
    pub fn with_mid_stream(mut self, policy: MidStream) -> Self {
        self.mid_stream = Some(policy);
        self
    }

    /// Sets when a stream's first piece may reach the caller.
    #[must_use]
    pub fn with_commit(mut self, commit: Commit) -> Self {
        self.commit = Some(commit);
        self
    }

    /// Sets a key that is passed upstream with every attempt.
    #[must_use]
    pub fn with_idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}
