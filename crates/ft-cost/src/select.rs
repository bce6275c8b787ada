//! The cheapest model that meets a need.

use std::cmp::Ordering;

use ft_core::{ModelCard, UnixMillis};

use crate::estimate::expected;
use crate::{Catalogue, Pico, Price, RequestSize, Row};

mod need;
mod no_model;

pub use need::{BudgetPer, Candidates, Need};
pub use no_model::{NoModel, Shortfall, Unmet};

/// The model that was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection<'a> {
    /// What it can do, and its name.
    pub card: &'a ModelCard,
    /// What it charges.
    pub price: &'a Price,
    /// What this request is expected to cost.
    pub cost: Pico,
}

/// Chooses the model that answers *this* request for the least money and meets every need.
///
/// Cost is that of the expected tokens, none of them cached. Among equals the higher quality wins, then the
/// profile's and the model's name, so the same question always has the same answer. A model whose price is
/// unknown is never chosen: it cannot be compared.
///
/// # Errors
/// No candidate meets every need: which needs each one misses, and which candidate comes nearest.
pub fn select<'a>(
    catalogue: &'a Catalogue,
    candidates: Candidates<'_>,
    size: &RequestSize,
    need: &Need,
    wall: UnixMillis,
) -> Result<Selection<'a>, NoModel> {
    let mut best: Option<Selection<'a>> = None;
    let mut shortfalls = Vec::new();
    for (profile, model) in candidates.names(catalogue) {
        let found = catalogue.row(profile, model);
        let unmet = found.map_or_else(|| vec![Unmet::Unknown], |row| misses(row, size, need, wall));
        let price = found.and_then(|row| row.price(wall));
        let cost = price.map(|price| expected(price, size));
        match (found, price, cost) {
            (Some(Row { card, .. }), Some(price), Some(cost)) if unmet.is_empty() => {
                let selection = Selection { card, price, cost };
                if best.as_ref().is_none_or(|best| selection.order(best) == Ordering::Less) {
                    best = Some(selection);
                }
            }
            _ => {
                let (profile, model) = (profile.to_owned(), model.to_owned());
                shortfalls.push(Shortfall { profile, model, unmet, cost });
            }
        }
    }
    best.ok_or_else(|| NoModel::new(shortfalls))
}

impl Selection<'_> {
    fn order(&self, other: &Self) -> Ordering {
        let name = |card: &ModelCard| [card.provider.clone(), card.model.clone()];
        self.cost
            .cmp(&other.cost)
            .then_with(|| other.card.quality.total_cmp(&self.card.quality))
            .then_with(|| name(self.card).cmp(&name(other.card)))
    }
}

/// Everything that this model lacks for this request.
fn misses(row: &Row, size: &RequestSize, need: &Need, wall: UnixMillis) -> Vec<Unmet> {
    let card = &row.card;
    let mut unmet = Vec::new();
    // A need that is NaN compares with nothing, so nothing meets it.
    let enough = card.quality.partial_cmp(&need.quality_min).is_some_and(Ordering::is_ge);
    if !enough {
        unmet.push(Unmet::Quality { needed: need.quality_min, has: card.quality });
    }
    let tokens = size.input.saturating_add(size.output);
    let window = tokens.max(need.context.unwrap_or(0));
    if card.context_window < window {
        unmet.push(Unmet::Context { needed: window, has: card.context_window });
    }
    if let Some(most) = card.max_output.filter(|most| *most < size.output) {
        unmet.push(Unmet::Output { needed: size.output, has: most });
    }
    if !card.capabilities.cover(need.capabilities) {
        unmet.push(Unmet::Capabilities { needed: need.capabilities, has: card.capabilities });
    }
    if let Some(day) = row.deprecated_on().filter(|day| day.starts() <= wall && !need.deprecated) {
        unmet.push(Unmet::Deprecated(day));
    }
    match (row.price(wall).map(|price| expected(price, size)), need.budget) {
        (None, _) => unmet.push(Unmet::Price),
        (Some(cost), Some(budget)) if !budget.covers(cost, size) => {
            unmet.push(Unmet::Budget { budget: budget.for_request(size), cost });
        }
        (Some(_), Some(_) | None) => {}
    }
    unmet
}

#[cfg(test)]
mod tests;
