//! The public API, as a caller sees it.

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod bad_data;
mod budget;
mod catalogue;
mod estimates;
mod import;
mod threads;
