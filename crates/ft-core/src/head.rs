//! What the head of an answer tells: that it has begun, and under which id.

use std::fmt;
use std::sync::{Arc, OnceLock};

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

/// Where an adapter leaves the provider's id of a call, for its support. Saying nothing is always right.
#[derive(Clone, Default)]
pub struct UpstreamId(Arc<OnceLock<String>>);

impl UpstreamId {
    /// The provider calls it so. The first word counts; the adapter has scrubbed it of its key.
    pub fn is(&self, id: impl Into<String>) {
        let _ = self.0.set(id.into());
    }

    /// What it is called, as far as that is known.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// What will be said is no part of what is asked: all are equal.
impl PartialEq for UpstreamId {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for UpstreamId {}

impl fmt::Debug for UpstreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpstreamId").field(&self.get()).finish()
    }
}
