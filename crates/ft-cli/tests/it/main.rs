//! The binary, run as people and scripts run it.

#![expect(clippy::unwrap_used, reason = "what stands around the tests should stop them too")]

mod catalogue;
mod chat;
mod check;
mod command_line;
mod demo;
mod explain;
mod help;
mod key;
mod process;
mod schema;
#[cfg(unix)]
mod serve;
mod simulate;
