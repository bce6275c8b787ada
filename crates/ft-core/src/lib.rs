//! Vocabulary of a fault-tolerant LLM client.

mod card;
#[cfg(feature = "chat")]
pub mod chat;
pub mod decide;
mod entropy;
mod error;
mod key;
mod kind;
#[cfg(feature = "chat")]
mod provider;
mod table;
pub mod time;

pub use card::{Capabilities, ModelCard};
#[cfg(feature = "chat")]
pub use chat::{ChatChunk, ChatRequest, ChatResponse, ChunkStream, Message, Usage};
pub use entropy::Entropy;
pub use error::ProviderError;
pub use key::{ApiKey, InvalidKey};
pub use kind::{ErrorKind, Scope};
#[cfg(feature = "chat")]
pub use provider::{Call, Provider};
pub use table::{Bill, Mark, Next, Out, Rule, rule};
pub use time::{Clock, ManualClock, SystemClock, Tick, UnixMillis};
