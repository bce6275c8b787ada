//! `ft completions`: a completion script for a shell.

use clap::CommandFactory;
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
    output.write(To::Stdout, &String::from_utf8_lossy(&script))?;
    Ok(())
}
