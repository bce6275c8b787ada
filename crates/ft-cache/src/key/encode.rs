//! The canonical encoding of a request: no two that differ share one.
//!
//! Why that holds: every field has its place, each optional one says in one byte whether it is there, each list
//! begins with its number, each text with its length, each alternative with a byte of its own. A reader with the
//! encoding in hand would never have to choose how to go on, so it can have come from one request only.
//!
//! Each struct is taken apart in full, without `..`: a field that is added to the vocabulary does not compile
//! until somebody has decided here whether it changes the output.

use ft_core::ChatRequest;
use ft_core::chat::{Content, FunctionCall, FunctionDef, Message, Part, Stop, Tool, ToolCall};
use serde_json::Value;

use super::Scope;
use super::json;
use super::sink::Sink;

/// To be changed with every change of the encoding, so that no store serves an answer under an older meaning.
const VERSION: &[u8] = b"ft-cache key 1\n";

/// Everything that a key depends on.
pub(super) fn request(to: &mut impl Sink, scope: &Scope<'_>, request: &ChatRequest) {
    let Scope { tenant, chain } = scope;
    let ChatRequest {
        model,
        messages,
        max_tokens,
        max_completion_tokens,
        temperature,
        top_p,
        n,
        stop,
        // How the answer travels and what it is filed under change nothing in it.
        stream: _,
        stream_options: _,
        seed,
        tools,
        tool_choice,
        response_format,
        store: _,
        user: _,
        metadata: _,
        extra,
        // How it was written changes nothing either.
        shape: _,
    } = request;
    to.raw(VERSION);
    to.text(tenant);
    to.text(chain);
    to.text(model);
    list(to, messages, message);
    optional(to, max_tokens.as_ref(), |to, &most| to.count(most));
    optional(to, max_completion_tokens.as_ref(), |to, &most| to.count(most));
    optional(to, temperature.as_ref(), float);
    optional(to, top_p.as_ref(), float);
    optional(to, n.as_ref(), |to, &n| to.count(u64::from(n)));
    optional(to, stop.as_ref(), stops);
    optional(to, seed.as_ref(), |to, seed| to.raw(&seed.to_le_bytes()));
    list(to, tools, tool);
    optional_value(to, tool_choice.as_ref());
    optional_value(to, response_format.as_ref());
    json::sorted(to, extra);
}

fn message<S: Sink>(to: &mut S, message: &Message) {
    let Message { role, content, name, tool_calls, tool_call_id, refusal, extra, shape: _ } =
        message;
    to.text(role.as_str());
    match content {
        Content::Absent | Content::Null => to.byte(0),
        Content::Text(text) => {
            to.byte(1);
            to.text(text);
        }
        Content::Parts(parts) => {
            to.byte(2);
            list(to, parts, part);
        }
    }
    optional(to, name.as_deref(), S::text);
    list(to, tool_calls, tool_call);
    optional(to, tool_call_id.as_deref(), S::text);
    optional(to, refusal.as_deref(), S::text);
    json::sorted(to, extra);
}

fn part<S: Sink>(to: &mut S, part: &Part) {
    let Part { kind, text, extra, shape: _ } = part;
    to.text(kind);
    optional(to, text.as_deref(), S::text);
    json::sorted(to, extra);
}

fn tool_call(to: &mut impl Sink, call: &ToolCall) {
    let ToolCall { id, kind, function, extra, shape: _ } = call;
    to.text(id);
    to.text(kind);
    let FunctionCall { name, arguments, extra: of_function, shape: _ } = function;
    to.text(name);
    json::json_text(to, arguments);
    json::sorted(to, of_function);
    json::sorted(to, extra);
}

fn tool<S: Sink>(to: &mut S, tool: &Tool) {
    let Tool { kind, function, extra, shape: _ } = tool;
    to.text(kind);
    optional(to, function.as_ref(), |to, function| {
        let FunctionDef { name, description, parameters, extra, shape: _ } = function;
        to.text(name);
        optional(to, description.as_deref(), S::text);
        optional_value(to, parameters.as_ref());
        json::as_sent(to, extra);
    });
    json::as_sent(to, extra);
}

fn stops(to: &mut impl Sink, stop: &Stop) {
    match stop {
        Stop::One(word) => {
            to.byte(1);
            to.text(word);
        }
        Stop::Many(words) => {
            to.byte(2);
            list(to, words, |to, word| to.text(word));
        }
    }
}

/// All 64 bits, except that minus zero, which samples as zero does, is zero.
fn float(to: &mut impl Sink, value: &f64) {
    to.raw(&(value + 0.0).to_bits().to_le_bytes());
}

fn list<S: Sink, T>(to: &mut S, items: &[T], mut each: impl FnMut(&mut S, &T)) {
    to.count(items.len() as u64);
    for item in items {
        each(to, item);
    }
}

fn optional<S: Sink, T: ?Sized>(to: &mut S, value: Option<&T>, some: impl FnOnce(&mut S, &T)) {
    to.byte(u8::from(value.is_some()));
    if let Some(value) = value {
        some(to, value);
    }
}

fn optional_value(to: &mut impl Sink, value: Option<&Value>) {
    optional(to, value.filter(|value| !value.is_null()), |to, value| json::value(to, value));
}
