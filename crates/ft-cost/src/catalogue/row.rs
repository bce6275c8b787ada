//! One model of a profile, and the rules that its row obeys.

use ft_core::{ModelCard, UnixMillis};

use super::CatalogueError;
use crate::price::Rates;
use crate::{Day, Price};

/// More tokens than any model takes: a figure above is a slip.
const MOST_TOKENS: u64 = 100_000_000;

/// One model of a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the model can do. Its `provider` is the profile.
    pub card: ModelCard,
    /// On what the card's quality rests, such as `judgement`; `None`: nobody judged it, and it is 0.5.
    pub quality_basis: Option<String>,
    /// Its prices, by period. Without any, its price is unknown.
    pub prices: Vec<Price>,
    /// Where the card's figures come from.
    pub source: String,
    /// The day on which the source said so.
    pub as_of: Day,
}

impl Row {
    /// A row without a price.
    #[must_use]
    pub fn new(card: ModelCard, source: impl Into<String>, as_of: Day) -> Self {
        Self { card, quality_basis: None, prices: Vec::new(), source: source.into(), as_of }
    }

    /// Adds a price.
    #[must_use]
    pub fn with_price(mut self, price: Price) -> Self {
        self.prices.push(price);
        self
    }

    /// The price that holds at this moment: the one that took effect last.
    #[must_use]
    pub fn price(&self, wall: UnixMillis) -> Option<&Price> {
        self.prices
            .iter()
            .filter(|price| price.holds_at(wall))
            .max_by_key(|price| price.effective_from)
    }

    /// The day from which the model may no longer be served, when one is stated.
    #[must_use]
    pub fn deprecated_on(&self) -> Option<Day> {
        self.card.deprecated_on.as_ref()?.parse().ok()
    }

    /// How errors call it.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.card.provider, self.card.model)
    }

    pub(super) fn validate(&self) -> Result<(), CatalogueError> {
        let fail = |field: &str, rule: &str| Err(CatalogueError::new(self.label(), field, rule));
        for (field, name) in [("profile", &self.card.provider), ("model", &self.card.model)] {
            if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
                return fail(field, "must have 1 to 200 bytes and no control characters");
            }
        }
        if !(1..=MOST_TOKENS).contains(&self.card.context_window) {
            return fail("context_window", "must be from 1 to 100000000 tokens");
        }
        if self.card.max_output.is_some_and(|most| !(1..=MOST_TOKENS).contains(&most)) {
            return fail("max_output", "must be from 1 to 100000000 tokens");
        }
        // NaN is in no range.
        if !(0.0..=1.0).contains(&self.card.quality) {
            return fail("quality", "must be a number from 0 to 1");
        }
        if let Some(Err(error)) = self.card.deprecated_on.as_ref().map(|day| day.parse::<Day>()) {
            return fail("deprecated_on", &error.to_string());
        }
        if self.source.trim().is_empty() {
            return fail("source", "must say where the figures come from");
        }
        for (place, price) in self.prices.iter().enumerate() {
            let broken = price_rule(price).or_else(|| {
                let same = |other: &Price| other.effective_from == price.effective_from;
                let again = self.prices[..place].iter().any(same);
                again.then(|| {
                    ("effective_from".into(), "another price of this model begins then too")
                })
            });
            if let Some((field, rule)) = broken {
                return fail(&format!("prices[{place}].{field}"), rule);
            }
        }
        Ok(())
    }
}

/// The field and the rule that a price breaks.
fn price_rule(price: &Price) -> Option<(String, &'static str)> {
    if price.source.trim().is_empty() {
        return Some(("source".into(), "must say where the price comes from"));
    }
    if price
        .effective_until
        .is_some_and(|until| price.effective_from.is_some_and(|from| from >= until))
    {
        return Some(("effective_until".into(), "must be after effective_from"));
    }
    let mut floor = 0;
    for (place, tier) in price.tiers.iter().enumerate() {
        if tier.min_input_tokens <= floor || tier.min_input_tokens > MOST_TOKENS {
            let field = format!("tiers[{place}].min_input_tokens");
            return Some((
                field,
                "must be above 0 and above the tier before, and at most 100000000",
            ));
        }
        floor = tier.min_input_tokens;
    }
    let tiers = price.tiers.iter().enumerate();
    std::iter::once((String::new(), &price.rates))
        .chain(tiers.map(|(place, tier)| (format!("tiers[{place}]."), &tier.rates)))
        .find_map(|(path, rates)| {
            let field = zero(rates).filter(|_| !price.free)?;
            Some((format!("{path}{field}"), "is zero: say free = true when that is meant"))
        })
}

/// Prices of cached tokens may be zero: some providers write to their cache for nothing.
fn zero(rates: &Rates) -> Option<&'static str> {
    match rates {
        Rates { input, .. } if input.is_zero() => Some("input"),
        Rates { output, .. } if output.is_zero() => Some("output"),
        Rates { .. } => None,
    }
}
