//! One pass over a text, summing the cost of its pieces.

use super::{Cost, Estimator, Script, words::Words};

/// The cost of the whole text. Each byte is looked at a bounded number of times.
pub(super) fn cost(estimator: &Estimator, text: &str) -> Cost {
    let bytes = text.as_bytes();
    let mut words = Words::new(estimator.vocabulary);
    let mut sum: Cost = 0;
    let mut at = 0;
    let mut after_sign = false;
    while let Some(&first) = bytes.get(at) {
        let start = at;
        let mut sign = false;
        match first {
            b'a'..=b'z' | b'A'..=b'Z' => at += words.take(text, at),
            b'0'..=b'9' => {
                at += run(&bytes[at..], |byte| byte.is_ascii_digit());
                sum += 102 * ((at - start) as u64).div_ceil(estimator.digits_per_token);
            }
            _ if is_space(first) => {
                at += run(&bytes[at..], is_space);
                sum += white_space(&bytes[start..at], after_sign, bytes.get(at).copied());
            }
            0..=0x7F => {
                at += run(&bytes[at..], |byte| {
                    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !is_space(byte)
                });
                sum += signs((at - start) as u64);
                sign = true;
            }
            _ => {
                // Every other branch ends before a byte that is not ASCII, so a character starts here.
                let Some(character) = text[at..].chars().next() else { break };
                let script = Script::of(character);
                if script == Script::Latin {
                    at += words.take(text, at);
                } else {
                    at += character.len_utf8();
                    sum += script.cost(character.len_utf8() as u64, estimator.vocabulary);
                }
            }
        }
        after_sign = sign;
    }
    sum + words.finish()
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// One sign is a token; a short run is often one, a long one joins in twos.
const fn signs(length: u64) -> Cost {
    if length <= 3 { 100 + 25 * (length - 1) } else { 50 + 55 * (length - 1) }
}

/// Line breaks, and then the indentation.
fn white_space(run: &[u8], after_sign: bool, next: Option<u8>) -> Cost {
    let breaks = run.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    // The encodings put line breaks that follow a sign at once into the sign's token.
    let joined = after_sign && matches!(run[0], b'\r' | b'\n');
    let lines = match breaks as u64 {
        0 => 0,
        1 | 2 if joined => 0,
        1 | 2 => 100,
        more => 100 + 15 * more,
    };
    lines
        + match (&run[breaks..], next) {
            ([], _) => 0,
            // A single space belongs to the word or sign behind it; a digit takes none.
            ([b' '], Some(byte)) if !byte.is_ascii_digit() => 0,
            ([_], _) => 100,
            (indentation, _) => 100 + 15 * indentation.len() as u64,
        }
}
