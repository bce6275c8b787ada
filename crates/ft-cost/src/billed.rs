//! What of a reported usage is billed: every token once, and those too that only the sum shows.

use ft_core::Usage;

/// Tokens by what they are billed as.
///
/// Vendors disagree on what is a part of what. OpenAI counts cached tokens into `prompt_tokens` and reasoning into
/// `completion_tokens`; relays of Anthropic count the former beside, Grok at Vertex and relays of Gemini the latter
/// (router-for-me/CLIProxyAPI#5733, Portkey-AI/gateway#1458). Two rules tell them apart: a part is not larger than
/// its whole, and the total is not larger than the sum of what is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Billed {
    /// Tokens of the request that were neither read from the provider's prompt cache nor written to it.
    pub input: u64,
    /// Tokens of the request that were read from it.
    pub cached_input: u64,
    /// Tokens of the request that were written to it.
    pub cache_write: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
}

impl Billed {
    /// What this usage bills.
    ///
    /// Cached tokens that are more than the request's stand beside those, and so does reasoning that is more than the
    /// answer's. Whatever the total then has in excess of them is output: reasoning, most often.
    ///
    /// ```
    /// use ft_core::Usage;
    /// use ft_cost::Billed;
    ///
    /// let mut usage = Usage::new(100, 50);
    /// assert_eq!(Billed::of(&usage).output, 50);
    /// usage.total_tokens = 5_150;
    /// assert_eq!(Billed::of(&usage).output, 5_050, "5,000 tokens of reasoning stand in the total alone");
    /// ```
    #[must_use]
    pub fn of(usage: &Usage) -> Self {
        let details = usage.prompt_tokens_details.as_ref();
        let elsewhere = || usage.extra.get("prompt_cache_hit_tokens")?.as_u64();
        let cached_input = details.map(|it| it.cached_tokens).or_else(elsewhere).unwrap_or(0);
        let cache_write = details.map_or(0, |it| it.cache_write_tokens);
        // What is more than the whole is not a part of it.
        let cached = cached_input.saturating_add(cache_write);
        let input = usage.prompt_tokens.checked_sub(cached).unwrap_or(usage.prompt_tokens);
        let reasoning =
            usage.completion_tokens_details.as_ref().map_or(0, |it| it.reasoning_tokens);
        let beside = if reasoning > usage.completion_tokens { reasoning } else { 0 };
        let told = usage.completion_tokens.saturating_add(beside);
        let request = input.saturating_add(cached);
        let output = told.max(usage.total_tokens.saturating_sub(request));
        Self { input, cached_input, cache_write, output }
    }

    /// All tokens of the request.
    #[must_use]
    pub const fn request(&self) -> u64 {
        self.input.saturating_add(self.cached_input).saturating_add(self.cache_write)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn of(usage: Value) -> [u64; 4] {
        let usage: Usage = serde_json::from_value(usage).unwrap();
        let Billed { input, cached_input, cache_write, output } = Billed::of(&usage);
        [input, cached_input, cache_write, output]
    }

    #[test]
    fn what_stands_beside_the_counts_is_billed_and_what_is_in_them_only_once() {
        let reasoning = |completion: u64, reasoning: u64, total: u64| {
            json!({"prompt_tokens": 100, "completion_tokens": completion, "total_tokens": total,
                "completion_tokens_details": {"reasoning_tokens": reasoning}})
        };
        assert_eq!(of(reasoning(50, 40, 150)), [100, 0, 0, 50], "OpenAI: a part of the answer");
        assert_eq!(
            of(reasoning(50, 5_000, 5_150)),
            [100, 0, 0, 5_050],
            "Grok at Vertex: beside it"
        );
        assert_eq!(of(reasoning(50, 40, 190)), [100, 0, 0, 90], "beside it, and less than it");
        assert_eq!(of(reasoning(50, 5_000, 0)), [100, 0, 0, 5_050], "beside it, without a total");
        let cached = |cached: u64, written: u64| {
            json!({"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details":
                {"cached_tokens": cached, "cache_write_tokens": written}})
        };
        assert_eq!(of(cached(60, 10)), [30, 60, 10, 5]);
        assert_eq!(of(cached(600, 10)), [100, 600, 10, 5], "a relay of Anthropic: beside it");
        assert_eq!(of(json!({"total_tokens": 150})), [0, 0, 0, 150]);
        assert_eq!(
            of(json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 7})),
            [100, 0, 0, 50]
        );
        let deepseek = json!({"prompt_tokens": 10, "prompt_cache_hit_tokens": 4});
        assert_eq!(of(deepseek), [6, 4, 0, 0]);
    }

    proptest! {
        #[test]
        fn no_token_that_was_told_is_lost(
            prompt: u64, completion: u64, total: u64, cached: u64, written: u64, reasoning: u64,
        ) {
            let [input, cached_input, cache_write, output] = of(json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
                "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
                "completion_tokens_details": {"reasoning_tokens": reasoning},
            }));
            let request = input.saturating_add(cached_input).saturating_add(cache_write);
            prop_assert!(request >= prompt);
            prop_assert!(output >= completion.max(reasoning));
            prop_assert!(request.saturating_add(output) >= total);
            prop_assert_eq!((cached_input, cache_write), (cached, written));
        }
    }
}
