//! Reading what vendors send: null where a value is due, a value where null would do.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::lossless::Field;

/// A field that may be null and then has its default.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// A count that may be missing, null, a float such as `12.0`, a text of digits, or negative (read as 0).
pub(super) struct Counted<T>(T);

impl<'de> Deserialize<'de> for Counted<u64> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(from)? {
            Value::Null => return Ok(Self(0)),
            Value::Number(number) => number,
            Value::String(text) => {
                let number = text.trim().parse();
                number.map_err(|_| D::Error::custom("a count must be a number"))?
            }
            _ => return Err(D::Error::custom("a count must be a number")),
        };
        Ok(Self(number.as_u64().unwrap_or_else(|| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float cast saturates, and a negative count is 0"
            )]
            let rounded = number.as_f64().unwrap_or(0.0).round() as u64;
            rounded
        })))
    }
}

impl Field<'_, u64> for Counted<u64> {
    fn value(self) -> u64 {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<u64, E> {
        Ok(0)
    }
}

/// A name that may be missing, null, or a number, which is then written as text.
pub(super) struct Named<T>(T);

impl<'de> Deserialize<'de> for Named<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Null => Ok(Self(String::new())),
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom("a name must be a text")),
        }
    }
}

impl Field<'_, String> for Named<String> {
    fn value(self) -> String {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<String, E> {
        Ok(String::new())
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

    #[test]
    fn counts_and_names_are_read_in_every_spelling_that_vendors_have() {
        let read = |fields: Value| serde_json::from_value::<ChatResponse>(fields);
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
            let answer = of(created.clone(), tokens.clone()).unwrap();
            assert_eq!((answer.created, answer.id.as_str()), (12, "7"), "{created} {tokens}");
            assert_eq!(answer.usage.unwrap().prompt_tokens, 5);
        }
        for nothing in [json!(null), json!(-3)] {
            let answer = of(nothing.clone(), nothing).unwrap();
            assert_eq!((answer.created, answer.usage.unwrap().prompt_tokens), (0, 0));
        }
        for wrong in [json!("soon"), json!([1]), json!(true)] {
            assert!(of(json!(1), wrong.clone()).is_err(), "{wrong}");
        }
        assert!(read(json!({"id": [], "choices": []})).is_err());
    }
}
