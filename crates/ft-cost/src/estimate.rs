//! What a request would cost, before it is sent.

use ft_core::UnixMillis;

use crate::{Catalogue, Pico, Price, RequestSize, Row};

/// What one request would cost at one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate<'a> {
    /// The model.
    pub row: &'a Row,
    /// The least: the whole request read from the provider's prompt cache, and no answer.
    /// This and the other two are `None` when the price is unknown.
    pub low: Option<Pico>,
    /// With the tokens that are expected, none of them cached.
    pub expected: Option<Pico>,
    /// The most: what a spend budget would reserve.
    pub at_most: Option<Pico>,
    /// Whether request and expected answer fit into the model's window and output limit.
    pub fits: bool,
}

/// What a request would cost at every model of a profile: cheapest first, unknown prices last.
#[must_use]
pub fn estimate<'a>(
    catalogue: &'a Catalogue,
    profile: &str,
    size: &RequestSize,
    wall: UnixMillis,
) -> Vec<Estimate<'a>> {
    let mut estimates: Vec<_> =
        catalogue.rows_of(profile).map(|row| Estimate::new(row, size, wall)).collect();
    // Rows come by name, and a stable sort keeps that order among equals.
    estimates
        .sort_by_key(|estimate| (estimate.expected.is_none(), estimate.expected, estimate.at_most));
    estimates
}

impl<'a> Estimate<'a> {
    /// What a request would cost at this model.
    #[must_use]
    pub fn new(row: &'a Row, size: &RequestSize, wall: UnixMillis) -> Self {
        let price = row.price(wall);
        let card = &row.card;
        Self {
            row,
            low: price.map(|price| price.rates_for(size.input).input_range().0.times(size.input)),
            expected: price.map(|price| expected(price, size)),
            at_most: price.map(|price| {
                price.at_most(size.input_at_most, size.outputs(size.most_output(card)))
            }),
            fits: size.input.saturating_add(size.output) <= card.context_window
                && card.max_output.is_none_or(|most| size.output <= most),
        }
    }
}

/// The cost of the tokens that are expected, none of them cached.
pub(crate) fn expected(price: &Price, size: &RequestSize) -> Pico {
    let rates = price.rates_for(size.input);
    rates.input.times(size.input).saturating_add(rates.output.times(size.outputs(size.output)))
}
