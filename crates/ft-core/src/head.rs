//! The word of a provider that its answer has begun.

use std::fmt;
use std::sync::Arc;

/// Tells whoever waits for it that the upstream has accepted a call: the head of its answer came with a status that
/// says success, and content will follow.
///
/// A client that waits to learn whether a key or a limit works again is told in milliseconds, where the answer itself
/// takes seconds. Saying nothing is always right: then first content settles it. Not to be said by an adapter to an
/// upstream that puts its refusals under a success status.
#[derive(Clone, Default)]
pub struct HeadSignal(Option<Arc<dyn Fn() + Send + Sync>>);

impl HeadSignal {
    /// Calls `heard` each time that the signal is given, on the provider's task.
    #[must_use]
    pub fn new(heard: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(heard)))
    }

    /// The head has arrived. Nothing happens where nobody waits for it.
    #[inline]
    pub fn arrived(&self) {
        if let Some(heard) = &self.0 {
            heard();
        }
    }
}

/// Who listens is no part of what is asked: all are equal.
impl PartialEq for HeadSignal {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for HeadSignal {}

impl fmt::Debug for HeadSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "HeadSignal(awaited)" } else { "HeadSignal" })
    }
}
