//! Objects as they were written: members in their order, each written by serde or here to the same bytes.

use std::io;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{key, list, text, value};
use crate::chat::{Content, FinishReason, Role, Stop};

/// What is written instead of a request's own member.
#[derive(Clone, Copy, Debug)]
pub enum Instead<'a> {
    /// Nothing: the member is left out.
    Nothing,
    /// This text.
    Text(&'a str),
    /// This value.
    Value(&'a Value),
}

/// Adds a request, with some of its members replaced where they stand: no more than 32. What is replaced and not there
/// comes last.
///
/// # Errors
/// As [`value`].
pub fn request(
    out: &mut Vec<u8>,
    object: &impl Members,
    instead: &[(&str, Instead<'_>)],
) -> io::Result<()> {
    out.push(b'{');
    let mut to = Replacing { out, instead, written: 0 };
    object.members(&mut to)?;
    for (nth, (name, it)) in instead.iter().enumerate() {
        if to.written & (1 << nth) == 0 {
            to.replaced(name, *it)?;
        }
    }
    out.push(b'}');
    Ok(())
}

struct Replacing<'a> {
    out: &'a mut Vec<u8>,
    instead: &'a [(&'a str, Instead<'a>)],
    /// Which of them, by bit.
    written: u32,
}

impl Replacing<'_> {
    fn replaced(&mut self, name: &str, it: Instead<'_>) -> io::Result<()> {
        match it {
            Instead::Nothing => return Ok(()),
            Instead::Text(it) => {
                key(self.out, name);
                text(self.out, it);
            }
            Instead::Value(it) => {
                key(self.out, name);
                value(self.out, it)?;
            }
        }
        Ok(())
    }
}

impl Writer for Replacing<'_> {
    type Error = io::Error;

    fn member<T: Json + ?Sized>(&mut self, name: &str, it: &T) -> io::Result<()> {
        match self.instead.iter().position(|(replaced, _)| *replaced == name) {
            None => Plain(self.out).member(name, it),
            Some(nth) if self.written & (1 << nth) != 0 => Ok(()),
            Some(nth) => {
                self.written |= 1 << nth;
                self.replaced(name, self.instead[nth].1)
            }
        }
    }
}

/// An object whose members are written one after the other, in the order in which they came.
pub trait Members {
    /// Hands them out.
    ///
    /// # Errors
    /// Those of `to`.
    fn members<W: Writer>(&self, to: &mut W) -> Result<(), W::Error>;
}

/// Takes the members of an object.
pub trait Writer {
    /// Why a member cannot be written.
    type Error;

    /// The next member.
    ///
    /// # Errors
    /// When it cannot be written.
    fn member<T: Json + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Self::Error>;
}

/// What can be written as JSON, here and by serde, to the same bytes.
pub trait Json: Serialize {
    /// Adds it.
    ///
    /// # Errors
    /// As [`value`].
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()>;

    /// The whole number that it is, where it is a number with a fraction of zero.
    fn whole(&self) -> Option<i64> {
        None
    }
}

struct Plain<'a>(&'a mut Vec<u8>);

impl Writer for Plain<'_> {
    type Error = io::Error;

    fn member<T: Json + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        key(self.0, name);
        value.json(self.0)
    }
}

pub(in crate::chat) fn object(out: &mut Vec<u8>, object: &impl Members) -> io::Result<()> {
    out.push(b'{');
    object.members(&mut Plain(out))?;
    out.push(b'}');
    Ok(())
}

struct Map<M>(M);

impl<M: SerializeMap> Writer for Map<M> {
    type Error = M::Error;

    fn member<T: Json + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }
}

pub(in crate::chat) fn serialized<S: Serializer>(
    object: &impl Members,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = Map(to.serialize_map(None)?);
    object.members(&mut map)?;
    map.0.end()
}

/// What serde_json writes as quickly.
macro_rules! as_serde_json {
    ($($of:ty),*) => {
        $(impl Json for $of {
            fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
                Ok(serde_json::to_writer(out, self)?)
            }
        })*
    };
}
as_serde_json!((), bool, u32, u64, i64, Stop);

impl Json for f64 {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        Ok(serde_json::to_writer(out, self)?)
    }

    fn whole(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "it has just been seen to fit")]
        let whole = (self.fract() == 0.0 && self.abs() < EXACT).then_some(*self as i64);
        whole.filter(|whole| *whole != 0 || self.is_sign_positive())
    }
}

impl Json for String {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        text(out, self);
        Ok(())
    }
}

impl Json for Role {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        text(out, self.as_str());
        Ok(())
    }
}

impl Json for FinishReason {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        text(out, self.as_str());
        Ok(())
    }
}

impl Json for Content {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Absent | Self::Null => ().json(out),
            Self::Text(it) => it.json(out),
            Self::Parts(parts) => parts.json(out),
        }
    }
}

impl Json for Value {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        value(out, self)
    }
}

impl<T: Json> Json for Option<T> {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Some(it) => it.json(out),
            None => ().json(out),
        }
    }

    fn whole(&self) -> Option<i64> {
        self.as_ref()?.whole()
    }
}

impl<T: Json> Json for Vec<T> {
    fn json(&self, out: &mut Vec<u8>) -> io::Result<()> {
        list(out, self, |out, item| item.json(out))
    }
}
