//! The whole state of a breaker in 64 bits, so that one compare-exchange decides everything.
//!
//! `phase 2 | generation 18 | growth 4 | payload 40`. The payload is, by phase:
//! closed: `first failure's moment 23 | failures in a row 12`; open: the deadline in milliseconds, 34 years of them;
//! half-open: `issued 24 | successes 8 | slots 8`; held by hand: `moment 23 | failures 12 | told 3 | mode 2`.

use ft_core::Tick;

use crate::row::Row;
use crate::transition::Phase;

const PAYLOAD_BITS: u32 = 40;
const GROWTH_SHIFT: u32 = PAYLOAD_BITS;
const GENERATION_SHIFT: u32 = GROWTH_SHIFT + 4;
const PHASE_SHIFT: u32 = GENERATION_SHIFT + 18;

const _: () = assert!(Row::BITS + 5 <= PAYLOAD_BITS, "a row does not fit beside mode and told");

/// Generations wrap at 2¹⁸: to be mistaken for a fresh result, a stale one must be held
/// through exactly that many transitions.
pub const GENERATIONS: u32 = 1 << 18;
/// The largest growth exponent that fits.
pub const MOST_GROWTH: u8 = 15;

/// The packed state. Its parts are read with [`view`](Word::view).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Word(u64);

/// A [`Word`] unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Calls pass.
    Closed {
        /// Failures in a row so far.
        row: Row,
    },
    /// Calls are rejected.
    Open {
        /// From this millisecond of the clock on a probe is due.
        until_ms: u64,
    },
    /// A few calls pass as probes.
    HalfOpen {
        /// Probes in flight.
        slots: u8,
        /// Probes that succeeded.
        successes: u8,
        /// Probes ever admitted in this cycle, wrapping at 2²⁴.
        /// No two moments of a cycle share a word, so an old reading cannot win an exchange.
        issued: u32,
    },
    /// Rejects by hand.
    ForcedOpen,
    /// Passes by hand and learns nothing.
    Disabled,
    /// Passes by hand, and says what it would have done.
    ObserveOnly {
        /// Failures in a row so far.
        row: Row,
        /// One bit for each reason already told.
        told: u8,
    },
}

impl Word {
    /// Packs a state. Numbers too large for their bits are held at the largest that fits.
    #[must_use]
    pub fn pack(generation: u32, growth: u8, view: View) -> Self {
        let (phase, payload) = match view {
            View::Closed { row } => (0, row.bits()),
            View::Open { until_ms } => (1, until_ms.min(mask(PAYLOAD_BITS))),
            View::HalfOpen { slots, successes, issued } => {
                let issued = u64::from(issued) & mask(24);
                (2, issued << 16 | u64::from(successes) << 8 | u64::from(slots))
            }
            View::ForcedOpen => (3, 0),
            View::Disabled => (3, 1),
            View::ObserveOnly { row, told } => {
                (3, row.bits() << 5 | (u64::from(told) & 7) << 2 | 2)
            }
        };
        let generation = u64::from(generation % GENERATIONS);
        let growth = u64::from(growth.min(MOST_GROWTH));
        Self(
            phase << PHASE_SHIFT
                | generation << GENERATION_SHIFT
                | growth << GROWTH_SHIFT
                | payload,
        )
    }

    /// A closed circuit without a failure: the word that a healthy call compares with.
    #[inline]
    #[must_use]
    pub const fn healthy(generation: u32) -> Self {
        Self(((generation % GENERATIONS) as u64) << GENERATION_SHIFT)
    }

    /// The word of these bits.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits of this word.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the circuit is closed and nobody holds it by hand.
    #[inline]
    #[must_use]
    pub const fn is_closed(self) -> bool {
        self.0 >> PHASE_SHIFT == 0
    }

    /// Counts the transitions, modulo [`GENERATIONS`].
    #[inline]
    #[must_use]
    pub const fn generation(self) -> u32 {
        low32(self.0 >> GENERATION_SHIFT) % GENERATIONS
    }

    /// How many probe cycles in a row failed, at most [`MOST_GROWTH`].
    #[must_use]
    pub const fn growth(self) -> u8 {
        low8(self.0 >> GROWTH_SHIFT) & MOST_GROWTH
    }

    /// The state unpacked.
    #[inline]
    #[must_use]
    pub const fn view(self) -> View {
        let payload = self.0 & mask(PAYLOAD_BITS);
        match (self.0 >> PHASE_SHIFT, payload & 3) {
            (0, _) => View::Closed { row: Row::from_bits(payload) },
            (1, _) => View::Open { until_ms: payload },
            (2, _) => View::HalfOpen {
                slots: low8(payload),
                successes: low8(payload >> 8),
                issued: low32(payload >> 16),
            },
            (_, 0) => View::ForcedOpen,
            (_, 1) => View::Disabled,
            _ => View::ObserveOnly {
                row: Row::from_bits(payload >> 5),
                told: low8(payload >> 2) & 7,
            },
        }
    }

    /// The phase alone.
    #[must_use]
    pub const fn phase(self) -> Phase {
        match self.view() {
            View::Closed { .. } => Phase::Closed,
            View::Open { .. } => Phase::Open,
            View::HalfOpen { .. } => Phase::HalfOpen,
            View::ForcedOpen => Phase::ForcedOpen,
            View::Disabled => Phase::Disabled,
            View::ObserveOnly { .. } => Phase::ObserveOnly,
        }
    }

    /// When an open circuit lets a probe through; `None` in every other phase.
    #[must_use]
    pub const fn open_until(self) -> Option<Tick> {
        match self.view() {
            View::Open { until_ms } => Some(Tick::from_millis(until_ms)),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "g{}^{} {:?}", self.generation(), self.growth(), self.view())
    }
}

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
const fn low32(bits: u64) -> u32 {
    bits as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
const fn low8(bits: u64) -> u8 {
    bits as u8
}
