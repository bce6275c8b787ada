//! Tokens that a provider counted.

use serde_json::{Number, Value};

use super::lenient::{Beside, Counted};
use super::lossless::lossless;
use super::{Extra, Shape};

/// Tokens of one answer, as the provider reports them.
///
/// `cached_tokens` and `cache_write_tokens` are parts of `prompt_tokens`; `reasoning_tokens` is a part of
/// `completion_tokens`. A native adapter whose vendor counts otherwise normalises before it answers.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Their sum, as reported.
    pub total_tokens: u64,
    /// Parts of the request's tokens.
    pub prompt_tokens_details: Option<PromptDetails>,
    /// Parts of the answer's tokens.
    pub completion_tokens_details: Option<CompletionDetails>,
    /// Everything else, such as `cost` or `prompt_cache_hit_tokens`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Usage, last {
    "prompt_tokens" => prompt_tokens: Counted always,
    "completion_tokens" => completion_tokens: Counted always,
    "total_tokens" => total_tokens: Counted always,
    "prompt_tokens_details" => prompt_tokens_details: Beside given,
    "completion_tokens_details" => completion_tokens_details: Beside given,
});

/// Parts of the request's tokens.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PromptDetails {
    /// Read from the provider's prompt cache.
    pub cached_tokens: u64,
    /// Written to the provider's prompt cache.
    pub cache_write_tokens: u64,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(PromptDetails, last {
    "cached_tokens" => cached_tokens: Counted always,
    "cache_write_tokens" => cache_write_tokens: Counted given,
});

/// Parts of the answer's tokens.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CompletionDetails {
    /// Spent on reasoning.
    pub reasoning_tokens: u64,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(CompletionDetails, last {
    "reasoning_tokens" => reasoning_tokens: Counted always,
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

    /// Adds what another answer took, as of two parts of one that two calls gave.
    pub fn add(&mut self, more: &Self) {
        let sum = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        sum(&mut self.prompt_tokens, more.prompt_tokens);
        sum(&mut self.completion_tokens, more.completion_tokens);
        sum(&mut self.total_tokens, more.total_tokens);
        if let Some(more) = &more.prompt_tokens_details {
            let own = self.prompt_tokens_details.get_or_insert_default();
            sum(&mut own.cached_tokens, more.cached_tokens);
            sum(&mut own.cache_write_tokens, more.cache_write_tokens);
            add_fields(&mut own.extra, &more.extra);
        }
        if let Some(more) = &more.completion_tokens_details {
            let own = self.completion_tokens_details.get_or_insert_default();
            sum(&mut own.reasoning_tokens, more.reasoning_tokens);
            add_fields(&mut own.extra, &more.extra);
        }
        add_fields(&mut self.extra, &more.extra);
    }
}

/// Counts are added, all else is the later one's.
fn add_fields(own: &mut Extra, more: &Extra) {
    for (name, value) in more {
        let sum = match (own.get(name), value) {
            (Some(Value::Number(one)), Value::Number(other)) => added(one, other),
            _ => None,
        };
        own.insert(name.clone(), sum.unwrap_or_else(|| value.clone()));
    }
}

fn added(one: &Number, other: &Number) -> Option<Value> {
    match (one.as_u64(), other.as_u64()) {
        (Some(one), Some(other)) => Some(one.saturating_add(other).into()),
        _ => Number::from_f64(one.as_f64()? + other.as_f64()?).map(Value::Number),
    }
}
