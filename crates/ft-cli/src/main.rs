//! The `ft` command: watch a chain survive an outage, or ask it a question.

mod cli;
mod commands;
mod config_file;
mod failure;
mod figures;
mod ink;
mod number;
mod output;
mod request;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
