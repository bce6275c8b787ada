//! Tokens that a provider counted.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::lenient::{count, is_default, or_default};

/// Tokens of one answer, as the provider reports them.
///
/// `cached_tokens` and `cache_write_tokens` are parts of `prompt_tokens`; `reasoning_tokens` is a part of
/// `completion_tokens`. A native adapter whose vendor counts otherwise normalises before it answers.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    #[serde(default, deserialize_with = "count")]
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    #[serde(default, deserialize_with = "count")]
    pub completion_tokens: u64,
    /// Their sum, as reported.
    #[serde(default, deserialize_with = "count")]
    pub total_tokens: u64,
    /// Parts of the request's tokens.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub prompt_tokens_details: Option<PromptDetails>,
    /// Parts of the answer's tokens.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub completion_tokens_details: Option<CompletionDetails>,
    /// Everything else, such as `cost` or `prompt_cache_hit_tokens`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Parts of the request's tokens.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct PromptDetails {
    /// Read from the provider's prompt cache.
    #[serde(default, deserialize_with = "count")]
    pub cached_tokens: u64,
    /// Written to the provider's prompt cache.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "is_default")]
    pub cache_write_tokens: u64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Parts of the answer's tokens.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct CompletionDetails {
    /// Spent on reasoning.
    #[serde(default, deserialize_with = "count")]
    pub reasoning_tokens: u64,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

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
