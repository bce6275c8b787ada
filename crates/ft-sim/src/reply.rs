//! What one attempt is to meet: an answer, an error, or a fault on the way.

use std::time::Duration;

use bytes::Bytes;
use ft_core::Usage;
use ft_core::chat::{FinishReason, FunctionCall, ToolCall};
use serde_json::{Value, json};

use crate::{Fault, Outcome};

/// What one attempt is to meet.
///
/// Begins as an answer ([`text`](Self::text)) or a status ([`status`](Self::status)); the methods change it.
/// A stream gives one chunk a word, after a chunk with the role alone and before one with the finish reason.
///
/// ```
/// use std::time::Duration;
/// use ft_sim::Reply;
/// use serde_json::json;
///
/// let slow = Reply::text("well thought over").latency(Duration::from_millis(300));
/// let broken = Reply::text("one two three").cut_after(2);
/// let silent = Reply::ok().hang();
/// let busy = Reply::status(429).header("retry-after", "2").body(json!({"error": {"code": "rate_limit_exceeded"}}));
/// # let _ = (slow, broken, silent, busy);
/// ```
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) pace: Pace,
    pub(crate) fault: Option<Fault>,
    pub(crate) done: bool,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) usage: Counted,
    /// Whether a stream says only what it must: no chunk with the role alone, no ids, usage beside the finish reason.
    pub(crate) brief: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// An answer in words, plain or streamed as the caller asks.
    Words { text: String, pieces: Option<Vec<usize>>, tool_calls: Vec<ToolCall> },
    /// This JSON, whatever the caller asks.
    Json(Value),
    /// These bytes, whatever the caller asks.
    Raw { content_type: String, bytes: Bytes },
    /// These events, for callers who ask for a stream; put together for others.
    Events(Vec<String>),
}

/// The waits of one reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) latency: Duration,
    pub(crate) first_token: Duration,
    pub(crate) per_chunk: Duration,
    pub(crate) drip: Duration,
}

/// What the reply says about tokens.
#[derive(Clone, Debug)]
pub(crate) enum Counted {
    /// Four bytes a token.
    Really,
    /// This, true or not.
    As(Box<Usage>),
    /// Nothing.
    Not,
}

impl Default for Reply {
    fn default() -> Self {
        Self::ok()
    }
}

impl Reply {
    /// An answer with this text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::with_body(
            200,
            Body::Words { text: text.into(), pieces: None, tool_calls: Vec::new() },
        )
    }

    /// An answer with this text in the form that the request asks for, so that a program which needs that form can be
    /// tried: a call of the tool that `tool_choice` forces, JSON for a `response_format` that demands it, with the
    /// values that its schema lists or the simplest that it allows, and no more tokens than the request's limit.
    #[must_use]
    pub fn as_asked(seen: &crate::Seen<'_>, text: impl Into<String>) -> Self {
        crate::form::answer(seen, text.into())
    }

    /// An answer that says `ok`.
    #[must_use]
    pub fn ok() -> Self {
        Self::text("ok")
    }

    /// An answer with this text, whose stream has exactly these chunks.
    #[must_use]
    pub fn chunks<T: AsRef<str>>(chunks: impl IntoIterator<Item = T>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for chunk in chunks {
            text.push_str(chunk.as_ref());
            ends.push(text.len());
        }
        Self::with_body(200, Body::Words { text, pieces: Some(ends), tool_calls: Vec::new() })
    }

    /// An answer that calls this tool. `arguments` is JSON as text.
    #[must_use]
    pub fn tool(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self::text("").tool_call(name, arguments)
    }

    /// A stream of exactly these events: what stands after `data: ` in each, `[DONE]` among them if it is to be.
    /// [`Fault`]s that count chunks have no effect on it.
    #[must_use]
    pub fn events<T: Into<String>>(events: impl IntoIterator<Item = T>) -> Self {
        Self::with_body(200, Body::Events(events.into_iter().map(Into::into).collect()))
    }

    /// A reply of this status. Below 300 it is an answer that says `ok`; else an error body in OpenAI's form,
    /// with the code that OpenAI uses with this status where there is one.
    #[must_use]
    pub fn status(status: u16) -> Self {
        if (200..300).contains(&status) {
            return Self { status, ..Self::ok() };
        }
        let (kind, code) = match status {
            400 | 413 | 422 => ("invalid_request_error", Value::Null),
            401 => ("invalid_request_error", "invalid_api_key".into()),
            402 => ("insufficient_quota", "insufficient_quota".into()),
            404 => ("invalid_request_error", "model_not_found".into()),
            429 => ("requests", "rate_limit_exceeded".into()),
            _ => ("server_error", Value::Null),
        };
        let message = format!("scripted reply of status {status}");
        let error =
            json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        Self::with_body(status, Body::Json(error))
    }

    /// An error body in OpenAI's form, with this status, code and message.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let error = json!({"message": message, "type": code, "param": null, "code": code});
        Self::with_body(status, Body::Json(json!({ "error": error })))
    }

    /// Status 429 that asks to wait this long, in `retry-after` (seconds, rounded up) and `retry-after-ms`.
    #[must_use]
    pub fn throttled(wait: Duration) -> Self {
        Self::status(429).retry_after(wait)
    }

    /// Status 503, as in an outage.
    #[must_use]
    pub fn down() -> Self {
        Self::error(503, "server_error", "The server is overloaded or not ready yet.")
    }

    fn with_body(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            pace: Pace::default(),
            fault: None,
            done: true,
            finish: Some(FinishReason::Stop),
            usage: Counted::Really,
            brief: false,
        }
    }

    /// Adds a header. Over HTTP, one whose name or value cannot stand in a header is left out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds `retry-after` (seconds, rounded up) and `retry-after-ms` (rounded up).
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let millis = wait.as_nanos().div_ceil(1_000_000);
        let seconds = millis.div_ceil(1_000);
        self.header("retry-after", seconds.to_string()).header("retry-after-ms", millis.to_string())
    }

    /// Sets the status and leaves the body.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Makes this JSON the body, whether a stream is asked for or not.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Body::Json(body.into());
        self
    }

    /// Makes these bytes the body, whether a stream is asked for or not.
    /// In-process, JSON is read as a plain answer, and anything else is
    /// [`Garbled`](ft_core::ErrorKind::Garbled).
    #[must_use]
    pub fn raw(mut self, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.body = Body::Raw { content_type: content_type.into(), bytes: body.into() };
        self
    }

    /// Waits this long before the headers. Default: not at all.
    #[must_use]
    pub fn latency(mut self, wait: Duration) -> Self {
        self.pace.latency = wait;
        self
    }

    /// Waits this long between the headers and the first content; a plain answer comes that much later.
    #[must_use]
    pub fn first_token(mut self, wait: Duration) -> Self {
        self.pace.first_token = wait;
        self
    }

    /// Waits this long before every further chunk of content; a plain answer comes as late as its last chunk.
    #[must_use]
    pub fn per_chunk(mut self, wait: Duration) -> Self {
        self.pace.per_chunk = wait;
        self
    }

    /// Sends every event, or the plain body, in eight pieces with this wait before each.
    #[must_use]
    pub fn drip(mut self, wait: Duration) -> Self {
        self.pace.drip = wait;
        self
    }

    /// Sets the fault. The last one set holds.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// See [`Fault::Hang`].
    #[must_use]
    pub fn hang(self) -> Self {
        self.fault(Fault::Hang)
    }

    /// See [`Fault::Refuse`].
    #[must_use]
    pub fn refuse(self) -> Self {
        self.fault(Fault::Refuse)
    }

    /// See [`Fault::Reset`].
    #[must_use]
    pub fn reset(self) -> Self {
        self.fault(Fault::Reset)
    }

    /// See [`Fault::ResetAfter`].
    #[must_use]
    pub fn reset_after(self, chunks: usize) -> Self {
        self.fault(Fault::ResetAfter(chunks))
    }

    /// See [`Fault::CutAfter`].
    #[must_use]
    pub fn cut_after(self, chunks: usize) -> Self {
        self.fault(Fault::CutAfter(chunks))
    }

    /// See [`Fault::CutInside`].
    #[must_use]
    pub fn cut_inside(self, chunk: usize) -> Self {
        self.fault(Fault::CutInside(chunk))
    }

    /// See [`Fault::StallAfter`].
    #[must_use]
    pub fn stall_after(self, chunks: usize) -> Self {
        self.fault(Fault::StallAfter(chunks))
    }

    /// See [`Fault::MalformedAt`].
    #[must_use]
    pub fn malformed_at(self, chunk: usize) -> Self {
        self.fault(Fault::MalformedAt(chunk))
    }

    /// An error inside a `200`, before any content: the value of `error`, or a whole body that has an `error`.
    #[must_use]
    pub fn error_in_200(self, error: impl Into<Value>) -> Self {
        self.error_after(0, error)
    }

    /// See [`Fault::ErrorAfter`]. Takes the value of `error`, or a whole body that has an `error`.
    #[must_use]
    pub fn error_after(self, chunks: usize, error: impl Into<Value>) -> Self {
        let error = error.into();
        let whole = if error.get("error").is_some() { error } else { json!({ "error": error }) };
        self.fault(Fault::ErrorAfter(chunks, whole))
    }

    /// See [`Fault::EmptyChoices`].
    #[must_use]
    pub fn empty_choices(self) -> Self {
        self.fault(Fault::EmptyChoices)
    }

    /// Ends the stream without `[DONE]`. With a finish reason it is complete all the same.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.done = false;
        self
    }

    /// Gives no finish reason. Without `[DONE]` either, the stream is a cut one that looks well on the wire.
    #[must_use]
    pub fn without_finish(mut self) -> Self {
        self.finish = None;
        self
    }

    /// Sets the finish reason. Default: `stop`, or `tool_calls` with a tool call.
    #[must_use]
    pub fn finish(mut self, reason: FinishReason) -> Self {
        self.finish = Some(reason);
        self
    }

    /// Makes the stream of an answer in words have a chunk up to each of these bytes, the last of them its end.
    pub(crate) fn in_chunks(mut self, ends: Vec<usize>) -> Self {
        if let Body::Words { pieces, .. } = &mut self.body {
            *pieces = Some(ends);
        }
        self
    }

    /// Reports this usage, true or not. Default: four bytes a token, both ways.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = Counted::As(Box::new(usage));
        self
    }

    /// Reports no usage, even when asked.
    #[must_use]
    pub fn without_usage(mut self) -> Self {
        self.usage = Counted::Not;
        self
    }

    /// Adds a tool call to an answer in words. `arguments` is JSON as text.
    #[must_use]
    pub fn tool_call(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        if let Body::Words { tool_calls, .. } = &mut self.body {
            tool_calls.push(ToolCall {
                id: format!("call_sim_{}", tool_calls.len() + 1),
                kind: "function".to_owned(),
                function: FunctionCall {
                    name: name.into(),
                    arguments: arguments.into(),
                    ..FunctionCall::default()
                },
                ..ToolCall::default()
            });
            self.finish = Some(FinishReason::ToolCalls);
        }
        self
    }

    /// What the log will say of it when it has been given to the end.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.fault {
            // Whoever waits for these has left when they end.
            Some(Fault::Hang | Fault::StallAfter(_)) => Outcome::CallerLeft,
            Some(Fault::Refuse | Fault::Reset | Fault::ResetAfter(_)) => Outcome::Reset,
            Some(Fault::CutAfter(_) | Fault::CutInside(_)) => Outcome::Cut,
            Some(Fault::MalformedAt(_)) => Outcome::Malformed,
            Some(Fault::ErrorAfter(..)) => Outcome::ErrorInside,
            Some(Fault::EmptyChoices) => Outcome::Empty,
            None if (200..300).contains(&self.status) => Outcome::Answered,
            None => Outcome::Status(self.status),
        }
    }
}
