//! What is really paid where credit is sold below its face value.

use crate::Pico;

/// How a provider turns list prices into money paid: a fraction of two integers.
///
/// Default: the list price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    paid: Pico,
    worth: Pico,
}

/// One amount under a billing profile, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    /// By the price list.
    pub list: Pico,
    /// What is really paid, rounded up to a pico-dollar.
    pub charged: Pico,
    /// The difference.
    pub saving: Pico,
}

impl Billing {
    /// The list price is paid.
    pub const LIST: Self = Self { paid: Pico::from_dollars(1), worth: Pico::from_dollars(1) };

    /// HolySheep's offer, as its article states it: one yuan buys one dollar of credit, while a dollar costs
    /// 7.3 yuan. So 1/7.3 of the list price is paid, a saving of 86.3 %.
    pub const HOLYSHEEP: Self =
        Self { paid: Pico::from_dollars(1), worth: Pico::from_pico(7_300_000_000_000) };

    /// `paid` units of a currency buy one dollar of credit, while a dollar is worth `worth` units of it.
    ///
    /// `None` when one of them is zero, when more is paid than it is worth, or when one is above a million:
    /// an exchange rate was typed wrong.
    #[must_use]
    pub fn new(paid: Pico, worth: Pico) -> Option<Self> {
        let sane = !paid.is_zero() && paid <= worth && worth <= Pico::from_dollars(1_000_000);
        sane.then_some(Self { paid, worth })
    }

    /// What an amount of the price list really costs.
    #[must_use]
    pub fn bill(self, list: Pico) -> Bill {
        let (paid, worth, list_pico) = (self.paid.as_pico(), self.worth.as_pico(), list.as_pico());
        // Whole and rest apart, so that the product cannot overflow below 10^20 dollars.
        let whole = (list_pico / worth).saturating_mul(paid);
        let rest = (list_pico % worth).saturating_mul(paid).div_ceil(worth);
        let charged = Pico::from_pico(whole.saturating_add(rest)).min(list);
        Bill { list, charged, saving: list.saturating_sub(charged) }
    }
}

impl Default for Billing {
    fn default() -> Self {
        Self::LIST
    }
}

impl Bill {
    /// The saving in tenths of a percent of the list price, rounded down; 0 when the list price is 0.
    #[must_use]
    pub fn saving_permille(self) -> u32 {
        let permille = self.saving.as_pico().saturating_mul(1_000).checked_div(self.list.as_pico());
        permille.and_then(|permille| u32::try_from(permille).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_yuan_for_a_dollar_saves_86_percent() {
        let bill = Billing::HOLYSHEEP.bill(Pico::from_dollars(73));
        assert_eq!((bill.charged, bill.saving), (Pico::from_dollars(10), Pico::from_dollars(63)));
        assert_eq!(bill.saving_permille(), 863);
    }

    #[test]
    fn list_prices_save_nothing_and_nothing_costs_nothing() {
        let bill = Billing::default().bill(Pico::from_pico(12_345));
        assert_eq!((bill.charged.as_pico(), bill.saving_permille()), (12_345, 0));
        assert_eq!(Billing::HOLYSHEEP.bill(Pico::ZERO).saving_permille(), 0);
    }

    #[test]
    fn what_is_charged_is_rounded_up_and_never_above_the_list() {
        assert_eq!(Billing::HOLYSHEEP.bill(Pico::from_pico(1)).charged, Pico::from_pico(1));
        assert_eq!(Billing::HOLYSHEEP.bill(Pico::from_pico(8)).charged, Pico::from_pico(2));
        assert_eq!(Billing::LIST.bill(Pico::MAX).charged, Pico::MAX);
    }

    #[test]
    fn senseless_exchange_rates_are_refused() {
        let dollars = Pico::from_dollars;
        assert_eq!(Billing::new(Pico::ZERO, dollars(1)), None);
        assert_eq!(Billing::new(dollars(8), dollars(7)), None);
        assert_eq!(Billing::new(dollars(1), dollars(1_000_001)), None);
        let holysheep = Billing::new("1".parse().unwrap(), "7.3".parse().unwrap());
        assert_eq!(holysheep, Some(Billing::HOLYSHEEP));
    }
}
