//! Reading and writing objects of which only some members are typed, and all are kept.
//!
//! serde's own `flatten` first copies a whole object into a tree and then reads the typed fields out of it. A stream
//! has a hundred such objects a second, each with two more inside, and that copying was most of what a chunk cost.
//! Here each member is read where it stands, and written where it stood: see [`Shape`](super::Shape).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::Value;

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

/// What was read of a member.
pub(super) enum Got<T> {
    /// Its value.
    Value(T),
    /// Its value, a number written without its fraction.
    Whole(T),
    /// Null, where the field then has its default.
    Null,
    /// A value of another type than the field's: it stays among the unknown members, under its name.
    Odd(Value),
}

/// How a member is read: `T` is what the struct holds.
pub(super) trait Field<'de, T>: Deserialize<'de> {
    /// What was read.
    fn got(self) -> Got<T>;

    /// What a field holds whose member is not there.
    fn missing<E: Error>(name: &'static str) -> Result<T, E>;
}

/// A member that may be missing or null; its field then has its default.
pub(super) struct Nullable<T>(Option<T>);

/// A member that may be missing, and reads null itself.
pub(super) struct Optional<T>(T);

/// A member that must be there.
pub(super) struct Required<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Optional<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(from).map(Self)
    }
}

impl<'de, T: Deserialize<'de> + Default> Field<'de, T> for Optional<T> {
    fn got(self) -> Got<T> {
        Got::Value(self.0)
    }

    fn missing<E: Error>(_: &'static str) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self)
    }
}

impl<'de, T: Deserialize<'de> + Default> Field<'de, T> for Nullable<T> {
    fn got(self) -> Got<T> {
        self.0.map_or(Got::Null, Got::Value)
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
    fn got(self) -> Got<T> {
        Got::Value(self.0)
    }

    fn missing<E: Error>(name: &'static str) -> Result<T, E> {
        Err(E::missing_field(name))
    }
}

/// Implements `Deserialize`, `Serialize` and [`Members`](super::json::Members) for a struct with a field `extra` for
/// all that is not listed and a field `shape`:
/// `"name on the wire" => field: how it is read, when it is written`.
///
/// `always` writes a member that holds nothing, `given` only one that came. A listed member that comes twice is an
/// error; with `last` behind the struct's name the last one counts, as in most readers of JSON.
macro_rules! lossless {
    ($of:ident { $($name:literal => $field:ident: $reader:ident $when:ident),* $(,)? }) => {
        $crate::chat::lossless::lossless!(@of $of once { $($name => $field: $reader $when),* });
    };
    ($of:ident, last { $($name:literal => $field:ident: $reader:ident $when:ident),* $(,)? }) => {
        $crate::chat::lossless::lossless!(@of $of last { $($name => $field: $reader $when),* });
    };
    (@always always) => { true };
    (@always given) => { false };
    (@once once) => { true };
    (@once last) => { false };
    (@of $of:ident $times:ident { $($name:literal => $field:ident: $reader:ident $when:ident),* }) => {
        const _: () = {
            /// The numbers of the known members.
            #[expect(non_camel_case_types, reason = "each is named as its field is")]
            enum Known { $($field,)* Unknown }
            const KNOWN: u8 = Known::Unknown as u8;

            impl<'de> serde::Deserialize<'de> for $of {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    use serde::de::{Error, MapAccess, Visitor};
                    use $crate::chat::lenient::is_default;
                    use $crate::chat::lossless::{Field, Got, Word, lossless};
                    use $crate::chat::shape::{Given, Shape};

                    struct Fields;
                    impl<'de> Visitor<'de> for Fields {
                        type Value = $of;

                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str(concat!("struct ", stringify!($of)))
                        }

                        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$of, A::Error> {
                            $(let mut $field = None;)*
                            let mut extra = $crate::chat::Extra::new();
                            let mut shape = Shape::to_read();
                            while let Some(Word(name)) = map.next_key()? {
                                match &*name {
                                    $($name => {
                                        let again = $field.is_some();
                                        if again && lossless!(@once $times) {
                                            return Err(A::Error::duplicate_field($name));
                                        }
                                        let given = match map.next_value::<$reader<_>>()?.got() {
                                            Got::Value(read) => {
                                                let bare = is_default(&read);
                                                $field = Some(read);
                                                if bare { Given::Bare } else { Given::Value }
                                            }
                                            Got::Whole(read) => {
                                                $field = Some(read);
                                                Given::Bare
                                            }
                                            Got::Null => {
                                                $field = Some(Default::default());
                                                Given::Null
                                            }
                                            Got::Odd(value) => {
                                                $field = Some(Default::default());
                                                if extra.insert($name.to_owned(), value).is_none() {
                                                    shape.extra();
                                                }
                                                continue;
                                            }
                                        };
                                        if again {
                                            extra.shift_remove($name);
                                        } else {
                                            shape.known(Known::$field as u8, given);
                                        }
                                    })*
                                    _ => {
                                        let value = map.next_value()?;
                                        if extra.insert(name.into_owned(), value).is_none() {
                                            shape.extra();
                                        }
                                    }
                                }
                            }
                            Ok($of {
                                $($field: match $field {
                                    Some(read) => read,
                                    None => <$reader<_> as Field<'de, _>>::missing($name)?,
                                },)*
                                extra,
                                shape,
                            })
                        }
                    }
                    from.deserialize_map(Fields)
                }
            }

            impl $crate::chat::json::Members for $of {
                fn members<W: $crate::chat::json::Writer>(&self, to: &mut W) -> Result<(), W::Error> {
                    use $crate::chat::json::Json;
                    use $crate::chat::lenient::is_default;
                    use $crate::chat::lossless::lossless;
                    use $crate::chat::shape::{Given, Step};

                    let mut extra = self.extra.iter();
                    for step in self.shape.steps(KNOWN) {
                        let (at, given) = match step {
                            Step::Known(at, given) => (at, given),
                            Step::Extra(count) => {
                                for (name, value) in extra.by_ref().take(count) {
                                    to.member(name, value)?;
                                }
                                continue;
                            }
                        };
                        $(if at == Known::$field as u8 {
                            let here = &self.$field;
                            let written = match given {
                                Some(Given::Bare) => true,
                                None => {
                                    // What came in another type stands there under its name.
                                    !self.shape.was_read()
                                        && lossless!(@always $when)
                                        && !self.extra.contains_key($name)
                                }
                                Some(Given::Value | Given::Null) => false,
                            };
                            match here.whole().filter(|_| given == Some(Given::Bare)) {
                                Some(whole) => to.member($name, &whole)?,
                                None if written || !is_default(here) => to.member($name, here)?,
                                None if given == Some(Given::Null) => to.member($name, &())?,
                                None => {}
                            }
                            continue;
                        })*
                    }
                    Ok(())
                }
            }

            impl $crate::chat::json::Json for $of {
                fn json(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
                    $crate::chat::json::object(out, self)
                }
            }

            impl serde::Serialize for $of {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    $crate::chat::json::serialized(self, to)
                }
            }
        };
    };
}
pub(super) use lossless;
