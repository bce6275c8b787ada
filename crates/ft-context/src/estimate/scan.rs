//! One pass over a text, summing the cost of its pieces.

use super::{Cost, Estimator, Script};

/// The cost of the whole text. Each byte is looked at once.
pub(super) fn cost(estimator: &Estimator, text: &str) -> Cost {
    let bytes = text.as_bytes();
    let mut sum: Cost = 0;
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        let start = at;
        match first {
            b'a'..=b'z' | b'A'..=b'Z' => {
                at += run(&bytes[at..], |byte| byte.is_ascii_uppercase());
                let upper = at - start;
                at += run(&bytes[at..], |byte| byte.is_ascii_lowercase());
                sum += word(upper as u64, (at - start - upper) as u64);
            }
            b'0'..=b'9' => {
                at += run(&bytes[at..], |byte| byte.is_ascii_digit());
                sum += 100 * ((at - start) as u64).div_ceil(estimator.digits_per_token);
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += run(&bytes[at..], |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
                sum += white_space(&bytes[start..at], bytes.get(at).copied());
            }
            0..=0x7F => {
                at += run(&bytes[at..], |byte| {
                    byte.is_ascii()
                        && !byte.is_ascii_alphanumeric()
                        && !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
                });
                sum += signs((at - start) as u64);
            }
            _ => {
                // `at` stands at the start of a character, for every other branch ends before a byte ≥ 0x80.
                let Some(character) = text[at..].chars().next() else { break };
                at += character.len_utf8();
                let script = Script::of(character);
                sum += script.cost(character.len_utf8() as u64, estimator.vocabulary);
            }
        }
    }
    sum
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// Capitals and then small letters.
const fn word(upper: u64, lower: u64) -> Cost {
    if upper <= 1 {
        return small(upper + lower);
    }
    // `HTTPServer`: capitals rarely make long tokens.
    let capitals = 50 * upper + 30;
    if lower == 0 { capitals } else { capitals + small(lower) }
}

const fn small(letters: u64) -> Cost {
    match letters {
        0..=5 => 102,
        6..=7 => 120,
        // Words this long are seldom English, and no token of prose.
        24.. => 60 * letters,
        8.. => 120 + 20 * (letters - 7),
    }
}

/// One sign is a token; a run is often one, or joins in twos and threes.
const fn signs(length: u64) -> Cost {
    100 + 55 * (length - 1)
}

fn white_space(run: &[u8], next: Option<u8>) -> Cost {
    match (run, next) {
        // A single space belongs to the word behind it; digits take none.
        ([b' '], Some(byte)) if !byte.is_ascii_digit() => 0,
        ([_], _) => 100,
        _ => 150 + 12 * run.len() as u64,
    }
}
