//! Who hears of transitions, and of callers who left.

use std::sync::{Arc, PoisonError, RwLock};

use ft_breaker::Transition;

use crate::answer::Report;

/// What is called for a transition, with the provider's and the model's name.
pub(crate) type Listener = dyn Fn(&str, &str, &Transition) + Send + Sync;

/// What is called when a caller has left, with what had been done until then.
pub(crate) type LeftListener = dyn Fn(&Report) + Send + Sync;

/// The listener of a client, and of those that took over its breakers: they change it when they do.
#[derive(Default)]
pub(crate) struct Heard {
    by: RwLock<Option<Arc<Listener>>>,
}

impl Heard {
    pub(crate) fn set(&self, listener: Option<Arc<Listener>>) {
        *self.by.write().unwrap_or_else(PoisonError::into_inner) = listener;
    }

    pub(crate) fn tell(&self, provider: &str, model: &str, transition: &Transition) {
        // Taken out first: a listener may build the client that replaces it.
        let listener = self.by.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            listener(provider, model, transition);
        }
    }
}
