//! The handles of one breaker.

use ft_breaker::{Phase, Reason, Transition};
use metrics::Counter;

use super::family;
use super::series::counter;
use super::words::transitions;
use crate::health::phase_name;

/// What counts and logs the transitions of a breaker.
pub(crate) struct Transitions {
    provider: String,
    model: String,
    counters: Vec<(Phase, Reason, Counter)>,
}

impl Transitions {
    pub(super) fn new(provider: &str, model: &str) -> Self {
        let of = |(to, why): (Phase, Reason)| {
            let labels = [provider, model, phase_name(to), why.as_str()];
            (to, why, counter(&family::BREAKER_TRANSITIONS, &labels))
        };
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            counters: transitions().map(of).collect(),
        }
    }

    pub(crate) fn count(&self, transition: &Transition) {
        let Transition { from, to, reason, .. } = *transition;
        let mut known = self.counters.iter();
        if let Some((.., counter)) = known.find(|(phase, why, _)| (*phase, *why) == (to, reason)) {
            counter.increment(1);
        }
        tracing::info!(
            provider = %self.provider, model = %self.model,
            from = phase_name(from), to = phase_name(to), reason = reason.as_str(),
            "breaker changed"
        );
    }
}
