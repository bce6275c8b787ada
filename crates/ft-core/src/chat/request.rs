//! A request for an answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lossless::{Nullable, Optional, Required, lossless};
use super::{Content, Extra, Message, Role, Tool};
use crate::Capabilities;

/// A chat-completions request.
///
/// Only fields that a decision depends on are typed; all others pass through in `extra`.
/// `Debug` prints sizes, never what was said.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct ChatRequest {
    /// The model asked for. In a chain, each target's own model replaces it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Most tokens of the answer, in the older vocabulary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Most tokens of the answer, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u64>,
    /// Randomness from 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// How many answers; absent means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Words that end the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Whether the caller wants a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// What the caller wants in the stream, such as `include_usage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<Value>,
    /// Asks for a repeatable answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Tools that the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Which tool, if any, must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    /// The form of the answer, such as a JSON schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Value>,
    /// Whether the provider may keep the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// The caller's own user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The caller's own labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// Everything else, unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(ChatRequest {
    "model" => model: Nullable,
    "messages" => messages: Required,
    "max_tokens" => max_tokens: Optional,
    "max_completion_tokens" => max_completion_tokens: Optional,
    "temperature" => temperature: Optional,
    "top_p" => top_p: Optional,
    "n" => n: Optional,
    "stop" => stop: Optional,
    "stream" => stream: Optional,
    "stream_options" => stream_options: Optional,
    "seed" => seed: Optional,
    "tools" => tools: Nullable,
    "tool_choice" => tool_choice: Optional,
    "response_format" => response_format: Optional,
    "store" => store: Optional,
    "user" => user: Optional,
    "metadata" => metadata: Optional,
});

/// One word or several that end the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl ChatRequest {
    /// A request with these messages, for whichever model the chain chooses.
    #[must_use]
    pub fn new(messages: impl Into<Vec<Message>>) -> Self {
        Self { messages: messages.into(), ..Self::default() }
    }

    /// A request of one user message.
    #[must_use]
    pub fn user(prompt: impl Into<Content>) -> Self {
        Self::new([Message::user(prompt)])
    }

    /// Adds a system message in front.
    #[must_use]
    pub fn with_system(mut self, instructions: impl Into<Content>) -> Self {
        self.messages.insert(0, Message::new(Role::System, instructions));
        self
    }

    /// Adds a message at the end.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Sets the model asked for.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Sets the most tokens of the answer.
    #[must_use]
    pub fn with_max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Sets the randomness.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Adds a tool.
    #[must_use]
    pub fn with_tool(mut self, tool: Tool) -> Self {
        self.tools.push(tool);
        self
    }

    /// How many answers are asked for, at least 1.
    #[must_use]
    pub fn choices(&self) -> u32 {
        self.n.unwrap_or(1).max(1)
    }

    /// Whether the caller asked for usage in the stream.
    #[must_use]
    pub fn wants_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .and_then(|options| options.get("include_usage")?.as_bool())
            .unwrap_or(false)
    }

    /// Whether the answer's form is bound, so that two models' words must not be joined in it.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        self.response_format
            .as_ref()
            .and_then(|format| format.get("type")?.as_str())
            .is_some_and(|kind| kind != "text")
    }

    /// What a model must be able to do to answer this.
    #[must_use]
    pub fn needs(&self) -> Capabilities {
        let image = |message: &Message| match &message.content {
            Content::Parts(parts) => parts.iter().any(|part| part.kind == "image_url"),
            Content::Absent | Content::Null | Content::Text(_) => false,
        };
        Capabilities {
            tools: !self.tools.is_empty() || self.extra.contains_key("functions"),
            vision: self.messages.iter().any(image),
            json: self.is_structured(),
            prefill: false,
        }
    }
}

impl fmt::Debug for ChatRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatRequest")
            .field("model", &self.model)
            .field("messages", &self.messages)
            .field("tools", &self.tools.len())
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
