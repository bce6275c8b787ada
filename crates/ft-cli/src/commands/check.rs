//! `ft check`: whether a configuration can be used, and what it will do.

mod json;
mod notes;
mod text;

use std::path::PathBuf;

use ft_core::{Clock, SystemClock};
use ft_cost::Catalogue;

use crate::config_file::{self, Unusable};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) const ABOUT: &str = "\
Check a configuration, and print the chains as they will run.

Reads the file as `ft serve` does, with variables from the environment, and builds everything but opens no socket and \
sends nothing. Names the file, the line and the field of all that is wrong; points out models that are being withdrawn and \
prices that are old.";

const AFTER: &str = "\
Examples:
  ft check ft.toml
  HOLYSHEEP_API_KEY=any ft check ft.toml     where the key is not at hand
  ft check ft.toml --json | jq .chains

Exit codes: 0 it can be used; 1 it cannot; 2 the file cannot be read, or the command line cannot be used.";

/// What `ft check` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The configuration file.
    file: PathBuf,
    /// Print the result as one JSON document.
    #[arg(long)]
    json: bool,
}

/// Checks the file and prints what it will do.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let config = match config_file::read(&args.file) {
        Ok(config) => config,
        Err(Unusable::Wrong(wrong)) => {
            if args.json {
                output.line(&json::wrong(&wrong).to_string())?;
            } else {
                // The place comes first, so that editors and terminals can jump to it.
                for wrong in &wrong.to_string().lines().collect::<Vec<_>>() {
                    output.note(&crate::output::for_terminal(wrong))?;
                }
            }
            return Err(Failure::told(1));
        }
        Err(Unusable::Unread(sentence)) if args.json => {
            output.line(&json::unread(&args.file, &sentence).to_string())?;
            return Err(Failure::told(2));
        }
        Err(unread) => return Err(unread.into()),
    };
    let catalogue = config
        .client
        .catalogue(Catalogue::builtin())
        .map_err(|wrong| Failure::usage(config.locate(wrong).to_string()))?;
    let wall = SystemClock::new().wall();
    let notes = notes::of(&config.client, &catalogue, wall);
    if args.json {
        return Ok(output.line(&json::of(&config, &catalogue, wall, &notes).to_string())?);
    }
    let name = args.file.display().to_string();
    Ok(output.print(&text::of(&name, &config, &catalogue, wall, &notes))?)
}
