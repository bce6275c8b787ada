//! Files that a person writes. They promise nothing but an error that can be read.

use ft_cost::Catalogue;
use ft_gateway::config::GatewayConfig;
use ft_simulate::{Scenario, Trace};

/// The longest that an error about a file may be: a person reads it.
const MOST: usize = 4_096;

/// A configuration is read, or refused in a sentence.
///
/// # Panics
/// When the sentence is a page.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lookup = |name: &str| name.len().is_multiple_of(2).then(|| "v\"\n[x]".to_owned());
    short(GatewayConfig::from_toml("f.toml", &text, lookup).err());
    short(Catalogue::from_toml(&text).err());
}

/// As [`config`], of a scenario.
///
/// # Panics
/// As [`config`].
pub fn scenario(data: &[u8]) {
    short(Scenario::from_toml(&String::from_utf8_lossy(data), "f.toml").err());
}

/// As [`config`], of a trace.
///
/// # Panics
/// As [`config`].
pub fn trace(data: &[u8]) {
    short(Trace::from_jsonl(&String::from_utf8_lossy(data), "f.jsonl").err());
}

fn short(error: Option<impl std::fmt::Display>) {
    let said = error.map_or(0, |error| error.to_string().len());
    assert!(said <= MOST, "an error of {said} bytes");
}
