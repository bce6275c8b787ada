//! A piece of a streamed answer.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::lenient::is_default;
use super::lenient::{Counted, Named};
use super::lossless::{Nullable, Optional, lossless};
use super::response::Finish;
use super::{Extra, FinishReason, Role, Usage};

/// One event of a streamed answer.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct ChatChunk {
    /// The provider's id of the answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// `chat.completion.chunk`, where the provider says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// Seconds since 1970, where the provider says so.
    #[serde(skip_serializing_if = "is_default")]
    pub created: u64,
    /// The model that answers, in the provider's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The pieces, one per answer; empty in a chunk that only carries usage.
    pub choices: Vec<ChunkChoice>,
    /// Tokens counted by the provider, usually in the last chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(ChatChunk {
    "id" => id: Named,
    "object" => object: Nullable,
    "created" => created: Counted,
    "model" => model: Nullable,
    "choices" => choices: Nullable,
    "usage" => usage: Optional,
});

/// A piece of one of the answers.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct ChunkChoice {
    /// The answer's number.
    pub index: u32,
    /// What is added.
    pub delta: Delta,
    /// Why the answer ended, in its last piece.
    pub finish_reason: Option<FinishReason>,
    /// Probabilities of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Value>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(ChunkChoice {
    "index" => index: Nullable,
    "delta" => delta: Nullable,
    "finish_reason" => finish_reason: Finish,
    "logprobs" => logprobs: Optional,
});

/// What a piece adds to a message.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct Delta {
    /// Who speaks, usually in the first piece only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Words of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Reasoning, in DeepSeek's spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Reasoning, in OpenRouter's spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Pieces of tool calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCallDelta>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(Delta {
    "role" => role: Optional,
    "content" => content: Optional,
    "refusal" => refusal: Optional,
    "reasoning_content" => reasoning_content: Optional,
    "reasoning" => reasoning: Optional,
    "tool_calls" => tool_calls: Nullable,
});

/// A piece of a tool call.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct ToolCallDelta {
    /// Which call it belongs to; some vendors leave it out or always say 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The call's id, usually in its first piece only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`, usually in its first piece only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The function's name and a piece of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDelta>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(ToolCallDelta {
    "index" => index: Optional,
    "id" => id: Optional,
    "type" => kind: Optional,
    "function" => function: Optional,
});

/// The function of a piece of a tool call.
#[derive(Clone, PartialEq, Default, Serialize)]
pub struct FunctionDelta {
    /// The function's name, usually in the first piece only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A piece of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Extra,
}

lossless!(FunctionDelta {
    "name" => name: Optional,
    "arguments" => arguments: Optional,
});

impl ChatChunk {
    /// A chunk that adds this text to the first answer.
    #[must_use]
    pub fn of_text(text: impl Into<String>) -> Self {
        let delta = Delta { content: Some(text.into()), ..Delta::default() };
        Self { choices: vec![ChunkChoice { delta, ..ChunkChoice::default() }], ..Self::default() }
    }

    /// A chunk that ends the first answer.
    #[must_use]
    pub fn of_finish(reason: FinishReason) -> Self {
        let choice = ChunkChoice { finish_reason: Some(reason), ..ChunkChoice::default() };
        Self { choices: vec![choice], ..Self::default() }
    }

    /// A chunk that carries only usage.
    #[must_use]
    pub fn of_usage(usage: Usage) -> Self {
        Self { usage: Some(usage), ..Self::default() }
    }

    /// The text it adds to the first answer (index 0); empty when there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        self.choices
            .iter()
            .find(|choice| choice.index == 0)
            .and_then(|choice| choice.delta.content.as_deref())
            .unwrap_or("")
    }

    /// True when it carries content: text, refusal, reasoning or a piece of a tool call.
    ///
    /// Role-only deltas, usage and finish reasons are not content.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.choices.iter().any(|choice| choice.delta.has_content())
    }

    /// True when one of its answers ends here.
    #[must_use]
    pub fn has_finish(&self) -> bool {
        self.choices.iter().any(|choice| choice.finish_reason.is_some())
    }
}

impl Delta {
    /// True when it carries text, refusal, reasoning or a piece of a tool call.
    #[must_use]
    pub fn has_content(&self) -> bool {
        let said = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        said(&self.content)
            || said(&self.refusal)
            || said(&self.reasoning_content)
            || said(&self.reasoning)
            || !self.tool_calls.is_empty()
            || self.extra.get("function_call").is_some_and(|call| !call.is_null())
    }
}

impl fmt::Debug for ChatChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatChunk")
            .field("choices", &self.choices)
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ChunkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkChoice")
            .field("index", &self.index)
            .field("delta", &self.delta)
            .field("finish_reason", &self.finish_reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delta")
            .field("content_bytes", &self.content.as_deref().map_or(0, str::len))
            .field("tool_calls", &self.tool_calls.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FunctionDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.arguments.as_deref().map_or(0, str::len);
        write!(f, "{}(+{bytes} bytes)", self.name.as_deref().unwrap_or_default())
    }
}
