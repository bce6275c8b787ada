//! The provider over HTTP: one endpoint, its keys, and what its answers mean.

mod answer;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ft_core::chat::{ChatRequest, ChatResponse, ChunkStream, EmbeddingRequest, EmbeddingResponse};
use ft_core::{ApiKey, Call, ErrorKind, Provider, ProviderError};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::{Client, Request, Response, Url};

use crate::secrets::Secrets;
use crate::stream::ChunkBody;
use crate::transport::{client, failure, read};
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
    client: Client,
    base: Url,
    /// The whole URLs, where the model is not part of the path.
    chat_url: Option<Url>,
    embeddings_url: Option<Url>,
    headers: HeaderMap,
    auth_header: HeaderName,
    auth_values: Vec<HeaderValue>,
    secrets: Arc<Secrets>,
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
        let whole = |path: &str| {
            (!path.contains(MODEL)).then(|| client::endpoint(&base, path, &config.query))
        };
        let others = [config.headers.clone(), config.query.clone()].concat();
        let shared = Shared {
            client: client::build(&config, &base)?,
            chat_url: whole(&config.chat_path),
            embeddings_url: whole(&config.embeddings_path),
            headers: client::headers(&config)?,
            secrets: Arc::new(Secrets::new(&config.keys, &others)),
            auth_header,
            auth_values,
            base,
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

/// The place of the model in a path.
const MODEL: &str = "{model}";

impl Shared {
    fn url(&self, whole: Option<&Url>, path: &str, model: &str) -> Url {
        whole.cloned().unwrap_or_else(|| {
            let path = path.replace(MODEL, &wire::path_segment(model));
            client::endpoint(&self.base, &path, &self.config.query)
        })
    }

    fn request_headers(&self, call: &Call, streamed: bool) -> Result<HeaderMap, ProviderError> {
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
        url: Url,
        body: Vec<u8>,
        streamed: bool,
    ) -> Result<Response, ProviderError> {
        let mut request = Request::new(Method::POST, url);
        *request.headers_mut() = self.request_headers(call, streamed)?;
        *request.body_mut() = Some(body.into());
        let sending = self.client.execute(request);
        let mut response =
            sending.await.map_err(|error| failure::of_request(error, &self.secrets))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = read::beginning(&mut response).await;
        let wall = self.config.clock.wall();
        let headers = response.headers();
        let verdict = self.config.classifier.classify(status, headers, &body, wall);
        Err(self.error(verdict, status, headers))
    }

    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, ProviderError> {
        let most = self.config.max_response_body;
        read::whole(response, most).await.map_err(|error| {
            let error = match error {
                read::ReadError::Transport(error) => failure::of_body(error, &self.secrets),
                read::ReadError::TooLarge => ProviderError::new(ErrorKind::Garbled)
                    .with_message(format!("the answer is larger than {most} bytes")),
            };
            self.stamp(error, response.status().as_u16(), response.headers())
        })
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

    async fn chat(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChatResponse, ProviderError> {
        let shared = &*self.shared;
        let config = &shared.config;
        let body = wire::chat(request, &call.model, Ask::Whole, config.max_request_body)?;
        let url = shared.url(shared.chat_url.as_ref(), &config.chat_path, &call.model);
        let mut response = shared.send(call, url, body, false).await?;
        let body = shared.read(&mut response).await?;
        shared.chat_answer(response.status().as_u16(), response.headers(), &body)
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
        let url = shared.url(shared.chat_url.as_ref(), &config.chat_path, &call.model);
        let response = shared.send(call, url, body, true).await?;
        let request_id = shared.request_id(response.headers());
        let reader = ChunkReader::new(config.classifier.clone())
            .with_max_event(config.max_event)
            .with_malformed_event(config.malformed_event);
        let (secrets, most) = (Arc::clone(&shared.secrets), config.max_response_body);
        Ok(ChunkStream::of_pieces(ChunkBody::new(response, reader, secrets, request_id, most)))
    }

    async fn embed(
        &self,
        call: &Call,
        request: &EmbeddingRequest,
    ) -> Result<EmbeddingResponse, ProviderError> {
        let shared = &*self.shared;
        let config = &shared.config;
        let body = wire::embedding(request, &call.model, config.max_request_body)?;
        let url = shared.url(shared.embeddings_url.as_ref(), &config.embeddings_path, &call.model);
        let mut response = shared.send(call, url, body, false).await?;
        let body = shared.read(&mut response).await?;
        shared.embedding_answer(response.status().as_u16(), response.headers(), &body)
    }
}

impl fmt::Debug for HttpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProvider").field("config", &self.shared.config).finish()
    }
}
