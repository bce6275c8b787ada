//! A scenario: who asks what, which providers answer how, and what stands between them.

mod inert;
mod invalid;
mod provider;
mod read;
mod shipped;
mod spread;
mod traffic;
pub(crate) mod units;

use std::collections::BTreeMap;
use std::time::Duration;

use ft_client::config::{
    BreakerSettings, ChainConfig, HedgeSettings, LimitSettings, SpendSettings,
};
use ft_client::cost::{Day, Pico};
use serde::Deserialize;

pub use invalid::InvalidScenario;
pub(crate) use provider::ANY_MODEL;
pub use provider::{
    FaultSpec, Flapping, How, IncidentSpec, ModelSpec, OutageSpec, PriceSpec, ProviderModel,
};
pub use shipped::{Shipped, shipped};
pub use spread::{DurationSpread, SizeSpread};
pub use traffic::{Arrivals, Burst, Daily, Repeated, Traffic};

use units::{day, duration, optional_duration, optional_money, optional_share};

/// A scenario. Read with [`Scenario::from_toml`]; `docs/simulator.md` has every field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name. Default: none.
    #[serde(default)]
    pub name: String,
    /// What it shows, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// The seed of every draw. Default 42.
    #[serde(default = "seed")]
    pub seed: u64,
    /// The day on which it begins, at midnight UTC: prices and spend windows go by the calendar.
    #[serde(default = "starts", deserialize_with = "day")]
    pub starts: Day,
    /// How long requests come. Either this or `requests`, or both: then whichever ends first.
    #[serde(default, deserialize_with = "optional_duration")]
    pub duration: Option<Duration>,
    /// How many requests come.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Who asks what. Default: one caller after another, short questions.
    #[serde(default)]
    pub traffic: Traffic,
    /// Who answers.
    pub providers: BTreeMap<String, ProviderModel>,
    /// The chains, as a client's configuration has them.
    #[serde(default)]
    pub chains: BTreeMap<String, ChainConfig>,
    /// The breakers, as a client's configuration has them.
    #[serde(default)]
    pub breaker: BreakerSettings,
    /// Limits and budgets, as a client's configuration has them.
    #[serde(default)]
    pub limits: LimitSettings,
    /// Hedging, as a client's configuration has it.
    #[serde(default)]
    pub hedge: Option<HedgeSettings>,
    /// The spend budget, as a client's configuration has it.
    #[serde(default)]
    pub spend: Option<SpendSettings>,
    /// What is tried on this traffic, each by itself and on the same luck. Default: the chains.
    #[serde(default)]
    pub runs: Vec<RunSpec>,
}

/// One thing that is tried on the scenario's traffic.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSpec {
    /// Its name in the report.
    pub name: String,
    /// The chain that serves every request. Default: as the traffic says.
    pub chain: Option<String>,
    /// One model of one provider, asked once without this project in between.
    pub alone: Option<Alone>,
    /// These targets as `provider/model`, each asked once, in order and without memory: the loop that everybody
    /// writes first.
    pub naive: Option<Vec<String>>,
    /// How long a naive loop waits for each of its targets. Default 60 s.
    #[serde(deserialize_with = "optional_duration")]
    pub time_limit: Option<Duration>,
    /// What somebody else published of the same.
    pub published: Option<Published>,
}

/// One model of one provider, asked once without this project in between.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// How long the caller waits. Default 60 s.
    #[serde(default = "time_limit", deserialize_with = "duration")]
    pub time_limit: Duration,
}

/// Figures that somebody else published, shown beside ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Whose they are.
    pub source: String,
    /// The mean latency.
    #[serde(default, deserialize_with = "optional_duration")]
    pub mean: Option<Duration>,
    /// The 99th percentile of the latency.
    #[serde(default, deserialize_with = "optional_duration")]
    pub p99: Option<Duration>,
    /// The share of requests that were answered.
    #[serde(default, deserialize_with = "optional_share")]
    pub success: Option<f64>,
    /// What 10 million requests cost.
    #[serde(default, deserialize_with = "optional_money")]
    pub cost_of_10m: Option<Pico>,
}

impl RunSpec {
    /// Whether a client serves it, and not a provider that is asked directly.
    pub(crate) fn has_client(&self) -> bool {
        self.alone.is_none() && self.naive.is_none()
    }

    /// The targets that are asked directly, as provider and model, in order; none of a client's run.
    pub(crate) fn direct(&self) -> Vec<(&str, &str)> {
        let alone = self.alone.iter().map(|alone| (alone.provider.as_str(), alone.model.as_str()));
        // Names of models may have slashes in them, those of providers have none.
        let naive = self.naive.iter().flatten().filter_map(|target| target.split_once('/'));
        alone.chain(naive).collect()
    }

    /// How long each of them is waited for.
    pub(crate) fn direct_limit(&self) -> Duration {
        self.alone
            .as_ref()
            .map_or(self.time_limit.unwrap_or(time_limit()), |alone| alone.time_limit)
    }
}

fn seed() -> u64 {
    42
}

fn time_limit() -> Duration {
    Duration::from_secs(60)
}

/// Any day would do; a fixed one makes one scenario one result.
fn starts() -> Day {
    Day::of(ft_core::UnixMillis(1_793_491_200_000))
}

impl Scenario {
    /// What is tried: the runs, or the chains as one.
    #[must_use]
    pub fn all_runs(&self) -> Vec<RunSpec> {
        if self.runs.is_empty() {
            let name = if self.name.is_empty() { "chain" } else { self.name.as_str() };
            return vec![RunSpec { name: name.to_owned(), ..RunSpec::default() }];
        }
        self.runs.clone()
    }
}
