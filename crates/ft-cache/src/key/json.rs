//! The encoding of JSON values, in the order sent.

use std::fmt;

use ft_core::chat::Extra;
use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use super::sink::Sink;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const UNSIGNED: u8 = 3;
const NEGATIVE: u8 = 4;
const FLOAT: u8 = 5;
const STRING: u8 = 6;
const ARRAY: u8 = 7;
const OBJECT: u8 = 8;

const AS_SENT: u8 = 0;
const STRIPPED: u8 = 1;

/// Ends a text whose length is not known when it begins. No byte of UTF-8 has this value.
const END: u8 = 0xff;

/// How many unknown fields are sorted without allocating. Requests have a handful.
const FEW: usize = 32;

/// A value: its kind, then what it holds. Fields count in the order sent.
pub(super) fn value(to: &mut impl Sink, value: &Value) {
    match value {
        Value::Null => to.byte(NULL),
        Value::Bool(false) => to.byte(FALSE),
        Value::Bool(true) => to.byte(TRUE),
        Value::Number(it) => number(to, it),
        Value::String(text) => {
            to.byte(STRING);
            to.text(text);
        }
        Value::Array(items) => {
            to.byte(ARRAY);
            to.count(items.len() as u64);
            for item in items {
                self::value(to, item);
            }
        }
        Value::Object(fields) => {
            to.byte(OBJECT);
            as_sent(to, fields);
        }
    }
}

/// Fields in the order sent, their number first.
pub(super) fn as_sent(to: &mut impl Sink, fields: &Extra) {
    to.count(fields.len() as u64);
    for (name, it) in fields {
        to.text(name);
        value(to, it);
    }
}

/// Fields sorted by name, their number first.
pub(super) fn sorted(to: &mut impl Sink, fields: &Extra) {
    if fields.len() <= 1 {
        return as_sent(to, fields);
    }
    let mut few: [(&str, &Value); FEW] = [("", &Value::Null); FEW];
    let mut many: Vec<(&str, &Value)>;
    let pairs = if fields.len() <= FEW {
        for (place, (name, it)) in few.iter_mut().zip(fields) {
            *place = (name, it);
        }
        &mut few[..fields.len()]
    } else {
        many = fields.iter().map(|(name, it)| (name.as_str(), it)).collect();
        &mut many[..]
    };
    pairs.sort_unstable_by_key(|&(name, _)| name);
    to.count(pairs.len() as u64);
    for (name, it) in pairs {
        to.text(name);
        value(to, it);
    }
}

/// Text that ought to be JSON: without the whitespace between its tokens, if it is; else as it stands.
///
/// Tokens of valid JSON that would run together are always parted by punctuation, so two documents that agree
/// here are the same document. `[1 2]` is none, and stays apart from `[12]`.
pub(super) fn json_text(to: &mut impl Sink, text: &str) {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        to.byte(AS_SENT);
        return to.text(text);
    }
    to.byte(STRIPPED);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        if !quoted && blank(byte) {
            continue;
        }
        to.byte(byte);
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && byte == b'\\' && !escaped;
    }
    to.byte(END);
}

/// A number. `1` and `1.0` are different: some schema validators tell them apart.
fn number(to: &mut impl Sink, number: &Number) {
    if let Some(unsigned) = number.as_u64() {
        to.byte(UNSIGNED);
        to.count(unsigned);
    } else if let Some(negative) = number.as_i64() {
        to.byte(NEGATIVE);
        to.count(negative.unsigned_abs());
    } else {
        // Its text, digit by digit as it was sent: numbers that no f64 tells apart differ here.
        to.byte(FLOAT);
        let _never_fails = fmt::write(&mut Text(to), format_args!("{number}"));
        to.byte(END);
    }
}

struct Text<'a, S>(&'a mut S);

impl<S: Sink> fmt::Write for Text<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.raw(text.as_bytes());
        Ok(())
    }
}
