//! Adding a piece of a message to what there is of it, for all that has no type here.
//!
//! As OpenAI's SDK for Python puts streams together, which vendors test their streams with: texts are joined, objects
//! merged, the items of lists merged where they say their `index` and appended where not. Texts that name something
//! are sent anew and not in pieces.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Extra;

/// Texts that are never sent in pieces: the last that is not empty counts. `format` is OpenRouter's, which it repeats
/// with each piece of `reasoning_details`.
const NAMES: [&str; 8] =
    ["type", "role", "id", "name", "model", "fingerprint", "signature", "format"];

/// Padding against who measures the length of encrypted events: OpenAI's, and no part of any answer.
pub(super) const PADDING: &str = "obfuscation";

/// Where the items of lists with an index of their own stand, for those that stand elsewhere.
///
/// Without it an upstream that counts backwards would make a stream cost the square of its length.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(HashMap<(u64, u64), usize>);

/// Adds the fields of a piece. Null adds nothing.
pub(super) fn fields(into: &mut Extra, piece: &Extra, places: &mut Places, path: u64) {
    for (name, more) in piece {
        if more.is_null() || name == PADDING {
            continue;
        }
        match into.get_mut(name) {
            None | Some(Value::Null) => {
                let mut value = more.clone();
                let path = below(path, name);
                if let Value::Array(items) = &mut value {
                    let items = std::mem::take(items);
                    value = Value::Array(Vec::with_capacity(items.len()));
                    list(&mut value, &items, places, path);
                }
                into.insert(name.clone(), value);
            }
            Some(whole) => add(name, whole, more, places, path),
        }
    }
}

fn add(name: &str, whole: &mut Value, more: &Value, places: &mut Places, path: u64) {
    match (&mut *whole, more) {
        (Value::String(whole), Value::String(more)) if NAMES.contains(&name) => {
            if !more.is_empty() {
                more.clone_into(whole);
            }
        }
        (Value::String(whole), Value::String(more)) => whole.push_str(more),
        (Value::Object(whole), Value::Object(more)) => {
            fields(whole, more, places, below(path, name));
        }
        (Value::Array(_), Value::Array(more)) => list(whole, more, places, below(path, name)),
        _ => *whole = more.clone(),
    }
}

fn list(whole: &mut Value, more: &[Value], places: &mut Places, path: u64) {
    let Value::Array(whole) = whole else { return };
    for item in more {
        let Some(index) = item.get("index").and_then(Value::as_u64) else {
            whole.push(item.clone());
            continue;
        };
        let at = place(whole, index, places, path);
        match (at.and_then(|at| whole.get_mut(at)), item) {
            (Some(Value::Object(there)), Value::Object(item)) => {
                fields(there, item, places, below(path, &index));
            }
            _ => {
                if usize::try_from(index) != Ok(whole.len()) {
                    places.0.insert((path, index), whole.len());
                }
                whole.push(item.clone());
            }
        }
    }
}

/// Where the item of this index stands: at that place, as a rule.
fn place(list: &[Value], index: u64, places: &Places, path: u64) -> Option<usize> {
    let at = usize::try_from(index).ok()?;
    let is = |item: &Value| item.get("index").and_then(Value::as_u64) == Some(index);
    if list.get(at).is_some_and(is) {
        return Some(at);
    }
    places.0.get(&(path, index)).copied()
}

/// The path to a field or item below this one, as a number.
fn below(path: u64, step: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    step.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole(pieces: &[Value]) -> Value {
        let (mut whole, mut places) = (Extra::new(), Places::default());
        for piece in pieces {
            fields(&mut whole, piece.as_object().unwrap(), &mut places, 0);
        }
        Value::Object(whole)
    }

    #[test]
    fn texts_are_joined_and_names_are_not() {
        let pieces = [
            json!({"a": "x", "id": "1", "call": {"name": "f", "arguments": "{\"a\""}, "n": 1}),
            json!({"a": "y", "id": "", "call": {"name": "f", "arguments": ":1}"}, "n": 2.50}),
            json!({"a": null, "id": "2", "call": null, "obfuscation": "zzz"}),
        ];
        let call = json!({"name": "f", "arguments": "{\"a\":1}"});
        assert_eq!(whole(&pieces), json!({"a": "xy", "id": "2", "call": call, "n": 2.50}));
    }

    #[test]
    fn items_are_merged_by_their_index_wherever_they_stand() {
        let item = |index: u64, text: &str| json!({"type": "t", "index": index, "text": text});
        let pieces = [
            json!({"list": [item(7, "a"), item(7, "b")]}),
            json!({"list": [item(1, "c")]}),
            json!({"list": [item(0, "d"), item(7, "e"), item(1, "f"), item(0, "g")]}),
        ];
        let list = json!([item(7, "abe"), item(1, "cf"), item(0, "dg")]);
        assert_eq!(whole(&pieces), json!({"list": list}));
    }

    #[test]
    fn items_without_an_index_are_appended() {
        let pieces = [json!({"images": [{"url": "1"}]}), json!({"images": [{"url": "2"}, 3]})];
        assert_eq!(whole(&pieces), json!({"images": [{"url": "1"}, {"url": "2"}, 3]}));
    }

    #[test]
    fn another_type_replaces_what_there_was() {
        assert_eq!(whole(&[json!({"a": "x"}), json!({"a": [1]})]), json!({"a": [1]}));
    }
}
