//! The money that many calls share, and what one of them holds of it.

use ft_core::UnixMillis;

use super::sync::{Arc, Mutex, MutexGuard, PoisonError};
use super::{InvalidSpend, Pico, SpendConfig, SpendRefused, SpendWindow, Ticket};

/// Money that many calls share.
///
/// What is settled and what is reserved never exceed the limit together, under any interleaving of calls and
/// cancellations. The one way above it is a provider that bills more than the reserved upper bound: that is
/// recorded truthfully, and nothing more is admitted in the window.
///
/// The state is a [`SpendWindow`] behind a mutex that is held for a few additions.
#[derive(Debug)]
pub struct SpendBudget {
    window: Mutex<SpendWindow>,
}

impl SpendBudget {
    /// A budget of which nothing is spent.
    ///
    /// # Errors
    /// A limit of zero, and a soft mark that is not above 0 and at most 1.
    pub fn new(config: SpendConfig) -> Result<Arc<Self>, InvalidSpend> {
        Ok(Arc::new(Self { window: Mutex::new(SpendWindow::new(config)?) }))
    }

    /// Takes over these settings and keeps the books, also of reservations that are not settled yet.
    ///
    /// For a reload: a new budget would grant the window's money again, and know nothing of calls under way.
    ///
    /// # Errors
    /// As [`new`](Self::new); then nothing has changed.
    pub fn reconfigure(&self, config: SpendConfig) -> Result<(), InvalidSpend> {
        self.locked().reconfigure(config)
    }

    /// Takes `amount` out of what is left, for one attempt. Call it just before sending.
    ///
    /// # Errors
    /// The amount does not fit.
    pub fn reserve(
        self: &Arc<Self>,
        amount: Pico,
        wall: UnixMillis,
    ) -> Result<Reservation, SpendRefused> {
        let ticket = self.locked().reserve(amount, wall)?;
        Ok(Reservation { held: Some(ticket), sent: false, budget: Arc::clone(self) })
    }

    /// Books money that was spent without a reservation: before a restart, or beside this process.
    pub fn record(&self, spent: Pico, wall: UnixMillis) {
        self.locked().record(spent, wall);
    }

    /// What may still be reserved in the window of this moment.
    #[must_use]
    pub fn left(&self, wall: UnixMillis) -> Pico {
        self.locked().left(wall)
    }

    /// What is settled in the window of this moment.
    #[must_use]
    pub fn spent(&self, wall: UnixMillis) -> Pico {
        self.locked().spent(wall)
    }

    /// What is reserved and not yet settled in the window of this moment.
    #[must_use]
    pub fn reserved(&self, wall: UnixMillis) -> Pico {
        self.locked().reserved(wall)
    }

    /// Whether settled and reserved money have reached the soft mark: prefer cheaper models.
    #[must_use]
    pub fn is_soft(&self, wall: UnixMillis) -> bool {
        self.locked().is_soft(wall)
    }

    /// The most that one window may cost.
    #[must_use]
    pub fn limit(&self) -> Pico {
        self.locked().limit()
    }

    fn locked(&self) -> MutexGuard<'_, SpendWindow> {
        // No call into foreign code happens under the lock, so a poisoned state is still a whole one.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Money that one attempt may cost.
///
/// Dropped before [`sent`](Reservation::sent), it goes back; dropped after it, it is spent: a provider may
/// bill a call that nobody waits for any more. Both hold when a future is dropped and when a thread unwinds.
#[derive(Debug)]
#[must_use = "dropped, the money goes back at once"]
pub struct Reservation {
    held: Option<Ticket>,
    sent: bool,
    budget: Arc<SpendBudget>,
}

impl Reservation {
    /// The reserved amount.
    #[must_use]
    pub fn amount(&self) -> Pico {
        self.held.as_ref().map_or(Pico::ZERO, Ticket::amount)
    }

    /// The request is on its way: from now on a drop settles at the estimate.
    pub fn sent(&mut self) {
        self.sent = true;
    }

    /// The attempt has cost this much.
    pub fn settle(mut self, actual: Pico) {
        self.finish(Some(actual));
    }

    /// What the attempt has cost is unknown: the reserved amount is taken for it.
    pub fn settle_at_estimate(mut self) {
        self.finish(Some(self.amount()));
    }

    /// The attempt has cost nothing: it was never sent, or the provider refused it unread.
    pub fn release(mut self) {
        self.finish(None);
    }

    fn finish(&mut self, actual: Option<Pico>) {
        if let Some(ticket) = self.held.take() {
            let mut window = self.budget.locked();
            match actual {
                Some(actual) => window.settle(ticket, actual),
                None => window.release(ticket),
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.finish(self.sent.then(|| self.amount()));
    }
}
