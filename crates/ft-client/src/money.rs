//! The money of one attempt: taken out of every budget that must pay for it, or out of none.

use std::sync::Arc;

use ft_core::UnixMillis;
use ft_core::decide::Skip;
use ft_cost::{Pico, Reservation, SpendBudget};

/// The budgets that pay for a request: the client's, and the caller's own.
#[derive(Clone, Default)]
pub(crate) struct Budgets {
    pub(crate) client: Option<Arc<SpendBudget>>,
    pub(crate) caller: Option<Arc<SpendBudget>>,
}

/// What is reserved for one attempt in each of them. The amounts are the same.
pub(crate) struct Money {
    reserved: [Option<Reservation>; 2],
    output: u64,
}

/// A budget refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// When every budget that refused begins a new window; `None` when one of them will never admit the amount.
    pub(crate) retry_at: Option<UnixMillis>,
    /// Whether the client's own had room, so that it is the caller's that lacks it.
    pub(crate) callers: bool,
}

impl Refused {
    /// Whose money was not enough: what the process may spend is its operator's concern, a caller's own is theirs.
    pub(crate) const fn why(self) -> Skip {
        if self.callers { Skip::CallerSpend } else { Skip::Spend }
    }
}

impl Budgets {
    /// Whether nobody counts the money.
    pub(crate) fn is_none(&self) -> bool {
        self.client.is_none() && self.caller.is_none()
    }

    /// Whether one of them is past its soft mark.
    pub(crate) fn is_soft(&self, wall: UnixMillis) -> bool {
        self.each().any(|budget| budget.is_soft(wall))
    }

    /// The most that may still be reserved in all of them.
    pub(crate) fn left(&self, wall: UnixMillis) -> Option<Pico> {
        self.each().map(|budget| budget.left(wall)).min()
    }

    /// Takes `amount` out of each, or out of none.
    pub(crate) fn reserve(&self, amount: Pico, wall: UnixMillis) -> Result<Money, Refused> {
        let mut reserved = [None, None];
        let mut refused: Option<Refused> = None;
        for (budget, place) in self.each().zip(&mut reserved) {
            match budget.reserve(amount, wall) {
                // Not sent yet: should another budget refuse, its drop gives it back.
                Ok(reservation) => *place = Some(reservation),
                Err(no) => {
                    let earlier = refused.map_or(Some(wall), |earlier| earlier.retry_at);
                    let retry_at = earlier.zip(no.retry_at_wall).map(|(one, other)| one.max(other));
                    let own = self.client.as_ref().is_some_and(|own| Arc::ptr_eq(own, budget));
                    let callers = !own && refused.is_none_or(|earlier| earlier.callers);
                    refused = Some(Refused { retry_at, callers });
                }
            }
        }
        match refused {
            Some(refused) => Err(refused),
            None => Ok(Money { reserved, output: 0 }),
        }
    }

    /// A budget that is both is charged once.
    fn each(&self) -> impl Iterator<Item = &Arc<SpendBudget>> {
        let same = |caller: &&Arc<SpendBudget>| {
            self.client.as_ref().is_some_and(|client| Arc::ptr_eq(client, caller))
        };
        self.client.iter().chain(self.caller.as_ref().filter(|caller| !same(caller)))
    }
}

impl Money {
    /// The request is on its way, and may have so many tokens of output: from now on a drop is a cancelled attempt,
    /// which may be billed.
    pub(crate) fn sent(mut self, output: u64) -> Self {
        self.reserved.iter_mut().flatten().for_each(Reservation::sent);
        Self { output, ..self }
    }

    /// The tokens of output in the amount.
    pub(crate) fn output(&self) -> u64 {
        self.output
    }

    /// The amount reserved.
    pub(crate) fn amount(&self) -> Pico {
        self.reserved.iter().flatten().next().map(Reservation::amount).unwrap_or_default()
    }

    /// The attempt has cost this much; `None` when that is unknown.
    pub(crate) fn pay(self, cost: Option<Pico>) {
        for reservation in self.reserved.into_iter().flatten() {
            match cost {
                Some(Pico::ZERO) => reservation.release(),
                Some(cost) => reservation.settle(cost),
                None => reservation.settle_at_estimate(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ft_cost::SpendConfig;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000);

    fn budget(dollars: u64) -> Arc<SpendBudget> {
        SpendBudget::new(SpendConfig::new(Pico::from_dollars(dollars))).unwrap()
    }

    fn both(client: u64, caller: u64) -> Budgets {
        Budgets { client: Some(budget(client)), caller: Some(budget(caller)) }
    }

    fn left(budgets: &Budgets) -> Vec<Pico> {
        budgets.each().map(|budget| budget.left(NOW)).collect()
    }

    #[test]
    fn refused_by_either_nothing_stays_reserved_in_the_other() {
        for (client, caller, callers) in [(10, 1, true), (1, 10, false), (1, 1, false)] {
            let budgets = both(client, caller);
            let before = left(&budgets);
            let refused = budgets.reserve(Pico::from_dollars(5), NOW).err().unwrap();
            assert_eq!(refused.callers, callers);
            assert_eq!(left(&budgets), before);
        }
    }

    #[test]
    fn both_pay_the_same() {
        let budgets = both(10, 6);
        let money = budgets.reserve(Pico::from_dollars(5), NOW).ok().unwrap().sent(0);
        assert_eq!(left(&budgets), [Pico::from_dollars(5), Pico::from_dollars(1)]);
        money.pay(Some(Pico::from_dollars(2)));
        assert_eq!(left(&budgets), [Pico::from_dollars(8), Pico::from_dollars(4)]);
    }

    #[test]
    fn a_budget_that_is_both_pays_once() {
        let one = budget(10);
        let budgets = Budgets { client: Some(Arc::clone(&one)), caller: Some(Arc::clone(&one)) };
        let money = budgets.reserve(Pico::from_dollars(6), NOW).ok().unwrap();
        assert_eq!(one.left(NOW), Pico::from_dollars(4));
        money.pay(None);
        assert_eq!(one.left(NOW), Pico::from_dollars(4));
    }
}
