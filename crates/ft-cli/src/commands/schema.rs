//! `ft schema`: the configuration file as a JSON schema.

use crate::failure::Failure;
use crate::output::Output;

pub(crate) const ABOUT: &str = "\
Print the JSON schema of the configuration file.

It is generated from the types that read the file. Editors use it to complete and validate the configuration.";

const AFTER: &str = "\
Examples:
  ft schema > ft.schema.json
  echo '#:schema ./ft.schema.json' | cat - ft.toml    tells editors where to find it

Exit codes: 0 success; 2 invalid command line.";

/// What `ft schema` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {}

/// Prints the schema.
pub(crate) fn run(_: &Args, output: &mut Output) -> Result<(), Failure> {
    let schema = ft_gateway::config::schema();
    Ok(output.line(&format!("{schema:#}"))?)
}
