//! The binary, run as people and scripts run it.

#![expect(clippy::unwrap_used, reason = "what stands around the tests should stop them too")]

mod chat;
mod command_line;
mod demo;
mod process;
