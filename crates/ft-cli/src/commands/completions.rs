//! `ft completions`: a completion script for a shell.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::{Output, To};

const AFTER: &str = "\
Examples:
  ft completions bash > ~/.local/share/bash-completion/completions/ft
  ft completions zsh > ~/.zfunc/_ft
  ft completions fish > ~/.config/fish/completions/ft.fish";

/// What `ft completions` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ft", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        script.push_str(&fish_values(&Cli::command()));
    }
    output.write(To::Stdout, &script)?;
    Ok(())
}

/// The values of arguments without a flag, which `clap_complete` leaves out of fish's scripts. Files are offered beside
/// them as before: the rules have no `-f`.
fn fish_values(command: &Command) -> String {
    let mut rules = String::new();
    for verb in command.get_subcommands() {
        let values = verb.get_positionals().flat_map(|argument| {
            argument.get_value_parser().possible_values().into_iter().flatten()
        });
        for value in values.filter(|value| !value.is_hide_set()) {
            let (verb, value) = (verb.get_name(), value.get_name());
            // A String takes whatever is written into it.
            let _ = writeln!(
                rules,
                "complete -c ft -n \"__fish_ft_using_subcommand {verb}\" -a \"{value}\""
            );
        }
    }
    rules
}
