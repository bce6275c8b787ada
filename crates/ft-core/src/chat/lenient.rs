//! Reading what vendors send: null where a value is due, a value where null would do.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::lossless::Field;

/// A field that may be null and then has its default.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// A count that may be missing, null, a float such as `12.0`, or negative (read as 0).
pub(super) struct Counted<T>(T);

impl<'de> Deserialize<'de> for Counted<u64> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = Option::<serde_json::Number>::deserialize(from)?;
        Ok(Self(number.map_or(0, |number| {
            number.as_u64().unwrap_or_else(|| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a float cast saturates, and a negative count is 0"
                )]
                let rounded = number.as_f64().unwrap_or(0.0).round() as u64;
                rounded
            })
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

/// True for what is left out when written: the default of its type.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
