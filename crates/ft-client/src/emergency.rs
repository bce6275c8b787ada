//! The answer that is given when nothing else is left.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ft_core::{ChatRequest, ChatResponse};

use crate::error::FailKind;

/// How long an emergency function may take. It stands outside the deadline, so it must be short.
pub(crate) const EMERGENCY_TIMEOUT: Duration = Duration::from_millis(250);

/// What an emergency function is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EmergencyContext {
    /// The request that nobody answered.
    pub request: Arc<ChatRequest>,
    /// Why.
    pub why: FailKind,
}

type Function =
    dyn Fn(EmergencyContext) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync;

/// A text, or a function that makes one.
#[derive(Clone)]
pub(crate) enum Emergency {
    Template(Arc<str>),
    Function(Arc<Function>),
}

impl Emergency {
    pub(crate) fn template(text: &str) -> Self {
        Self::Template(text.into())
    }

    pub(crate) fn function<F, Out>(function: F) -> Self
    where
        F: Fn(EmergencyContext) -> Out + Send + Sync + 'static,
        Out: Future<Output = Option<String>> + Send + 'static,
    {
        Self::Function(Arc::new(move |context| Box::pin(function(context))))
    }

    /// The answer, or `None` when the function has none or takes too long.
    ///
    /// # Cancel safety
    /// Dropping it drops the function's future.
    pub(crate) async fn answer(&self, context: EmergencyContext) -> Option<ChatResponse> {
        let text = match self {
            Self::Template(text) => text.to_string(),
            Self::Function(function) => {
                tokio::time::timeout(EMERGENCY_TIMEOUT, function(context)).await.ok()??
            }
        };
        Some(ChatResponse::of_text("emergency", text))
    }
}

impl fmt::Debug for Emergency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Template(_) => "Template",
            Self::Function(_) => "Function",
        })
    }
}
