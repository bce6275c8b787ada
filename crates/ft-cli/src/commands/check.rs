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
Validate a configuration and print its chains.

Reads the file as `ft serve` does, with variables from the environment, but opens no socket and sends nothing. All \
errors are listed with file, line and field; deprecated models and old prices are reported as warnings.";

const AFTER: &str = "\
Examples:
  ft check ft.toml
  HOLYSHEEP_API_KEY=any ft check ft.toml     without the key
  ft check ft.toml --json | jq .chains

Exit codes: 0 valid; 1 invalid; 2 the file cannot be read, or invalid command line.";

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
                for line in wrong.to_string().lines() {
                    output.note(&crate::output::for_terminal(line))?;
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
