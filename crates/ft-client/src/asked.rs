//! What is asked for: an answer to a conversation, or vectors of texts. Both go the same way.

use std::sync::Arc;

use ft_context::{Counter, TokenCount};
use ft_core::ChatRequest;
use ft_core::chat::EmbeddingRequest;
use serde_json::Value;

use crate::chain::Chain;
use crate::error::{Broken, Error};

/// What a request asks for.
#[derive(Clone)]
pub(crate) enum Asked {
    /// An answer.
    Chat(Arc<ChatRequest>),
    /// Vectors.
    Vectors(Arc<EmbeddingRequest>),
}

impl Asked {
    pub(crate) fn chat(&self) -> Option<&Arc<ChatRequest>> {
        match self {
            Self::Chat(request) => Some(request),
            Self::Vectors(_) => None,
        }
    }

    /// The tokens of what is sent.
    pub(crate) fn tokens(&self, counter: &dyn Counter) -> TokenCount {
        match self {
            Self::Chat(request) => counter.count_request(request),
            Self::Vectors(request) => tokens_of(&request.input, counter),
        }
    }

    pub(crate) fn output_limit(&self) -> Option<u64> {
        match self {
            Self::Chat(request) => request.output_limit(),
            // Vectors are billed by what they are made of.
            Self::Vectors(_) => Some(0),
        }
    }

    /// The model whose vectors are comparable: the chain's first in configured order, however its targets stand.
    /// `None` for an answer in words, which any model may give.
    pub(crate) fn only_model<'a>(&self, chain: &'a Chain) -> Option<&'a str> {
        match self {
            Self::Chat(_) => None,
            Self::Vectors(_) => chain.members().next().map(|member| member.target.model()),
        }
    }

    /// As [`ChatRequest::billed_output_limit`].
    pub(crate) fn billed_output_limit(&self) -> Option<u64> {
        match self {
            Self::Chat(request) => request.billed_output_limit(),
            Self::Vectors(_) => Some(0),
        }
    }

    pub(crate) fn choices(&self) -> u32 {
        self.chat().map_or(1, |request| request.choices())
    }

    /// As [`ChatRequest::price_factor`].
    pub(crate) fn price_factor(&self) -> u64 {
        self.chat().map_or(1, |request| request.price_factor())
    }

    /// As [`ChatRequest::billed_choices`].
    pub(crate) fn billed_choices(&self) -> u64 {
        self.chat().map_or(1, |request| request.billed_choices())
    }

    pub(crate) fn wants_usage(&self) -> bool {
        self.chat().is_some_and(|request| request.wants_usage())
    }
}

/// Texts count as such, and numbers as the tokens that they are.
fn tokens_of(input: &Value, counter: &dyn Counter) -> TokenCount {
    match input {
        Value::String(text) => counter.count_text(text),
        Value::Array(items) => items.iter().map(|item| tokens_of(item, counter)).sum(),
        Value::Number(_) => TokenCount::exact(1),
        Value::Null | Value::Bool(_) | Value::Object(_) => TokenCount::ZERO,
    }
}

/// How many vectors the request asks for; `None` where only the provider can tell.
pub(crate) fn vectors_wanted(request: &EmbeddingRequest) -> Option<usize> {
    match &request.input {
        Value::String(_) => Some(1),
        Value::Array(items) if items.iter().all(Value::is_number) => Some(1),
        Value::Array(items) => Some(items.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// What would be refused everywhere is refused here, before it costs an attempt.
pub(crate) fn validate_vectors(request: &EmbeddingRequest) -> Result<(), Error> {
    let empty = match &request.input {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    if empty {
        let code = match &request.input {
            Value::Array(_) => "empty_array",
            _ => "empty_string",
        };
        let rule = "`input` is empty; it must be a text, texts, or tokens";
        return Err(Error::breaks(Broken { field: "input", code }, rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ft_context::counter_for;
    use serde_json::json;

    use super::*;

    fn of(input: Value) -> EmbeddingRequest {
        EmbeddingRequest { input, ..EmbeddingRequest::default() }
    }

    #[test]
    fn every_form_of_input_is_counted() {
        let counter = counter_for("text-embedding-3-small");
        let tokens = |input: Value| Asked::Vectors(Arc::new(of(input))).tokens(counter);
        assert_eq!(tokens(json!([1, 2, 3])), TokenCount::exact(3));
        assert_eq!(tokens(json!([[1, 2], [3]])), TokenCount::exact(3));
        let one = tokens(json!("some words to be found again"));
        assert!(one.tokens > 0);
        let two = tokens(json!(["some words to be found again", "some words to be found again"]));
        assert_eq!(two.tokens, 2 * one.tokens);
    }

    #[test]
    fn a_vector_is_wanted_for_each_text_or_list_of_tokens() {
        let wanted = |input: Value| vectors_wanted(&of(input));
        assert_eq!(wanted(json!("one")), Some(1));
        assert_eq!(wanted(json!([5, 6, 7])), Some(1));
        assert_eq!(wanted(json!(["one", "two"])), Some(2));
        assert_eq!(wanted(json!([[5, 6], [7]])), Some(2));
        assert_eq!(wanted(json!({"image": "of a new vendor"})), None);
    }

    #[test]
    fn nothing_has_no_vector() {
        for input in [json!(null), json!(""), json!([])] {
            assert!(validate_vectors(&of(input)).is_err());
        }
        assert!(validate_vectors(&of(json!("a text"))).is_ok());
    }
}
