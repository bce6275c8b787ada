//! The trait that people implement to bring their own provider.

use async_trait::async_trait;

use crate::chat::{
    ChatRequest, ChatResponse, ChunkStream, EmbeddingRequest, EmbeddingResponse, replay,
};
use crate::{ErrorKind, HeadSignal, ProviderError, Tick, UpstreamId};

/// What a provider is told about one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The model to ask, in the provider's words. Replaces the request's.
    pub model: String,
    /// When the caller stops waiting, on the client's clock; [`Tick::MAX`] when never.
    pub deadline: Tick,
    /// The request's id, the same over all its attempts.
    pub request_id: String,
    /// The attempt's number within the request, from 1.
    pub attempt: u32,
    /// A key to pass upstream, the same over all attempts of one request.
    pub idempotency_key: Option<String>,
    /// Which of the provider's credentials to use, from 0. Providers with one ignore it.
    pub credential: usize,
    /// To be given when the head of the answer says success; see [`HeadSignal`]. Providers need not.
    pub head: HeadSignal,
    /// Where the provider's own id of the call goes, of one that succeeds too. Providers need not tell it.
    pub upstream_id: UpstreamId,
}

impl Call {
    /// A first attempt at this model without a deadline.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            deadline: Tick::MAX,
            request_id: String::new(),
            attempt: 1,
            idempotency_key: None,
            credential: 0,
            head: HeadSignal::default(),
            upstream_id: UpstreamId::default(),
        }
    }
}

/// Something that answers chat requests.
///
/// An implementation connects, asks and reads; it does not retry, fall back, cache or keep time beyond its own
/// connecting: the client above owns all of that, for every provider alike.
///
/// # Cancel safety
/// The client drops a call's future or stream at any await when a timer fires or the caller leaves.
/// An implementation must then stop its work, and must not leave a task behind that goes on.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The name for answers, metrics and configuration. Constant.
    fn name(&self) -> &str;

    /// How many credentials it holds, to be tried in turn when one is out or throttled. Default 1.
    fn credentials(&self) -> usize {
        1
    }

    /// Whether the work for a call ends, and with it what is billed, when its connection is closed. Default: that of
    /// a streamed call does, which cannot be written to anybody any more; that of a whole answer goes on to its end.
    fn stops_on_disconnect(&self, streamed: bool) -> bool {
        streamed
    }

    /// One of its credentials as logs may show it, such as a masked key: enough to know which it is, and no more.
    /// Default: nothing.
    fn credential_name(&self, credential: usize) -> Option<String> {
        let _ = credential;
        None
    }

    /// Asks for a complete answer.
    ///
    /// # Errors
    /// A [`ProviderError`] whose kind says what went wrong; in doubt [`ErrorKind::ServerError`].
    async fn chat(&self, call: &Call, request: &ChatRequest)
    -> Result<ChatResponse, ProviderError>;

    /// Asks for a streamed answer. Default: [`chat`](Self::chat), replayed as chunks.
    ///
    /// # Errors
    /// As [`chat`](Self::chat), when the stream could not be opened; later failures come as its last item.
    async fn chat_stream(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChunkStream, ProviderError> {
        Ok(ChunkStream::of(replay(self.chat(call, request).await?)))
    }

    /// Asks for vectors. Default: [`ErrorKind::Unsupported`].
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    async fn embed(
        &self,
        call: &Call,
        request: &EmbeddingRequest,
    ) -> Result<EmbeddingResponse, ProviderError> {
        let _ = (call, request);
        Err(ProviderError::new(ErrorKind::Unsupported).with_sent(false))
    }
}
