//! What a model's tokens cost.

use ft_core::{UnixMillis, Usage};

use crate::{Billed, Day, Pico, Rate};

/// The price of one model in one period.
///
/// A [`Catalogue`](crate::Catalogue) checks it when it is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The rates of a request below every tier.
    pub rates: Rates,
    /// Long-context tiers, by rising threshold. Default: none.
    pub tiers: Vec<Tier>,
    /// The first day on which this price holds; `None`: since ever.
    pub effective_from: Option<Day>,
    /// The first day on which it no longer holds; `None`: until a later price takes over.
    pub effective_until: Option<Day>,
    /// Where the figures come from.
    pub source: String,
    /// The day on which the source said so.
    pub as_of: Day,
    /// Whether a price of zero is meant. Default: false, and then zero input or output is refused.
    pub free: bool,
}

/// Prices per token of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Tokens of the request.
    pub input: Rate,
    /// Those of them that were read from the provider's prompt cache; `None`: they cost as much as input.
    pub cached_input: Option<Rate>,
    /// Those of them that were written to it; `None`: they cost as much as input.
    pub cache_write: Option<Rate>,
    /// Tokens of the answer, reasoning included.
    pub output: Rate,
}

/// Other rates for long requests.
///
/// A tier re-prices the **whole** request, not what lies above its threshold: so do OpenAI's above 272,000
/// tokens and Gemini's above 200,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The least number of request tokens to which it applies. "Above 200k" is 200,001 here.
    pub min_input_tokens: u64,
    /// What applies then.
    pub rates: Rates,
}

impl Rates {
    /// Rates without a price of their own for cached tokens.
    #[must_use]
    pub const fn new(input: Rate, output: Rate) -> Self {
        Self { input, cached_input: None, cache_write: None, output }
    }

    /// The cheapest and the dearest that a request's token can cost.
    pub(crate) fn input_range(&self) -> (Rate, Rate) {
        let cached = self.cached_input.unwrap_or(self.input);
        let written = self.cache_write.unwrap_or(self.input);
        (self.input.min(cached).min(written), self.input.max(cached).max(written))
    }
}

impl Price {
    /// A price that holds always, without tiers.
    #[must_use]
    pub fn new(rates: Rates, source: impl Into<String>, as_of: Day) -> Self {
        Self {
            rates,
            tiers: Vec::new(),
            effective_from: None,
            effective_until: None,
            source: source.into(),
            as_of,
            free: false,
        }
    }

    /// The rates of a request with this many tokens.
    #[must_use]
    pub fn rates_for(&self, input_tokens: u64) -> &Rates {
        let tier = self.tiers.iter().rev().find(|tier| tier.min_input_tokens <= input_tokens);
        tier.map_or(&self.rates, |tier| &tier.rates)
    }

    /// What a reported usage costs, read as [`Billed::of`] does.
    ///
    /// A provider that reports no usage reports zeros: settle such a call at its estimate instead.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Pico {
        self.cost_of(&Billed::of(usage))
    }

    /// What these tokens cost.
    #[must_use]
    pub fn cost_of(&self, billed: &Billed) -> Pico {
        let rates = self.rates_for(billed.request());
        [
            rates.input.times(billed.input),
            rates.cached_input.unwrap_or(rates.input).times(billed.cached_input),
            rates.cache_write.unwrap_or(rates.input).times(billed.cache_write),
            rates.output.times(billed.output),
        ]
        .into_iter()
        .sum()
    }

    /// The most that a request of at most `input_tokens` with an answer of at most `output_tokens` can cost:
    /// every token of the request at the dearest of input, cached input and cache write, in the dearest tier
    /// that it can reach.
    #[must_use]
    pub fn at_most(&self, input_tokens: u64, output_tokens: u64) -> Pico {
        let starts = self.tiers.iter().map(|tier| tier.min_input_tokens);
        let rates = std::iter::once(&self.rates).chain(self.tiers.iter().map(|tier| &tier.rates));
        // Below a tier's threshold the rates under it apply, to at most one token less than the threshold.
        let ends = starts.clone().map(|start| start.saturating_sub(1)).chain([u64::MAX]);
        std::iter::once(0)
            .chain(starts)
            .zip(ends)
            .zip(rates)
            .filter(|((start, _), _)| *start <= input_tokens)
            .map(|((_, end), rates)| {
                let input = rates.input_range().1.times(input_tokens.min(end));
                input.saturating_add(rates.output.times(output_tokens))
            })
            .max()
            .unwrap_or_default()
    }

    /// Whether this price holds at this moment.
    #[must_use]
    pub fn holds_at(&self, wall: UnixMillis) -> bool {
        self.effective_from.is_none_or(|from| from.starts() <= wall)
            && self.effective_until.is_none_or(|until| wall < until.starts())
    }
}

#[cfg(test)]
mod tests;
