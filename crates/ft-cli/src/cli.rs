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
  ft demo                                    watch a chain survive an outage, no key needed
  ft chat \"Explain quantum entanglement\"     ask; needs HOLYSHEEP_API_KEY
  ft chat --simulate \"Hello\"                 ask a simulated provider instead
  ft simulate seed                           what a chain would survive and cost
  ft serve --simulate                        an OpenAI-compatible API on 127.0.0.1:8080
  ft check ft.toml                           whether a configuration can be used
  ft explain \"Hello\"                         who would be asked, and why
  ft cost --prompt-tokens 1200               what a request would cost at every model
  ft completions bash                        completions for a shell

Exit codes: 0 it worked, 1 it did not, 2 the command line or the settings cannot be used.";

/// A fault-tolerance layer for LLM APIs: tiers, breakers, budgets, cache, one honest error.
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
    /// Ask a question, and see who answered
    #[command(long_about = chat::ABOUT)]
    Chat(chat::Args),
    /// Find out what a chain would survive and cost
    #[command(long_about = simulate::ABOUT)]
    Simulate(simulate::Args),
    /// Serve an OpenAI-compatible API: any application, by changing one URL
    #[command(long_about = serve::ABOUT)]
    Serve(serve::Args),
    /// Check a configuration, and print the chains as they will run
    #[command(long_about = check::ABOUT)]
    Check(check::Args),
    /// Say what would become of a request, and why
    #[command(long_about = explain::ABOUT)]
    Explain(explain::Args),
    /// List the models of the catalogue
    #[command(long_about = models::ABOUT)]
    Models(models::Args),
    /// Estimate what a request would cost at every model
    #[command(long_about = cost::ABOUT)]
    Cost(cost::Args),
    /// Make a key for a caller of the gateway
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
