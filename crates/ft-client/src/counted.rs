//! Tokens of what was said, counted here.

use ft_context::Counter;
use ft_core::ChatResponse;
use ft_core::chat::Message;

/// The tokens of what an answer says, counted here.
pub(crate) fn words_of(counter: &dyn Counter, response: &ChatResponse) -> u64 {
    response.choices.iter().map(|choice| counter.count_message(&choice.message).tokens).sum()
}

/// The tokens of what was said, reasoning included: the limit of an answer bounds both.
pub(crate) fn tokens_said(said: &ChatResponse, counter: &dyn Counter) -> u64 {
    let of = |message: &Message| {
        let reasoning = ["reasoning_content", "reasoning"];
        let thought = reasoning.iter().find_map(|field| message.extra.get(*field)?.as_str());
        let thought = counter.count_text(thought.unwrap_or_default()).tokens;
        counter.count_text(&message.content.text()).tokens + thought
    };
    said.choices.iter().map(|choice| of(&choice.message)).sum()
}
