//! Reading what vendors send: null where a value is due, a value where null would do, a type of another kind.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::lossless::{Field, Got};

/// A count that may be missing, null, a float such as `12.0`, a text of digits, or negative (read as 0).
pub(super) struct Counted<T>(Got<T>);

impl<'de> Deserialize<'de> for Counted<u64> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let count = match &value {
            Value::Null => return Ok(Self(Got::Null)),
            Value::Number(number) => count(number),
            Value::String(text) => text.trim().parse().ok().as_ref().and_then(count),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        Ok(Self(count.map_or(Got::Odd(value), Got::Value)))
    }
}

/// Nothing for what no count is: a number beyond all counts.
fn count(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let number = number.as_f64().filter(|number| *number < u64::MAX as f64)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates, and a negative count is 0"
        )]
        let rounded = number.round() as u64;
        Some(rounded)
    })
}

impl Field<'_, u64> for Counted<u64> {
    fn got(self) -> Got<u64> {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<u64, E> {
        Ok(0)
    }
}

/// A name that may be missing, null, or a number, which is then written as text.
pub(super) struct Named<T>(Got<T>);

impl<'de> Deserialize<'de> for Named<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match from.deserialize_any(AnyText)? {
            Got::Odd(Value::Number(number)) => Got::Value(number.to_string()),
            got => got,
        }))
    }
}

impl Field<'_, String> for Named<String> {
    fn got(self) -> Got<String> {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<String, E> {
        Ok(String::new())
    }
}

/// A text; what is none is odd.
pub(super) struct Said<T>(Got<T>);

impl<'de> Deserialize<'de> for Said<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyText).map(Self)
    }
}

impl<'de> Deserialize<'de> for Said<Option<String>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match from.deserialize_any(AnyText)? {
            Got::Value(text) | Got::Whole(text) => Got::Value(Some(text)),
            Got::Null => Got::Null,
            Got::Odd(value) => Got::Odd(value),
        }))
    }
}

impl<T: Default> Field<'_, T> for Said<T>
where
    Self: for<'de> Deserialize<'de>,
{
    fn got(self) -> Got<T> {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<T, E> {
        Ok(T::default())
    }
}

/// Reads a text in one go, and whatever else there is as a value.
struct AnyText;

impl<'de> Visitor<'de> for AnyText {
    type Value = Got<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Got<String>, E> {
        Ok(Got::Value(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Got<String>, E> {
        Ok(Got::Value(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Got<String>, E> {
        Ok(Got::Null)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Got<String>, E> {
        Ok(Got::Odd(it.into()))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Got<String>, E> {
        Ok(Got::Odd(it.into()))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Got<String>, E> {
        Ok(Got::Odd(it.into()))
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Got<String>, E> {
        Ok(Got::Odd(it.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Got<String>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(Got::Odd)
    }

    // serde_json's numbers come as maps as well, which its values know.
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Got<String>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(fields)).map(Got::Odd)
    }
}

/// What a provider says beside the answer: where it cannot be read, the answer is one all the same.
pub(super) struct Beside<T>(Got<T>);

impl<'de, T: for<'any> Deserialize<'any>> Deserialize<'de> for Beside<Option<T>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        if value.is_null() {
            return Ok(Self(Got::Null));
        }
        Ok(Self(match T::deserialize(&value) {
            Ok(it) => Got::Value(Some(it)),
            Err(_) => Got::Odd(value),
        }))
    }
}

impl<'de, T> Field<'de, Option<T>> for Beside<Option<T>>
where
    Self: Deserialize<'de>,
{
    fn got(self) -> Got<Option<T>> {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<Option<T>, E> {
        Ok(None)
    }
}

/// A number with a fraction, of which it is kept whether it was written with one.
pub(super) struct Real<T>(Got<T>);

impl<'de> Deserialize<'de> for Real<Option<f64>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Got<Option<f64>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E: Error>(self, it: f64) -> Result<Self::Value, E> {
                Ok(Got::Value(Some(it)))
            }

            #[expect(clippy::cast_precision_loss, reason = "as serde_json reads a float")]
            fn visit_u64<E: Error>(self, it: u64) -> Result<Self::Value, E> {
                Ok(Got::Whole(Some(it as f64)))
            }

            #[expect(clippy::cast_precision_loss, reason = "as serde_json reads a float")]
            fn visit_i64<E: Error>(self, it: i64) -> Result<Self::Value, E> {
                Ok(Got::Whole(Some(it as f64)))
            }
        }
        struct OrNull;
        impl<'de> Visitor<'de> for OrNull {
            type Value = Got<Option<f64>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Got::Null)
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Got::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
                from.deserialize_f64(Written)
            }
        }
        from.deserialize_option(OrNull).map(Self)
    }
}

impl Field<'_, Option<f64>> for Real<Option<f64>> {
    fn got(self) -> Got<Option<f64>> {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<Option<f64>, E> {
        Ok(None)
    }
}

/// True for what is left out when written: the default of its type.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ChatResponse;

    fn read(fields: Value) -> ChatResponse {
        serde_json::from_str(&fields.to_string()).unwrap()
    }

    #[test]
    fn counts_and_names_are_read_in_every_spelling_that_vendors_have() {
        let of = |created: Value, tokens: Value| {
            let usage = json!({"prompt_tokens": tokens, "completion_tokens": 1});
            read(json!({"id": 7, "created": created, "choices": [], "usage": usage}))
        };
        for (created, tokens) in [
            (json!(12), json!(5)),
            (json!(12.0), json!(5.0)),
            (json!("12"), json!(" 5 ")),
            (json!(11.6), json!("5.0")),
        ] {
            let answer = of(created.clone(), tokens.clone());
            assert_eq!((answer.created, answer.id.as_str()), (12, "7"), "{created} {tokens}");
            assert_eq!(answer.usage.unwrap().prompt_tokens, 5);
        }
        for nothing in [json!(null), json!(-3)] {
            let answer = of(nothing.clone(), nothing);
            assert_eq!((answer.created, answer.usage.unwrap().prompt_tokens), (0, 0));
        }
    }

    #[test]
    fn what_cannot_be_read_beside_an_answer_stays_as_it_came_and_spoils_nothing() {
        let odd = [
            r#""n/a""#,
            "5",
            "[1]",
            "true",
            r#"{"prompt_tokens":"x","total_tokens":1e+999}"#,
            r#"{"prompt_tokens":5,"prompt_tokens_details":[{"modality":"TEXT"}]}"#,
            r#"{"completion_tokens":{"a":1},"completion_tokens_details":"none"}"#,
            r#"{"prompt_tokens":123456789012345678901234567890}"#,
        ];
        for usage in odd {
            let text = format!(r#"{{"id":[1],"created":true,"choices":[],"usage":{usage},"z":1}}"#);
            let answer: ChatResponse = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::to_string(&answer).unwrap(), text);
        }
        let twice = r#"{"usage":{"prompt_tokens":1,"prompt_tokens":2},"choices":[]}"#;
        let answer: ChatResponse = serde_json::from_str(twice).unwrap();
        assert_eq!(answer.usage.unwrap().prompt_tokens, 2);
    }
}
