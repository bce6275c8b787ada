//! What an operator should know of a catalogue that is valid, but old or thin.

use std::fmt;

use ft_core::UnixMillis;

use super::Catalogue;
use crate::Day;

/// Days after which a price is called stale: vendors change list prices a few times a year.
pub const STALE_AFTER_DAYS: i32 = 90;

/// Something about one row that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The profile of the row.
    pub profile: String,
    /// The model of the row.
    pub model: String,
    /// What it is.
    pub wrong: Wrong,
}

/// What a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// The provider may have stopped serving the model on this day.
    Deprecated(Day),
    /// The provider may stop serving the model on this day, within [`STALE_AFTER_DAYS`].
    DeprecatedSoon(Day),
    /// The price that holds was last looked at on this day, more than [`STALE_AFTER_DAYS`] ago.
    Stale(Day),
    /// The row's date lies in the future: a slip, or a clock that is wrong.
    FromTheFuture(Day),
    /// No price holds at this moment.
    NoPrice,
    /// No price of cached input: it is billed as input, which is more than most providers ask.
    NoCachedPrice,
    /// Cached input costs more than input, or output costs less: perhaps two fields were exchanged.
    Unusual,
}

impl Catalogue {
    /// Looks through all rows at this moment. Empty when there is nothing to say.
    #[must_use]
    pub fn check(&self, wall: UnixMillis) -> Vec<Finding> {
        let today = Day::of(wall);
        let mut findings = Vec::new();
        for row in self.rows() {
            let mut find = |wrong| {
                let (profile, model) = (row.card.provider.clone(), row.card.model.clone());
                findings.push(Finding { profile, model, wrong });
            };
            if let Some(day) = row.deprecated_on() {
                let left = today.days_until(day);
                if left <= 0 {
                    find(Wrong::Deprecated(day));
                } else if left <= STALE_AFTER_DAYS {
                    find(Wrong::DeprecatedSoon(day));
                }
            }
            let Some(price) = row.price(wall) else {
                find(Wrong::NoPrice);
                continue;
            };
            if price.as_of > today {
                find(Wrong::FromTheFuture(price.as_of));
            } else if price.as_of.days_until(today) > STALE_AFTER_DAYS {
                find(Wrong::Stale(price.as_of));
            }
            let rates = &price.rates;
            if rates.cached_input.is_none() {
                find(Wrong::NoCachedPrice);
            }
            if rates.cached_input.is_some_and(|cached| cached > rates.input)
                || rates.output < rates.input
            {
                find(Wrong::Unusual);
            }
        }
        findings
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: ", self.profile, self.model)?;
        match self.wrong {
            Wrong::Deprecated(day) => write!(f, "deprecated since {day}: choose another model"),
            Wrong::DeprecatedSoon(day) => {
                write!(f, "deprecated from {day} on: choose another model")
            }
            Wrong::Stale(day) => write!(f, "the price is of {day}: look it up again"),
            Wrong::FromTheFuture(day) => write!(f, "the price is of {day}, which is not yet"),
            Wrong::NoPrice => f.write_str("no price holds now: a spend budget will refuse it"),
            Wrong::NoCachedPrice => f.write_str("no price of cached input: it is billed as input"),
            Wrong::Unusual => {
                f.write_str("cached input dearer than input, or output cheaper: exchanged?")
            }
        }
    }
}
