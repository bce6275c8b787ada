//! The request's body: the caller's request with another model, written without copying it.

use std::borrow::Cow;
use std::io;

use ft_core::chat::{ChatRequest, Content, EmbeddingRequest, Stop, Tool, json};
use ft_core::{ErrorKind, ProviderError};
use serde::Serialize;
use serde_json::Value;

/// How the answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Whole,
    Stream { usage: bool },
}

/// What a [`ChatRequest`] has beside model, messages and unknown fields, in the same order.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a Stop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Cow<'a, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tools: &'a [Tool],
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Value>,
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
    // Without `..`: a field that is added to the request must be added here, or this does not compile.
    let ChatRequest {
        model: _,
        messages,
        max_tokens,
        max_completion_tokens,
        temperature,
        top_p,
        n,
        stop,
        stream,
        stream_options,
        seed,
        tools,
        tool_choice,
        response_format,
        store,
        user,
        metadata,
        extra,
    } = request;
    let rest = Rest {
        max_tokens: *max_tokens,
        max_completion_tokens: *max_completion_tokens,
        temperature: *temperature,
        top_p: *top_p,
        n: *n,
        stop: stop.as_ref(),
        stream: match ask {
            Ask::Whole => stream.map(|_| false),
            Ask::Stream { .. } => Some(true),
        },
        stream_options: options(stream_options.as_ref(), ask),
        seed: *seed,
        tools,
        tool_choice: tool_choice.as_ref(),
        response_format: response_format.as_ref(),
        store: *store,
        user: user.as_deref(),
        metadata: metadata.as_ref(),
    };
    let said: usize = messages
        .iter()
        .map(|message| match &message.content {
            Content::Text(text) => text.len() + 64,
            Content::Absent | Content::Null | Content::Parts(_) => 256,
        })
        .sum();
    write(said + 256, most, |out| {
        json::key(out, "model");
        json::text(out, model);
        json::key(out, "messages");
        json::list(out, messages, json::message)?;
        json::fields(out, &rest)?;
        json::extra(out, extra)
    })
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
    let EmbeddingRequest { model: _, input, extra } = request;
    write(1024, most, |out| {
        json::key(out, "model");
        json::text(out, model);
        json::key(out, "input");
        json::value(out, input)?;
        json::extra(out, extra)
    })
}

/// Writes an object of about this many bytes.
fn write(
    about: usize,
    most: usize,
    fields: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::with_capacity(about.min(most));
    body.push(b'{');
    fields(&mut body).map_err(|error| {
        ProviderError::new(ErrorKind::InvalidRequest).with_sent(false).with_source(error)
    })?;
    body.push(b'}');
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
