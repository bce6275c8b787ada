//! The compact JSON text of a value and its length, without recursion.
//!
//! A schema built in a program may be nested deeper than the stack, so neither walk calls itself.

use serde_json::{Map, Value};

enum Frame<'a> {
    Array(std::slice::Iter<'a, Value>),
    Object(serde_json::map::Iter<'a>),
}

trait Sink {
    fn raw(&mut self, text: &str);
    fn number(&mut self, number: &serde_json::Number);
    fn string(&mut self, text: &str);
}

/// Appends the compact JSON of `value` to `text`.
pub(crate) fn write(value: &Value, text: &mut String) {
    walk(value, text);
}

/// A length in bytes that the compact JSON of `value` does not exceed.
pub(crate) fn length(value: &Value) -> u64 {
    let mut bytes = Length(0);
    walk(value, &mut bytes);
    bytes.0
}

/// As [`write`], for the fields of an object that is not held as a value.
pub(crate) fn write_fields(fields: &Map<String, Value>, text: &mut String) {
    for (name, value) in fields {
        text.string(name);
        text.raw(":");
        walk(value, text);
        text.raw(",");
    }
}

/// As [`length`], for the fields of an object that is not held as a value.
pub(crate) fn fields_length(fields: &Map<String, Value>) -> u64 {
    let mut bytes = Length(0);
    for (name, value) in fields {
        bytes.string(name);
        bytes.raw(":,");
        walk(value, &mut bytes);
    }
    bytes.0
}

fn walk<S: Sink>(value: &Value, sink: &mut S) {
    let mut open = Vec::new();
    enter(value, sink, &mut open);
    while let Some(frame) = open.last_mut() {
        // A comma follows every element, the last too: one byte more, and no state to keep.
        let next = match frame {
            Frame::Array(items) => items.next(),
            Frame::Object(fields) => fields.next().map(|(name, value)| {
                sink.string(name);
                sink.raw(":");
                value
            }),
        };
        if let Some(value) = next {
            enter(value, sink, &mut open);
        } else {
            sink.raw(if matches!(frame, Frame::Array(_)) { "]" } else { "}" });
            open.pop();
            if !open.is_empty() {
                sink.raw(",");
            }
        }
    }
}

fn enter<'a, S: Sink>(value: &'a Value, sink: &mut S, open: &mut Vec<Frame<'a>>) {
    match value {
        Value::Null => sink.raw("null"),
        Value::Bool(true) => sink.raw("true"),
        Value::Bool(false) => sink.raw("false"),
        Value::Number(number) => sink.number(number),
        Value::String(text) => sink.string(text),
        Value::Array(items) => {
            sink.raw("[");
            open.push(Frame::Array(items.iter()));
            return;
        }
        Value::Object(fields) => {
            sink.raw("{");
            open.push(Frame::Object(fields.iter()));
            return;
        }
    }
    if !open.is_empty() {
        sink.raw(",");
    }
}

struct Length(u64);

impl Length {
    fn add(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes as u64);
    }
}

impl Sink for Length {
    fn raw(&mut self, text: &str) {
        self.add(text.len());
    }

    fn number(&mut self, number: &serde_json::Number) {
        self.add(number.as_str().len());
    }

    fn string(&mut self, text: &str) {
        let more = |byte| 5 * usize::from(byte < b' ') + usize::from(byte == b'"' || byte == b'\\');
        self.add(2 + text.len() + text.bytes().map(more).sum::<usize>());
    }
}

impl Sink for String {
    fn raw(&mut self, text: &str) {
        self.push_str(text);
    }

    fn number(&mut self, number: &serde_json::Number) {
        self.push_str(number.as_str());
    }

    fn string(&mut self, text: &str) {
        self.push('"');
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.push_str(&text[plain..at]);
            plain = at + 1;
            match byte {
                b'"' => self.push_str("\\\""),
                b'\\' => self.push_str("\\\\"),
                b'\n' => self.push_str("\\n"),
                b'\r' => self.push_str("\\r"),
                b'\t' => self.push_str("\\t"),
                _ => self.push_str(&format!("\\u{byte:04x}")),
            }
        }
        self.push_str(&text[plain..]);
        self.push('"');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_json_but_for_the_commas_and_no_longer_than_its_length() {
        let value = json!({"a": [1, -2.5e-300, "x\n\"y\"\u{1}ü"], "b": {}, "c": null, "d": true});
        let mut text = String::new();
        write(&value, &mut text);
        assert_eq!(text, r#"{"a":[1,-2.5e-300,"x\n\"y\"\u0001ü",],"b":{},"c":null,"d":true,}"#);
        assert!(length(&value) >= text.len() as u64);
    }

    #[test]
    fn depth_costs_no_stack() {
        let mut value = json!("leaf");
        for _ in 0..100_000 {
            value = Value::Array(vec![value]);
        }
        assert_eq!(length(&value), 6 + 2 * 100_000 + 100_000);
        // serde_json drops a value recursively, so the test takes it apart.
        while let Value::Array(mut items) = value {
            value = items.pop().unwrap_or_default();
        }
    }
}
