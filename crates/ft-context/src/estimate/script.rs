//! Scripts beside ASCII, and what one character of each costs.

use super::{Cost, Vocabulary};

/// A class of characters that encodings treat alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    /// Accented Latin letters, which stand inside words.
    Latin,
    /// Cyrillic.
    Cyrillic,
    /// Greek.
    Greek,
    /// Hebrew.
    Hebrew,
    /// Arabic.
    Arabic,
    /// Devanagari and Thai.
    Devanagari,
    /// The other scripts of India.
    Indic,
    /// Hiragana, Katakana, and the signs of Chinese and Japanese.
    Kana,
    /// The common Chinese characters.
    Han,
    /// Korean syllables.
    Hangul,
    /// Typographic signs: dashes, quotes, arrows, spaces.
    Sign,
    /// Everything else: a token per byte.
    Rare,
}

impl Script {
    pub(crate) const fn of(character: char) -> Self {
        match character as u32 {
            0x00C0..=0x024F | 0x1E00..=0x1EFF => Self::Latin,
            0x0080..=0x00BF | 0x2010..=0x203A | 0x2190..=0x2193 | 0x2500..=0x257F => Self::Sign,
            0x0370..=0x03FF => Self::Greek,
            0x0400..=0x052F => Self::Cyrillic,
            0x0590..=0x05FF => Self::Hebrew,
            0x0600..=0x06FF => Self::Arabic,
            0x0900..=0x097F | 0x0E00..=0x0E7F => Self::Devanagari,
            0x0980..=0x0D7F => Self::Indic,
            0x3000..=0x30FF | 0xFF01..=0xFF5E => Self::Kana,
            0x4E00..=0x9FFF => Self::Han,
            0xAC00..=0xD7A3 => Self::Hangul,
            _ => Self::Rare,
        }
    }

    /// The cost of one character.
    pub(super) const fn cost(self, bytes: u64, vocabulary: Vocabulary) -> Cost {
        let (o200k, cl100k) = match self {
            // Inside a word; the words themselves have their own cost.
            Self::Latin => (0, 0),
            Self::Cyrillic => (34, 56),
            Self::Greek => (45, 115),
            Self::Hebrew => (52, 130),
            Self::Arabic => (45, 95),
            Self::Devanagari => (50, 140),
            Self::Indic => (110, 220),
            Self::Kana => (85, 110),
            Self::Han => (105, 150),
            Self::Hangul => (70, 115),
            Self::Sign => (100, 130),
            Self::Rare => (85 * bytes, 100 * bytes),
        };
        match vocabulary {
            Vocabulary::O200k => o200k,
            Vocabulary::Cl100k => cl100k,
        }
    }
}
