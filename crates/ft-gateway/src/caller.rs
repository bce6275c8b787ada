//! Who asks, and what they may.

use std::sync::Arc;

use http::HeaderMap;

use crate::answer::Refusal;

/// Everybody who may ask.
#[derive(Debug)]
pub(crate) struct Callers {
    anybody: Arc<Caller>,
}

/// One who asks.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The name in configuration; empty where no keys are configured.
    pub(crate) name: String,
}

impl Callers {
    /// Nobody needs a key.
    pub(crate) fn open() -> Self {
        Self { anybody: Arc::new(Caller { name: String::new() }) }
    }

    /// Who sent these headers.
    #[expect(clippy::unnecessary_wraps, reason = "keys come next")]
    pub(crate) fn identify(&self, _headers: &HeaderMap) -> Result<Arc<Caller>, Refusal> {
        Ok(Arc::clone(&self.anybody))
    }
}
