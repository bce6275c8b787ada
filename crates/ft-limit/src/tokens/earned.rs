//! Tokens earned by deposits, of this generation and the one before; older ones are worth nothing.
//!
//! A generation is half the window, so a token lives for between half a window and a whole one.
//! Word: 16 bits of the generation's number, then 24 bits of each generation's parts.
//! The number wraps: a purse left alone for just 65,536 generations (3.8 days at 5 s) would find its old tokens again,
//! which were honestly earned and are few.

use super::TOKEN;

const PARTS_BITS: u32 = 24;
/// 16,777 tokens; what is earned beyond is lost, and no process needs as many retries at once.
const MOST: u32 = (1 << PARTS_BITS) - 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earned {
    generation: u16,
    previous: u32,
    current: u32,
}

impl Earned {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each field is cut to its width on purpose"
    )]
    pub(super) const fn from_word(word: u64) -> Self {
        Self {
            generation: (word >> (2 * PARTS_BITS)) as u16,
            previous: (word >> PARTS_BITS) as u32 & MOST,
            current: word as u32 & MOST,
        }
    }

    pub(super) const fn into_word(self) -> u64 {
        (self.generation as u64) << (2 * PARTS_BITS)
            | (self.previous as u64) << PARTS_BITS
            | self.current as u64
    }

    /// As seen in this generation.
    ///
    /// One generation back is another thread that read its clock a moment earlier, and counts as the present;
    /// further back the clock has stepped, and nothing can be said of the tokens' age: they are forgotten.
    pub(super) const fn at(self, generation: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "generations are compared modulo 2^16")]
        let generation = generation as u16;
        match generation.wrapping_sub(self.generation) {
            0 | u16::MAX => self,
            1 => Self { generation, previous: self.current, current: 0 },
            _ => Self { generation, previous: 0, current: 0 },
        }
    }

    pub(super) const fn plus(self, parts: u32) -> Self {
        let sum = self.current.saturating_add(parts);
        Self { current: if sum > MOST { MOST } else { sum }, ..self }
    }

    /// One token less, the oldest parts first; `None` when there is no whole one.
    pub(super) const fn spend(self) -> Option<Self> {
        if self.total() < TOKEN {
            return None;
        }
        let old = if self.previous < TOKEN { self.previous } else { TOKEN };
        Some(Self { previous: self.previous - old, current: self.current - (TOKEN - old), ..self })
    }

    pub(super) const fn total(self) -> u32 {
        self.previous + self.current
    }
}
