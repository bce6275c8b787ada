//! The command line: which verbs there are, and how a failure becomes an exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::commands::{
    chat, check, completions, cost, demo, explain, key, models, schema, serve, simulate,
};
use crate::failure::Failure;
use crate::output::{Output, To, for_terminal};

const AFTER: &str = "\
Examples:
  ft demo                                    watch a chain survive an outage; needs no key
  ft chat \"Explain quantum entanglement\"     send a prompt; needs HOLYSHEEP_API_KEY
  ft chat --simulate \"Hello\"                 use a simulated provider instead
  ft simulate seed                           the availability and cost of a chain
  ft serve --simulate                        an OpenAI-compatible API on 127.0.0.1:8080
  ft check ft.toml                           validate a configuration
  ft explain \"Hello\"                         which targets would be used, and why
  ft cost --prompt-tokens 1200               the cost of a request for every model
  ft completions bash                        completions for a shell

Exit codes: 0 success, 1 failure, 2 invalid command line or configuration.";

/// A fault-tolerance layer for LLM APIs: fallbacks, circuit breakers, budgets and a response cache.
#[derive(Debug, Parser)]
#[command(name = "ft", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch a chain of simulated providers survive an outage
    #[command(long_about = demo::ABOUT)]
    Demo(demo::Args),
    /// Send a prompt to a chain, and see which model answered
    #[command(long_about = chat::ABOUT)]
    Chat(chat::Args),
    /// Simulate the availability, latency and cost of a chain
    #[command(long_about = simulate::ABOUT)]
    Simulate(simulate::Args),
    /// Serve an OpenAI-compatible API
    #[command(long_about = serve::ABOUT)]
    Serve(serve::Args),
    /// Validate a configuration and print its chains
    #[command(long_about = check::ABOUT)]
    Check(check::Args),
    /// Explain how a request would be routed
    #[command(long_about = explain::ABOUT)]
    Explain(explain::Args),
    /// List the models of the catalogue
    #[command(long_about = models::ABOUT)]
    Models(models::Args),
    /// Estimate the cost of a request for every model
    #[command(long_about = cost::ABOUT)]
    Cost(cost::Args),
    /// Generate a key for a caller of the gateway
    #[command(long_about = key::ABOUT)]
    Key(key::Args),
    /// Print the JSON schema of the configuration
    #[command(long_about = schema::ABOUT)]
    Schema(schema::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// Reads the command line, does what it says, and tells the shell how that went.
pub(crate) fn run() -> ExitCode {
    let mut output = Output::standard();
    let ended = match Cli::try_parse() {
        Ok(cli) => match cli.command {
            Command::Demo(args) => demo::run(&args, &mut output),
            Command::Chat(args) => chat::run(&args, &mut output),
            Command::Simulate(args) => simulate::run(&args, &mut output),
            Command::Serve(args) => serve::run(&args, &mut output),
            Command::Check(args) => check::run(&args, &mut output),
            Command::Explain(args) => explain::run(&args, &mut output),
            Command::Models(args) => models::run(&args, &mut output),
            Command::Cost(args) => cost::run(&args, &mut output),
            Command::Key(args) => key::run(&args, &mut output),
            Command::Schema(args) => schema::run(&args, &mut output),
            Command::Completions(args) => completions::run(&args, &mut output),
        },
        Err(error) => refused(&error, &mut output),
    };
    let Err(failure) = ended else { return ExitCode::SUCCESS };
    if let Some(sentence) = failure.sentence() {
        // Nobody is left to be told when this fails as well.
        let _ = output.note(&format!("ft: {}", for_terminal(sentence)));
    }
    ExitCode::from(failure.code())
}

/// Help and versions are answers; everything else is a mistake in the command line.
fn refused(error: &clap::Error, output: &mut Output) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is no failure of the help.
            let _ = error.print();
            Ok(())
        }
        // Who says nothing asks what there is to say.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Ok(output.write(To::Stdout, &error.render().to_string())?)
        }
        _ => {
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Err(Failure::usage(text.trim_end()))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
