//! What fitting did, and why it could not.

use std::borrow::Cow;

use ft_core::ChatRequest;
use serde::{Deserialize, Serialize};

use crate::TokenCount;

/// A request that fits.
#[derive(Clone, Debug)]
#[must_use]
pub struct Fitted<'a> {
    /// The request: borrowed when nothing had to be changed.
    pub request: Cow<'a, ChatRequest>,
    /// What was changed; `None` exactly when the request is borrowed.
    pub report: Option<FitReport>,
}

/// What was changed to make a request fit. Numbers only, no text of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FitReport {
    /// Messages left out.
    pub dropped_messages: u64,
    /// Turns left out; those joined by a tool call and its result are one.
    pub dropped_turns: u64,
    /// Tokens left out, template included.
    pub dropped_tokens: u64,
    /// Tokens of the request as it is now.
    pub tokens: TokenCount,
    /// The answer's limit as it is now, if it was lowered or had to be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
}

/// The request does not fit, whatever the strategy may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request is too long for the context window: it needs {needed} tokens and may have {limit}, \
     {} too many; shorten the last message, or use a model with a larger window",
    self.by()
)]
pub struct TooLong {
    /// The tokens of what may not be left out.
    pub needed: u64,
    /// The tokens that the request may have, the answer's smallest reserve taken off.
    pub limit: u64,
}

impl TooLong {
    /// How many tokens are too many; at least 1.
    #[must_use]
    pub const fn by(&self) -> u64 {
        let over = self.needed.saturating_sub(self.limit);
        if over == 0 { 1 } else { over }
    }
}
