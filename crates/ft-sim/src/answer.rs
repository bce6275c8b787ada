//! The words of a modelled answer: made up, and always the same for the same question.

use ft_core::Entropy;

/// Three letters and the space after them: four bytes, so that a word is a token by the rule of four.
const WORDS: [&str; 16] = [
    "the ", "sea ", "and ", "sky ", "are ", "one ", "far ", "off ", "men ", "say ", "you ", "may ",
    "try ", "all ", "day ", "now ",
];

/// All of them, twice in a row: sixteen words from any place on are a block.
const TWICE: [u8; 128] = {
    let mut text = [0; 128];
    let mut at = 0;
    while at < 128 {
        text[at] = WORDS[at / 4 % 16].as_bytes()[at % 4];
        at += 1;
    }
    text
};

/// A text of this many tokens. Put together in blocks of sixteen words, since a simulation makes millions of them.
pub(crate) fn words(seed: u64, tokens: u64) -> String {
    let mut draw = Entropy::seeded(seed);
    let bytes = usize::try_from(tokens).unwrap_or(0).saturating_mul(4);
    let mut text = Vec::with_capacity(bytes);
    let mut bits = 0;
    for block in 0.. {
        let left = bytes - text.len();
        if left == 0 {
            break;
        }
        if block % 16 == 0 {
            bits = draw.next_u64();
        }
        let from = 4 * usize::from(bits.to_le_bytes()[0] & 15);
        text.extend_from_slice(&TWICE[from..from + left.min(64)]);
        bits >>= 4;
    }
    String::from_utf8(text).unwrap_or_default()
}

/// A vector of eight numbers within ±1.
pub(crate) fn vector(seed: u64) -> Vec<f64> {
    let mut draw = Entropy::seeded(seed);
    (0..8).map(|_| 2.0 * draw.unit() - 1.0).collect()
}

/// A hash that is the same in every run and on every machine; eight bytes a step. Not for secrets.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut sum = Entropy::seeded(seed ^ bytes.len() as u64).next_u64();
    let mut add = |word| sum = Entropy::seeded(sum ^ word).next_u64();
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    add(u64::from_le_bytes(last));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_tokens_asked_for_and_follows_from_its_seed() {
        assert_eq!(words(7, 100).len(), 400);
        assert_eq!(words(7, 100), words(7, 100));
        assert_ne!(words(7, 100), words(8, 100));
        assert_eq!(words(7, 0), "");
    }

    #[test]
    fn a_hash_depends_on_every_byte_and_on_the_length() {
        let base = hash(0, b"0123456789");
        assert_eq!(base, hash(0, b"0123456789"));
        for other in [&b"0123456788"[..], b"1123456789", b"012345678", b"0123456789\0"] {
            assert_ne!(base, hash(0, other));
        }
    }
}
