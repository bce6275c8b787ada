//! How large a request is, as far as its cost depends on it.

use ft_core::{ChatRequest, ModelCard};

/// How many tokens a request has and how many its answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestSize {
    /// Tokens of the request, as counted or estimated.
    pub input: u64,
    /// The most that it can have; equal to `input` where the count is exact.
    pub input_at_most: u64,
    /// Tokens that one answer is expected to have.
    pub output: u64,
    /// The most that one answer may have, when the caller set a limit; else the model's own limit holds.
    pub output_at_most: Option<u64>,
    /// How many answers are made, at least 1: each is billed.
    pub choices: u64,
}

impl RequestSize {
    /// One answer of `output` tokens to `input` tokens, counted exactly, without a limit.
    #[must_use]
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, input_at_most: input, output, output_at_most: None, choices: 1 }
    }

    /// A request whose tokens somebody counted, with the limit and the number of answers that it states.
    ///
    /// The answer is expected to have `expected_output` tokens, or as many as its limit when that is less.
    #[must_use]
    pub fn of(request: &ChatRequest, input: u64, input_at_most: u64, expected_output: u64) -> Self {
        Self {
            input,
            input_at_most: input_at_most.max(input),
            output: expected_output.min(request.output_limit().unwrap_or(u64::MAX)),
            output_at_most: request.billed_output_limit(),
            choices: request.billed_choices(),
        }
    }

    /// Sets the most tokens of the request.
    #[must_use]
    pub const fn with_input_at_most(mut self, tokens: u64) -> Self {
        self.input_at_most = if tokens > self.input { tokens } else { self.input };
        self
    }

    /// Sets the most tokens of one answer.
    #[must_use]
    pub const fn with_output_at_most(mut self, tokens: u64) -> Self {
        self.output_at_most = Some(tokens);
        self
    }

    /// The most tokens of one answer by this model: the least of the caller's limit, the model's limit, and
    /// its window, less the request where that was counted exactly. An estimate may be too high, and then the
    /// window leaves more than it seems to.
    #[must_use]
    pub fn most_output(&self, card: &ModelCard) -> u64 {
        let counted = if self.input == self.input_at_most { self.input } else { 0 };
        self.output_at_most
            .unwrap_or(u64::MAX)
            .min(card.max_output.unwrap_or(u64::MAX))
            .min(card.context_window.saturating_sub(counted))
    }

    /// The tokens of all answers together.
    pub(crate) fn outputs(&self, each: u64) -> u64 {
        each.saturating_mul(self.choices.max(1))
    }
}
