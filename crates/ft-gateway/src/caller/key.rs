//! Keys of callers: hashed at rest, found in a time that says nothing.

use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The longest key that is looked at. Ours have 50 characters; hashing more is work for nobody.
const LONGEST: usize = 512;

/// The SHA-256 of a key, which is all that configuration holds of it.
///
/// A plain hash is enough: keys are long and random, so there is nothing to guess that salt or slowness would
/// protect, and each request pays for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of this key.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Whether this is the key's hash, in constant time.
    #[must_use]
    pub fn is_of(&self, key: &[u8]) -> bool {
        self.0.ct_eq(&Self::of(key).0).into()
    }

    /// Whether it is one of these, in constant time.
    pub(crate) fn is_one_of(&self, known: &[Self]) -> bool {
        self.find(known.iter()).is_some()
    }

    /// Which of these it equals. All are compared, whatever is found.
    pub(super) fn find<'a>(&self, known: impl Iterator<Item = &'a Self>) -> Option<usize> {
        let mut found = Choice::from(0);
        let mut at = 0_u64;
        for (index, known) in (0_u64..).zip(known) {
            let equal = self.0.ct_eq(&known.0);
            at.conditional_assign(&index, equal);
            found |= equal;
        }
        bool::from(found).then(|| usize::try_from(at).unwrap_or(usize::MAX))
    }
}

/// All 64 digits.
impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // What is no hash may be the key itself, so it is not repeated.
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The first four bytes, enough to tell which line of a file it is.
impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "KeyHash({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// Not the hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the SHA-256 of a key in 64 hexadecimal digits; `ft key new` makes both")]
#[non_exhaustive]
pub struct InvalidKeyHash;

impl FromStr for KeyHash {
    type Err = InvalidKeyHash;

    fn from_str(text: &str) -> Result<Self, InvalidKeyHash> {
        let digits = text.as_bytes();
        let mut hash = [0; 32];
        if digits.len() != 2 * hash.len() {
            return Err(InvalidKeyHash);
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

fn digit(digit: u8) -> Result<u8, InvalidKeyHash> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(InvalidKeyHash),
    }
}

/// The key that the headers present: as a bearer token, which OpenAI's SDKs send, or in the headers of those who
/// speak to Azure or to Anthropic.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
    let plain = || ["x-api-key", "api-key"].iter().find_map(|name| headers.get(*name));
    let key = bearer.or_else(|| plain().map(|value| value.as_bytes().trim_ascii()))?;
    (1..=LONGEST).contains(&key.len()).then_some(key)
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_hash_is_read_in_either_case_and_nothing_else_is_one() {
        let hash = KeyHash::of(b"sk-ft-1");
        let hex: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex.parse(), Ok(hash));
        assert_eq!(hash.to_string(), hex);
        assert_eq!(hex.to_uppercase().parse(), Ok(hash));
        for wrong in [
            "",
            "sk-ft-1",
            &hex[1..],
            &format!("{hex}0"),
            &hex.replace(&hex[..1], "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(wrong.parse::<KeyHash>(), Err(InvalidKeyHash), "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty.parse(), Ok(KeyHash::of(b"")));
    }

    #[test]
    fn a_hash_is_found_wherever_it_stands() {
        let known = [b"a", b"b", b"c"].map(|key| KeyHash::of(key));
        for (at, key) in known.iter().enumerate() {
            assert_eq!(key.find(known.iter()), Some(at));
        }
        assert_eq!(KeyHash::of(b"d").find(known.iter()), None);
        assert_eq!(KeyHash::of(b"a").find([].iter()), None);
    }

    #[test]
    fn debug_shows_too_little_to_be_of_use() {
        assert_eq!(format!("{:?}", KeyHash::of(b"")), "KeyHash(e3b0c442…)");
    }

    #[test]
    fn keys_are_taken_from_the_headers_that_sdks_send() {
        let key = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            presented(&headers).map(<[u8]>::to_vec)
        };
        assert_eq!(key("authorization", "Bearer k").as_deref(), Some(&b"k"[..]));
        assert_eq!(key("authorization", "bearer  k ").as_deref(), Some(&b"k"[..]));
        assert_eq!(key("x-api-key", "k").as_deref(), Some(&b"k"[..]));
        assert_eq!(key("api-key", " k").as_deref(), Some(&b"k"[..]));
        assert_eq!(key("authorization", "Basic k"), None);
        assert_eq!(key("authorization", "Bearer "), None);
        assert_eq!(key("authorization", ""), None);
        assert_eq!(key("cookie", "k"), None);
    }
}
