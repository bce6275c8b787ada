//! Automation of this workspace, behind one door: `cargo xtask <verb>`.
//!
//! CI, the pre-push check and a developer at a prompt run the same code, so that a red run can be
//! repeated anywhere with nothing but Rust installed.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

mod bench;
mod ci;
mod process;
mod prove;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// What a verb may fail with; `main` prints it and exits with 1.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Automation of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Ci(ci::Options),
    Tidy(tidy::Options),
    Bench(bench::Options),
    Prove(prove::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        None => Ok(Cli::command().print_help().is_ok()),
        Some(Verb::Ci(options)) => ci::run(&options),
        Some(Verb::Tidy(options)) => tidy::run(&options),
        Some(Verb::Bench(options)) => bench::run(&options),
        Some(Verb::Prove(options)) => prove::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_name_of_a_bench_is_not_taken_for_a_verb() {
        assert!(Cli::try_parse_from(["xtask", "bench", "ft-breaker", "--quick"]).is_ok());
        assert!(Cli::try_parse_from(["xtask", "bench", "compare", "a", "b"]).is_ok());
        assert!(Cli::try_parse_from(["xtask", "bench", "compare", "a"]).is_err());
    }
}
