//! Whether what came with a success status is an answer, or a piece of one. Decided here for all of them: whole
//! bodies, events of a stream, and streams in the place of a body.

use ft_core::chat::{ChatChunk, ChatResponse, Extra};
use serde_json::{Map, Value};

use super::Classifier;

/// What a body with a success status is.
pub(super) enum Reading {
    Answer,
    /// It says that it is none.
    Error,
    /// Neither answer nor error.
    Garbled,
}

/// One of the answers, as far as it says how it ended.
struct Ending<'a> {
    finish: Option<&'a str>,
    /// Its members that are not known by name, and those of its message or delta.
    members: [Option<&'a Extra>; 2],
}

impl Classifier {
    pub(super) fn read(&self, body: &[u8]) -> Reading {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Reading::Garbled };
        if self.is_fault(&value) {
            return Reading::Error;
        }
        let choices = value.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_answer = |choice: &Value| choice.get("message").is_some_and(Value::is_object);
        match !choices.is_empty() && choices.iter().all(is_answer) {
            true => Reading::Answer,
            false => Reading::Garbled,
        }
    }

    /// Whether JSON that is no chunk or answer by its types says that something failed.
    pub(crate) fn is_fault(&self, value: &Value) -> bool {
        let object = match value {
            Value::Object(object) => object,
            // Gemini's compatible endpoint wraps its errors in a list.
            Value::Array(list) => return list.iter().any(|it| it.is_object() && self.is_fault(it)),
            _ => return false,
        };
        let choices =
            object.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let lone = choices.is_empty() && !object.get("usage").is_some_and(Value::is_object);
        let endings = choices.iter().filter_map(Value::as_object).map(|choice| Ending {
            finish: choice.get("finish_reason").and_then(Value::as_str),
            members: [
                Some(choice),
                ["message", "delta"].iter().find_map(|field| choice.get(*field)?.as_object()),
            ],
        });
        self.finds_fault(object, lone, endings)
    }

    /// Whether an answer says that it is none.
    pub(crate) fn is_fault_of_answer(&self, answer: &ChatResponse) -> bool {
        let endings = answer.choices.iter().map(|choice| Ending {
            finish: choice.finish_reason.as_ref().map(|word| word.as_str()),
            members: [Some(&choice.extra), Some(&choice.message.extra)],
        });
        let lone = answer.choices.is_empty() && answer.usage.is_none();
        answer.object == "error" || self.finds_fault(&answer.extra, lone, endings)
    }

    /// Whether a chunk says that its answer failed.
    pub(crate) fn is_fault_of_chunk(&self, chunk: &ChatChunk) -> bool {
        let lone = chunk.choices.is_empty() && chunk.usage.is_none();
        let endings = chunk.choices.iter().map(|choice| Ending {
            finish: choice.finish_reason.as_ref().map(|word| word.as_str()),
            members: [Some(&choice.extra), Some(&choice.delta.extra)],
        });
        chunk.object == "error" || self.finds_fault(&chunk.extra, lone, endings)
    }

    /// Whether what stands beside an answer says that it failed.
    pub(crate) fn is_fault_beside(&self, members: &Extra) -> bool {
        members.iter().any(|(field, value)| self.is_member_of_fault(field, value, false))
    }

    fn finds_fault<'a>(
        &self,
        members: &Extra,
        lone: bool,
        mut endings: impl Iterator<Item = Ending<'a>>,
    ) -> bool {
        members.iter().any(|(field, value)| self.is_member_of_fault(field, value, lone))
            || endings.any(|ending| {
                let members = ending.members.into_iter().flatten();
                ending.finish.is_some_and(|word| self.is_failed_end(word))
                    || members.flatten().any(|(field, value)| match field.as_str() {
                        "error" => is_error(value),
                        "native_finish_reason" => self.is_failed_word(value),
                        // A whole answer in one event.
                        "message" => value.get("error").is_some_and(is_error),
                        _ => false,
                    })
            })
    }

    /// Whether a member beside the choices speaks of failure; `lone`: there are no choices, nor counts of tokens, so that
    /// an error without a word is one as well.
    ///
    /// `error`, vLLM's flat `object: "error"`, Groq's `x_groq.error`, MiniMax's `base_resp`, Gemini's
    /// `promptFeedback`, FastAPI's `detail`, and what stands in the place of an answer.
    fn is_member_of_fault(&self, field: &str, value: &Value, lone: bool) -> bool {
        match field {
            "error" if lone && value.is_object() => true,
            "error" | "Error" | "errors" | "detail" => is_error(value),
            "error_msg" => !is_good(value),
            "object" => value == "error",
            "type" => self.is_failed_word(value),
            "x_groq" => value.get("error").is_some_and(is_error),
            "base_resp" => value.get("status_code").is_some_and(|code| !is_good(code)),
            "success" | "ok" => *value == Value::Bool(false),
            "status" | "statusCode" => is_failed_status(value) || self.is_failed_word(value),
            "promptFeedback" | "prompt_feedback" => is_blocked(value),
            "code" | "error_code" | "errorCode" if lone => !is_good(value),
            "code" | "error_code" | "errorCode" => is_failed_status(value),
            "message" | "msg" | "Response" => lone && is_error(value),
            _ => false,
        }
    }

    fn is_failed_word(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|word| self.is_failed_end(word))
    }
}

/// Gemini's way to say that it did not read the prompt.
pub(super) fn is_blocked(feedback: &Value) -> bool {
    let reason = feedback.get("blockReason").or_else(|| feedback.get("block_reason"));
    let reason = reason.and_then(Value::as_str).unwrap_or_default();
    !matches!(reason, "" | "BLOCK_REASON_UNSPECIFIED" | "BLOCKED_REASON_UNSPECIFIED")
}

/// An HTTP status that says failure, as a number or as text.
fn is_failed_status(value: &Value) -> bool {
    number(value).is_some_and(|status| (400..600).contains(&status))
}

/// Codes that mean that nothing is wrong.
fn is_good(value: &Value) -> bool {
    match number(value) {
        Some(code) => code == 0 || (200..300).contains(&code),
        None => match value {
            Value::String(word) => matches!(
                &*word.to_ascii_lowercase(),
                "" | "ok" | "success" | "succeeded" | "completed"
            ),
            other => !is_error(other),
        },
    }
}

pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Null, false, zero, and empty texts and lists are what some put beside a good answer, and objects of nothing else.
fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => has_error(object),
    }
}

fn has_error(object: &Map<String, Value>) -> bool {
    object.values().any(is_error)
}
