//! A client for LLM APIs that answers anyway: tiers, breakers, budgets, cache, one honest error.
//!
//! Calling a model is one line; keeping a product up on models is not. They time out, throttle, stall in the
//! middle of a sentence, cut streams under status 200, and lose an account's money to retries. What to do then
//! depends on what went wrong, on what was already said to the reader, on the time and the money left, and on
//! who else could answer; and a retry loop around each call knows none of it.
//!
//! [`Client`] is the layer that does. A request goes through a chain of tiers under one deadline: a fresh answer
//! of the cache, the targets in turn, and when nothing live is left a stale answer, an emergency text, or one
//! [`Error`]. Each [`Answer`] has a [`Report`] of every attempt and skip on the way, with its times and costs.
//! Which failure leads where is one pure function, [`core::decide::decide`], and one table, [`core::rule`].
//!
//! ```
//! use ft_client::{Client, config::TargetConfig};
//! # use ft_core::{Call, ChatRequest, ChatResponse, Provider, ProviderError};
//! # struct Mine;
//! # #[async_trait::async_trait]
//! # impl Provider for Mine {
//! #     fn name(&self) -> &str { "mine" }
//! #     async fn chat(&self, call: &Call, _: &ChatRequest) -> Result<ChatResponse, ProviderError> {
//! #         Ok(ChatResponse::of_text(call.model.as_str(), "Hello."))
//! #     }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder()
//!     .provider(Mine)
//!     .tier("primary", [TargetConfig::new("mine", "large")])
//!     .tier("degraded", [TargetConfig::new("mine", "small")])
//!     .build()?;
//! let answer = client.generate("Explain quantum entanglement in simple terms").await?;
//! assert_eq!(answer.report.tier.name(), "primary");
//! # Ok(())
//! # }
//! ```
//!
//! # What it refuses
//!
//! - To join two models' words unasked: see [`core::decide::MidStream`].
//! - To let a caller's mistake, a key or a throttle open a circuit breaker.
//! - To wait while a target is free, and to begin anything past the deadline.
//! - To start a task: all work is in the future or the stream that the caller holds, and dropping it ends it.
//! - To put a key, a prompt or an answer into an error, a log or a label.
//!
//! # Features
//!
//! - `http` (on): providers over HTTP, and `Client::holysheep`.
//! - `prometheus` (off): a recorder of metrics and their text.
//! - `tower` (off): the client as a tower service, and a tower service as a provider.

mod answer;
mod budget;
mod builder;
mod client;
mod clock;
pub mod config;
mod control;
mod credentials;
mod emergency;
mod error;
pub mod explain;
mod health;
mod options;
#[cfg(feature = "tower")]
pub mod service;
mod stream;
pub mod telemetry;

mod admit;
mod asked;
mod attempt;
mod chain;
mod counted;
mod guards;
mod hedge;
#[cfg(feature = "http")]
mod http;
mod line;
mod listeners;
mod money;
mod out;
mod outputs;
mod overrun;
mod reading;
mod reserve;
mod run;
mod shared;
mod state;
mod target;
mod text;
mod timers;
mod whole;

pub use answer::{Answer, Attempt, CacheStatus, Embedded, Outcome, Report, ServedBy, Tier, Tokens};
pub use budget::BudgetStatus;
pub use builder::ClientBuilder;
pub use client::{Client, ConfiguredTarget};
pub use clock::TokioClock;
pub use control::TargetControl;
pub use emergency::EmergencyContext;
pub use error::{Error, FailKind};
pub use explain::Explanation;
pub use health::{Health, Standing, TargetHealth};
pub use options::CallOptions;
pub use stream::AnswerStream;

/// What a program that uses this crate needs of the vocabulary below it.
pub use async_trait::async_trait;
pub use ft_core::chat::{Content, Message, Part, Role, Tool, ToolCall, ToolChoice};
pub use ft_core::{
    ApiKey, Call, ChatChunk, ChatRequest, ChatResponse, ChunkStream, ErrorKind, Provider,
    ProviderError, Usage,
};

pub use ft_breaker as breaker;
pub use ft_cache as cache;
pub use ft_context as context;
pub use ft_core as core;
pub use ft_cost as cost;

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../../README.md")]
struct ReadmeDoctests;

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../../docs/cookbook.md")]
struct CookbookDoctests;
