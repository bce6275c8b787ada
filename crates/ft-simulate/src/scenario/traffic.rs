//! Who asks, how often, and what.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ft_sim::Rate;
use serde::Deserialize;

use super::spread::{DurationSpread, SizeSpread};
use super::units::{duration, optional_rate, share};

/// Who asks, how often, and what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// How requests come. Default: one after another.
    #[serde(default)]
    pub arrivals: Arrivals,
    /// How many come in which time, on average over a day and without its bursts. Needed unless requests come one after another.
    #[serde(default, deserialize_with = "optional_rate")]
    pub rate: Option<Rate>,
    /// Of requests that come one after another: how many callers ask side by side. Default 1.
    #[serde(default = "one")]
    pub callers: u32,
    /// How long each of them waits between an answer and its next question. Default: not at all.
    #[serde(default, deserialize_with = "duration")]
    pub pause: Duration,
    /// How the rate changes over the day.
    pub daily: Option<Daily>,
    /// Times in which more come.
    #[serde(default)]
    pub bursts: Vec<Burst>,
    /// Tokens of a question, at four bytes each. Default 100.
    #[serde(default = "prompt_tokens")]
    pub prompt_tokens: SizeSpread,
    /// Tokens of an answer, before the request's limit. Default: log-normal with mean 200 and p99 1,000.
    #[serde(default = "answer_tokens")]
    pub answer_tokens: SizeSpread,
    /// `max_tokens` of the requests. Default: they set none, and the chain's own holds.
    pub max_tokens: Option<u64>,
    /// Questions that are asked again and again.
    pub repeated: Option<Repeated>,
    /// The share of requests that ask for a stream. Default 0.
    #[serde(default, deserialize_with = "share")]
    pub streamed: f64,
    /// How long a caller waits before leaving. Default: for as long as it takes.
    pub patience: Option<DurationSpread>,
    /// Which chain serves which share of the requests, by weight. Default: all of them `default`.
    #[serde(default)]
    pub chains: BTreeMap<String, u32>,
    /// A recorded trace that is played instead, a path beside the scenario's file.
    pub trace: Option<PathBuf>,
}

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Each caller asks when its last answer has come. The default.
    #[default]
    Sequential,
    /// Whenever they like, none knowing of another, at a rate.
    Poisson,
    /// As regularly as a clock, at a rate.
    Even,
}

/// A day with its quiet and its busy hours: a sine over the day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daily {
    /// How long after midnight the busiest moment is.
    #[serde(deserialize_with = "duration")]
    pub peak: Duration,
    /// How far the busiest and the quietest moment are from the average, as a share of it.
    #[serde(deserialize_with = "share")]
    pub swing: f64,
}

/// A time in which more come.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// When the first one begins. Default: after one `every`.
    #[serde(default, deserialize_with = "super::units::optional_duration")]
    pub from: Option<Duration>,
    /// How often. Default: once.
    #[serde(default, deserialize_with = "super::units::optional_duration")]
    pub every: Option<Duration>,
    /// How long each lasts.
    #[serde(rename = "for", deserialize_with = "duration")]
    pub lasts: Duration,
    /// The factor on the rate, from 1 to 1,000.
    pub times: f64,
}

/// Questions that are asked again and again, by Zipf's law.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The share of requests that ask one of them.
    #[serde(deserialize_with = "share")]
    pub share: f64,
    /// How many they are.
    pub of: u32,
    /// How uneven they are: 0 is evenly, 1 Zipf's own. Default 1.
    #[serde(default = "skew")]
    pub skew: f64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            arrivals: Arrivals::default(),
            rate: None,
            callers: one(),
            pause: Duration::ZERO,
            daily: None,
            bursts: Vec::new(),
            prompt_tokens: prompt_tokens(),
            answer_tokens: answer_tokens(),
            max_tokens: None,
            repeated: None,
            streamed: 0.0,
            patience: None,
            chains: BTreeMap::new(),
            trace: None,
        }
    }
}

fn one() -> u32 {
    1
}

fn skew() -> f64 {
    1.0
}

fn prompt_tokens() -> SizeSpread {
    SizeSpread(ft_sim::Size::fixed(100))
}

fn answer_tokens() -> SizeSpread {
    let size = ft_sim::Size::from_mean_p99(200, 1_000);
    SizeSpread(size.unwrap_or(ft_sim::Size::fixed(200)))
}
