//! What of a request reaches the model, piece by piece: one walk for counts and for bounds.

use ft_core::chat::{Content, Extra, Part, Role, Tool};
use ft_core::{ChatRequest, Message};
use serde_json::Value;

use crate::{Overhead, json};

/// A piece of a request.
pub(crate) enum Piece<'a> {
    /// Text that the model reads.
    Text(&'a str),
    /// A value that the model reads in some rendering; its JSON stands for it.
    Json(&'a Value),
    /// Fields that the model may read in some rendering; their JSON stands for them.
    Fields(&'a Extra),
    /// Tokens of a published template.
    Known(u64),
    /// Tokens of an unpublished template, or the flat bound of what is not text.
    Assumed(u64),
}

impl Piece<'_> {
    /// The most tokens that the piece can have when every token has at least one byte.
    pub(crate) fn at_most(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Json(value) => json::length(value),
            Self::Fields(fields) => json::fields_length(fields),
            Self::Known(tokens) | Self::Assumed(tokens) => *tokens,
        }
    }
}

/// Tokens of a file that is named by an id, whose size cannot be known here.
pub(crate) const FILE_BY_ID: u64 = 16_384;

/// Base64 characters of audio for one token. Eight kilobits a second is the thinnest speech and 32 tokens a
/// second the densest count (Gemini): 1,333 characters for 32 tokens.
const AUDIO_CHARS_PER_TOKEN: u64 = 32;

/// Fields of a request that this project does not type and that the model reads.
const READ_BY_THE_MODEL: [&str; 4] = ["functions", "documents", "prediction", "system"];

/// Walks through one message.
pub(crate) fn of_message<'a>(
    message: &'a Message,
    overhead: &Overhead,
    mut visit: impl FnMut(Piece<'a>),
) {
    visit(Piece::Known(overhead.per_message));
    if let Role::Other(word) = &message.role {
        visit(Piece::Text(word));
    }
    match &message.content {
        Content::Absent | Content::Null => {}
        Content::Text(text) => visit(Piece::Text(text)),
        Content::Parts(parts) => {
            for part in parts {
                of_part(part, overhead, &mut visit);
            }
        }
    }
    if let Some(name) = &message.name {
        visit(Piece::Known(1));
        visit(Piece::Text(name));
    }
    for call in &message.tool_calls {
        visit(Piece::Assumed(overhead.per_tool_call));
        visit(Piece::Text(&call.id));
        visit(Piece::Text(&call.function.name));
        visit(Piece::Text(&call.function.arguments));
        fields(&call.function.extra, &mut visit);
        fields(&call.extra, &mut visit);
    }
    if let Some(id) = &message.tool_call_id {
        visit(Piece::Assumed(2));
        visit(Piece::Text(id));
    }
    if let Some(text) = &message.refusal {
        visit(Piece::Text(text));
    }
    // `reasoning_content` and its like: some vendors feed it back to the model, some drop it.
    fields(&message.extra, &mut visit);
}

/// Walks through all of a request but its messages.
pub(crate) fn beside_messages<'a>(
    request: &'a ChatRequest,
    overhead: &Overhead,
    mut visit: impl FnMut(Piece<'a>),
) {
    visit(Piece::Known(overhead.per_request));
    if !request.tools.is_empty() {
        visit(Piece::Assumed(overhead.for_tools));
        for tool in &request.tools {
            of_tool(tool, overhead, &mut visit);
        }
        if let Some(choice) = &request.tool_choice {
            visit(Piece::Json(choice));
        }
    }
    if request.is_structured() {
        visit(Piece::Assumed(overhead.per_tool));
        if let Some(format) = &request.response_format {
            visit(Piece::Json(format));
        }
    }
    if request.extra.is_empty() {
        return;
    }
    for name in READ_BY_THE_MODEL {
        if let Some(value) = request.extra.get(name) {
            visit(Piece::Assumed(overhead.for_tools));
            visit(Piece::Json(value));
        }
    }
}

fn of_tool<'a>(tool: &'a Tool, overhead: &Overhead, visit: &mut impl FnMut(Piece<'a>)) {
    visit(Piece::Assumed(overhead.per_tool));
    if let Some(function) = &tool.function {
        visit(Piece::Text(&function.name));
        if let Some(text) = &function.description {
            visit(Piece::Text(text));
        }
        if let Some(schema) = &function.parameters {
            visit(Piece::Json(schema));
        }
        fields(&function.extra, visit);
    }
    fields(&tool.extra, visit);
}

fn of_part<'a>(part: &'a Part, overhead: &Overhead, visit: &mut impl FnMut(Piece<'a>)) {
    if let Some(text) = &part.text {
        visit(Piece::Text(text));
    }
    // Base64 is never counted as text: an image of 5 MB is not five million tokens.
    match part.kind.as_str() {
        "text" => {}
        "image_url" | "image" | "input_image" => visit(Piece::Assumed(overhead.per_image)),
        "input_audio" => {
            let chars = embedded(&part.extra, "input_audio", "data").unwrap_or(0);
            visit(Piece::Assumed(1 + chars / AUDIO_CHARS_PER_TOKEN));
        }
        // A document's text deflates to about a quarter, and four bytes make a token: a token per byte.
        "file" => match embedded(&part.extra, "file", "file_data") {
            Some(chars) => visit(Piece::Assumed(1 + chars / 4 * 3)),
            None => visit(Piece::Assumed(FILE_BY_ID)),
        },
        _ => {
            visit(Piece::Text(&part.kind));
            fields(&part.extra, visit);
        }
    }
}

/// The length of a text inside a part's own field.
fn embedded(extra: &Extra, field: &str, inner: &str) -> Option<u64> {
    Some(extra.get(field)?.get(inner)?.as_str()?.len() as u64)
}

fn fields<'a>(fields: &'a Extra, visit: &mut impl FnMut(Piece<'a>)) {
    if !fields.is_empty() {
        visit(Piece::Assumed(0));
        visit(Piece::Fields(fields));
    }
}
