//! A client for LLM APIs that answers anyway: tiers, breakers, budgets, cache, one honest error.

mod answer;
mod builder;
mod client;
mod clock;
pub mod config;
mod emergency;
mod error;
mod health;
mod options;
#[cfg(feature = "tower")]
pub mod service;
mod stream;
pub mod telemetry;

mod admit;
mod attempt;
mod chain;
mod guards;
mod hedge;
#[cfg(feature = "http")]
mod http;
mod run;
mod target;

pub use answer::{Answer, Attempt, CacheStatus, Outcome, Report, ServedBy, Tier};
pub use builder::ClientBuilder;
pub use client::Client;
pub use clock::TokioClock;
pub use emergency::EmergencyContext;
pub use error::{Error, FailKind};
pub use health::{Health, TargetHealth};
pub use options::CallOptions;
pub use stream::AnswerStream;

pub use ft_breaker as breaker;
pub use ft_cache as cache;
pub use ft_context as context;
pub use ft_core as core;
pub use ft_cost as cost;
