//! What a person should look at although it can be used.

use ft_client::config::{ClientConfig, TargetConfig};
use ft_core::UnixMillis;
use ft_cost::{Catalogue, Wrong};

/// One thing to look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// As `provider/model`.
    pub(super) target: String,
    /// What it is.
    pub(super) says: String,
}

/// The profile of the catalogue that a target's provider bills by.
pub(super) fn profile<'a>(config: &'a ClientConfig, target: &'a TargetConfig) -> &'a str {
    let provider = config.providers.get(&target.provider);
    provider.and_then(|provider| provider.prices.as_deref()).unwrap_or(&target.provider)
}

/// Everything about the targets' rows, each once.
pub(super) fn of(config: &ClientConfig, catalogue: &Catalogue, wall: UnixMillis) -> Vec<Note> {
    let findings = catalogue.check(wall);
    let mut notes: Vec<Note> = config
        .providers
        .iter()
        .filter(|(_, provider)| {
            provider.base_url.trim_end_matches('/').ends_with("/chat/completions")
        })
        .map(|(name, _)| Note {
            target: format!("providers.{name}"),
            says: "base_url ends in /chat/completions, which is added to it; end it before that"
                .to_owned(),
        })
        .collect();
    let targets =
        config.chains.values().flat_map(|chain| &chain.tiers).flat_map(|tier| &tier.targets);
    for target in targets {
        let (profile, name) =
            (profile(config, target), format!("{}/{}", target.provider, target.model));
        let mut add = |says: String| {
            let note = Note { target: name.clone(), says };
            if !notes.contains(&note) {
                notes.push(note);
            }
        };
        if catalogue.row(profile, &target.model).is_none() {
            let what = if target.context_window.is_some() { "price" } else { "price and window" };
            add(format!("not in the profile `{profile}`: {what} unknown"));
        }
        for finding in &findings {
            // That cached input is billed as input is how most rows are.
            let told = finding.wrong != Wrong::NoCachedPrice;
            if told && finding.profile == profile && finding.model == target.model {
                let says = finding.to_string();
                add(says.split_once(": ").map_or(says.clone(), |(_, says)| says.to_owned()));
            }
        }
    }
    notes
}
