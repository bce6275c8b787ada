//! Providers over HTTP, from their configuration.

use ft_core::ApiKey;
use ft_holysheep::{HttpConfig, HttpProvider};

use crate::config::{InvalidConfig, ProviderConfig};

/// The provider that this configuration describes.
pub(crate) fn provider(name: &str, config: &ProviderConfig) -> Result<HttpProvider, InvalidConfig> {
    let field = |part: &str| format!("providers.{name}.{part}");
    let mut http = HttpConfig::new(name, &config.base_url);
    http.keys = config
        .keys
        .iter()
        .enumerate()
        .map(|(at, key)| {
            let wrong = |wrong: ft_core::InvalidKey| {
                InvalidConfig::new(field(&format!("keys[{at}]")), wrong.to_string())
            };
            ApiKey::new(key.as_str()).map_err(wrong)
        })
        .collect::<Result<_, _>>()?;
    let _ = &mut http;
    http.build().map_err(|wrong| InvalidConfig::new(field(wrong.field()), wrong.rule()))
}
