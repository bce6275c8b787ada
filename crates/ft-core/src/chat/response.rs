//! A complete answer.

use std::fmt;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient::{is_default, or_default};
use super::{Extra, Message, Usage};

/// A chat-completions answer.
///
/// `Debug` prints sizes, never what was said.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ChatResponse {
    /// The provider's id of the answer.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// `chat.completion`, where the provider says so.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Seconds since 1970, where the provider says so.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub created: u64,
    /// The model that answered, in the provider's words.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The answers.
    #[serde(default, deserialize_with = "or_default")]
    pub choices: Vec<Choice>,
    /// Tokens counted by the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Everything else, such as `system_fingerprint`, `service_tier`.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One of the answers.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Its number.
    #[serde(default, deserialize_with = "or_default")]
    pub index: u32,
    /// What the model says.
    #[serde(default, deserialize_with = "or_default")]
    pub message: Message,
    /// Why it ended.
    #[serde(default, deserialize_with = "finish")]
    pub finish_reason: Option<FinishReason>,
    /// Probabilities of tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Value>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

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

impl From<String> for FinishReason {
    fn from(word: String) -> Self {
        match word.as_str() {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            _ => Self::Other(word),
        }
    }
}

impl Serialize for FinishReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// A finish reason; null and the empty string are none.
pub(super) fn finish<'de, D: Deserializer<'de>>(from: D) -> Result<Option<FinishReason>, D::Error> {
    let word = Option::<String>::deserialize(from)?;
    Ok(word.filter(|word| !word.is_empty()).map(FinishReason::from))
}

impl ChatResponse {
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
