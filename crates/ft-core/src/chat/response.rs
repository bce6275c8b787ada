//! A complete answer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient::{Beside, Counted, Named, Said};
use super::lossless::{Field, Got, Nullable, Word, lossless};
use super::{Extra, Message, Shape, Usage};

/// A chat-completions answer.
///
/// `Debug` prints sizes, never what was said.
#[derive(Clone, PartialEq, Default)]
pub struct ChatResponse {
    /// The provider's id of the answer.
    pub id: String,
    /// `chat.completion`, where the provider says so.
    pub object: String,
    /// Seconds since 1970, where the provider says so.
    pub created: u64,
    /// The model that answered, in the provider's words.
    pub model: String,
    /// The answers.
    pub choices: Vec<Choice>,
    /// Tokens counted by the provider.
    pub usage: Option<Usage>,
    /// Everything else, such as `system_fingerprint`, `service_tier`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ChatResponse, last {
    "id" => id: Named given,
    "object" => object: Said given,
    "created" => created: Counted given,
    "model" => model: Said given,
    "choices" => choices: Nullable always,
    "usage" => usage: Beside given,
});

/// One of the answers.
#[derive(Clone, PartialEq, Default)]
pub struct Choice {
    /// Its number.
    pub index: u32,
    /// What the model says.
    pub message: Message,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Probabilities of tokens.
    pub logprobs: Option<Value>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Choice, last {
    "index" => index: Nullable always,
    "message" => message: Nullable always,
    "finish_reason" => finish_reason: Finish always,
    "logprobs" => logprobs: Nullable given,
});

/// Why an answer ended. Open: a vendor's own word passes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// The model was done, or met a stop word.
    Stop,
    /// The output limit or the window was reached.
    Length,
    /// The model wants tools called.
    ToolCalls,
    /// A filter cut the answer.
    ContentFilter,
    /// Another word, such as `eos`.
    Other(String),
}

impl FinishReason {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }
}

impl FinishReason {
    fn of_word(word: Cow<'_, str>) -> Self {
        match &*word {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            _ => Self::Other(word.into_owned()),
        }
    }
}

impl From<String> for FinishReason {
    fn from(word: String) -> Self {
        Self::of_word(word.into())
    }
}

impl Serialize for FinishReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// A finish reason; missing, null and the empty string are none.
pub(super) struct Finish<T>(T);

impl<'de> Deserialize<'de> for Finish<Option<FinishReason>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = Option::<Word<'de>>::deserialize(from)?;
        let word = word.filter(|Word(word)| !word.is_empty());
        Ok(Self(word.map(|Word(word)| FinishReason::of_word(word))))
    }
}

impl Field<'_, Option<FinishReason>> for Finish<Option<FinishReason>> {
    fn got(self) -> Got<Option<FinishReason>> {
        self.0.map_or(Got::Null, |reason| Got::Value(Some(reason)))
    }

    fn missing<E: Error>(_: &'static str) -> Result<Option<FinishReason>, E> {
        Ok(None)
    }
}

impl ChatResponse {
    /// How many times its list price the answer may be billed: see
    /// [`ChatRequest::price_factor`](super::ChatRequest::price_factor).
    #[must_use]
    pub fn price_factor(&self) -> u64 {
        super::limits::price_factor(&self.extra)
    }

    /// An answer of one choice with this text, as a provider of one's own may give it.
    #[must_use]
    pub fn of_text(model: impl Into<String>, text: impl Into<String>) -> Self {
        let choice = Choice {
            message: Message::assistant(text.into()),
            finish_reason: Some(FinishReason::Stop),
            ..Choice::default()
        };
        Self {
            object: "chat.completion".to_owned(),
            model: model.into(),
            choices: vec![choice],
            ..Self::default()
        }
    }

    /// Sets the usage.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// The text of the first choice; empty when there is none.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        self.choices.first().map_or("".into(), |choice| choice.message.content.text())
    }

    /// Why the first choice ended.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choices.first()?.finish_reason.as_ref()
    }
}

impl fmt::Debug for ChatResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatResponse")
            .field("id", &self.id)
            .field("model", &self.model)
            .field("choices", &self.choices)
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice")
            .field("index", &self.index)
            .field("message", &self.message)
            .field("finish_reason", &self.finish_reason)
            .finish_non_exhaustive()
    }
}
