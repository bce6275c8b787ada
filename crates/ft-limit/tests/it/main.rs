//! The public API, as a caller sees it.

mod amplification;
mod config;
mod gate;
#[cfg(feature = "tower")]
mod layer;
mod retry_budget;
