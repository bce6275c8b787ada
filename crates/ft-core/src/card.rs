//! What is known of a model before it is asked.

/// A model at a provider: its window, its strength, what it can do.
///
/// The catalogue ships as data with `ft-cost`; users override or extend it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    /// The provider's name, as configuration spells it.
    pub provider: String,
    /// The model's name, as the provider's API takes it.
    pub model: String,
    /// Tokens that request and answer may have together.
    pub context_window: u64,
    /// Tokens that one answer may have; `None` where the provider states none.
    pub max_output: Option<u64>,
    /// A weight from 0 to 1 for choosing between models. A judgement, not a measurement.
    pub quality: f64,
    /// What requests the model takes.
    pub capabilities: Capabilities,
    /// The day from which the provider may stop serving it, as `YYYY-MM-DD`.
    pub deprecated_on: Option<String>,
}

impl ModelCard {
    /// A card with the capabilities that nearly every chat model has, and quality 0.5.
    #[must_use]
    pub fn new(provider: impl Into<String>, model: impl Into<String>, context_window: u64) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            context_window,
            max_output: None,
            quality: 0.5,
            capabilities: Capabilities::default(),
            deprecated_on: None,
        }
    }
}

/// What a model takes beside plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Function and tool calls. Default: true.
    pub tools: bool,
    /// Images in messages. Default: false.
    pub vision: bool,
    /// `response_format` with a JSON schema. Default: true.
    pub json: bool,
    /// Goes on from an assistant message that stands last. Default: false.
    pub prefill: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { tools: true, vision: false, json: true, prefill: false }
    }
}

impl Capabilities {
    /// True when everything that `need` asks for is here.
    #[must_use]
    pub const fn cover(self, need: Self) -> bool {
        (self.tools || !need.tools)
            && (self.vision || !need.vision)
            && (self.json || !need.json)
            && (self.prefill || !need.prefill)
    }

    /// No capability, as the need of a plain text request.
    pub const NONE: Self = Self { tools: false, vision: false, json: false, prefill: false };
}
