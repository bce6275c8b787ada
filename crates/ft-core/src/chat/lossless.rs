//! Reading objects of which only some fields are typed, and all are kept.
//!
//! serde's own `flatten` first copies a whole object into a tree and then reads the typed fields out of it. A stream
//! has a hundred such objects a second, each with two more inside, and that copying was most of what a chunk cost.
//! Here each field is read where it stands.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A word of the text that is read, borrowed from it where it can be.
pub(super) struct Word<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text)))
            }
        }
        from.deserialize_str(Text)
    }
}

/// How a field is read: `T` is what the struct holds.
pub(super) trait Field<'de, T>: Deserialize<'de> {
    /// What was read.
    fn value(self) -> T;

    /// What a field holds that is not there.
    fn missing<E: Error>(name: &'static str) -> Result<T, E>;
}

/// A field that may be missing and then has its default.
pub(super) struct Optional<T>(T);

/// A field that may be missing or null and then has its default.
pub(super) struct Nullable<T>(T);

/// A field that must be there.
pub(super) struct Required<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self)
    }
}

impl<'de, T: Deserialize<'de> + Default> Field<'de, T> for Optional<T> {
    fn value(self) -> T {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<T>::deserialize(from)?.unwrap_or_default()))
    }
}

impl<'de, T: Deserialize<'de> + Default> Field<'de, T> for Nullable<T> {
    fn value(self) -> T {
        self.0
    }

    fn missing<E: Error>(_: &'static str) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self)
    }
}

impl<'de, T: Deserialize<'de>> Field<'de, T> for Required<T> {
    fn value(self) -> T {
        self.0
    }

    fn missing<E: Error>(name: &'static str) -> Result<T, E> {
        Err(E::missing_field(name))
    }
}

/// Implements `Deserialize` for a struct with a field `extra` for all that is not listed:
/// `"name on the wire" => field: how it is read`. A listed field that comes twice is an error.
macro_rules! lossless {
    ($of:ident { $($name:literal => $field:ident: $reader:ident),* $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $of {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                use serde::de::{Error, MapAccess, Visitor};
                use $crate::chat::lossless::{Field, Word};

                struct Fields;
                impl<'de> Visitor<'de> for Fields {
                    type Value = $of;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("struct ", stringify!($of)))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$of, A::Error> {
                        $(let mut $field = None;)*
                        let mut extra = $crate::chat::Extra::new();
                        while let Some(Word(name)) = map.next_key()? {
                            match &*name {
                                $($name if $field.is_some() => {
                                    return Err(A::Error::duplicate_field($name));
                                }
                                $name => $field = Some(map.next_value::<$reader<_>>()?),)*
                                _ => {
                                    extra.insert(name.into_owned(), map.next_value()?);
                                }
                            }
                        }
                        Ok($of {
                            $($field: match $field {
                                Some(read) => Field::value(read),
                                None => <$reader<_> as Field<'de, _>>::missing($name)?,
                            },)*
                            extra,
                        })
                    }
                }
                from.deserialize_map(Fields)
            }
        }
    };
}
pub(super) use lossless;
