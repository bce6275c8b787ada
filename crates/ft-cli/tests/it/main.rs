//! The binary, run as people and scripts run it.

mod chat;
mod command_line;
mod demo;
mod process;
