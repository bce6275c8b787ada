//! A provider that is reached over HTTP.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units;

/// Where a provider is and how it is asked.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// What it speaks. Default: OpenAI's chat completions.
    #[serde(default)]
    pub kind: ProviderKind,
    /// The URL that ends before `/chat/completions`, such as `https://api.holysheep.ai/v1`.
    pub base_url: String,
    /// Keys, tried in turn when one is out or throttled. None: requests carry no key.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The profile of the catalogue with its prices and windows. Default: the provider's own name.
    pub prices: Option<String>,
    /// The header that carries the key. Default `authorization`, with `Bearer`; Azure's is `api-key`, bare.
    pub auth_header: Option<String>,
    /// The path of chat completions. Default `/chat/completions`; `{model}` becomes the model, as Azure wants it.
    pub chat_path: Option<String>,
    /// Further headers of every request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Further query fields of every request, such as Azure's `api-version`.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Whether streams are asked for usage. Default true: without it a streamed answer has no exact price.
    /// False for vendors that refuse fields they do not know.
    #[serde(default = "yes")]
    pub include_usage: bool,
    /// Whether the provider stops working, and billing, when a call is given up. Default: for streams it does, for
    /// whole answers it does not, as OpenAI's and Anthropic's do. True for servers of one's own that notice (vLLM,
    /// llama.cpp, Ollama); false where a stream is billed to its end. It decides what budgets and reports take an
    /// attempt to have cost of which nothing came back.
    pub stops_on_disconnect: Option<bool>,
    /// How long connecting may take. Default 5 s: a handshake across the world takes less than one.
    #[serde(default = "connect_timeout", with = "units::duration")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::DurationText"))]
    pub connect_timeout: Duration,
    /// The most bytes of one event of a stream. Default 64 MiB, as of a whole answer: pictures come in one event.
    #[serde(default = "max_event", with = "units::bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::SizeText"))]
    pub max_event: u64,
    /// An HTTP proxy. Loopback is never proxied.
    pub proxy: Option<String>,
    /// A file of further certificate authorities, PEM.
    pub ca_file: Option<std::path::PathBuf>,
    /// Allows `http://` to hosts other than loopback. Default false: keys would travel in the clear.
    #[serde(default)]
    pub allow_plain_http: bool,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// OpenAI's chat completions, or anything compatible with them.
    #[default]
    Openai,
}

fn connect_timeout() -> Duration {
    Duration::from_secs(5)
}

fn max_event() -> u64 {
    64 << 20
}

fn yes() -> bool {
    true
}

impl ProviderConfig {
    /// An OpenAI-compatible provider at this URL, without a key.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            kind: ProviderKind::Openai,
            base_url: base_url.into(),
            keys: Vec::new(),
            prices: None,
            auth_header: None,
            chat_path: None,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            include_usage: true,
            stops_on_disconnect: None,
            connect_timeout: connect_timeout(),
            max_event: max_event(),
            proxy: None,
            ca_file: None,
            allow_plain_http: false,
        }
    }

    /// Adds a key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Sets the profile of the catalogue with its prices.
    #[must_use]
    pub fn with_prices(mut self, profile: impl Into<String>) -> Self {
        self.prices = Some(profile.into());
        self
    }
}

// Keys stay out, and header values too: some vendors take keys in headers of their own.
impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("kind", &self.kind)
            .field("keys", &self.keys.len())
            .field("prices", &self.prices)
            .field("headers", &self.headers.keys())
            .finish_non_exhaustive()
    }
}
