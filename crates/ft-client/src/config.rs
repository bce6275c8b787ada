//! Configuration: plain structs with every default in one place, its reason beside it.
//!
//! The builder only fills them; a gateway or a simulator embeds them. Unknown keys are errors, and so are settings
//! in a file that could never have an effect. Units stand in the values: `"2s"`, `"$5"`, `"64MiB"`.

mod breaker;
mod cache;
mod chain;
mod check;
mod document;
mod inert;
mod invalid;
mod limits;
mod mistake;
mod mistakes;
mod prices;
mod provider;
#[cfg(feature = "schema")]
pub mod schema;
mod spend;
mod target;
pub mod units;
mod variables;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use breaker::{BreakerSettings, RatioSettings, SlowSettings};
pub use cache::CacheSettings;
pub use chain::{ChainConfig, Commit, TierConfig};
pub use document::Document;
pub use ft_core::rank::Order;
pub use invalid::InvalidConfig;
pub use limits::{HedgeSettings, LimitSettings};
pub use mistakes::Mistakes;
pub use prices::{Capability, CatalogueSettings, ModelPrice, ModelRow, PriceTier};
pub use provider::{ProviderConfig, ProviderKind};
pub use spend::{SpendSettings, UnknownPriceSetting, window};
pub use target::{TargetConfig, UpstreamMode};
pub use units::duration::parse as parse_duration;

/// The name of the chain that serves a request which names none.
pub const DEFAULT_CHAIN: &str = "default";

/// Everything that a client is built from.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ClientConfig {
    /// Providers by name. Those given to the builder as values are added to these.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Chains by name. The one called `default` serves requests that name none.
    pub chains: BTreeMap<String, ChainConfig>,
    /// The breaker of every target.
    pub breaker: BreakerSettings,
    /// Limits and budgets against storms.
    pub limits: LimitSettings,
    /// Hedging. Off by default: it costs money.
    pub hedge: Option<HedgeSettings>,
    /// How much money may be spent. Default: no limit.
    pub spend: Option<SpendSettings>,
    /// Where further prices and windows are.
    pub catalogue: CatalogueSettings,
    /// Prices and windows of models, instead of those that ship or beside them.
    pub models: Vec<ModelRow>,
}

impl ClientConfig {
    /// Reads a configuration from TOML text.
    ///
    /// `${NAME}` and `${NAME:-default}` are replaced from `lookup`, which is usually the environment. Use a
    /// [`Document`] where the file has a name, or what is found wrong later should have its line too.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field and the line: malformed TOML, unknown keys, wrong types, values out of
    /// range, variables that are not set, settings that could never have an effect.
    pub fn from_toml(
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        Self::from_document(&mut Document::parse("", text, lookup)?)
    }

    /// Reads what is left of a document when others have taken out the sections of their own.
    ///
    /// ```
    /// use ft_client::{Client, config::{ClientConfig, Document}};
    ///
    /// let text = "[providers.near]\nbase_url = \"http://127.0.0.1:9/v1\"\n[[chains.default.tiers]]\nname = \"only\"\n\
    ///     targets = [{ provider = \"neer\", model = \"m\" }]";
    /// let mut document = Document::parse("ft.toml", text, |name| std::env::var(name).ok())?;
    /// let wrong = ClientConfig::from_document(&mut document)
    ///     .and_then(|config| Client::builder().config(config).build())
    ///     .map_err(|wrong| wrong.at(&document))
    ///     .unwrap_err();
    /// assert!(wrong.to_string().starts_with("ft.toml:5: chains.default.tiers[0].targets[0].provider: "));
    /// # Ok::<(), ft_client::config::InvalidConfig>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_document(document: &mut Document) -> Result<Self, InvalidConfig> {
        let config: Self = document.take_rest()?;
        config.check_written(document)?;
        Ok(config)
    }

    /// The second half of [`from_document`](Self::from_document), for who gathers [`Mistakes`] of other sections too:
    /// what can be said of the values that [`Document::take_rest`] gave, and of settings without effect.
    ///
    /// # Errors
    /// [`InvalidConfig`], which tells all that is wrong.
    pub fn check_written(&self, document: &Document) -> Result<(), InvalidConfig> {
        let mut found = Mistakes::default();
        check::parts(&mut found, self);
        inert::check(&mut found, self, document);
        found.end().map_err(|wrong| wrong.at(document))
    }
}
