//! The provider over HTTP: one endpoint, its keys, and what its answers mean.

mod answer;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use ft_core::chat::{
    ChatRequest, ChatResponse, ChunkStream, EmbeddingRequest, EmbeddingResponse, KeepAlives,
};
use ft_core::{ApiKey, Call, ErrorKind, Provider, ProviderError};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

use crate::secrets::Secrets;
use crate::stream::ChunkBody;
use crate::transport::{Place, Reply, Transport, client, failure, read};
use crate::{ChunkReader, HttpConfig, InvalidConfig};
use wire::Ask;

/// HolySheep's API, as the articles on holysheep.ai give it (2026-11); not verified against the service.
const HOLYSHEEP: &str = "https://api.holysheep.ai/v1";
/// Where its key is looked for.
const HOLYSHEEP_KEY: &str = "HOLYSHEEP_API_KEY";

/// An OpenAI-compatible endpoint.
///
/// It connects, asks and reads, once per call: no retry, no redirect, no time but the connect timer's.
/// (Where HTTP/2 refuses a request before taking it, the connection asks again; the provider never saw it.)
/// Cheap to clone; clones share their connections. Needs a Tokio runtime with I/O and time.
///
/// # Cancel safety
/// Dropping a call or a stream closes it upstream and leaves nothing behind. What was sent by then may be billed.
#[derive(Clone)]
pub struct HttpProvider {
    shared: Arc<Shared>,
}

struct Shared {
    config: HttpConfig,
    transport: Transport,
    base: Url,
    /// The places, where the model is not part of the path.
    chat: Option<Place>,
    embeddings: Option<Place>,
    /// Those of every request.
    headers: HeaderMap,
    auth_header: HeaderName,
    auth_values: Vec<HeaderValue>,
    secrets: Arc<Secrets>,
    /// Whether a success status says that the call was taken.
    head_is_honest: bool,
}

impl HttpProvider {
    /// HolySheep, under the name `holysheep`.
    ///
    /// # Errors
    /// [`InvalidConfig`] when this cannot be a key.
    pub fn holysheep(key: impl Into<String>) -> Result<Self, InvalidConfig> {
        Self::openai_compatible("holysheep", HOLYSHEEP, key)
    }

    /// HolySheep with the key in the environment variable `HOLYSHEEP_API_KEY`.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the variable, when it is not set or holds what cannot be a key.
    pub fn holysheep_from_env() -> Result<Self, InvalidConfig> {
        let key = std::env::var(HOLYSHEEP_KEY).map_err(|_| {
            InvalidConfig::new(HOLYSHEEP_KEY, "is not set; put your HolySheep key into it")
        })?;
        let key = ApiKey::new(key).map_err(|wrong| InvalidConfig::new(HOLYSHEEP_KEY, wrong))?;
        HttpConfig::new("holysheep", HOLYSHEEP).with_key(key).build()
    }

    /// Any endpoint that speaks OpenAI's chat completions, with its bearer key.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field and the rule.
    pub fn openai_compatible(
        name: impl Into<String>,
        base_url: impl Into<String>,
        key: impl Into<String>,
    ) -> Result<Self, InvalidConfig> {
        let key = ApiKey::new(key).map_err(|wrong| InvalidConfig::new("keys[0]", wrong))?;
        HttpConfig::new(name, base_url).with_key(key).build()
    }

    pub(crate) fn from_config(config: HttpConfig) -> Result<Self, InvalidConfig> {
        config.check()?;
        let base = client::base_url(&config)?;
        let (auth_header, auth_values) = client::credentials(&config)?;
        let whole = |path: &str| match path.contains(MODEL) {
            true => None,
            false => Place::new(client::endpoint(&base, path, &config.query)),
        };
        let transport = Transport::new(&config, &base)?;
        let mut headers = client::headers(&config)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        transport.add_to(&mut headers);
        let others = [config.headers.clone(), config.query.clone()].concat();
        let shared = Shared {
            transport,
            chat: whole(&config.chat_path),
            embeddings: whole(&config.embeddings_path),
            headers,
            secrets: Arc::new(Secrets::new(&config.keys, &others)),
            auth_header,
            auth_values,
            head_is_honest: !base.host_str().is_some_and(hides_refusals),
            base,
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

/// Whether this host's vendor answers refusals with status 200, so that only content says whether a call was taken.
///
/// MiniMax reports rate limits, refused keys and spent balances as `base_resp.status_code` of an HTTP 200
/// (its "Error code" page).
fn hides_refusals(host: &str) -> bool {
    host.split('.').any(|part| part.starts_with("minimax"))
}

/// Whether a reply is what was asked for: an error object in place of a stream is none.
fn is_of_its_kind(headers: &HeaderMap, streamed: bool) -> bool {
    let is = |kind: &str| {
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.to_ascii_lowercase().contains(kind))
    };
    if streamed { is("event-stream") } else { is("json") }
}

/// The place of the model in a path.
const MODEL: &str = "{model}";

impl Shared {
    fn place(
        &self,
        whole: Option<&Place>,
        path: &str,
        model: &str,
    ) -> Result<Place, ProviderError> {
        let place = whole.cloned().or_else(|| {
            let path = path.replace(MODEL, &wire::path_segment(model));
            Place::new(client::endpoint(&self.base, &path, &self.config.query))
        });
        place.ok_or_else(|| {
            let error = ProviderError::new(ErrorKind::InvalidRequest).with_sent(false);
            error.with_message("the model has a name that no URL can carry")
        })
    }

    fn request_headers(&self, call: &Call, streamed: bool) -> Result<HeaderMap, ProviderError> {
        let mut headers = self.headers.clone();
        if streamed {
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            // Compressors hold small events back until a block is full.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        } else {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        if let Some(value) = self.auth_values.get(call.credential) {
            headers.insert(self.auth_header.clone(), value.clone());
        } else if !self.auth_values.is_empty() {
            let held = self.auth_values.len();
            return Err(ProviderError::new(ErrorKind::Auth).with_sent(false).with_message(
                format!(
                    "the provider has {held} keys, and the call asks for number {}",
                    call.credential + 1
                ),
            ));
        }
        let ids = [
            ("x-request-id", Some(call.request_id.as_str())),
            ("idempotency-key", call.idempotency_key.as_deref()),
        ];
        for (name, value) in ids {
            // An id of the caller's that no header can carry is left out, not a reason to fail.
            let value = value.filter(|value| !value.is_empty());
            if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(headers)
    }

    /// Sends a request and gives its answer, when the status says success.
    async fn send(
        &self,
        call: &Call,
        place: Place,
        body: Vec<u8>,
        streamed: bool,
    ) -> Result<Reply, ProviderError> {
        let headers = self.request_headers(call, streamed)?;
        let again = || self.request_headers(call, streamed).ok();
        let sending = self.transport.send(place, headers, body, again);
        let reply = sending.await.map_err(|broken| failure::of_request(&broken, &self.secrets))?;
        if reply.status().is_success() {
            if let Some(id) = self.request_id(reply.headers()) {
                call.upstream_id.is(id);
            }
            if self.head_is_honest && is_of_its_kind(reply.headers(), streamed) {
                call.head.arrived();
            }
            return Ok(reply);
        }
        let (head, mut body) = reply.into_parts();
        let status = head.status.as_u16();
        let body = read::beginning(&mut body).await;
        let wall = self.config.clock.wall();
        let verdict = self.config.classifier.classify(status, &head.headers, &body, wall);
        Err(self.error(verdict, status, &head.headers))
    }

    /// The whole of an answer: status, headers and body.
    async fn read(&self, reply: Reply) -> Result<(u16, HeaderMap, Bytes), ProviderError> {
        let most = self.config.max_response_body;
        let (head, mut body) = reply.into_parts();
        let status = head.status.as_u16();
        match read::whole(&mut body, most).await {
            Ok(body) => Ok((status, head.headers, body)),
            Err(error) => {
                let error = match error {
                    read::ReadError::Transport(broken) => failure::of_body(&broken, &self.secrets),
                    read::ReadError::TooLarge => ProviderError::new(ErrorKind::Garbled)
                        .with_message(format!("the answer is larger than {most} bytes")),
                };
                Err(self.stamp(error, status, &head.headers))
            }
        }
    }
}

#[async_trait]
impl Provider for HttpProvider {
    fn name(&self) -> &str {
        &self.shared.config.name
    }

    /// The number of keys; 1 for an endpoint that takes none.
    fn credentials(&self) -> usize {
        self.shared.auth_values.len().max(1)
    }

    fn stops_on_disconnect(&self, streamed: bool) -> bool {
        self.shared.config.stops_on_disconnect.unwrap_or(streamed)
    }

    /// The masked key.
    fn credential_name(&self, credential: usize) -> Option<String> {
        self.shared.config.keys.get(credential).map(ApiKey::masked)
    }

    async fn chat(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChatResponse, ProviderError> {
        let shared = &*self.shared;
        let config = &shared.config;
        let body = wire::chat(request, &call.model, Ask::Whole, config.max_request_body)?;
        let place = shared.place(shared.chat.as_ref(), &config.chat_path, &call.model)?;
        let reply = shared.send(call, place, body, false).await?;
        let (status, headers, body) = shared.read(reply).await?;
        shared.chat_answer(status, &headers, &body, request.choices())
    }

    async fn chat_stream(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChunkStream, ProviderError> {
        let shared = &*self.shared;
        let config = &shared.config;
        let ask = Ask::Stream { usage: config.include_usage };
        let body = wire::chat(request, &call.model, ask, config.max_request_body)?;
        let place = shared.place(shared.chat.as_ref(), &config.chat_path, &call.model)?;
        let reply = shared.send(call, place, body, true).await?;
        let request_id = call.upstream_id.get().map(str::to_owned);
        let reader = ChunkReader::new(config.classifier.clone())
            .with_choices(request.choices())
            .with_max_event(config.max_event)
            .with_malformed_event(config.malformed_event)
            .with_usage_hidden(config.include_usage && !request.wants_usage());
        let (secrets, most) = (Arc::clone(&shared.secrets), config.max_response_body);
        let keep_alives = KeepAlives::default();
        let body = ChunkBody::new(
            reply.into_body(),
            reader,
            secrets,
            request_id,
            most,
            keep_alives.clone(),
        );
        Ok(ChunkStream::of_pieces(body).with_keep_alives(keep_alives))
    }

    async fn embed(
        &self,
        call: &Call,
        request: &EmbeddingRequest,
    ) -> Result<EmbeddingResponse, ProviderError> {
        let shared = &*self.shared;
        let config = &shared.config;
        let body = wire::embedding(request, &call.model, config.max_request_body)?;
        let place =
            shared.place(shared.embeddings.as_ref(), &config.embeddings_path, &call.model)?;
        let reply = shared.send(call, place, body, false).await?;
        let (status, headers, body) = shared.read(reply).await?;
        shared.embedding_answer(status, &headers, &body)
    }
}

impl fmt::Debug for HttpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProvider").field("config", &self.shared.config).finish()
    }
}
