//! One attempt, as a provider sees it when it arrives.

use ft_core::chat::{Content, EmbeddingRequest};
use ft_core::{ChatRequest, Tick};
use serde_json::Value;

use crate::answer::hash;

/// One attempt, as a provider sees it when it arrives.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// Its number in the log, from 1.
    pub number: u64,
    /// Its number among the attempts that this script answered, from 1.
    pub nth: u64,
    /// When it arrived, on the provider's clock.
    pub at: Tick,
    /// The provider that it arrived at; `http` for the scripted upstream unless it was named.
    pub provider: &'a str,
    /// The model asked for.
    pub model: &'a str,
    /// Who asks: `credential 0` in-process, the masked key over HTTP, `none` without one.
    pub credential: &'a str,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// The attempt's number within the caller's request, where the caller says so (in-process).
    pub attempt: Option<u32>,
    /// The idempotency key.
    pub idempotency_key: Option<&'a str>,
    /// The caller's request id.
    pub request_id: Option<&'a str>,
    /// A number that all attempts of one request share, at whichever provider, where draws follow the request.
    pub common: Option<u64>,
    /// What is asked.
    pub asked: Asked<'a>,
}

/// What an attempt asks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Asked<'a> {
    /// An answer.
    Chat(&'a ChatRequest),
    /// Vectors.
    Embedding(&'a EmbeddingRequest),
    /// The request could not be read; it is always answered with status 400.
    Unreadable,
}

impl<'a> Seen<'a> {
    /// The first attempt at this model, at the beginning of time, for trying a [`Model`](crate::Model) by hand.
    #[must_use]
    pub const fn new(model: &'a str, asked: Asked<'a>) -> Self {
        Self {
            number: 1,
            nth: 1,
            at: Tick::ZERO,
            provider: "",
            model,
            credential: "none",
            stream: false,
            attempt: None,
            idempotency_key: None,
            request_id: None,
            common: None,
            asked,
        }
    }

    /// The chat request, if it is one.
    #[must_use]
    pub const fn chat(&self) -> Option<&'a ChatRequest> {
        match self.asked {
            Asked::Chat(request) => Some(request),
            Asked::Embedding(_) | Asked::Unreadable => None,
        }
    }

    /// How many messages the request has.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.chat().map_or(0, |request| request.messages.len())
    }

    /// Tokens of the request: its text at four bytes a token, rounded up. OpenAI's rule of thumb for English.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        let mut bytes = 0;
        self.each_text(|text| bytes += text.len());
        tokens(bytes)
    }

    /// The most tokens that the answer may have, where the caller says so.
    #[must_use]
    pub fn output_limit(&self) -> Option<u64> {
        self.chat()?.output_limit()
    }

    /// A number that depends on the request's text and the model, and on nothing else.
    pub(crate) fn text_hash(&self) -> u64 {
        let mut sum = hash(0, self.model.as_bytes());
        self.each_text(|text| sum = hash(sum, text.as_bytes()));
        sum
    }

    fn each_text(&self, mut each: impl FnMut(&str)) {
        match self.asked {
            Asked::Chat(request) => {
                for message in &request.messages {
                    match &message.content {
                        Content::Text(text) => each(text),
                        content => each(&content.text()),
                    }
                }
            }
            Asked::Embedding(request) => match &request.input {
                Value::String(text) => each(text),
                input => each(&input.to_string()),
            },
            Asked::Unreadable => {}
        }
    }
}

/// Tokens of this many bytes of text, at four bytes a token, rounded up.
pub(crate) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}
