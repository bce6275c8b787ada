//! Metrics and logs. Labels come from configuration, never from a request.

use std::sync::Arc;
use std::time::Duration;

use ft_breaker::Transition;
use ft_core::Usage;
use ft_core::decide::Skip;
use ft_cost::Pico;

use crate::answer::{Outcome, Report};
use crate::chain::Chain;
use crate::error::Error;

/// The handles of one target.
#[derive(Clone)]
pub(crate) struct TargetMeters {
    names: Arc<(String, String)>,
}

impl TargetMeters {
    pub(crate) fn new(provider: &str, model: &str) -> Self {
        Self { names: Arc::new((provider.to_owned(), model.to_owned())) }
    }

    pub(crate) fn attempt(&self, _outcome: Outcome, _took: Duration, _cost: Option<Pico>) {}

    pub(crate) fn skipped(&self, _why: Skip) {}

    pub(crate) fn first_token(&self, _took: Duration) {}

    pub(crate) fn tokens(&self, _usage: &Usage) {}

    pub(crate) fn unpriced(&self) {}

    pub(crate) fn transition(&self, transition: &Transition) {
        tracing::info!(
            provider = %self.names.0, model = %self.names.1,
            from = ?transition.from, to = ?transition.to, reason = transition.reason.as_str(),
            "breaker changed"
        );
    }
}

/// The handles of the client.
pub(crate) struct ClientMeters {}

impl ClientMeters {
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// A request ended, with an answer or an error.
    pub(crate) fn request(&self, _chain: &Chain, _report: &Report, _error: Option<&Error>) {}

    /// The caller left before the end.
    pub(crate) fn left(&self, _chain: &Chain, _report: &Report) {}
}
