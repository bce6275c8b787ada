//! The request's body: the caller's request with another model, its members in the order in which they came.

use std::borrow::Cow;
use std::io;

use ft_core::chat::json::{self, Instead};
use ft_core::chat::{ChatRequest, Content, EmbeddingRequest};
use ft_core::{ErrorKind, ProviderError};
use serde_json::Value;

/// How the answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Whole,
    Stream { usage: bool },
}

/// The body of a chat request.
///
/// # Errors
/// [`ErrorKind::PayloadTooLarge`] over `most` bytes; nothing was sent.
pub(super) fn chat(
    request: &ChatRequest,
    model: &str,
    ask: Ask,
    most: usize,
) -> Result<Vec<u8>, ProviderError> {
    let stream = match ask {
        Ask::Whole => request.stream.map(|_| Value::Bool(false)),
        Ask::Stream { .. } => Some(Value::Bool(true)),
    };
    let options = options(request.stream_options.as_ref(), ask);
    let instead = [
        ("model", Instead::Text(model)),
        ("stream", stream.as_ref().map_or(Instead::Nothing, Instead::Value)),
        ("stream_options", options.as_deref().map_or(Instead::Nothing, Instead::Value)),
    ];
    let said: usize = request
        .messages
        .iter()
        .map(|message| match &message.content {
            Content::Text(text) => text.len() + 64,
            Content::Absent | Content::Null | Content::Parts(_) => 256,
        })
        .sum();
    write(said + 256, most, |out| json::request(out, request, &instead))
}

/// The options of a stream, with usage asked for; a request without a stream must have none.
fn options(given: Option<&Value>, ask: Ask) -> Option<Cow<'_, Value>> {
    match (ask, given) {
        (Ask::Whole, _) => None,
        (Ask::Stream { usage: false }, given) => given.map(Cow::Borrowed),
        (Ask::Stream { usage: true }, Some(Value::Object(given))) => {
            let mut options = given.clone();
            options.insert("include_usage".to_owned(), Value::Bool(true));
            Some(Cow::Owned(Value::Object(options)))
        }
        (Ask::Stream { usage: true }, _) => {
            Some(Cow::Owned(serde_json::json!({ "include_usage": true })))
        }
    }
}

/// The body of a request for vectors.
///
/// # Errors
/// As [`chat`].
pub(super) fn embedding(
    request: &EmbeddingRequest,
    model: &str,
    most: usize,
) -> Result<Vec<u8>, ProviderError> {
    let instead = [("model", Instead::Text(model))];
    write(1024, most, |out| json::request(out, request, &instead))
}

/// Writes an object of about this many bytes.
fn write(
    about: usize,
    most: usize,
    object: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::with_capacity(about.min(most));
    object(&mut body).map_err(|error| {
        ProviderError::new(ErrorKind::InvalidRequest).with_sent(false).with_source(error)
    })?;
    if body.len() > most {
        return Err(ProviderError::new(ErrorKind::PayloadTooLarge)
            .with_sent(false)
            .with_message(format!("the request is larger than {most} bytes")));
    }
    Ok(body)
}

/// A model's name as one segment of a path: what has a meaning in a URL is escaped.
pub(super) fn path_segment(model: &str) -> String {
    // `.` and `..` mean other places even when escaped; no model has such a name.
    if model.bytes().all(|byte| byte == b'.') {
        return "_".to_owned();
    }
    let mut out = String::with_capacity(model.len());
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
