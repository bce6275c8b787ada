//! Whether vectors are there for everything that was asked for.

use std::collections::HashSet;

use ft_core::chat::EmbeddingResponse;
use serde_json::Value;

/// What is wrong with an answer of vectors, when this many were asked for and that is known.
///
/// One vector for each input, none with a hole, all of one length, no place taken twice: a caller stores them and finds
/// out weeks later.
pub(super) fn fault(answer: &EmbeddingResponse, wanted: Option<usize>) -> Option<String> {
    let got = answer.data.len();
    if let Some(wanted) = wanted.filter(|&wanted| wanted != got) {
        return Some(format!("{got} vectors came for {wanted} inputs"));
    }
    let Some(first) = answer.data.first() else {
        return Some("the answer has no vectors".to_owned());
    };
    let length = vector(first);
    let mut places = HashSet::new();
    for (at, entry) in answer.data.iter().enumerate() {
        let own = vector(entry);
        if own.is_none() {
            return Some(format!("entry {at} has no vector of numbers"));
        }
        if own != length {
            return Some(format!("the vector of entry {at} is of another length than the first"));
        }
        if let Some(place) = entry.get("index").and_then(Value::as_u64)
            && !(places.insert(place) && wanted.is_none_or(|wanted| place < wanted as u64))
        {
            return Some(format!("the index of entry {at} is not its own"));
        }
    }
    None
}

/// How many numbers a vector has, or how long its text in base64 is; `None` when there is none.
fn vector(entry: &Value) -> Option<(bool, usize)> {
    match entry.get("embedding")? {
        Value::Array(numbers) if !numbers.is_empty() && numbers.iter().all(Value::is_number) => {
            Some((true, numbers.len()))
        }
        Value::String(text) if !text.is_empty() => Some((false, text.len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault_of(data: Value) -> Option<String> {
        let answer = serde_json::from_value(json!({"model": "m", "data": data})).unwrap();
        fault(&answer, Some(2))
    }

    #[test]
    fn what_was_asked_for_is_there() {
        for data in [
            json!([{"index": 0, "embedding": [0.1, 2]}, {"index": 1, "embedding": [0.3, -1e-9]}]),
            json!([{"index": 1, "embedding": [0.1]}, {"index": 0, "embedding": [0.3]}]),
            json!([{"embedding": [0.1]}, {"embedding": [0.3]}]),
            json!([{"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": "BBBB"}]),
        ] {
            assert_eq!(fault_of(data.clone()), None, "{data}");
        }
    }

    #[test]
    fn a_hole_is_a_fault() {
        let good = json!({"index": 0, "embedding": [0.1, 0.2]});
        let with = |second: Value| json!([good, second]);
        for data in [
            json!([]),
            json!([good]),
            json!([good, {"index": 1, "embedding": [1, 2]}, {"index": 2, "embedding": [1, 2]}]),
            with(json!(null)),
            with(json!({"index": 1})),
            with(json!({"index": 1, "embedding": null})),
            with(json!({"index": 1, "embedding": []})),
            with(json!({"index": 1, "embedding": {}})),
            with(json!({"index": 1, "embedding": ["NaN", 1]})),
            with(json!({"index": 1, "embedding": [1, 2, 3]})),
            with(json!({"index": 1, "embedding": "AAAA"})),
            with(json!({"index": 0, "embedding": [1, 2]})),
            with(json!({"index": 2, "embedding": [1, 2]})),
            with(json!({"index": 1, "error": {"message": "x"}, "embedding": []})),
        ] {
            assert!(fault_of(data.clone()).is_some(), "{data}");
        }
    }
}
