//! The client as a tower service, and a tower service as a provider.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use ft_core::{Call, ChatRequest, ChatResponse, Provider, ProviderError};
use tower::{Service, ServiceExt};

use crate::answer::Answer;
use crate::client::Client;
use crate::error::Error;

/// The future of one call through a stack.
pub type AnswerFuture = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

/// Always ready: the client's own limits reject or wait per target, so there is nothing to wait for before a call.
impl Service<ChatRequest> for Client {
    type Response = Answer;
    type Error = Error;
    type Future = AnswerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ChatRequest) -> AnswerFuture {
        let client = self.clone();
        Box::pin(async move { client.chat(request).await })
    }
}

/// A tower service as a provider, so that a stack of one's own stands behind the chain.
///
/// The service is cloned for each call, as tower's own adapters do, and asked whether it is ready first.
#[derive(Debug, Clone)]
pub struct ServiceProvider<S> {
    name: String,
    service: S,
}

impl<S> ServiceProvider<S> {
    /// A provider of this name that asks `service`.
    #[must_use]
    pub fn new(name: impl Into<String>, service: S) -> Self {
        Self { name: name.into(), service }
    }
}

#[async_trait]
impl<S> Provider for ServiceProvider<S>
where
    S: Service<(Call, ChatRequest), Response = ChatResponse, Error = ProviderError>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    fn name(&self) -> &str {
        &self.name
    }

    async fn chat(
        &self,
        call: &Call,
        request: &ChatRequest,
    ) -> Result<ChatResponse, ProviderError> {
        self.service.clone().oneshot((call.clone(), request.clone())).await
    }
}
