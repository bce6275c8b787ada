//! A provider's key, which cannot be printed by accident.

use std::fmt;

use zeroize::Zeroizing;

/// A key, token or password of a provider.
///
/// Its memory is zeroed on drop, `Debug` shows a mask, and there is no `Display`:
/// `sk-h…9f2c` from 20 characters on, else `***`, so a short key is never shown in part.
/// (The seed article's mask showed a key of eight characters whole.)
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Zeroizing<String>);

/// Why a string cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// Nothing, or only white space.
    #[error("the key is empty")]
    Empty,
    /// A character that no HTTP header can carry: a control character, a space inside, or not ASCII.
    #[error("the key has a character that no HTTP header can carry; was it pasted whole?")]
    Unprintable,
}

impl ApiKey {
    /// Takes a key, without the white space around it (a pasted line end is the usual mistake).
    ///
    /// # Errors
    /// [`InvalidKey`] when nothing is left or a character could not be sent.
    pub fn new(key: impl Into<String>) -> Result<Self, InvalidKey> {
        let given = Zeroizing::new(key.into());
        let trimmed = given.trim();
        if trimmed.is_empty() {
            return Err(InvalidKey::Empty);
        }
        if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey::Unprintable);
        }
        Ok(Self(Zeroizing::new(trimmed.to_owned())))
    }

    /// The key itself, for the one place that puts it into a header.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key as it may be shown: `sk-h…9f2c` from 20 characters on, else `***`.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.0.len() {
            20.. => format!("{}…{}", &self.0[..4], &self.0[self.0.len() - 4..]),
            _ => "***".to_owned(),
        }
    }

    /// `text` with the key, and every part of it of eight characters or more, replaced by `***`.
    ///
    /// Providers quote keys in their errors, some of them cut short.
    /// Text in which nothing was found comes back unchanged.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let key = self.0.as_bytes();
        let bytes = text.as_bytes();
        let shortest = SHORTEST_PART.min(key.len());
        let mut out = String::with_capacity(text.len());
        let (mut at, mut kept) = (0, 0);
        while at + shortest <= bytes.len() {
            let found = longest_part(key, &bytes[at..], shortest);
            if found == 0 {
                at += 1;
                continue;
            }
            // A key is ASCII, so a match begins and ends on character boundaries.
            out.push_str(&text[kept..at]);
            out.push_str("***");
            at += found;
            kept = at;
        }
        out.push_str(&text[kept..]);
        out
    }
}

/// Eight characters in a row do not meet by chance, and give little of a key away.
const SHORTEST_PART: usize = 8;

/// The length of the longest part of `key` that `text` begins with; 0 below `shortest`.
fn longest_part(key: &[u8], text: &[u8], shortest: usize) -> usize {
    (0..=key.len() - shortest)
        .map(|from| key[from..].iter().zip(text).take_while(|(a, b)| a == b).count())
        .max()
        .filter(|&length| length >= shortest)
        .unwrap_or(0)
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::new(text).unwrap()
    }

    #[test]
    fn short_keys_are_never_shown() {
        assert_eq!(key("12345678").masked(), "***");
        assert_eq!(key("1234567890123456789").masked(), "***");
        assert_eq!(key("sk-h5678901234569f2c").masked(), "sk-h…9f2c");
        assert_eq!(format!("{:?}", key("sk-h5678901234569f2c")), "ApiKey(sk-h…9f2c)");
    }

    #[test]
    fn white_space_around_is_dropped_and_inside_refused() {
        assert_eq!(key(" abc\n").expose(), "abc");
        assert_eq!(ApiKey::new(" \n"), Err(InvalidKey::Empty));
        assert_eq!(ApiKey::new("a b"), Err(InvalidKey::Unprintable));
        assert_eq!(ApiKey::new("schlüssel"), Err(InvalidKey::Unprintable));
    }

    #[test]
    fn scrubbing_finds_the_key_and_its_parts() {
        let key = key("sk-secret-0123456789abcdef");
        assert_eq!(key.scrub("bad key sk-secret-0123456789abcdef."), "bad key ***.");
        assert_eq!(key.scrub("key sk-secret-0… is wrong"), "key ***… is wrong");
        assert_eq!(key.scrub("ends in 89abcdef"), "ends in ***");
        assert_eq!(key.scrub("schöner Tag"), "schöner Tag");
        assert_eq!(key.scrub(""), "");
    }
}
