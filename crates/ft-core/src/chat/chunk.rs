//! A piece of a streamed answer.

use std::fmt;

use serde_json::Value;

use super::lenient::{Beside, Counted, Named, Said};
use super::lossless::{Nullable, lossless};
use super::response::Finish;
use super::shape::Given;
use super::{Extra, FinishReason, Role, Shape, Usage};

/// One event of a streamed answer.
#[derive(Clone, PartialEq, Default)]
pub struct ChatChunk {
    /// The provider's id of the answer.
    pub id: String,
    /// `chat.completion.chunk`, where the provider says so.
    pub object: String,
    /// Seconds since 1970, where the provider says so.
    pub created: u64,
    /// The model that answers, in the provider's words.
    pub model: String,
    /// The pieces, one per answer; empty in a chunk that only carries usage.
    pub choices: Vec<ChunkChoice>,
    /// Tokens counted by the provider, usually in the last chunk.
    pub usage: Option<Usage>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ChatChunk, last {
    "id" => id: Named given,
    "object" => object: Said given,
    "created" => created: Counted given,
    "model" => model: Said given,
    "choices" => choices: Nullable always,
    "usage" => usage: Beside given,
});

/// A piece of one of the answers.
#[derive(Clone, PartialEq, Default)]
pub struct ChunkChoice {
    /// The answer's number.
    pub index: u32,
    /// What is added.
    pub delta: Delta,
    /// Why the answer ended, in its last piece.
    pub finish_reason: Option<FinishReason>,
    /// Probabilities of tokens.
    pub logprobs: Option<Value>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ChunkChoice, last {
    "index" => index: Nullable always,
    "delta" => delta: Nullable always,
    "finish_reason" => finish_reason: Finish always,
    "logprobs" => logprobs: Nullable given,
});

/// What a piece adds to a message.
#[derive(Clone, PartialEq, Default)]
pub struct Delta {
    /// Who speaks, usually in the first piece only.
    pub role: Option<Role>,
    /// Text. Parts, as Mistral's reasoning models send them, stand as a list under `content` in `extra`.
    pub content: Option<String>,
    /// Words of a refusal.
    pub refusal: Option<String>,
    /// Reasoning, in DeepSeek's spelling.
    pub reasoning_content: Option<String>,
    /// Reasoning, in OpenRouter's spelling.
    pub reasoning: Option<String>,
    /// Pieces of tool calls.
    pub tool_calls: Vec<ToolCallDelta>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Delta, last {
    "role" => role: Nullable given,
    "content" => content: Said given,
    "refusal" => refusal: Said given,
    "reasoning_content" => reasoning_content: Said given,
    "reasoning" => reasoning: Said given,
    "tool_calls" => tool_calls: Nullable given,
});

/// A piece of a tool call.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ToolCallDelta {
    /// Which call it belongs to; some vendors leave it out or always say 0.
    pub index: Option<u32>,
    /// The call's id, usually in its first piece only.
    pub id: Option<String>,
    /// `function`, usually in its first piece only.
    pub kind: Option<String>,
    /// The function's name and a piece of its arguments.
    pub function: Option<FunctionDelta>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(ToolCallDelta, last {
    "index" => index: Nullable given,
    "id" => id: Nullable given,
    "type" => kind: Nullable given,
    "function" => function: Nullable given,
});

/// The function of a piece of a tool call.
#[derive(Clone, PartialEq, Default)]
pub struct FunctionDelta {
    /// The function's name, usually in the first piece only.
    pub name: Option<String>,
    /// A piece of the arguments.
    pub arguments: Option<String>,
    /// Everything else.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(FunctionDelta, last {
    "name" => name: Nullable given,
    "arguments" => arguments: Said given,
});

/// The number of `usage` among the known members of a chunk.
const USAGE: u8 = 5;

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

    /// True when it carries content: text or parts, refusal, reasoning, sound, pictures or a piece of a tool call.
    ///
    /// Role-only deltas, usage and finish reasons are not content.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.choices.iter().any(|choice| choice.delta.has_content())
    }

    /// True when it came with `"usage": null`, as every chunk does where usage was asked for.
    #[must_use]
    pub fn has_null_usage(&self) -> bool {
        self.usage.is_none() && self.shape.given(USAGE) == Some(Given::Null)
    }

    /// Takes such a null away, for who did not ask for usage. The text it came as is another then.
    pub fn forget_null_usage(&mut self) {
        self.shape.forget(USAGE);
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
            || SAID.iter().any(|field| self.extra.get(*field).is_some_and(says))
    }
}

/// Content that has no type here: parts of it, an older tool call, sound, pictures, and reasoning in other forms.
const SAID: [&str; 6] =
    ["content", "function_call", "audio", "images", "reasoning_details", "thinking_blocks"];

fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
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
