//! Tokens that a provider counted.

use serde::Serialize;

use super::Extra;
use super::lenient::{Counted, is_default};
use super::lossless::{Nullable, lossless};

/// Tokens of one answer, as the provider reports them.
///
/// `cached_tokens` and `cache_write_tokens` are parts of `prompt_tokens`; `reasoning_tokens` is a part of
/// `completion_tokens`. A native adapter whose vendor counts otherwise normalises before it answers.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Their sum, as reported.
    pub total_tokens: u64,
    /// Parts of the request's tokens.
    #[serde(skip_serializing_if = "is_default")]
    pub prompt_tokens_details: Option<PromptDetails>,
    /// Parts of the answer's tokens.
    #[serde(skip_serializing_if = "is_default")]
    pub completion_tokens_details: Option<CompletionDetails>,
    /// Everything else, such as `cost` or `prompt_cache_hit_tokens`.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(Usage {
    "prompt_tokens" => prompt_tokens: Counted,
    "completion_tokens" => completion_tokens: Counted,
    "total_tokens" => total_tokens: Counted,
    "prompt_tokens_details" => prompt_tokens_details: Nullable,
    "completion_tokens_details" => completion_tokens_details: Nullable,
});

/// Parts of the request's tokens.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct PromptDetails {
    /// Read from the provider's prompt cache.
    pub cached_tokens: u64,
    /// Written to the provider's prompt cache.
    #[serde(skip_serializing_if = "is_default")]
    pub cache_write_tokens: u64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(PromptDetails {
    "cached_tokens" => cached_tokens: Counted,
    "cache_write_tokens" => cache_write_tokens: Counted,
});

/// Parts of the answer's tokens.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct CompletionDetails {
    /// Spent on reasoning.
    pub reasoning_tokens: u64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(CompletionDetails {
    "reasoning_tokens" => reasoning_tokens: Counted,
});

impl Usage {
    /// A usage of this many tokens in and out.
    #[must_use]
    pub fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens.saturating_add(completion_tokens),
            ..Self::default()
        }
    }

    /// Tokens read from the provider's prompt cache, also in DeepSeek's spelling; never above the request's.
    #[must_use]
    pub fn cached_tokens(&self) -> u64 {
        self.prompt_tokens_details
            .as_ref()
            .map(|details| details.cached_tokens)
            .or_else(|| self.extra.get("prompt_cache_hit_tokens")?.as_u64())
            .unwrap_or(0)
            .min(self.prompt_tokens)
    }

    /// Tokens written to the provider's prompt cache; never above what was not read from it.
    #[must_use]
    pub fn cache_write_tokens(&self) -> u64 {
        self.prompt_tokens_details
            .as_ref()
            .map_or(0, |details| details.cache_write_tokens)
            .min(self.prompt_tokens - self.cached_tokens())
    }
}
