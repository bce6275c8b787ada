//! Modelled models inside the process.

mod chunks;
mod classify;

use std::sync::Arc;

use async_trait::async_trait;
use ft_core::chat::{EmbeddingRequest, EmbeddingResponse};
use ft_core::{
    Call, ChatRequest, ChatResponse, ChunkStream, Clock, ErrorKind, Provider, ProviderError,
};

use crate::play::{Act, Content, DRIPS, End, Whole};
use crate::stage::Stage;
use crate::{Asked, Log, Script, Scripts, Seen};

/// A provider that does what its scripts say, inside the process. Clones share scripts and log.
///
/// It waits on `tokio::time`, so that paused time makes its waits pass at once, and looks at the clock it is
/// given for outages, rate limits and the log: give it one that follows the same time.
/// Tokio's timers round up to the next millisecond.
///
/// One seed gives one result: what the n-th attempt at a model meets follows from the seed, the provider's and
/// the model's name, n, the time and the request. Streams always tell their usage, as those of an adapter do
/// that asks for it.
#[derive(Clone, Debug)]
pub struct SimProvider {
    stage: Arc<Stage>,
    credentials: Arc<[String]>,
}

impl SimProvider {
    /// A provider of this name with one credential and a log of its own.
    #[must_use]
    pub fn new(
        name: impl AsRef<str>,
        scripts: impl Into<Scripts>,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Self {
        Self::with_log(name, scripts, clock, seed, Log::new())
    }

    /// The same with this log, which other providers may share.
    #[must_use]
    pub fn with_log(
        name: impl AsRef<str>,
        scripts: impl Into<Scripts>,
        clock: Arc<dyn Clock>,
        seed: u64,
        log: Log,
    ) -> Self {
        let stage = Stage::new(name.as_ref(), scripts.into(), clock, seed, log, true);
        Self { stage: Arc::new(stage), credentials: Arc::new([]) }.with_credentials(1)
    }

    /// Sets how many credentials it holds, at least 1. Default 1.
    #[must_use]
    pub fn with_credentials(mut self, credentials: usize) -> Self {
        self.credentials = (0..credentials.max(1)).map(|n| format!("credential {n}")).collect();
        self
    }

    /// Makes draws follow the request and not the order of attempts: what a model's attempt meets then depends on
    /// the seed, the names, the request's id, and how often this request asked this model before. Two chains that
    /// are given the same requests so meet the same luck, and differ by what they do alone.
    ///
    /// Without effect on attempts without a request id, and on a provider that has been cloned.
    #[must_use]
    pub fn drawing_by_request(mut self) -> Self {
        if let Some(stage) = Arc::get_mut(&mut self.stage) {
            stage.by_request = true;
        }
        self
    }

    /// The attempts it saw.
    #[must_use]
    pub fn log(&self) -> &Log {
        self.stage.log()
    }

    /// Replaces the script of a model, or adds the model. Attempts that are under way go on as they were.
    pub fn set_script(&self, model: impl AsRef<str>, script: impl Into<Script>) {
        self.stage.set_script(model.as_ref(), script.into());
    }

    /// Begins or ends an outage: attempts that arrive meanwhile are answered with status 503.
    pub fn outage(&self, model: impl AsRef<str>, on: bool) {
        self.stage.outage(model.as_ref(), on);
    }

    fn seen<'a>(&'a self, call: &'a Call, stream: bool, asked: Asked<'a>) -> Seen<'a> {
        let credential = self.credentials.get(call.credential);
        Seen {
            credential: credential.map_or("unknown credential", String::as_str),
            stream,
            attempt: Some(call.attempt),
            idempotency_key: call.idempotency_key.as_deref(),
            request_id: Some(call.request_id.as_str()).filter(|id| !id.is_empty()),
            ..Seen::new(&call.model, asked)
        }
    }

    /// Waits for the headers; the rest is for those who asked.
    async fn opened(&self, call: &Call, seen: Seen<'_>) -> Result<Opened, ProviderError> {
        let (play, mut entry) = self.stage.enter(seen);
        if !play.wait.is_zero() {
            tokio::time::sleep(play.wait).await;
        }
        let fail = |kind| Err(ProviderError::new(kind));
        match play.act {
            Act::Never => std::future::pending().await,
            Act::Refuse => {
                entry.end(play.outcome);
                fail(ErrorKind::Connect)
            }
            Act::Reset => {
                entry.end(play.outcome);
                fail(ErrorKind::Interrupted)
            }
            Act::Whole(whole) => {
                if (200..300).contains(&whole.status) {
                    call.head.arrived();
                }
                if !play.drip.is_zero() {
                    tokio::time::sleep(play.drip.saturating_mul(DRIPS)).await;
                }
                if whole.end == End::Never {
                    std::future::pending::<()>().await;
                }
                entry.end(play.outcome);
                let content = read(whole, entry.number)?;
                Ok(Opened::Whole(content))
            }
            Act::Stream(stream) => {
                call.head.arrived();
                let (drip, outcome) = (play.drip, play.outcome);
                Ok(Opened::Stream(chunks::Chunks::new(stream.steps, drip, outcome, entry)))
            }
        }
    }
}

enum Opened {
    Whole(Content),
    Stream(chunks::Chunks),
}

/// What a strict reader makes of a plain answer.
fn read(whole: Whole, number: u64) -> Result<Content, ProviderError> {
    let error = match whole.end {
        End::Cut | End::Reset => Some(ErrorKind::Interrupted),
        End::Garbled => Some(ErrorKind::Garbled),
        End::Clean | End::Never => None,
    };
    if let Some(kind) = error {
        return Err(ProviderError::new(kind).with_status(whole.status));
    }
    let json = match whole.content {
        Content::Raw { bytes, .. } => {
            Content::Json(serde_json::from_slice(&bytes).unwrap_or_default())
        }
        content => content,
    };
    let body = match &json {
        Content::Json(body) => Some(body),
        Content::Chat(_) | Content::Embedding(_) | Content::Raw { .. } => None,
    };
    let failed = !(200..300).contains(&whole.status);
    if failed || body.is_some_and(|body| body.get("error").is_some_and(|error| !error.is_null())) {
        return Err(classify::classify(whole.status, &whole.headers, body)
            .with_request_id(format!("sim-{number}")));
    }
    Ok(json)
}

fn garbled() -> ProviderError {
    ProviderError::new(ErrorKind::Garbled).with_status(200)
}

fn chat_answer(content: Content) -> Result<ChatResponse, ProviderError> {
    let answer: Box<ChatResponse> = match content {
        Content::Chat(answer) => answer,
        Content::Json(json) => serde_json::from_value(json).map_err(|_| garbled())?,
        Content::Embedding(_) | Content::Raw { .. } => return Err(garbled()),
    };
    if answer.choices.is_empty() { Err(garbled()) } else { Ok(*answer) }
}

#[async_trait]
impl Provider for SimProvider {
    fn name(&self) -> &str {
        self.stage.name()
    }

    fn credentials(&self) -> usize {
        self.credentials.len()
    }

    async fn chat(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChatResponse, ProviderError> {
        match self.opened(call, self.seen(call, false, Asked::Chat(request))).await? {
            Opened::Whole(content) => chat_answer(content),
            Opened::Stream(_) => Err(garbled()),
        }
    }

    async fn chat_stream(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChunkStream, ProviderError> {
        match self.opened(call, self.seen(call, true, Asked::Chat(request))).await? {
            Opened::Whole(content) => {
                Ok(ChunkStream::of(ft_core::chat::replay(chat_answer(content)?)))
            }
            Opened::Stream(chunks) => Ok(ChunkStream::new(chunks)),
        }
    }

    async fn embed(
        &self,
        call: &Call,
        request: &EmbeddingRequest,
    ) -> Result<EmbeddingResponse, ProviderError> {
        match self.opened(call, self.seen(call, false, Asked::Embedding(request))).await? {
            Opened::Whole(Content::Embedding(answer)) if !answer.data.is_empty() => Ok(*answer),
            Opened::Whole(Content::Json(json)) => {
                serde_json::from_value(json).map_err(|_| garbled())
            }
            Opened::Whole(_) | Opened::Stream(_) => Err(garbled()),
        }
    }
}
