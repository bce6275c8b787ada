//! Configuration: plain structs with every default in one place, its reason beside it.
//!
//! The builder only fills them; a gateway or a simulator embeds them. Unknown keys are errors.
//! Units stand in the values: `"2s"`, `"$5"`, `"64MiB"`.

mod breaker;
mod cache;
mod chain;
mod invalid;
mod limits;
mod provider;
mod spend;
mod target;
pub(crate) mod units;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use breaker::{BreakerSettings, RatioSettings, SlowSettings};
pub use cache::CacheSettings;
pub use chain::{ChainConfig, Commit, Order, TierConfig};
pub use invalid::InvalidConfig;
pub use limits::{HedgeSettings, LimitSettings};
pub use provider::{ProviderConfig, ProviderKind};
pub use spend::{SpendSettings, UnknownPriceSetting};
pub use target::{TargetConfig, UpstreamMode};
pub use units::parse_duration;

/// The name of the chain that serves a request which names none.
pub const DEFAULT_CHAIN: &str = "default";

/// Everything that a client is built from.
#[derive(Clone, Debug, Default, Deserialize)]
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
}

impl ClientConfig {
    /// Reads a configuration from TOML text.
    ///
    /// `${NAME}` and `${NAME:-default}` are replaced from `lookup`, which is usually the environment.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field, and the line where there is one: malformed TOML, unknown keys,
    /// wrong types, values out of range, variables that are not set.
    pub fn from_toml(
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            InvalidConfig::at_line(line, error.message())
        })?;
        let mut value = toml::Value::Table(table);
        units::interpolate(&mut value, "", &lookup)?;
        let hidden = strings_of(value.get("providers"));
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let rule = error.into_inner().message().to_owned();
            let rule = hidden.iter().fold(rule, |rule, text| rule.replace(text, "***"));
            InvalidConfig::new(path, rule)
        })
    }
}

/// Every string that may be a key, the longest first. A message about a wrong type or value repeats the value,
/// and what stands in the wrong place under a provider is as likely as not its key.
fn strings_of(value: Option<&toml::Value>) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<_> = value.into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            // Messages quote as `Debug` does.
            toml::Value::String(text) if text.len() >= SHORTEST_KEY => {
                found.push(text.escape_debug().to_string());
            }
            toml::Value::Array(items) => open.extend(items),
            toml::Value::Table(table) => open.extend(table.values()),
            _ => {}
        }
    }
    found.sort_by_key(|text| std::cmp::Reverse(text.len()));
    found
}

/// Shorter strings are shown in messages: `kind = "openay"` should be.
const SHORTEST_KEY: usize = 8;
