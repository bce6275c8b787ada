//! `ft key new`: a key for a caller of the gateway, and what configuration holds of it.

use ft_gateway::config::KeyHash;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

pub(crate) const ABOUT: &str = "\
Generate a key for a caller of the gateway.

The key is printed once and not stored. The configuration contains its SHA-256, from which the key cannot be \
recovered.";

const AFTER: &str = "\
Examples:
  ft key new web
  ft key new web --json | jq -r .key

Exit codes: 0 success; 2 invalid command line.";

/// What `ft key` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Generate a new key
    #[command(after_help = AFTER)]
    New {
        /// The caller's name in the configuration: letters, digits, `.`, `_`, `-`.
        #[arg(default_value = "app", value_parser = name)]
        name: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
}

fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err("must be 1 to 64 letters, digits, `.`, `_` or `-`".to_owned())
}

/// Makes a key and prints it.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let Command::New { name, json } = &args.command;
    let key = new_key()?;
    let hash = KeyHash::of(key.as_bytes());
    // A dot in a bare key would begin another table.
    let table = if name.contains('.') { format!("\"{name}\"") } else { name.clone() };
    let toml = format!("[callers.{table}]\nkey_sha256 = [\"{hash}\"]");
    if *json {
        let sha256 = hash.to_string();
        let made = json!({ "name": name, "key": key, "key_sha256": sha256, "toml": toml });
        return Ok(output.line(&made.to_string())?);
    }
    output.note("The key, for the caller; it is shown this once:")?;
    output.line(&key)?;
    output.note("\nFor the configuration:")?;
    Ok(output.line(&toml)?)
}

/// 192 bits from the operating system, in the shape of an API key.
fn new_key() -> Result<String, Failure> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| {
        Failure::failed(format!("the operating system gives no random numbers: {error}"))
    })?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sk-ft-{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_made_twice() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 54);
    }
}
