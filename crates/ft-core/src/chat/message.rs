//! A message of a conversation.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::lenient::Said;
use super::lossless::{Nullable, Optional, Word, lossless};
use super::shape::Given;
use super::{Extra, Shape, ToolCall};

/// Who speaks. Open: an unknown role passes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// The operator's instructions.
    System,
    /// The operator's instructions, in newer vocabularies.
    Developer,
    /// The person.
    User,
    /// The model.
    #[default]
    Assistant,
    /// The result of a tool call.
    Tool,
    /// A word that this project does not know.
    Other(String),
}

impl Role {
    /// The role's word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::Other(word) => word,
        }
    }

    /// True for system and developer messages, which stand above the conversation.
    #[must_use]
    pub const fn is_instruction(&self) -> bool {
        matches!(self, Self::System | Self::Developer)
    }
}

impl Role {
    fn of_word(word: Cow<'_, str>) -> Self {
        match &*word {
            "system" => Self::System,
            "developer" => Self::Developer,
            "user" => Self::User,
            "assistant" | "" => Self::Assistant,
            "tool" => Self::Tool,
            _ => Self::Other(word.into_owned()),
        }
    }
}

impl From<String> for Role {
    fn from(word: String) -> Self {
        Self::of_word(word.into())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Word::deserialize(from).map(|Word(word)| Self::of_word(word))
    }
}

/// What a message says.
#[derive(Clone, PartialEq, Default)]
pub enum Content {
    /// The field is missing.
    #[default]
    Absent,
    /// The field is null, as beside tool calls.
    Null,
    /// Text.
    Text(String),
    /// Text, images and other parts.
    Parts(Vec<Part>),
}

impl Content {
    /// The text, with that of the parts joined; empty when there is none.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Absent | Self::Null => "".into(),
            Self::Text(text) => text.as_str().into(),
            Self::Parts(parts) => {
                parts.iter().filter_map(|part| part.text.as_deref()).collect::<String>().into()
            }
        }
    }

    /// True when there is neither text nor a part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Absent | Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }
}

// What was said is not for a log: `{:?}` of a request must be safe to print.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Null => f.write_str("Null"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Parts(parts) => write!(f, "Parts({})", parts.len()),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Self {
        Self::Parts(parts.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => to.serialize_none(),
            Self::Text(text) => to.serialize_str(text),
            Self::Parts(parts) => parts.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrParts;
        impl<'de> Visitor<'de> for TextOrParts {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a list of parts, or null")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(text))
            }

            fn visit_unit<E: Error>(self) -> Result<Content, E> {
                Ok(Content::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Content, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
            }
        }
        from.deserialize_any(TextOrParts)
    }
}

/// A part of a message: text, or something that only its own fields describe.
#[derive(Clone, PartialEq, Default)]
pub struct Part {
    /// `text`, `image_url`, `input_audio`, `file`, …
    pub kind: String,
    /// The text of a text part.
    pub text: Option<String>,
    /// Everything else, such as `image_url`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Part {
    "type" => kind: Nullable given,
    "text" => text: Nullable given,
});

impl Part {
    /// A part of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: "text".to_owned(), text: Some(text.into()), ..Self::default() }
    }

    /// An image by its URL, which may be a `data:` URL.
    #[must_use]
    pub fn image_url(url: impl Into<String>) -> Self {
        let mut extra = Extra::new();
        extra.insert("image_url".to_owned(), serde_json::json!({ "url": url.into() }));
        Self { kind: "image_url".to_owned(), extra, ..Self::default() }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({})", self.kind)
    }
}

/// One message.
#[derive(Clone, PartialEq, Default)]
pub struct Message {
    /// Who speaks. Missing or null in an answer: the assistant.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// A name for the speaker.
    pub name: Option<String>,
    /// Calls that the model wants made.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool message answers.
    pub tool_call_id: Option<String>,
    /// The model's words when it refuses.
    pub refusal: Option<String>,
    /// Everything else, such as `reasoning_content`, `annotations`, `audio`.
    pub extra: Extra,
    /// How it was written.
    pub shape: Shape,
}

lossless!(Message {
    "role" => role: Nullable always,
    "content" => content: Optional given,
    "name" => name: Nullable given,
    "tool_calls" => tool_calls: Nullable given,
    "tool_call_id" => tool_call_id: Nullable given,
    "refusal" => refusal: Said given,
});

/// A message of a request, which says who speaks.
pub(super) struct Turn(pub(super) Message);

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OneTurn;
        impl<'de> Visitor<'de> for OneTurn {
            type Value = Turn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("struct Message")
            }

            // Here, and not when the message has been read: the place of the error is then the message's.
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Turn, A::Error> {
                let message = Message::deserialize(MapAccessDeserializer::new(fields))?;
                match message.shape.given(ROLE) {
                    Some(Given::Value | Given::Bare) => Ok(Turn(message)),
                    Some(Given::Null) | None => Err(A::Error::missing_field("role")),
                }
            }
        }
        from.deserialize_map(OneTurn)
    }
}

/// The number of `role` among the known members.
const ROLE: u8 = 0;

impl Message {
    /// A message of this role.
    #[must_use]
    pub fn new(role: Role, content: impl Into<Content>) -> Self {
        Self { role, content: content.into(), ..Self::default() }
    }

    /// The operator's instructions.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System, content)
    }

    /// What the person says.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// What the model said.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// The result of the tool call with this id.
    #[must_use]
    pub fn tool(call_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self { tool_call_id: Some(call_id.into()), ..Self::new(Role::Tool, content) }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("role", &self.role)
            .field("content", &self.content)
            .field("tool_calls", &self.tool_calls.len())
            .finish_non_exhaustive()
    }
}
