//! Token counting, and fitting a conversation into a context window.
//!
//! A chain falls back from a model with a window of 128,000 tokens to one with 32,000, and a conversation that
//! was fine a moment ago is now refused, or silently cut by somebody. Cutting it oneself by characters or by
//! words counts wrongly, loses the instructions or the question, and tears a tool call from its result, which
//! is refused in turn. This crate counts what a request needs, says how far the count can be trusted, leaves
//! out whole turns in an order that is a value, and reports each of them.
//!
//! - [`counter_for`] gives the [`Counter`] for a model: exact for OpenAI's encodings with the feature `exact`,
//!   else an [`Estimator`] that errs high. A [`TokenCount`] says which it was.
//! - [`fit`] makes a request fit a [`Window`] by a [`Strategy`], or says by how much it is [`TooLong`]. A
//!   request that plainly fits is settled by its lengths, without counting, and borrowed.
//! - [`refit`] makes one strictly smaller that a provider refused although it seemed to fit.
//!
//! It refuses to summarise, to cut inside a message, and to be silent. Everything is linear in the request:
//! counting tokens of hostile text is a known way to stop a server.
//!
//! # Features
//!
//! - `exact` (off): exact counts for OpenAI's models through `bpe-openai`. It embeds the vocabularies, which
//!   makes a binary some 47 MB larger.

mod count;
mod overhead;

mod counter;
mod estimate;
#[cfg(feature = "exact")]
mod exact;
mod json;
mod pieces;

mod fit;
mod report;
mod strategy;
mod turns;
mod window;

pub use count::{Bound, TokenCount};
pub use counter::{Counter, counter_for, upper_bound};
pub use estimate::Estimator;
#[cfg(feature = "exact")]
pub use exact::Exact;
pub use fit::{MIN_OUTPUT, fit, refit};
pub use overhead::Overhead;
pub use report::{FitReport, Fitted, TooLong};
pub use strategy::Strategy;
pub use window::{DEFAULT_OUTPUT_RESERVE, Window, output_reserve};
