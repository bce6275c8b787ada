//! The breaker through its public API, in one binary.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod acceptance;
mod calls;
mod config;
mod control;
mod half_open;
mod model;
mod new_cases;
mod script;
mod streams;
mod threads;
mod windows;

#[cfg(feature = "tower")]
mod layer;
