//! Vectors in the form that the caller asked for.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ft_core::chat::{EmbeddingRequest, EmbeddingResponse};
use serde_json::{Number, Value};

/// How a vector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VectorForm {
    /// A list of numbers, OpenAI's default.
    Numbers,
    /// The bytes of 32-bit floats, little end first, in base64.
    Base64,
    /// One that is not known here, and left as the provider gives it.
    Other,
}

impl VectorForm {
    pub(crate) fn of(request: &EmbeddingRequest) -> Self {
        match request.extra.get("encoding_format") {
            None | Some(Value::Null) => Self::Numbers,
            Some(format) if format == "float" => Self::Numbers,
            Some(format) if format == "base64" => Self::Base64,
            Some(_) => Self::Other,
        }
    }

    /// Brings every vector into this form.
    ///
    /// OpenAI's SDKs ask for base64 unless told otherwise, and many compatible endpoints give numbers all the same:
    /// the SDK for Node then decodes the numbers as if they were text, and nobody is told. What a chain answers must
    /// not depend on which of its providers did.
    pub(crate) fn bring(self, response: &mut EmbeddingResponse) {
        for row in &mut response.data {
            let Some(vector) = row.get_mut("embedding") else { continue };
            let brought = match (self, &*vector) {
                (Self::Base64, Value::Array(numbers)) => encoded(numbers),
                (Self::Numbers, Value::String(text)) => decoded(text),
                _ => None,
            };
            if let Some(brought) = brought {
                *vector = brought;
            }
        }
    }
}

fn encoded(numbers: &[Value]) -> Option<Value> {
    let mut bytes = Vec::with_capacity(numbers.len() * 4);
    for number in numbers {
        #[expect(clippy::cast_possible_truncation, reason = "the form has 32 bits for each")]
        let number = number.as_f64()? as f32;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    Some(BASE64_STANDARD.encode(bytes).into())
}

fn decoded(text: &str) -> Option<Value> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let (floats, []) = bytes.as_chunks::<4>() else { return None };
    let number = |float: &[u8; 4]| {
        // By way of its text: as 0.1, and not as the sixteen digits of its nearest neighbour in 64 bits.
        let shown = f32::from_le_bytes(*float).to_string().parse().ok()?;
        Number::from_f64(shown).map(Value::Number)
    };
    floats.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn brought(form: &Value, vector: Value) -> Value {
        let request = json!({"input": "a", "encoding_format": form});
        let request: EmbeddingRequest = serde_json::from_value(request).unwrap();
        let response = json!({"data": [{"index": 0, "embedding": vector}]});
        let mut response: EmbeddingResponse = serde_json::from_value(response).unwrap();
        VectorForm::of(&request).bring(&mut response);
        response.data[0]["embedding"].clone()
    }

    #[test]
    fn numbers_become_base64_for_who_asked_for_it_and_come_back() {
        let text = brought(&json!("base64"), json!([0.1, -2, 1e-7]));
        assert_eq!(text, json!("zczMPQAAAMCVv9Yz"));
        for form in [Value::Null, json!("float")] {
            assert_eq!(brought(&form, text.clone()), json!([0.1, -2.0, 1e-7]));
        }
    }

    #[test]
    fn what_has_the_form_or_has_none_stays_as_it_is() {
        assert_eq!(brought(&json!("base64"), json!("AAAAAA==")), json!("AAAAAA=="));
        assert_eq!(brought(&json!("float"), json!([1, 2])), json!([1, 2]));
        assert_eq!(brought(&json!("float"), json!("no vector")), json!("no vector"));
        assert_eq!(brought(&json!("base64"), json!([1, "a"])), json!([1, "a"]));
        assert_eq!(brought(&json!("int8"), json!([1, 2])), json!([1, 2]));
    }

    #[test]
    fn bytes_that_are_no_floats_stay_as_they_are() {
        for text in ["AAAA", "AADAfw=="] {
            assert_eq!(brought(&json!("float"), json!(text)), json!(text), "{text}");
        }
    }
}
