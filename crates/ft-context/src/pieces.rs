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
    /// Tokens of an unpublished template, or the flat bound of an image.
    Assumed(u64),
    /// What nothing but the model's window bounds, and the tokens that it is taken for.
    Unbounded(u64),
}

impl Piece<'_> {
    /// The most tokens that the piece can have when every token has at least one byte.
    pub(crate) fn at_most(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Json(value) => json::length(value),
            Self::Fields(fields) => json::fields_length(fields),
            Self::Known(tokens) | Self::Assumed(tokens) => *tokens,
            Self::Unbounded(_) => UNBOUNDED,
        }
    }
}

/// The bound of what has none here: above every window there is, and still a number that JSON carries exactly.
pub(crate) const UNBOUNDED: u64 = u32::MAX as u64;

/// Tokens that a thing is taken for whose size cannot be known here: it is named by an id or a URL, or is of an
/// unknown kind.
const ELSEWHERE: u64 = 16_384;

/// Kinds of parts of which all that the model reads is text.
const WORDS: [&str; 7] =
    ["text", "input_text", "output_text", "refusal", "thinking", "reasoning", "redacted_thinking"];

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
    // Base64 is never counted as text: an image of 5 MB is not five million tokens. But for an image, which vendors
    // scale down, no number of bytes bounds what it decodes to: a minute of silence is as small as a blank page, and
    // what stands elsewhere has any size.
    match part.kind.as_str() {
        "text" => {}
        "image_url" | "image" | "input_image" => visit(Piece::Assumed(overhead.per_image)),
        "input_audio" => {
            let chars = embedded(&part.extra, "input_audio", "data");
            let about = chars.map_or(ELSEWHERE, |chars| 1 + chars / AUDIO_CHARS_PER_TOKEN);
            visit(Piece::Unbounded(about));
        }
        // A document's text deflates to about a quarter, and four bytes make a token: a token per byte.
        "file" => {
            let chars = embedded(&part.extra, "file", "file_data");
            visit(Piece::Unbounded(chars.map_or(ELSEWHERE, |chars| 1 + chars / 4 * 3)));
        }
        words if WORDS.contains(&words) => {
            visit(Piece::Text(words));
            fields(&part.extra, visit);
        }
        _ => {
            let bytes = json::fields_length(&part.extra);
            visit(Piece::Unbounded(ELSEWHERE.max(bytes / AUDIO_CHARS_PER_TOKEN)));
        }
    }
}

/// The length of the bytes inside a part's own field; `None` where they are elsewhere, and this is where.
fn embedded(extra: &Extra, field: &str, inner: &str) -> Option<u64> {
    let text = extra.get(field)?.get(inner)?.as_str()?;
    let is_url = text.get(..8).is_some_and(|head| head.contains("://"));
    (!is_url).then_some(text.len() as u64)
}

fn fields<'a>(fields: &'a Extra, visit: &mut impl FnMut(Piece<'a>)) {
    if !fields.is_empty() {
        visit(Piece::Assumed(0));
        visit(Piece::Fields(fields));
    }
}
