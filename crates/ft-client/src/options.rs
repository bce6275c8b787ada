//! What one call overrides.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ft_core::decide::MidStream;
use ft_cost::SpendBudget;

use crate::answer::Report;
use crate::config::{Commit, DEFAULT_CHAIN};

/// Overrides of one call. All default to the chain's own settings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallOptions {
    /// The chain that serves it. Default `default`.
    pub chain: String,
    /// The only target that is asked, as provider and model. Default: all of the chain's.
    pub target: Option<(String, String)>,
    /// Who asks: tenants share no cached answer. Default: the empty name.
    pub tenant: String,
    /// The longest that everything live may take, a stream to its end included. What comes before the first content,
    /// and a plain answer as a whole, have at most the chain's own deadline.
    pub deadline: Option<Duration>,
    /// The longest that the first content of a stream, or a plain answer as a whole, may take, over all attempts. A
    /// longer one than the chain's deadline is cut to that.
    pub first_content_timeout: Option<Duration>,
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
    /// A budget of the caller's own, beside the client's: what an attempt may cost must fit into both.
    pub spend: Option<Arc<SpendBudget>>,
    /// Passed upstream with every attempt.
    pub idempotency_key: Option<String>,
    /// The request's id in answers and logs. Default: a new one.
    pub request_id: Option<String>,
    /// Where the report goes of a call that is dropped before its end.
    pub report_on_drop: Option<Arc<OnceLock<Report>>>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            chain: DEFAULT_CHAIN.to_owned(),
            target: None,
            tenant: String::new(),
            deadline: None,
            first_content_timeout: None,
            max_attempts: None,
            no_fallback: false,
            no_cache: false,
            no_emergency: false,
            mid_stream: None,
            commit: None,
            spend: None,
            idempotency_key: None,
            request_id: None,
            report_on_drop: None,
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

    /// Asks only this target, in the first chain that has it: the one set by [`with_chain`](Self::with_chain),
    /// then `default`, then the others by name. It keeps the breaker, the gates, the limits, the cache and the
    /// emergency answer that it has in that chain; cached answers of the chain's other targets are not given.
    ///
    /// A target that no chain has is an error that names those there are.
    #[must_use]
    pub fn with_target(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        self.target = Some((provider.into(), model.into()));
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

    /// Bounds the wait for the first content of a stream, or for a plain answer, counted from the call's beginning.
    #[must_use]
    pub fn with_first_content_timeout(mut self, timeout: Duration) -> Self {
        self.first_content_timeout = Some(timeout);
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

    /// Sets a budget of the caller's own. It is reserved and settled together with the client's at every attempt:
    /// refused by either, the target is skipped for its cost, and an answer that must be short is as short as the
    /// smaller of the two needs it.
    ///
    /// Identical calls are joined only when they have the same budget, or none.
    #[must_use]
    pub fn with_spend(mut self, budget: Arc<SpendBudget>) -> Self {
        self.spend = Some(budget);
        self
    }

    /// Sets the request's id in answers and logs, which providers are told too.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Keeps the report of the call if it, or the stream that it became, is dropped before its end: what it cost by
    /// then, settled as it is in budgets and metrics. A call that ended has given its report, and leaves this empty.
    #[must_use]
    pub fn with_report_on_drop(mut self, kept: Arc<OnceLock<Report>>) -> Self {
        self.report_on_drop = Some(kept);
        self
    }

    /// Sets the most attempts. Default: the chain's.
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }
}
