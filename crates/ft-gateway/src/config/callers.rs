//! One who may ask, and how much.

use ft_client::config::{units, window};
use ft_client::cost::{Pico, SpendConfig, SpendPer};
use serde::{Deserialize, Serialize};

use super::KeyHash;
use crate::caller::{CallerSettings, Scope};

/// One who may ask: the keys, what may be asked, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallerConfig {
    /// The SHA-256 of each key, in hexadecimal; several while keys are exchanged. `ft key new` prints both.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<ft_client::config::schema::HashText>"))]
    pub key_sha256: Vec<KeyHash>,
    /// The chains that may be asked. Default: every chain and target; once `chains` or `models` is set, only what
    /// they list.
    #[serde(default)]
    pub chains: Option<Vec<String>>,
    /// The targets that may be asked past their chain, as `provider/model`, or as a bare model at whichever
    /// provider. Default: see `chains`.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Requests in any minute; more are refused with 429. Default: no limit.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// How much may be spent. Default: no limit of its own, `[spend]` holds for all callers together.
    #[serde(default)]
    pub spend: Option<CallerSpend>,
    /// Whose cached answers it gets. Default `own`: an answer may tell what somebody else asked.
    #[serde(default)]
    pub cache: CacheScope,
}

/// A caller's spend budget.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallerSpend {
    /// The limit, such as `"$5"`. Never overspent, also by concurrent calls.
    #[serde(with = "units::money")]
    #[cfg_attr(feature = "schema", schemars(with = "ft_client::config::schema::MoneyText"))]
    pub limit: Pico,
    /// The calendar window: `hour`, `day`, `month` or `total`. Default `day`, in UTC.
    #[serde(default = "day", with = "window")]
    #[cfg_attr(feature = "schema", schemars(with = "window::Word"))]
    pub per: SpendPer,
}

fn day() -> SpendPer {
    SpendPer::Day
}

/// Whose cached answers a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CacheScope {
    /// Its own. The default.
    #[default]
    Own,
    /// Those of all callers that say `shared`: more hits, and whoever asks the same sees what was answered.
    Shared,
}

impl CallerConfig {
    /// A caller with this key, without limits.
    #[must_use]
    pub fn new(key: KeyHash) -> Self {
        Self { key_sha256: vec![key], ..Self::default() }
    }

    /// What holds while the gateway runs.
    pub(crate) fn settings(&self, name: &str) -> CallerSettings {
        let names = |list: &Option<Vec<String>>| list.iter().flatten().cloned().collect();
        CallerSettings {
            name: name.to_owned(),
            keys: self.key_sha256.clone(),
            scope: match (&self.chains, &self.models) {
                (None, None) => Scope::All,
                (chains, models) => Scope::Only { chains: names(chains), models: names(models) },
            },
            requests_per_minute: self.requests_per_minute,
            spend: self
                .spend
                .as_ref()
                .map(|spend| SpendConfig::new(spend.limit).with_per(spend.per)),
            cache: self.cache,
        }
    }
}
