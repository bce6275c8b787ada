//! The client: requests in, answers out.

use std::collections::BTreeMap;
use std::sync::Arc;

use ft_core::chat::EmbeddingRequest;
use ft_core::{ChatRequest, Clock};
use ft_cost::Pico;
use serde::Serialize;
use tracing::Instrument;

use crate::answer::{Answer, Embedded};
use crate::budget::BudgetStatus;
use crate::builder::ClientBuilder;
use crate::chain::Member;
use crate::control::TargetControl;
use crate::error::Error;
use crate::explain::Explanation;
use crate::health::{Standing, TargetHealth};
use crate::options::CallOptions;
use crate::run::{Done, Run, Served, Want};
use crate::state::Inner;
use crate::stream::AnswerStream;
use crate::target::Target;

/// A client for LLM APIs that answers anyway.
///
/// Cheap to clone; clones share everything: breakers, gates, budgets, cache.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    /// A client of the HolySheep chain of the seed article: gpt-4.1, then claude-sonnet-4.5 and
    /// gemini-2.5-flash, then the cache, then an emergency text.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::config::InvalidConfig) when the key cannot be one.
    #[cfg(feature = "http")]
    pub fn holysheep(key: impl Into<String>) -> Result<Self, crate::config::InvalidConfig> {
        ClientBuilder::holysheep(key)?.build()
    }

    /// A client of one's own providers and chain.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Asks one question.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn generate(&self, prompt: impl Into<String>) -> Result<Answer, Error> {
        self.chat(ChatRequest::user(prompt.into())).await
    }

    /// Asks for a complete answer.
    ///
    /// # Errors
    /// [`Error`], after everything that may be tried was, and never later than the deadline (an emergency
    /// function may add its own 250 ms).
    ///
    /// # Cancel safety
    /// Dropping the future cancels the call upstream. What was sent is settled at its estimate, and nothing
    /// is held against a target for it.
    pub async fn chat(&self, request: ChatRequest) -> Result<Answer, Error> {
        self.chat_with(request, CallOptions::default()).await
    }

    /// As [`chat`](Self::chat), with overrides.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn chat_with(
        &self,
        request: ChatRequest,
        options: CallOptions,
    ) -> Result<Answer, Error> {
        let mut run = self.begin(request, options, Want::Plain)?;
        if let Some(answer) = run.at_once() {
            return Ok(answer);
        }
        let span = run.span.clone();
        match run.go().instrument(span).await? {
            Served::Own(Done::Whole(answer)) => Ok(*answer),
            // A plain call never streams; were it to, its stream would still be a whole answer.
            served => AnswerStream::of(served, true).collect().await,
        }
    }

    /// Asks for a streamed answer. Returns with its first content: what failed before is unseen.
    ///
    /// # Errors
    /// As [`chat`](Self::chat); later failures come as the stream's last item.
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn chat_stream(&self, request: ChatRequest) -> Result<AnswerStream, Error> {
        self.chat_stream_with(request, CallOptions::default()).await
    }

    /// As [`chat_stream`](Self::chat_stream), with overrides.
    ///
    /// # Errors
    /// As [`chat_stream`](Self::chat_stream).
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn chat_stream_with(
        &self,
        request: ChatRequest,
        options: CallOptions,
    ) -> Result<AnswerStream, Error> {
        let wants_usage = request.wants_usage();
        let mut run = self.begin(request, options, Want::Stream)?;
        if let Some(answer) = run.at_once() {
            return Ok(AnswerStream::of_answer(answer, wants_usage));
        }
        let span = run.span.clone();
        Ok(AnswerStream::of(run.go().instrument(span).await?, wants_usage))
    }

    /// Asks for the vectors of texts.
    ///
    /// # Errors
    /// As [`embed_with`](Self::embed_with).
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn embed(&self, request: EmbeddingRequest) -> Result<Embedded, Error> {
        self.embed_with(request, CallOptions::default()).await
    }

    /// Asks for the vectors of texts, with overrides.
    ///
    /// They come from targets of one model only, the first of the chain in configured order or the one that the
    /// options name, since vectors of different models cannot be compared. Its targets share gates, breakers,
    /// limits and budgets with everything else. Nothing is cached, and nothing stands in for vectors.
    ///
    /// # Errors
    /// As [`chat`](Self::chat): also when the provider leaves vectors out.
    ///
    /// # Cancel safety
    /// As [`chat`](Self::chat).
    pub async fn embed_with(
        &self,
        request: EmbeddingRequest,
        options: CallOptions,
    ) -> Result<Embedded, Error> {
        let run = Run::begin_vectors(&self.inner, request, options);
        run.inspect_err(|_| self.inner.meters.refused())?.embed().await
    }

    fn begin(
        &self,
        request: ChatRequest,
        options: CallOptions,
        want: Want,
    ) -> Result<Box<Run>, Error> {
        Run::begin(&self.inner, request, options, want).inspect_err(|_| self.inner.meters.refused())
    }

    /// Brings the metrics up to date whose states change without an event: breakers, gates, calls in flight, the
    /// budget. [`Prometheus`](crate::telemetry) does so itself when it renders; call it before another
    /// exporter reads. Of several clients in one process with the same target, the last one asked is seen.
    pub fn refresh_metrics(&self) {
        let now = self.inner.world.clock.now();
        self.inner.meters.refresh(&self.inner.targets, self.budget_left(), now);
    }

    /// What all attempts cost so far, by provider and model; those of the client whose place this one took are in it.
    /// Attempts without a price are not.
    #[must_use]
    pub fn costs(&self) -> BTreeMap<(&str, &str), Pico> {
        self.inner.books.costs()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// What would become of this request now, and why, without doing it: no draw, no gate, no breaker and no
    /// count is touched. Of weighted targets it shows the order that the next request will draw.
    ///
    /// # Errors
    /// As [`chat_with`](Self::chat_with) refuses a request that cannot be sent.
    pub fn explain(
        &self,
        request: &ChatRequest,
        options: &CallOptions,
    ) -> Result<Explanation, Error> {
        Run::explain(&self.inner, request, options)
    }

    /// How every target stands now.
    #[must_use]
    pub fn health(&self) -> Vec<TargetHealth> {
        let world = &self.inner.world;
        let (now, wall) = (world.clock.now(), world.clock.wall());
        let stands = |target: &Arc<Target>| {
            let chains = self.inner.chains.values();
            let places = chains.flat_map(|chain| {
                let its = chain.members().filter(|member| Arc::ptr_eq(&member.target, target));
                its.map(|member| Standing {
                    chain: chain.name.clone(),
                    tier: chain.tiers[member.tier].name.clone(),
                    level: member.level,
                })
            });
            places.collect()
        };
        let targets = self.inner.targets.iter();
        targets
            .map(|target| {
                let priced = target.price(wall).is_some();
                target.report(stands(target), priced, now)
            })
            .collect()
    }

    /// A hand on one target, to open its breaker, to keep it closed or to give it back. `None`: no chain has it.
    #[must_use]
    pub fn control(&self, provider: &str, model: &str) -> Option<TargetControl> {
        TargetControl::of(&self.inner.targets, provider, model)
    }

    /// Forgets gates, breaker states and first-token times, as after a reload.
    pub fn reset(&self) {
        for target in &self.inner.targets {
            target.reset();
        }
    }

    /// Forgets every cached answer, of all chains.
    pub fn purge_cache(&self) {
        for chain in self.inner.chains.values() {
            chain.cache.purge_all();
        }
    }

    /// What is left of the spend budget's window; `None` without a budget.
    #[must_use]
    pub fn budget_left(&self) -> Option<Pico> {
        let wall = self.inner.world.clock.wall();
        self.inner.spend.as_ref().map(|budget| budget.left(wall))
    }

    /// How the spend budget stands; `None` without one.
    #[must_use]
    pub fn budget(&self) -> Option<BudgetStatus> {
        let wall = self.inner.world.clock.wall();
        let budget = self.inner.spend.as_ref()?;
        Some(BudgetStatus::of(budget, self.inner.spend_window, wall))
    }

    /// The names of the chains.
    pub fn chains(&self) -> impl Iterator<Item = &str> {
        self.inner.chains.keys().map(String::as_str)
    }

    /// Every configured target once, in the order of the chains, with the chains that it stands in.
    #[must_use]
    pub fn targets(&self) -> Vec<ConfiguredTarget> {
        let mut targets: Vec<ConfiguredTarget> = Vec::new();
        for chain in self.inner.chains.values() {
            for Member { target, level, .. } in chain.members() {
                let (provider, model) = (&target.provider.name, target.model());
                let is_it =
                    |known: &ConfiguredTarget| known.provider == *provider && known.model == model;
                let at = targets.iter().position(is_it).unwrap_or_else(|| {
                    targets.push(ConfiguredTarget {
                        provider: provider.clone(),
                        model: model.to_owned(),
                        chains: Vec::new(),
                        begins: Vec::new(),
                    });
                    targets.len() - 1
                });
                targets[at].chains.push(chain.name.clone());
                if *level == 0 {
                    targets[at].begins.push(chain.name.clone());
                }
            }
        }
        targets
    }

    /// The client's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.world.clock
    }
}

/// A target, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfiguredTarget {
    /// The provider's name.
    pub provider: String,
    /// The model.
    pub model: String,
    /// The chains that have it, by name.
    pub chains: Vec<String>,
    /// Those of them whose first target it is.
    pub begins: Vec<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("chains", &self.inner.chains.keys())
            .field("targets", &self.inner.targets.len())
            .finish_non_exhaustive()
    }
}
