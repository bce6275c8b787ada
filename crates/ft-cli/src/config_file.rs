//! The configuration file that a verb is given.

use std::path::Path;

use ft_client::config::InvalidConfig;
use ft_gateway::config::GatewayConfig;

use crate::failure::Failure;

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// It cannot be read.
    Unread(String),
    /// What stands in it is wrong.
    Wrong(InvalidConfig),
}

/// Reads a file, with variables from the environment, and checks all of it.
///
/// # Errors
/// When it cannot be read or used.
pub(crate) fn read(path: &Path) -> Result<GatewayConfig, Unusable> {
    read_with(path, |name| std::env::var(name).ok())
}

/// The same for a verb that asks no provider: a variable that is not set, such as a key's, may be missing.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_keyless(path: &Path) -> Result<GatewayConfig, Unusable> {
    read_with(path, |name| {
        std::env::var(name).ok().or_else(|| Some("not-set-and-not-needed".to_owned()))
    })
}

fn read_with(
    path: &Path,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<GatewayConfig, Unusable> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Unusable::Unread(format!("cannot read {}: {error}", path.display())))?;
    let name = path.display().to_string();
    let config = GatewayConfig::from_toml(name, &text, lookup).map_err(Unusable::Wrong)?;
    config.check().map_err(Unusable::Wrong)?;
    Ok(config)
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Unread(sentence) => Self::usage(sentence),
            Unusable::Wrong(wrong) => Self::usage(wrong.to_string()),
        }
    }
}
