//! The public API of the adapter, from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bodies;
mod config;
mod faults;
mod requests;
mod secrets;
mod server;
mod streams;
mod tls;
mod variants;
