//! A purse of tokens: a share of what was paid in lately, and a reserve that time refills.
//!
//! Each part is a pure step on one 64-bit word, and the purse a compare-exchange loop over each:
//! a token is in exactly one word, so it is never spent twice and the purse is never overdrawn.

mod earned;
mod reserve;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_core::Tick;
use ft_core::time::nanos;

use self::earned::Earned;
use self::reserve::Reserve;

/// Fixed point: a token is a thousand parts, so that a fifth of one is exact.
const TOKEN: u32 = 1_000;

#[derive(Debug)]
pub(crate) struct Purse {
    earned: AtomicU64,
    reserve: AtomicU64,
    /// Parts of a token that one deposit earns.
    share: u32,
    /// Nanoseconds of a generation, half the window.
    generation: u64,
    refill: Reserve,
}

/// Where a token came from, and goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Earned,
    Reserve,
}

impl Purse {
    /// `share` of a token per deposit, checked to lie between 0 and 100; deposits are worth nothing after `window`.
    pub(crate) fn new(share: f64, window: Duration, reserve: u32, refill_every: Duration) -> Self {
        Self {
            earned: AtomicU64::new(0),
            reserve: AtomicU64::new(0),
            share: thousandths(share),
            generation: (nanos(window) / 2).max(1),
            refill: Reserve::new(reserve, refill_every),
        }
    }

    pub(crate) fn deposit(&self, now: Tick) {
        let generation = self.generation_of(now);
        let paid = |word| Some(Earned::from_word(word).at(generation).plus(self.share).into_word());
        let _ = self.earned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid);
    }

    pub(crate) fn withdraw(&self, now: Tick) -> Option<Source> {
        let generation = self.generation_of(now);
        let spent = |word| Earned::from_word(word).at(generation).spend().map(Earned::into_word);
        if self.earned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok() {
            return Some(Source::Earned);
        }
        let mut granted = false;
        let drawn = |full_at| {
            let (next, token) = self.refill.draw(full_at, now);
            granted = token;
            (next != full_at).then_some(next)
        };
        let changed = self.reserve.fetch_update(Ordering::Relaxed, Ordering::Relaxed, drawn);
        (changed.is_ok() && granted).then_some(Source::Reserve)
    }

    pub(crate) fn refund(&self, source: Source) {
        match source {
            Source::Earned => {
                let back = |word| Some(Earned::from_word(word).plus(TOKEN).into_word());
                let _ = self.earned.fetch_update(Ordering::Relaxed, Ordering::Relaxed, back);
            }
            Source::Reserve => {
                let back = |full_at| Some(self.refill.refund(full_at));
                let _ = self.reserve.fetch_update(Ordering::Relaxed, Ordering::Relaxed, back);
            }
        }
    }

    /// Whole tokens that could be withdrawn now.
    pub(crate) fn available(&self, now: Tick) -> u32 {
        let earned = Earned::from_word(self.earned.load(Ordering::Relaxed));
        let earned = earned.at(self.generation_of(now)).total() / TOKEN;
        earned + self.refill.available(self.reserve.load(Ordering::Relaxed), now)
    }

    const fn generation_of(&self, now: Tick) -> u64 {
        now.as_nanos() / self.generation
    }
}

/// To the nearest thousandth: what a cut-off fraction does to a ratio, tower-rs/tower#857 shows.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "constructors check that the share lies between 0 and 100"
)]
fn thousandths(share: f64) -> u32 {
    (share * f64::from(TOKEN)).round() as u32
}

#[cfg(test)]
mod tests;
