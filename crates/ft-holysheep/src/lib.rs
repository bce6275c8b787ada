//! HTTP adapter for HolySheep and every OpenAI-compatible endpoint: an [`ft_core::Provider`] over the network.
//!
//! # Why
//!
//! "OpenAI-compatible" is true of the good case only. Vendors say *no money* with seven statuses, send errors
//! under status 200 and in the middle of streams, end streams without saying so, and reword all of it without
//! notice. A layer that decides about retries, fallbacks and circuit breakers is as good as its knowledge of what
//! went wrong, so here each failure gets a kind, a scope and a hint by one table that is data
//! ([`Classifier`], [`Rule`]), and each stream gets one honest end ([`ChunkReader`]).
//!
//! # What it refuses
//!
//! - To retry, to wait, to fall back: one call is one request. Those decisions are made above, in one place.
//! - To follow a redirect, to send a key over plain `http://` to another machine, to use a proxy for this one,
//!   and to read more of an answer than was allowed, compressed or not.
//! - To show a key: it goes into one header that is marked as sensitive, and is taken out of whatever a server
//!   or the transport says.
//! - To take a stream for an answer that had neither a `finish_reason` nor `[DONE]`.
//!
//! ```no_run
//! use ft_core::{Call, ChatRequest, Provider};
//! use ft_holysheep::HttpProvider;
//!
//! # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
//! let holysheep = HttpProvider::holysheep_from_env()?;
//! let answer = holysheep.chat(&Call::new("gpt-4.1"), &ChatRequest::user("Hi")).await?;
//! println!("{}", answer.text());
//! # Ok(())
//! # }
//! ```

mod provider;

mod config;
mod invalid;

mod classify;

mod sse;
mod stream;

mod secrets;
mod transport;

pub use classify::{Classifier, Rule, Shape, Verdict};
pub use config::HttpConfig;
pub use invalid::InvalidConfig;
pub use provider::HttpProvider;
pub use stream::{ChunkReader, MalformedEvent};
