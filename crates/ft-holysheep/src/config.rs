//! How an endpoint is reached and with what: everything that can be set, with its default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ft_core::{ApiKey, Clock, SystemClock};

use crate::secrets::is_secret;
use crate::{Classifier, HttpProvider, InvalidConfig, MalformedEvent};

/// Settings of an [`HttpProvider`].
///
/// `Debug` masks keys, secret headers and the proxy's password.
///
/// ```
/// use ft_core::ApiKey;
/// use ft_holysheep::HttpConfig;
///
/// // A deployment in Azure's manner: the key in a header of its own, the model in the path.
/// let provider = HttpConfig::new("azure", "https://example.openai.azure.com")
///     .with_key(ApiKey::new("0123456789abcdef0123456789abcdef")?)
///     .with_auth("api-key", "")
///     .with_chat_path("/openai/deployments/{model}/chat/completions")
///     .with_query("api-version", "2024-10-21")
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpConfig {
    /// The name for answers, metrics and configuration.
    pub name: String,
    /// Where the API begins, such as `https://api.holysheep.ai/v1`; the paths below are appended.
    pub base_url: String,
    /// The keys, tried in turn when one is out. None means that no key is sent, as local servers want it.
    pub keys: Vec<ApiKey>,
    /// The header that carries the key. Default `authorization`.
    pub auth_header: String,
    /// What stands before the key in that header. Default `Bearer`; empty for the key alone.
    pub auth_scheme: String,
    /// The path of chat completions. Default `/chat/completions`; `{model}` becomes the call's model.
    pub chat_path: String,
    /// The path of embeddings. Default `/embeddings`; `{model}` becomes the call's model.
    pub embeddings_path: String,
    /// Further headers of every request. Values are sent as sensitive.
    pub headers: Vec<(String, String)>,
    /// Further query fields of every request.
    pub query: Vec<(String, String)>,
    /// The most time for DNS, TCP and TLS together. Default 5 s, as OpenAI's own clients have it.
    pub connect_timeout: Duration,
    /// The proxy, `http://` or `https://`. Default none, also when the environment names one.
    /// An endpoint on this machine is never reached through it.
    pub proxy: Option<String>,
    /// Certificates in PEM of authorities to trust beside the public ones.
    pub ca_pem: Option<Vec<u8>>,
    /// The most bytes of an answer, after decompression, streams included. Default 64 MiB.
    pub max_response_body: usize,
    /// The most bytes of a request's body. Default 64 MiB: images travel inside the JSON.
    pub max_request_body: usize,
    /// The most bytes of one event of a stream. Default 64 MiB, as of a whole answer: pictures come in one event.
    pub max_event: usize,
    /// Whether `http://` is allowed to other machines: the key and every prompt travel readable. Default no.
    pub allow_plain_http: bool,
    /// What to do about an event that is no chunk. Default: the stream is cut.
    pub malformed_event: MalformedEvent,
    /// Whether HTTP/2 is offered over TLS. Default yes.
    pub http2: bool,
    /// Whether calls drive their connections themselves where that can be: HTTP/1.1 without a proxy, which is
    /// `http://`, or `https://` with [`http2`](Self::http2) off. Default yes: it costs a fraction of a client whose
    /// connections are tasks of their own. Answers are then asked for uncompressed, and read either way.
    pub direct: bool,
    /// Whether streams are asked for usage. Default yes: without it a streamed answer has no exact price.
    /// Off for vendors that refuse a field they do not know.
    pub include_usage: bool,
    /// Whether the provider stops working, and billing, when a call is dropped. Default `None`: streams stop, whole
    /// answers do not.
    pub stops_on_disconnect: Option<bool>,
    /// What failures mean. Default: the table that ships with this crate.
    pub classifier: Classifier,
    /// The calendar, for waits that are given as a date. Default: the operating system's.
    pub clock: Arc<dyn Clock>,
}

impl HttpConfig {
    /// Settings of an OpenAI-compatible endpoint without a key, all else at its default.
    #[must_use]
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            keys: Vec::new(),
            auth_header: "authorization".to_owned(),
            auth_scheme: "Bearer".to_owned(),
            chat_path: "/chat/completions".to_owned(),
            embeddings_path: "/embeddings".to_owned(),
            headers: Vec::new(),
            query: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            proxy: None,
            ca_pem: None,
            max_response_body: 64 << 20,
            max_request_body: 64 << 20,
            max_event: 64 << 20,
            allow_plain_http: false,
            malformed_event: MalformedEvent::Cut,
            http2: true,
            direct: true,
            include_usage: true,
            stops_on_disconnect: None,
            classifier: Classifier::builtin(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Adds a key.
    #[must_use]
    pub fn with_key(mut self, key: ApiKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Sets the header that carries the key, and what stands before the key in it (empty for nothing).
    #[must_use]
    pub fn with_auth(mut self, header: impl Into<String>, scheme: impl Into<String>) -> Self {
        self.auth_header = header.into();
        self.auth_scheme = scheme.into();
        self
    }

    /// Sets the path of chat completions.
    #[must_use]
    pub fn with_chat_path(mut self, path: impl Into<String>) -> Self {
        self.chat_path = path.into();
        self
    }

    /// Sets the path of embeddings.
    #[must_use]
    pub fn with_embeddings_path(mut self, path: impl Into<String>) -> Self {
        self.embeddings_path = path.into();
        self
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a query field to every request.
    #[must_use]
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the most time for connecting.
    #[must_use]
    pub fn with_connect_timeout(mut self, most: Duration) -> Self {
        self.connect_timeout = most;
        self
    }

    /// Sets the proxy.
    #[must_use]
    pub fn with_proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Sets certificates in PEM of authorities to trust beside the public ones.
    #[must_use]
    pub fn with_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pem = Some(pem.into());
        self
    }

    /// Sets the most bytes of an answer.
    #[must_use]
    pub fn with_max_response_body(mut self, bytes: usize) -> Self {
        self.max_response_body = bytes;
        self
    }

    /// Sets the most bytes of a request's body.
    #[must_use]
    pub fn with_max_request_body(mut self, bytes: usize) -> Self {
        self.max_request_body = bytes;
        self
    }

    /// Sets the most bytes of one event of a stream.
    #[must_use]
    pub fn with_max_event(mut self, bytes: usize) -> Self {
        self.max_event = bytes;
        self
    }

    /// Sets whether `http://` is allowed to other machines.
    #[must_use]
    pub fn with_allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Sets what to do about an event that is no chunk.
    #[must_use]
    pub fn with_malformed_event(mut self, policy: MalformedEvent) -> Self {
        self.malformed_event = policy;
        self
    }

    /// Sets whether HTTP/2 is offered.
    #[must_use]
    pub fn with_http2(mut self, offer: bool) -> Self {
        self.http2 = offer;
        self
    }

    /// Sets whether calls drive their connections themselves where that can be.
    #[must_use]
    pub fn with_direct(mut self, drive: bool) -> Self {
        self.direct = drive;
        self
    }

    /// Sets whether streams are asked for usage.
    #[must_use]
    pub fn with_include_usage(mut self, ask: bool) -> Self {
        self.include_usage = ask;
        self
    }

    /// Sets whether the provider stops working when a call is dropped; `None` for the usual: streams do.
    #[must_use]
    pub fn with_stops_on_disconnect(mut self, stops: Option<bool>) -> Self {
        self.stops_on_disconnect = stops;
        self
    }

    /// Sets what failures mean.
    #[must_use]
    pub fn with_classifier(mut self, classifier: Classifier) -> Self {
        self.classifier = classifier;
        self
    }

    /// Sets the calendar.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the settings and makes the provider. Opens no connection.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field and the rule.
    pub fn build(self) -> Result<HttpProvider, InvalidConfig> {
        HttpProvider::from_config(self)
    }

    /// The rules that concern one field each and need nothing but the field.
    pub(crate) fn check(&self) -> Result<(), InvalidConfig> {
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return Err(InvalidConfig::new("name", "must be a word, without control characters"));
        }
        for (at, key) in self.keys.iter().enumerate() {
            if let Some(twin) = self.keys[..at].iter().position(|earlier| earlier == key) {
                let rule = format!("is the same key as keys[{twin}]; give each key once");
                return Err(InvalidConfig::new(format!("keys[{at}]"), rule));
            }
        }
        let day = Duration::from_secs(24 * 3600);
        if self.connect_timeout.is_zero() || self.connect_timeout > day {
            let rule = "must be more than zero and at most 24 hours";
            return Err(InvalidConfig::new("connect_timeout", rule));
        }
        for (field, bytes) in [
            ("max_response_body", self.max_response_body),
            ("max_request_body", self.max_request_body),
            ("max_event", self.max_event),
        ] {
            if bytes < 1024 {
                return Err(InvalidConfig::new(field, "must be at least 1024 bytes"));
            }
        }
        for (field, path) in
            [("chat_path", &self.chat_path), ("embeddings_path", &self.embeddings_path)]
        {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#".contains(&byte);
            if !path.starts_with('/') || !path.bytes().all(plain) {
                let rule = "must begin with `/` and have no query; use `query` for that";
                return Err(InvalidConfig::new(field, rule));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = |fields: &[(String, String)]| -> Vec<String> {
            let shown = |(name, value): &(String, String)| match is_secret(name) {
                true => format!("{name}: ***"),
                false => format!("{name}: {value}"),
            };
            fields.iter().map(shown).collect()
        };
        f.debug_struct("HttpConfig")
            .field("name", &self.name)
            .field("base_url", &without_user(&self.base_url))
            .field("keys", &self.keys)
            .field("auth_header", &self.auth_header)
            .field("chat_path", &self.chat_path)
            .field("embeddings_path", &self.embeddings_path)
            .field("headers", &masked(&self.headers))
            .field("query", &masked(&self.query))
            .field("connect_timeout", &self.connect_timeout)
            .field("proxy", &self.proxy.as_deref().map(without_user))
            .field("max_response_body", &self.max_response_body)
            .field("max_request_body", &self.max_request_body)
            .field("max_event", &self.max_event)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("malformed_event", &self.malformed_event)
            .field("http2", &self.http2)
            .field("direct", &self.direct)
            .field("include_usage", &self.include_usage)
            .finish_non_exhaustive()
    }
}

/// A URL without what stands before its last `@`, and without its query.
fn without_user(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, host))) => format!("***@{host}"),
        (_, None) => url.to_owned(),
    }
}
