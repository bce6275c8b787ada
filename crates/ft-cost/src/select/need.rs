//! What a caller asks of a model.

use ft_core::{Capabilities, ChatRequest};

use crate::{Catalogue, Pico, RequestSize};

/// What a model must offer. By default nothing beside fitting the request, being priced and being served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// The least quality, from 0 to 1. Default: 0. No model meets NaN.
    pub quality_min: f64,
    /// The most that the request may cost. Default: `None`, anything.
    pub budget: Option<BudgetPer>,
    /// The least context window, in tokens, beyond what this request itself fills. Default: `None`.
    pub context: Option<u64>,
    /// What the model must be able to do. Default: nothing but text.
    pub capabilities: Capabilities,
    /// Whether a model may be chosen that its provider may already have stopped serving. Default: false.
    pub deprecated: bool,
}

impl Default for Need {
    fn default() -> Self {
        Self {
            quality_min: 0.0,
            budget: None,
            context: None,
            capabilities: Capabilities::NONE,
            deprecated: false,
        }
    }
}

impl Need {
    /// What this request asks of any model that answers it.
    #[must_use]
    pub fn of(request: &ChatRequest) -> Self {
        Self { capabilities: request.needs(), ..Self::default() }
    }

    /// Sets the least quality.
    #[must_use]
    pub fn with_quality(mut self, least: f64) -> Self {
        self.quality_min = least;
        self
    }

    /// Sets the most that the request may cost.
    #[must_use]
    pub fn with_budget(mut self, budget: BudgetPer) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Sets the least context window.
    #[must_use]
    pub fn with_context(mut self, tokens: u64) -> Self {
        self.context = Some(tokens);
        self
    }
}

/// An amount, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetPer {
    /// For the whole request.
    Request(Pico),
    /// For each thousand tokens, of the request and its answers together.
    ThousandTokens(Pico),
}

impl BudgetPer {
    /// What it allows this request, rounded down to a pico-dollar.
    #[must_use]
    pub fn for_request(self, size: &RequestSize) -> Pico {
        match self {
            Self::Request(amount) => amount,
            Self::ThousandTokens(amount) => {
                let tokens = size.input.saturating_add(size.outputs(size.output));
                Pico::from_pico(amount.saturating_mul(tokens).as_pico() / 1_000)
            }
        }
    }

    pub(super) fn covers(self, cost: Pico, size: &RequestSize) -> bool {
        cost <= self.for_request(size)
    }
}

/// Among which models to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidates<'a> {
    /// All models of a profile.
    Profile(&'a str),
    /// These, each as profile and model.
    Models(&'a [(&'a str, &'a str)]),
}

impl<'a> Candidates<'a> {
    pub(super) fn names<'b>(self, catalogue: &'b Catalogue) -> Vec<(&'b str, &'b str)>
    where
        'a: 'b,
    {
        match self {
            Self::Profile(profile) => {
                catalogue.rows_of(profile).map(|row| (profile, row.card.model.as_str())).collect()
            }
            Self::Models(names) => names.to_vec(),
        }
    }
}
