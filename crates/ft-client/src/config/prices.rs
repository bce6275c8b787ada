//! Prices and windows of models, beside or instead of those that ship.

use std::path::PathBuf;

use ft_cost::Catalogue;
use serde::{Deserialize, Serialize};

use super::{ClientConfig, InvalidConfig, TargetConfig};

/// Where further rows of the catalogue are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CatalogueSettings {
    /// A file of rows in the same form as `[[models]]`, read when the client is built; a path that is not
    /// absolute begins at the working directory. Default: none. Its rows replace those that ship, and
    /// `[[models]]` replace both.
    pub file: Option<PathBuf>,
}

/// A model's window, prices and abilities under a profile. For a model that the catalogue has, what is left out
/// stays as it is there; prices are replaced together.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelRow {
    /// The profile, as a provider's `prices` names it.
    pub profile: String,
    /// The model, in the provider's words.
    pub model: String,
    /// Tokens that request and answer may have together. Needed for a model that the catalogue does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Tokens that one answer may have. Default: the provider states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// A weight from 0 to 1 for choosing between models. Default 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<f64>,
    /// What the quality rests on. Default: judgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_basis: Option<String>,
    /// What it takes beside text: `tools`, `vision`, `json`, `prefill`. Default: tools and json.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Vec<Capability>>,
    /// The day from which the provider may stop serving it, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_on: Option<String>,
    /// Where the figures come from. Default: the configuration.
    #[serde(default = "source")]
    pub source: String,
    /// The day on which the source said so, `YYYY-MM-DD`: prices older than ninety days are called stale.
    pub as_of: String,
    /// Its prices, one for each period. Default: those that are known, else none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<ModelPrice>,
}

/// What a model can do beside plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Function and tool calls.
    Tools,
    /// Images in messages.
    Vision,
    /// `response_format` with a JSON schema.
    Json,
    /// Goes on from an assistant message that stands last.
    Prefill,
}

/// A model's price in one period, in dollars per million tokens, each in a string: a float is not exact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// Tokens of the request.
    pub input: String,
    /// Tokens of the answer.
    pub output: String,
    /// Tokens of the request that came from the provider's prompt cache. Default: as input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<String>,
    /// Tokens of the request that were written to it. Default: as input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<String>,
    /// The first day of the period, `YYYY-MM-DD`. Default: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// The first day after it. Default: until a later price takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<String>,
    /// Whether a price of zero is meant. Default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub free: bool,
    /// Prices of long requests: the whole request costs these from so many tokens on. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PriceTier>,
}

/// What long requests cost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    /// The least number of request tokens to which it applies.
    pub min_input_tokens: u64,
    /// Tokens of the request.
    pub input: String,
    /// Tokens of the answer.
    pub output: String,
    /// Tokens of the request that came from the provider's prompt cache. Default: as input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<String>,
    /// Tokens of the request that were written to it. Default: as input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<String>,
}

fn source() -> String {
    "the configuration".to_owned()
}

impl ClientConfig {
    /// The profile of the catalogue with a target's prices.
    #[must_use]
    pub fn profile_of<'a>(&'a self, target: &'a TargetConfig) -> &'a str {
        let provider = self.providers.get(&target.provider);
        provider.and_then(|provider| provider.prices.as_deref()).unwrap_or(&target.provider)
    }

    /// This catalogue, with the rows of the configured file and of the configuration itself.
    ///
    /// # Errors
    /// [`InvalidConfig`] when the file cannot be read, or naming the row, its field and the rule.
    pub fn catalogue(&self, base: Catalogue) -> Result<Catalogue, InvalidConfig> {
        let mut catalogue = base;
        if let Some(file) = &self.catalogue.file {
            let wrong = |rule: String| InvalidConfig::new("catalogue.file", rule);
            let text = std::fs::read_to_string(file)
                .map_err(|error| wrong(format!("{} cannot be read: {error}", file.display())))?;
            catalogue
                .extend_toml(&text)
                .map_err(|error| wrong(format!("{}: {error}", file.display())))?;
        }
        for (at, row) in self.models.iter().enumerate() {
            let field = format!("models[{at}]");
            let same = |other: &ModelRow| other.profile == row.profile && other.model == row.model;
            if self.models[..at].iter().any(same) {
                let rule = "stands in an earlier row of this profile; write each model once";
                return Err(InvalidConfig::new(format!("{field}.model"), rule));
            }
            catalogue.extend_toml(&in_a_file(row)?).map_err(|error| {
                InvalidConfig::new(format!("{field}.{}", error.field()), error.rule())
            })?;
        }
        Ok(catalogue)
    }
}

/// A row as a catalogue's file has it: its reader holds the rules.
fn in_a_file(row: &ModelRow) -> Result<String, InvalidConfig> {
    #[derive(Serialize)]
    struct File<'a> {
        models: [&'a ModelRow; 1],
    }
    toml::to_string(&File { models: [row] })
        .map_err(|error| InvalidConfig::new("models", error.to_string()))
}
