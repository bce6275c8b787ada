//! Vocabulary of a fault-tolerant LLM client.

mod entropy;
mod key;
pub mod time;

pub use entropy::Entropy;
pub use key::{ApiKey, InvalidKey};
pub use time::{Clock, ManualClock, SystemClock, Tick, UnixMillis};
