//! Providers over HTTP, from their configuration.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ft_core::{ApiKey, Clock, InvalidKey};
use ft_holysheep::{HttpConfig, HttpProvider};

use crate::config::{InvalidConfig, ProviderConfig, ProviderKind};

/// The base URL of HolySheep's API.
pub(crate) const HOLYSHEEP: &str = "https://api.holysheep.ai/v1";

/// Where this configuration finds the provider. Which keys it shows there is another matter.
pub(crate) fn endpoint(config: &ProviderConfig) -> u64 {
    let mut hash = DefaultHasher::new();
    let ProviderConfig { base_url, chat_path, headers, query, proxy, .. } = config;
    (base_url, chat_path, headers, query, proxy).hash(&mut hash);
    hash.finish()
}

/// The provider that this configuration describes.
pub(crate) fn provider(
    name: &str,
    config: &ProviderConfig,
    clock: &Arc<dyn Clock>,
) -> Result<HttpProvider, InvalidConfig> {
    let field = |part: &str| format!("providers.{name}.{part}");
    let ProviderKind::Openai = config.kind;
    let mut http = HttpConfig::new(name, &config.base_url)
        .with_connect_timeout(config.connect_timeout)
        .with_allow_plain_http(config.allow_plain_http)
        .with_include_usage(config.include_usage)
        .with_stops_on_disconnect(config.stops_on_disconnect)
        .with_max_event(usize::try_from(config.max_event).unwrap_or(usize::MAX))
        .with_clock(Arc::clone(clock));
    for (at, key) in config.keys.iter().enumerate() {
        let wrong = |wrong: InvalidKey| {
            InvalidConfig::new(field(&format!("keys[{at}]")), wrong.to_string())
        };
        http = http.with_key(ApiKey::new(key.as_str()).map_err(wrong)?);
    }
    if let Some(header) = &config.auth_header {
        // Only the standard header has a scheme before the key.
        let scheme = if header.eq_ignore_ascii_case("authorization") { "Bearer" } else { "" };
        http = http.with_auth(header, scheme);
    }
    if let Some(path) = &config.chat_path {
        http = http.with_chat_path(path);
    }
    for (header, value) in &config.headers {
        http = http.with_header(header, value);
    }
    for (part, value) in &config.query {
        http = http.with_query(part, value);
    }
    if let Some(proxy) = &config.proxy {
        http = http.with_proxy(proxy);
    }
    if let Some(file) = &config.ca_file {
        let pem = std::fs::read(file).map_err(|error| {
            InvalidConfig::new(field("ca_file"), format!("cannot be read: {error}"))
        })?;
        http = http.with_ca_pem(pem);
    }
    http.build().map_err(|wrong| InvalidConfig::new(field(wrong.field()), wrong.rule()))
}
