//! Writing JSON that is mostly long texts.
//!
//! `serde_json` looks at a text byte by byte for what must be escaped; of a prompt of 64 KiB that is most of what
//! passing it on costs. Here 32 bytes are looked at together, which compilers turn into a few instructions, and
//! what needs no escape is copied. The bytes are those that `serde_json` writes. All of it adds to the end of `out`,
//! which holds a part of the JSON after an error.

mod mend;
mod object;

use std::io;

use serde_json::Value;

pub use self::mend::{Mender, mended, paired, without_mark};
pub use self::object::{Instead, Json, Members, Writer, request};
pub(in crate::chat) use self::object::{object, serialized};
use super::{ChatResponse, EmbeddingResponse, Extra, Message};

/// Adds a text, quoted and escaped.
pub fn text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, behind) = rest.split_at(plain(rest));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = behind.split_first() else { break };
        escape(out, byte);
        rest = behind;
    }
    out.push(b'"');
}

/// How many bytes from the first one on stand in JSON as they are.
fn plain(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<32>();
    let is_plain = |chunk: &&[u8; 32]| !chunk.iter().fold(false, |any, &byte| any | special(byte));
    let start = 32 * chunks.iter().take_while(is_plain).count();
    let rest = bytes[start..].iter().position(|&byte| special(byte));
    rest.map_or(bytes.len(), |at| start + at)
}

const fn special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Adds a value.
///
/// # Errors
/// Those of writing to memory: none but what a number of another precision may bring.
pub fn value(out: &mut Vec<u8>, value: &Value) -> io::Result<()> {
    match value {
        Value::String(it) => text(out, it),
        Value::Array(items) => list(out, items, self::value)?,
        Value::Object(fields) => {
            out.push(b'{');
            extra(out, fields)?;
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => serde_json::to_writer(out, value)?,
    }
    Ok(())
}

/// Adds a message.
///
/// # Errors
/// As [`value`].
pub fn message(out: &mut Vec<u8>, message: &Message) -> io::Result<()> {
    message.json(out)
}

/// Adds an answer.
///
/// # Errors
/// As [`value`].
pub fn response(out: &mut Vec<u8>, response: &ChatResponse) -> io::Result<()> {
    response.json(out)
}

/// Adds an answer of vectors.
///
/// # Errors
/// As [`value`].
pub fn vectors(out: &mut Vec<u8>, response: &EmbeddingResponse) -> io::Result<()> {
    response.json(out)
}

/// Adds the items of a list.
///
/// # Errors
/// Those of `write`.
pub fn list<T>(
    out: &mut Vec<u8>,
    items: &[T],
    mut write: impl FnMut(&mut Vec<u8>, &T) -> io::Result<()>,
) -> io::Result<()> {
    out.push(b'[');
    for (nth, item) in items.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        write(out, item)?;
    }
    out.push(b']');
    Ok(())
}

/// Adds the name of a field to an object that is open at the end of `out`.
pub fn key(out: &mut Vec<u8>, name: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    text(out, name);
    out.push(b':');
}

/// Adds fields that this project does not know to an object that is open at the end of `out`.
///
/// # Errors
/// As [`value`].
pub fn extra(out: &mut Vec<u8>, extra: &Extra) -> io::Result<()> {
    for (name, value) in extra {
        key(out, name);
        self::value(out, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::chat::{Choice, Content, FinishReason, Part, ToolCall, Usage};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_character_is_escaped_as_serde_json_does() {
        for character in ('\0'..='\u{FF}').chain(['\u{2028}', '\u{FFFD}', '🎉']) {
            for before in [0, 1, 31, 32, 33] {
                let it = format!("{}{character}{character} behind", "a".repeat(before));
                let ours = written(|out| text(out, &it));
                assert_eq!(ours, serde_json::to_string(&it).unwrap());
            }
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[ -~\n\t\"\\\\é]{0,80}", "\\PC{0,20}", any::<String>()]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            texts().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(texts(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn extras() -> impl Strategy<Value = Extra> {
        prop::collection::btree_map("x[a-z\"]{1,4}", values(), 0..3)
            .prop_map(|fields| fields.into_iter().collect())
    }

    fn contents() -> impl Strategy<Value = Content> {
        let part = (texts(), prop::option::of(texts()), extras())
            .prop_map(|(kind, text, extra)| Part { kind, text, extra, ..Part::default() });
        prop_oneof![
            Just(Content::Absent),
            Just(Content::Null),
            texts().prop_map(Content::Text),
            prop::collection::vec(part, 0..3).prop_map(Content::Parts),
        ]
    }

    fn messages() -> impl Strategy<Value = Message> {
        let optional = || prop::option::of(texts());
        let calls = prop::collection::vec(texts(), 0..3).prop_map(|arguments| {
            let call = |arguments: String| {
                json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}})
            };
            let calls = arguments.into_iter().map(call);
            calls.map(|call| serde_json::from_value(call).unwrap()).collect::<Vec<ToolCall>>()
        });
        (texts(), contents(), optional(), calls, (optional(), optional()), extras()).prop_map(
            |(role, content, name, tool_calls, (tool_call_id, refusal), extra)| Message {
                role: role.into(),
                content,
                name,
                tool_calls,
                tool_call_id,
                refusal,
                extra,
                ..Message::default()
            },
        )
    }

    fn responses() -> impl Strategy<Value = ChatResponse> {
        let choice = (messages(), prop::option::of(texts()), prop::option::of(values()), extras())
            .prop_map(|(message, finish_reason, logprobs, extra)| Choice {
                index: 7,
                message,
                finish_reason: finish_reason.map(FinishReason::from),
                logprobs,
                extra,
                ..Choice::default()
            });
        let choices = prop::collection::vec(choice, 0..3);
        let usage = prop::option::of((0_u64..9).prop_map(|tokens| Usage::new(tokens, 3)));
        (texts(), 0_u64..2, choices, usage, extras()).prop_map(
            |(word, created, choices, usage, extra)| ChatResponse {
                id: word.clone(),
                object: String::new(),
                created,
                model: word,
                choices,
                usage,
                extra,
                ..ChatResponse::default()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_message_is_written_as_serde_json_does(it in messages()) {
            let ours = written(|out| message(out, &it).unwrap());
            prop_assert_eq!(ours, serde_json::to_string(&it).unwrap());
        }

        #[test]
        fn an_answer_is_written_as_serde_json_does(it in responses()) {
            let ours = written(|out| response(out, &it).unwrap());
            prop_assert_eq!(ours, serde_json::to_string(&it).unwrap());
        }
    }
}
