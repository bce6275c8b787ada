//! A number of tokens, and how far it can be trusted.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// A number of tokens that says whether it was counted or estimated.
///
/// # Examples
///
/// ```
/// use ft_context::TokenCount;
///
/// let whole = TokenCount::exact(7) + TokenCount::estimated(20, 64);
/// assert_eq!((whole.tokens, whole.at_most()), (27, 71));
/// assert!(!whole.is_exact());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenCount {
    /// The tokens: counted, or estimated on the high side.
    pub tokens: u64,
    /// How far the number can be trusted.
    pub bound: Bound,
}

/// How far a [`TokenCount`] can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The model's own encoding counted it.
    Exact,
    /// It was estimated.
    Estimated {
        /// The tokens that the text cannot exceed in an encoding whose tokens have at least one byte; for images
        /// the documented flat bound. Above every model's window (4,294,967,295 and more) where only that bounds
        /// the rest: audio, files, what stands at a URL.
        at_most: u64,
    },
}

impl TokenCount {
    /// No tokens, exactly.
    pub const ZERO: Self = Self::exact(0);

    /// A count by the model's own encoding.
    #[must_use]
    pub const fn exact(tokens: u64) -> Self {
        Self { tokens, bound: Bound::Exact }
    }

    /// An estimate and the bound that it cannot exceed; the bound is raised to the estimate when it is below.
    #[must_use]
    pub const fn estimated(tokens: u64, at_most: u64) -> Self {
        let at_most = if at_most < tokens { tokens } else { at_most };
        Self { tokens, bound: Bound::Estimated { at_most } }
    }

    /// The tokens that this is never more than.
    #[must_use]
    pub const fn at_most(self) -> u64 {
        match self.bound {
            Bound::Exact => self.tokens,
            Bound::Estimated { at_most } => at_most,
        }
    }

    /// True when the model's own encoding counted all of it.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self.bound, Bound::Exact)
    }
}

/// Saturates; a sum is exact when both parts are.
impl Add for TokenCount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let tokens = self.tokens.saturating_add(other.tokens);
        if self.is_exact() && other.is_exact() {
            Self::exact(tokens)
        } else {
            Self::estimated(tokens, self.at_most().saturating_add(other.at_most()))
        }
    }
}

impl Sum for TokenCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::ZERO, Add::add)
    }
}
