//! Who is asked: the client that the command line and the environment describe.

use ft_client::Client;
use ft_client::config::{
    CacheSettings, ChainConfig, ClientConfig, DEFAULT_CHAIN, ProviderConfig, TargetConfig,
    TierConfig, UpstreamMode,
};

use super::{Args, KEY};
use crate::failure::Failure;

const HOLYSHEEP: &str = "holysheep";
const HOLYSHEEP_URL: &str = "https://api.holysheep.ai/v1";

/// What can be said before a question is read or a socket opened.
///
/// # Errors
/// When there is no key and one is needed, the key would be sent readable, or a model is named twice.
pub(super) fn check(args: &Args, has_key: bool) -> Result<(), Failure> {
    for (at, model) in args.models.iter().enumerate() {
        if model.trim().is_empty() {
            return Err(Failure::usage("--model: is empty; write the provider's name of a model"));
        }
        if args.models[..at].contains(model) {
            return Err(Failure::usage(format!(
                "--model: `{model}` is named twice; name each once"
            )));
        }
    }
    if let Some(url) = args.base_url.as_deref().filter(|url| !url.contains("://")) {
        // A host alone, as browsers take it.
        let scheme = if is_local(&format!("http://{url}")) { "http" } else { "https" };
        let path = if url.contains('/') { "" } else { "/v1" };
        return Err(Failure::usage(format!(
            "--base-url: `{url}` is no URL; try {scheme}://{url}{path}"
        )));
    }
    if let Some(url) =
        args.base_url.as_deref().filter(|url| url.starts_with("http://") && !is_local(url))
    {
        let host = host(url);
        return Err(Failure::usage(format!(
            "--base-url: http:// to {host} would send key and question readable; use https://"
        )));
    }
    let local = args.base_url.as_deref().is_some_and(is_local);
    if has_key || args.simulate || local {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "there is no key: set {KEY} to your key, or try `ft chat --simulate`, which needs none"
    )))
}

/// A client of the real provider.
///
/// # Errors
/// When the key cannot be one, or the address or a model cannot be used.
pub(super) fn client(args: &Args, key: Option<String>) -> Result<Client, Failure> {
    let base_url = args.base_url.as_deref().unwrap_or(HOLYSHEEP_URL);
    let mut provider = ProviderConfig::new(base_url);
    if let Some(key) = key {
        provider = provider.with_key(key.trim());
    }
    // Another endpoint has prices and windows of its own, and a wrong price is worse than none.
    let name =
        if base_url.trim_end_matches('/') == HOLYSHEEP_URL { HOLYSHEEP } else { host(base_url) };
    build(args, name, provider)
}

/// A client of the simulated provider, with the prices of the real one.
///
/// # Errors
/// When a model cannot be used.
pub(super) fn simulated(args: &Args, base_url: &str) -> Result<Client, Failure> {
    let provider = ProviderConfig::new(base_url)
        .with_key("sk-simulated-0000-0000-0000")
        .with_prices(HOLYSHEEP);
    build(args, "simulated", provider)
}

fn build(args: &Args, name: &str, provider: ProviderConfig) -> Result<Client, Failure> {
    let mut config = ClientConfig::default();
    config.providers.insert(name.to_owned(), provider);
    config.chains.insert(DEFAULT_CHAIN.to_owned(), chain(name, &args.models));
    Client::builder().config(config).build().map_err(|wrong| {
        let rule = wrong.rule();
        Failure::usage(match wrong.field().rsplit('.').next().unwrap_or_default() {
            "base_url" => format!("--base-url: {rule}"),
            "model" => format!("--model: {rule}"),
            part if part.starts_with("keys") => format!("{KEY}: {rule}"),
            _ => wrong.to_string(),
        })
    })
}

/// Without an emergency answer: who asks at a terminal wants to know what is wrong.
fn chain(provider: &str, models: &[String]) -> ChainConfig {
    let mut chain = match models {
        [] => ChainConfig::holysheep(provider),
        [first, rest @ ..] => {
            // No first-token timers: nobody knows how long these models think.
            let target = |model: &String| {
                TargetConfig::new(provider, model).with_upstream(UpstreamMode::AsAsked)
            };
            let mut tiers = vec![TierConfig::new("primary", [target(first)])];
            if !rest.is_empty() {
                tiers
                    .push(TierConfig::new("fallback", rest.iter().map(target).collect::<Vec<_>>()));
            }
            ChainConfig::new(tiers)
        }
    };
    // There is one question, so nothing could be asked again.
    chain.cache =
        CacheSettings { stale_for: std::time::Duration::ZERO, ..CacheSettings::default() };
    chain
}

/// The host and port of a URL, as a name. What is no URL is refused later, by its rule.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    if host.is_empty() { "provider" } else { host }
}

fn is_local(url: &str) -> bool {
    let host = host(url);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_needs_no_key() {
        for url in ["http://127.0.0.1:4000/v1", "http://localhost/v1", "http://[::1]:8080/v1"] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            HOLYSHEEP_URL,
            "http://localhost.example.com",
            "https://example.com/127.0.0.1",
            "https://127.0.0.1@example.com/v1",
            "nonsense",
            "",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }

    #[test]
    fn models_are_asked_in_the_order_given() {
        let chain = chain("p", &["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        let models: Vec<_> = chain
            .tiers
            .iter()
            .flat_map(|tier| &tier.targets)
            .map(|target| target.model.as_str())
            .collect();
        assert_eq!(models, ["a", "b", "c"]);
        assert_eq!(chain.emergency, None);
    }

    #[test]
    fn without_models_it_is_the_articles_chain_without_an_emergency_answer() {
        let chain = chain("p", &[]);
        assert_eq!(chain.tiers[0].targets[0].model, "gpt-4.1");
        assert_eq!(chain.emergency, None);
    }
}
