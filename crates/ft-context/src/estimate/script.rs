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
    /// Arabic, Hebrew.
    Semitic,
    /// Indic scripts, Thai, and their neighbours.
    Brahmic,
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
            0x0590..=0x06FF => Self::Semitic,
            0x0900..=0x0E7F => Self::Brahmic,
            0x3000..=0x30FF | 0xFF01..=0xFF5E => Self::Kana,
            0x4E00..=0x9FFF => Self::Han,
            0xAC00..=0xD7A3 => Self::Hangul,
            _ => Self::Rare,
        }
    }

    /// The cost of one character.
    pub(super) const fn cost(self, bytes: u64, vocabulary: Vocabulary) -> Cost {
        let (o200k, cl100k) = match self {
            Self::Latin => (60, 70),
            Self::Cyrillic => (34, 55),
            Self::Greek => (50, 100),
            Self::Semitic => (45, 95),
            Self::Brahmic => (60, 150),
            Self::Kana => (90, 110),
            Self::Han => (100, 140),
            Self::Hangul => (75, 120),
            Self::Sign => (100, 130),
            Self::Rare => (100 * bytes, 100 * bytes),
        };
        match vocabulary {
            Vocabulary::O200k => o200k,
            Vocabulary::Cl100k => cl100k,
        }
    }
}
