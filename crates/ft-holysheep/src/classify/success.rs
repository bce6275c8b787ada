//! Whether an answer with a success status is one.

use serde_json::{Map, Value};

/// What a body with a success status is.
pub(super) enum Reading {
    Answer,
    /// It carries an error object.
    Error,
    /// A filter refused, in Gemini's native form.
    Blocked,
    /// Neither answer nor error.
    Garbled,
}

pub(super) fn read(body: &[u8]) -> Reading {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Reading::Garbled };
    let object = match &value {
        Value::Object(object) => object,
        // Gemini's compatible endpoint wraps its errors in a list.
        Value::Array(list) if list.iter().any(|it| it.as_object().is_some_and(carries_error)) => {
            return Reading::Error;
        }
        _ => return Reading::Garbled,
    };
    if carries_error(object) {
        return Reading::Error;
    }
    let choices = object.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if choices.iter().any(|choice| choice.get("error").is_some_and(is_error)) {
        return Reading::Error;
    }
    if choices.iter().any(|choice| choice.get("message").is_some_and(Value::is_object)) {
        return Reading::Answer;
    }
    let blocked = |field: &str| object.get(field).and_then(|it| it.get("blockReason")).is_some();
    if blocked("promptFeedback") || blocked("prompt_feedback") {
        return Reading::Blocked;
    }
    if choices.is_empty() && looks_like_error(object) { Reading::Error } else { Reading::Garbled }
}

/// Whether an object of a success status, or an event of a stream, carries an error.
///
/// `error`, vLLM's flat `object: "error"`, Groq's `x_groq.error`, MiniMax's `base_resp`.
pub(crate) fn carries_error(object: &Map<String, Value>) -> bool {
    const FIELDS: [&str; 5] = ["error", "object", "type", "x_groq", "base_resp"];
    // Each event of a stream is asked: looking through its few fields is cheaper than looking up five.
    if !object.keys().any(|field| FIELDS.contains(&field.as_str())) {
        return false;
    }
    object.get("error").is_some_and(is_error)
        || object.get("object").and_then(Value::as_str) == Some("error")
        || object.get("type").and_then(Value::as_str) == Some("error")
        || object.get("x_groq").and_then(|it| it.get("error")).is_some_and(is_error)
        || object
            .get("base_resp")
            .and_then(|it| it.get("status_code")?.as_i64())
            .is_some_and(|code| code != 0)
}

/// Whether an object without choices speaks like an error: `{"message": …, "code": …}`, `{"detail": …}`.
pub(crate) fn looks_like_error(object: &Map<String, Value>) -> bool {
    ["message", "msg", "detail", "errors", "error_msg", "error_code", "Error", "Response"]
        .iter()
        .any(|field| object.get(*field).is_some_and(is_error))
}

/// Null, false, and empty texts and objects are what some put beside a good answer.
pub(crate) fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}
