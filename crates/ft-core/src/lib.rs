//! Vocabulary of a fault-tolerant LLM client: what is asked, what is answered, what goes wrong, and what then.
//!
//! Breakers, gates, budgets, caches and adapters have to agree on a few words, and on nothing else, or they cannot
//! be used apart. The words are here: the chat types ([`chat`]), the [`Provider`] trait that an adapter
//! implements, the [`ErrorKind`] and [`Scope`] of a failure, time and luck as values ([`Tick`], [`Clock`],
//! [`Entropy`]), and the [`ApiKey`] that cannot be printed by accident.
//!
//! Three things here decide, and all are pure: [`rank`](rank::rank) puts targets in order, [`rule`] says what a failure
//! means for breakers, gates and bills, and [`decide`](decide::decide) says what a request does next. `docs/decision-tree.md` shows the
//! last two for people; a test compares its table with the code.
//!
//! # What it refuses
//!
//! - I/O, a runtime, HTTP, a cache: who needs the words must not have to take a client with them.
//! - To log: what happened is a value, and whoever runs the value may log it.
//! - To lose what it does not know: a field of a vendor passes through unchanged, both ways.
//! - To show a prompt, an answer or a key in `Debug`.
//!
//! # Features
//!
//! - `chat` (on): the chat vocabulary and the provider trait, with serde. Without it the crate is what a bare
//!   breaker needs. It turns on `serde`, and serde_json's `arbitrary_precision`, which holds for the whole program.
//! - `serde`: settings that are written in a file can be read from it.
//! - `schema`: and described in JSON Schema.

mod card;
#[cfg(feature = "chat")]
pub mod chat;
pub mod decide;
mod entropy;
mod error;
mod head;
mod key;
mod kind;
#[cfg(feature = "chat")]
mod provider;
pub mod rank;
mod table;
pub mod time;

pub use card::{Capabilities, ModelCard};
#[cfg(feature = "chat")]
pub use chat::{ChatChunk, ChatRequest, ChatResponse, ChunkStream, Message, Usage};
pub use entropy::Entropy;
pub use error::ProviderError;
pub use head::{HeadSignal, UpstreamId};
pub use key::{ApiKey, InvalidKey};
pub use kind::{ErrorKind, Scope};
#[cfg(feature = "chat")]
pub use provider::{Call, Provider};
pub use table::{Bill, Mark, Next, Out, Rule, rule};
pub use time::{Clock, ManualClock, SystemClock, Tick, UnixMillis};
