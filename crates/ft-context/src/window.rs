//! The room that a model has, and how much of it the answer needs.

use ft_core::ChatRequest;

/// Tokens kept free for an answer whose length the caller did not limit: the length that the default chain
/// asks for.
pub const DEFAULT_OUTPUT_RESERVE: u64 = 1_000;

/// The room that a request and its answer have together, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Tokens that request and answer may have together, by the model's card.
    pub context: u64,
    /// Tokens that one answer may have; `None` where the provider states none.
    pub max_output: Option<u64>,
    /// Tokens to keep free for the answer; see [`output_reserve`]. More than `max_output` is taken as that.
    pub reserve_output: u64,
    /// What the provider itself said the window is, when it refused a request; the smaller one holds.
    pub learned_limit: Option<u64>,
}

impl Window {
    /// A window of this many tokens with the default reserve, or half of the window if that is less.
    #[must_use]
    pub fn new(context: u64) -> Self {
        let reserve_output = DEFAULT_OUTPUT_RESERVE.min(context / 2);
        Self { context, max_output: None, reserve_output, learned_limit: None }
    }

    /// The window of a model for this request, with the reserve that the request asks for.
    #[must_use]
    pub fn for_request(request: &ChatRequest, context: u64, max_output: Option<u64>) -> Self {
        let reserve_output = output_reserve(request, max_output);
        Self { context, max_output, reserve_output, learned_limit: None }
    }

    /// Sets the reserve.
    #[must_use]
    pub const fn with_reserve(mut self, tokens: u64) -> Self {
        self.reserve_output = tokens;
        self
    }

    /// Sets what the provider said.
    #[must_use]
    pub const fn with_learned_limit(mut self, limit: Option<u64>) -> Self {
        self.learned_limit = limit;
        self
    }

    /// The tokens that request and answer may have together: the smaller of the card's and the learned.
    #[must_use]
    pub fn context(&self) -> u64 {
        self.learned_limit.map_or(self.context, |learned| learned.min(self.context))
    }

    /// The tokens kept free for the answer.
    #[must_use]
    pub fn reserve(&self) -> u64 {
        self.max_output.map_or(self.reserve_output, |most| most.min(self.reserve_output))
    }

    /// The tokens that the request may have; 0 when the reserve takes all.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.context().saturating_sub(self.reserve())
    }
}

/// The tokens to keep free for the answer: what the caller asked for, or [`DEFAULT_OUTPUT_RESERVE`], and never
/// more than the model can give.
///
/// Several answers to one request (`n`) share the request but not its window, so they reserve no more.
///
/// # Examples
///
/// ```
/// use ft_context::output_reserve;
/// use ft_core::ChatRequest;
///
/// let request = ChatRequest::user("Hello");
/// assert_eq!(output_reserve(&request, Some(8_192)), 1_000);
/// assert_eq!(output_reserve(&request.with_max_tokens(100_000), Some(8_192)), 8_192);
/// ```
#[must_use]
pub fn output_reserve(request: &ChatRequest, card_max_output: Option<u64>) -> u64 {
    let asked = request.output_limit().unwrap_or(DEFAULT_OUTPUT_RESERVE);
    card_max_output.map_or(asked, |most| most.min(asked))
}
