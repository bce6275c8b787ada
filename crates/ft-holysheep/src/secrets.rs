//! What must not be seen: keys, whatever else proves who calls, and whose account it is.

mod accounts;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ft_core::ApiKey;

/// Every secret of one provider, to be taken out of its texts in whichever spelling it comes back.
///
/// A text is compared as it reads: letters without their case, blanks and backslashes left out, `%2D` and `\u002d`
/// as what they stand for. Beside the secrets themselves their spellings in hexadecimal and base64 are looked for.
pub(crate) struct Secrets {
    /// The spellings, as texts are compared with them.
    spellings: Vec<ApiKey>,
    /// The marks of all parts of [`PART`] bytes: most texts hold none, and are seen to in one pass.
    marks: HashSet<u64>,
    hashing: RandomState,
}

/// Eight characters in a row do not meet by chance, and give little of a secret away.
const PART: usize = 8;
/// What is shorter is no secret.
const SHORTEST: usize = 4;

/// A character of a text as it reads, and where it stands.
struct Read {
    byte: u8,
    from: usize,
    to: usize,
}

impl Secrets {
    /// The keys, and the values of headers and query fields whose names say that they are secret.
    pub(crate) fn new(keys: &[ApiKey], others: &[(String, String)]) -> Self {
        let others = others
            .iter()
            .filter(|it| is_secret(&it.0) || is_account(it))
            .map(|(_, value)| &**value);
        let mut spellings = Vec::new();
        for secret in keys.iter().map(ApiKey::expose).chain(others) {
            let folded: Vec<u8> = read(secret).iter().map(|it| it.byte).collect();
            if folded.len() >= SHORTEST {
                let derived = (folded.len() >= PART).then(|| derived(secret)).into_iter().flatten();
                let folded = String::from_utf8_lossy(&folded).into_owned();
                spellings.extend(ApiKey::new(folded));
                spellings.extend(derived.flat_map(ApiKey::new));
            }
        }
        let hashing = RandomState::new();
        let parts =
            spellings.iter().flat_map(|spelling| spelling.expose().as_bytes().windows(PART));
        let marks = parts.map(|part| hashing.hash_one(part)).collect();
        Self { spellings, marks, hashing }
    }

    /// The text without them and without names of accounts: each, and every part of a secret of eight characters or
    /// more, is `***`.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let view = read(text);
        let bytes: Vec<u8> = view.iter().map(|it| it.byte).collect();
        let mut out = String::with_capacity(text.len());
        let (mut at, mut kept) = (0, 0);
        while at < bytes.len() {
            let found = self.longest_at(&bytes[at..]);
            if found == 0 {
                at += 1;
                continue;
            }
            // A spelling is ASCII, so what is found begins and ends on character boundaries.
            out.push_str(&text[kept..view[at].from]);
            out.push_str("***");
            kept = view[at + found - 1].to;
            at += found;
        }
        out.push_str(&text[kept..]);
        accounts::hidden(&out)
    }

    /// How much of a secret a text begins with.
    fn longest_at(&self, text: &[u8]) -> usize {
        let marked =
            text.get(..PART).is_some_and(|part| self.marks.contains(&self.hashing.hash_one(part)));
        let spellings = self.spellings.iter().map(|spelling| spelling.expose().as_bytes());
        let lengths = spellings.map(|spelling| match spelling.len() < PART {
            true if text.starts_with(spelling) => spelling.len(),
            false if marked => longest_part(spelling, text),
            _ => 0,
        });
        lengths.max().unwrap_or(0)
    }
}

/// The length of the longest part of a secret that a text begins with; 0 below [`PART`].
fn longest_part(secret: &[u8], text: &[u8]) -> usize {
    (0..=secret.len() - PART)
        .map(|from| secret[from..].iter().zip(text).take_while(|(a, b)| a == b).count())
        .max()
        .filter(|&length| length >= PART)
        .unwrap_or(0)
}

/// A text as it is compared.
fn read(text: &str) -> Vec<Read> {
    let bytes = text.as_bytes();
    let mut view = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, length) = match bytes[at] {
            b'%' => hexadecimal(bytes.get(at + 1..at + 3)).map_or((b'%', 1), |byte| (byte, 3)),
            b'\\' => match bytes.get(at + 1) {
                Some(b'u') => {
                    match (bytes.get(at + 2..at + 4), hexadecimal(bytes.get(at + 4..at + 6))) {
                        (Some(b"00"), Some(byte)) if byte.is_ascii() => (byte, 6),
                        _ => (b'\\', 1),
                    }
                }
                _ => (b'\\', 1),
            },
            byte => (byte, 1),
        };
        if !byte.is_ascii_whitespace() && byte != b'\\' {
            view.push(Read { byte: byte.to_ascii_lowercase(), from: at, to: at + length });
        }
        at += length;
    }
    view
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?).ok().filter(|it| !it.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)
}

/// A secret in hexadecimal, and in base64 wherever in a text of three bytes' rhythm it begins.
fn derived(secret: &str) -> Vec<String> {
    let mut spellings: Vec<String> =
        vec![secret.bytes().map(|byte| format!("{byte:02x}")).collect()];
    for before in 0..3 {
        let bytes = [&[0; 3][..before], secret.as_bytes()].concat();
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // The first characters also say what stands before it; the last is its own where nothing follows.
            let text = text[(before * 4).div_ceil(3)..].to_ascii_lowercase();
            if !spellings.contains(&text) {
                spellings.push(text);
            }
        }
    }
    spellings
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.spellings.len())
    }
}

/// Whether a header or query field names the account, in a word that is long enough to be no other.
fn is_account((name, value): &(String, String)) -> bool {
    let name = name.to_ascii_lowercase();
    let parts = ["organi", "project", "account", "tenant"];
    value.len() >= PART && parts.iter().any(|part| name.contains(part))
}

/// Whether a header or query field of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "auth", "cookie", "password", "signature", "credential"]
        .iter()
        .any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-Upstream-SECRETKEY-0123456789abcdef";

    fn secrets() -> Secrets {
        let others = [
            ("x-api-token".to_owned(), "two words of a secret".to_owned()),
            ("x-auth".to_owned(), "pin42".to_owned()),
            ("x-region".to_owned(), "europe-west-nine".to_owned()),
        ];
        Secrets::new(&[ApiKey::new(KEY).unwrap()], &others)
    }

    #[test]
    fn a_key_is_found_in_every_spelling() {
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let percent = |text: &str| text.bytes().map(|it| format!("%{it:02X}")).collect::<String>();
        let unicode =
            |text: &str| text.bytes().map(|it| format!("\\u00{it:02x}")).collect::<String>();
        let spaced = KEY.chars().map(|it| format!("{it} ")).collect::<String>();
        let basic = STANDARD_NO_PAD.encode(format!("u:{KEY}"));
        for (how, text) in [
            ("plain", KEY.to_owned()),
            ("upper case", KEY.to_uppercase()),
            ("lower case", KEY.to_lowercase()),
            ("spaced", spaced.trim().to_owned()),
            ("hexadecimal", hex(KEY)),
            ("HEXADECIMAL", hex(KEY).to_uppercase()),
            ("percent", percent(KEY)),
            ("some percent", KEY.replace('-', "%2d")),
            ("unicode", unicode(KEY)),
            ("base64", STANDARD_NO_PAD.encode(KEY)),
            ("base64 for URLs", URL_SAFE_NO_PAD.encode(KEY)),
            ("its end", KEY[KEY.len() - 12..].to_owned()),
        ] {
            let scrubbed = secrets().scrub(&format!("the key <{text}> is wrong"));
            assert_eq!(scrubbed, "the key <***> is wrong", "{how}");
        }
        let scrubbed = secrets().scrub(&format!("Basic {basic}="));
        assert!(scrubbed.len() < 20 && scrubbed.contains("***"), "{scrubbed}");
    }

    #[test]
    fn a_secret_with_blanks_is_one_and_a_short_one_is_found_whole() {
        let scrubbed =
            secrets().scrub("got `Two words of a secret` and pin42, in europe-west-nine");
        assert_eq!(scrubbed, "got `***` and ***, in europe-west-nine");
    }

    #[test]
    fn a_text_without_a_secret_stays_as_it_is() {
        for text in ["", "a 100% schöner Tag \\o/ %zz \\u12", "reduce the length of the messages"]
        {
            assert_eq!(secrets().scrub(text), text);
        }
    }
}
