//! Modelled providers, as scenario files spell them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ft_client::cost::Pico;
use ft_sim::{Faults, Rate};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::spread::DurationSpread;
use super::units::{self, duration, money, optional_rate, share};

/// The model that stands for every model of a provider that is not listed.
pub(crate) const ANY_MODEL: &str = "*";

/// A provider: a vendor, or an aggregator in front of several.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderModel {
    /// The profile of the catalogue with its prices. Default: its own name.
    pub prices: Option<String>,
    /// How many keys the client has. Rate limits count for each. Default 1.
    #[serde(default = "one")]
    pub credentials: u32,
    /// The share of faults that is the provider's and not the model's: a request that met one meets it at the
    /// provider's other models too. Default 0.
    #[serde(default, deserialize_with = "share")]
    pub correlation: f64,
    /// Times in which all its models are out.
    #[serde(default)]
    pub outages: Vec<OutageSpec>,
    /// Times in which all its models are out, drawn by chance.
    #[serde(default)]
    pub incidents: Vec<IncidentSpec>,
    /// Its models. `"*"` stands for every model that is not listed.
    pub models: BTreeMap<String, ModelSpec>,
}

/// A model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSpec {
    /// From a request to the headers. Default: at once.
    pub latency: Option<DurationSpread>,
    /// From the headers to the first content. Default: at once.
    pub first_token: Option<DurationSpread>,
    /// From each token to the next, drawn once an answer. Default: at once.
    pub per_token: Option<DurationSpread>,
    /// What goes wrong: a share in the usual mix, or the share of each kind. Default: nothing.
    pub faults: FaultSpec,
    /// Times in which it is out.
    pub outages: Vec<OutageSpec>,
    /// Times in which it is out, drawn by chance.
    pub incidents: Vec<IncidentSpec>,
    /// Requests that it takes per key. Default: any number.
    #[serde(deserialize_with = "optional_rate")]
    pub requests: Option<Rate>,
    /// Tokens that it takes per key, those of the question and of the answer. Default: any number.
    #[serde(deserialize_with = "optional_rate")]
    pub tokens: Option<Rate>,
    /// Its window in tokens. Default: unlimited.
    pub context_window: Option<u64>,
    /// Its price, instead of the catalogue's.
    pub price: Option<PriceSpec>,
}

/// A price per million tokens.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSpec {
    /// Of a question.
    #[serde(deserialize_with = "money")]
    pub input: Pico,
    /// Of an answer.
    #[serde(deserialize_with = "money")]
    pub output: Pico,
}

/// A time in which something is out.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageSpec {
    /// When it begins.
    #[serde(deserialize_with = "duration")]
    pub from: Duration,
    /// How long it lasts.
    #[serde(rename = "for", deserialize_with = "duration")]
    pub lasts: Duration,
    /// What an attempt meets. Default: status 503.
    #[serde(default)]
    pub how: How,
    /// Of `slow`: how many times as long everything takes.
    pub factor: Option<f64>,
    /// Makes it flap.
    pub flapping: Option<Flapping>,
}

/// Out and back again, as long as the outage lasts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flapping {
    /// How long it is out each time.
    #[serde(deserialize_with = "duration")]
    pub down: Duration,
    /// How often.
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
}

/// Outages by chance: none knows of another.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentSpec {
    /// The mean time from the end of one to the beginning of the next.
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    /// How long one lasts.
    #[serde(rename = "for")]
    pub lasts: DurationSpread,
    /// What an attempt meets. Default: status 503.
    #[serde(default)]
    pub how: How,
    /// Of `slow`: how many times as long everything takes.
    pub factor: Option<f64>,
}

/// What an attempt meets in an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Status 503.
    #[default]
    Down,
    /// Status 500.
    Errors,
    /// No connection.
    Refused,
    /// Nothing comes at all.
    Hang,
    /// Status 429 with a wait of 2 s.
    Throttled,
    /// A brown-out: answers as right as ever, `factor` times as slow.
    Slow,
}

/// What goes wrong: a share in [the usual mix](Faults::of_share), or the share of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultSpec(pub Faults);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Kinds {
    #[serde(deserialize_with = "share")]
    server_error: f64,
    #[serde(deserialize_with = "share")]
    overloaded: f64,
    #[serde(deserialize_with = "share")]
    rate_limited: f64,
    #[serde(deserialize_with = "share")]
    refused: f64,
    #[serde(deserialize_with = "share")]
    reset: f64,
    #[serde(deserialize_with = "share")]
    hang: f64,
    #[serde(deserialize_with = "share")]
    cut: f64,
    #[serde(deserialize_with = "share")]
    stall: f64,
    #[serde(deserialize_with = "share")]
    malformed: f64,
    #[serde(deserialize_with = "share")]
    error_inside: f64,
}

impl<'de> Deserialize<'de> for FaultSpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FaultVisitor)
    }
}

struct FaultVisitor;

impl<'de> Visitor<'de> for FaultVisitor {
    type Value = FaultSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share such as 0.058 or \"5.8%\", or a table of shares by kind such as { hang = 0.01 }")
    }

    fn visit_f64<E: Error>(self, share: f64) -> Result<FaultSpec, E> {
        units::Share.visit_f64(share).map(|share| FaultSpec(Faults::of_share(share)))
    }

    fn visit_i64<E: Error>(self, share: i64) -> Result<FaultSpec, E> {
        units::Share.visit_i64(share).map(|share| FaultSpec(Faults::of_share(share)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<FaultSpec, E> {
        units::Share.visit_str(text).map(|share| FaultSpec(Faults::of_share(share)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultSpec, A::Error> {
        let kinds = Kinds::deserialize(MapAccessDeserializer::new(map))?;
        let mut faults = Faults::default();
        faults.server_error = kinds.server_error;
        faults.overloaded = kinds.overloaded;
        faults.rate_limited = kinds.rate_limited;
        faults.refused = kinds.refused;
        faults.reset = kinds.reset;
        faults.hang = kinds.hang;
        faults.cut = kinds.cut;
        faults.stall = kinds.stall;
        faults.malformed = kinds.malformed;
        faults.error_inside = kinds.error_inside;
        Ok(FaultSpec(faults))
    }
}

impl Default for ProviderModel {
    fn default() -> Self {
        Self {
            prices: None,
            credentials: one(),
            correlation: 0.0,
            outages: Vec::new(),
            incidents: Vec::new(),
            models: BTreeMap::new(),
        }
    }
}

fn one() -> u32 {
    1
}
