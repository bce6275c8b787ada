//! `cargo xtask prove`: the machines that look for what nobody thought of, at any size.

use clap::{Args, Subcommand};

use crate::process::Cmd;
use crate::{Outcome, workspace};

/// How many worlds CI plays in virtual time.
pub(crate) const SEEDS: u64 = 2_000;
/// What they come to: a change of shape leaves it as it is.
const DIGEST: &str = "crates/ft-worlds/worlds.digest";
/// How many it plays over sockets.
pub(crate) const SOCKETS: u64 = 200;

/// Look for what nobody thought of: random worlds, fuzzed inputs.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Worlds in which several things go wrong at once.
    Worlds {
        /// How many in virtual time.
        #[arg(long, default_value_t = SEEDS)]
        seeds: u64,

        /// How many over sockets, through the gateway.
        #[arg(long, default_value_t = 0)]
        sockets: u64,

        /// Compare what they come to with the digest that is kept: a change of shape changes nothing.
        #[arg(long)]
        digest: bool,
    },
}

/// Runs it; true when everything held.
///
/// # Errors
/// When the build cannot be started.
pub(crate) fn run(options: &Options) -> Outcome<bool> {
    let root = workspace::root();
    match options.what {
        What::Worlds { seeds, sockets, digest } => {
            for command in worlds(seeds, sockets) {
                let command = if digest { command.arg("--digest").arg(DIGEST) } else { command };
                println!("$ {command}");
                if !command.stream(&root, |line| println!("{line}"))? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

/// The commands that play this many worlds.
pub(crate) fn worlds(seeds: u64, sockets: u64) -> Vec<Cmd> {
    let run = format!(
        "run --profile ci --quiet --package ft-worlds -- --seeds {seeds} --sockets {sockets}"
    );
    vec![Cmd::cargo(&run)]
}
