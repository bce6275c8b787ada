//! The public API of the adapter, from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod assembled;
mod bodies;
mod config;
mod direct;
mod ends;
#[path = "../shared/faults.rs"]
mod faults;
mod pooled;
mod server;
mod streams;
mod tls;
mod variants;
