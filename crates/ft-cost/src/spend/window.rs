//! The state of a spend budget: a pure machine over calendar time.

use ft_core::UnixMillis;

use super::calendar::{Calendar, Span};
use super::{InvalidSpend, SpendConfig};
use crate::Pico;

/// The books of the present window.
///
/// `settled + reserved ≤ limit`, unless a call has cost more than was reserved for it.
///
/// A window follows when the calendar passes its end. Reservations belong to the window in which they were
/// made: settled later, they change nothing in its successors.
///
/// A clock that is set back a little, over the beginning of the window, does not bring the window before it
/// back: going to and fro there would grant its money again each time. A clock that is set back further was
/// wrong before; then the books move to its window as they are.
#[derive(Debug)]
pub struct SpendWindow {
    limit: Pico,
    soft_at: Pico,
    calendar: Calendar,
    span: Option<Span>,
    generation: u64,
    settled: Pico,
    reserved: Pico,
}

/// A reserved amount. Hand it to [`settle`](SpendWindow::settle) or [`release`](SpendWindow::release):
/// dropped, its money stays reserved until the window ends.
#[derive(Debug)]
#[must_use = "dropped, the money stays reserved until the window ends"]
pub struct Ticket {
    generation: u64,
    amount: Pico,
}

impl Ticket {
    /// The amount.
    #[must_use]
    pub const fn amount(&self) -> Pico {
        self.amount
    }
}

/// A reservation that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spend budget has {left} left")]
pub struct SpendRefused {
    /// What may still be reserved.
    pub left: Pico,
    /// When the next window begins; money that comes back may make room before. `None`: no window will ever
    /// admit the amount, because it is above the limit itself, or because the budget knows no next one.
    pub retry_at_wall: Option<UnixMillis>,
}

impl SpendWindow {
    /// Books without an entry.
    ///
    /// # Errors
    /// A limit of zero, and a soft mark that is not above 0 and at most 1.
    pub fn new(config: SpendConfig) -> Result<Self, InvalidSpend> {
        config.validate()?;
        Ok(Self {
            limit: config.limit,
            soft_at: share(config.limit, config.soft),
            calendar: Calendar { per: config.per, zone: config.zone },
            span: None,
            generation: 0,
            settled: Pico::ZERO,
            reserved: Pico::ZERO,
        })
    }

    /// Takes over these settings and keeps the books: what is settled and reserved counts against the new limit, and
    /// where the window is another one, in that.
    ///
    /// # Errors
    /// As [`new`](Self::new); then nothing has changed.
    pub fn reconfigure(&mut self, config: SpendConfig) -> Result<(), InvalidSpend> {
        config.validate()?;
        self.limit = config.limit;
        self.soft_at = share(config.limit, config.soft);
        let calendar = Calendar { per: config.per, zone: config.zone };
        if calendar != self.calendar {
            self.calendar = calendar;
            self.span = None;
        }
        Ok(())
    }

    /// Takes `amount` out of what is left.
    ///
    /// # Errors
    /// The amount does not fit.
    pub fn reserve(&mut self, amount: Pico, wall: UnixMillis) -> Result<Ticket, SpendRefused> {
        self.turn(wall);
        let taken = self.settled.saturating_add(self.reserved);
        match taken.checked_add(amount) {
            Some(sum) if sum <= self.limit => {
                self.reserved = self.reserved.saturating_add(amount);
                Ok(Ticket { generation: self.generation, amount })
            }
            Some(_) | None => Err(SpendRefused {
                left: self.limit.saturating_sub(taken),
                retry_at_wall: self.span.and_then(|span| span.end).filter(|_| amount <= self.limit),
            }),
        }
    }

    /// Books what the attempt has cost, which may be more or less than was reserved.
    pub fn settle(&mut self, ticket: Ticket, actual: Pico) {
        if self.unreserve(ticket) {
            self.settled = self.settled.saturating_add(actual);
        }
    }

    /// Gives the amount back.
    pub fn release(&mut self, ticket: Ticket) {
        self.unreserve(ticket);
    }

    /// Books money that was spent without a reservation.
    pub fn record(&mut self, spent: Pico, wall: UnixMillis) {
        self.turn(wall);
        self.settled = self.settled.saturating_add(spent);
    }

    /// What may still be reserved.
    pub fn left(&mut self, wall: UnixMillis) -> Pico {
        self.turn(wall);
        self.limit.saturating_sub(self.settled.saturating_add(self.reserved))
    }

    /// What is settled.
    pub fn spent(&mut self, wall: UnixMillis) -> Pico {
        self.turn(wall);
        self.settled
    }

    /// What is reserved and not yet settled.
    pub fn reserved(&mut self, wall: UnixMillis) -> Pico {
        self.turn(wall);
        self.reserved
    }

    /// Whether settled and reserved money have reached the soft mark.
    pub fn is_soft(&mut self, wall: UnixMillis) -> bool {
        self.turn(wall);
        self.settled.saturating_add(self.reserved) >= self.soft_at
    }

    /// The most that one window may cost.
    #[must_use]
    pub const fn limit(&self) -> Pico {
        self.limit
    }

    /// Turns the page when the calendar has.
    fn turn(&mut self, wall: UnixMillis) {
        match self.span {
            Some(span) if span.end.is_some_and(|end| wall >= end) => {
                self.generation += 1;
                self.settled = Pico::ZERO;
                self.reserved = Pico::ZERO;
                self.span = Some(self.calendar.span(wall));
            }
            Some(span) if wall < span.start => {
                let earlier = self.calendar.span(wall);
                if earlier.end.is_some_and(|end| end < span.start) {
                    self.span = Some(earlier);
                }
            }
            Some(_) => {}
            None => self.span = Some(self.calendar.span(wall)),
        }
    }

    /// Takes a ticket out of the reserved sum; false when its window is over.
    fn unreserve(&mut self, ticket: Ticket) -> bool {
        let present = ticket.generation == self.generation;
        if present {
            self.reserved = self.reserved.saturating_sub(ticket.amount);
        }
        present
    }
}

/// A share of an amount, in whole millionths.
fn share(of: Pico, share: f64) -> Pico {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share was checked to lie between 0 and 1"
    )]
    let millionths = (share * 1e6).round() as u128;
    let (whole, rest) = (of.as_pico() / 1_000_000, of.as_pico() % 1_000_000);
    Pico::from_pico(whole * millionths + rest * millionths / 1_000_000)
}

#[cfg(test)]
mod tests;
