//! HTTP adapter for HolySheep and every OpenAI-compatible endpoint.

mod classify;
mod config;
mod invalid;
mod provider;
mod secrets;
mod sse;
mod stream;
mod transport;

pub use classify::{Classifier, Rule, Shape, Verdict};
pub use config::HttpConfig;
pub use invalid::InvalidConfig;
pub use provider::HttpProvider;
pub use stream::{ChunkReader, MalformedEvent};
