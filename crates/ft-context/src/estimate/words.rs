//! What words cost, which depends on whether they are English.

use super::{Cost, Script, Vocabulary};

/// Words that are judged together. Long enough that English prose and code hold several of the telling words,
/// short enough that a quotation in another language is noticed.
const BLOCK: u64 = 32;

/// One telling word in this many makes a block English; prose has one in five.
const ONE_IN: u64 = 14;

/// Sums the cost of words, block by block.
///
/// Most English words are one token, however long; Finnish or Indonesian ones, in the same letters, are three.
/// Nothing in a word itself says which it is, so a block of words is looked at: it is English if enough of
/// its words are the little ones that nearly every English sentence and program has.
pub(super) struct Words {
    vocabulary: Vocabulary,
    sum: Cost,
    seen: u64,
    telling: u64,
    english: Cost,
    foreign: Cost,
}

impl Words {
    pub(super) const fn new(vocabulary: Vocabulary) -> Self {
        Self { vocabulary, sum: 0, seen: 0, telling: 0, english: 0, foreign: 0 }
    }

    /// Takes the word that starts here: capitals and then small letters, as the encodings cut it. Gives its
    /// bytes, at least 1.
    pub(super) fn take(&mut self, text: &str, start: usize) -> usize {
        let bytes = text.as_bytes();
        let mut at = start;
        let mut upper = 0;
        while bytes.get(at).is_some_and(u8::is_ascii_uppercase) {
            at += 1;
            upper += 1;
        }
        let mut letters = 0;
        let mut accents = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_lowercase() {
                at += 1;
            } else if byte.is_ascii() {
                break;
            } else {
                let Some(character) = text[at..].chars().next() else { break };
                if Script::of(character) != Script::Latin {
                    break;
                }
                at += character.len_utf8();
                // The stacked accents of Vietnamese take three bytes, and cost twice.
                accents += character.len_utf8() as u64 - 1;
            }
            letters += 1;
        }
        self.add(upper, letters, accents, is_telling(&bytes[start..at]));
        at - start
    }

    fn add(&mut self, upper: u64, letters: u64, accents: u64, telling: bool) {
        let (capitals, letters) = if upper <= 1 { (0, upper + letters) } else { (upper, letters) };
        // Capitals rarely make long tokens: `HTTPServer` is `HTTP` and `Server`.
        let same = if capitals == 0 { 0 } else { 30 + 50 * capitals };
        self.english += same + self.accented(accents) + english(letters);
        self.foreign += same + self.accented(accents) + self.foreign(letters);
        self.telling += u64::from(telling);
        self.seen += 1;
        if self.seen == BLOCK {
            self.close();
        }
    }

    fn close(&mut self) {
        let is_english = self.telling * ONE_IN >= self.seen;
        self.sum += if is_english { self.english } else { self.foreign };
        (self.seen, self.telling, self.english, self.foreign) = (0, 0, 0, 0);
    }

    pub(super) fn finish(mut self) -> Cost {
        self.close();
        self.sum
    }

    const fn accented(&self, accents: u64) -> Cost {
        match self.vocabulary {
            Vocabulary::O200k => 25 * accents,
            Vocabulary::Cl100k => 65 * accents,
        }
    }

    const fn foreign(&self, letters: u64) -> Cost {
        let per_letter = match self.vocabulary {
            Vocabulary::O200k => 33,
            Vocabulary::Cl100k => 41,
        };
        match letters {
            0 => 0,
            1..=3 => 105,
            LONGEST.. => SCRAMBLED * letters,
            _ => 105 + per_letter * (letters - 3),
        }
    }
}

/// From here on it is no word, but an identifier without joints, a random key, or one letter repeated.
const LONGEST: u64 = 26;
/// What a letter of such a run costs.
const SCRAMBLED: Cost = 65;

const fn english(letters: u64) -> Cost {
    match letters {
        0 => 0,
        1..=5 => 106,
        6..=7 => 114,
        LONGEST.. => SCRAMBLED * letters,
        _ => 114 + 14 * (letters - 7),
    }
}

fn is_telling(word: &[u8]) -> bool {
    matches!(
        word,
        b"the"
            | b"The"
            | b"of"
            | b"and"
            | b"And"
            | b"to"
            | b"that"
            | b"with"
            | b"this"
            | b"This"
            | b"for"
            | b"you"
            | b"You"
            | b"are"
            | b"from"
            | b"which"
            | b"it"
            | b"It"
            | b"if"
            | b"If"
            | b"return"
            | b"const"
            | b"string"
            | b"type"
            | b"name"
            | b"self"
            | b"int"
            | b"id"
            | b"FROM"
            | b"AND"
            | b"error"
            | b"div"
    )
}
