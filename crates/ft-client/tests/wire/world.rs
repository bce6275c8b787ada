//! A client whose providers are reached over sockets, and what the upstream saw of it.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use ft_client::config::{
    ChainConfig, ClientConfig, ProviderConfig, TargetConfig, TierConfig, UpstreamMode,
};
use ft_client::{
    Answer, AnswerStream, CallOptions, Client, ClientBuilder, Error, Outcome, Report, TargetHealth,
};
use ft_core::{ChatChunk, ChatRequest};
use ft_sim::{Log, Reply, Script, Scripts, Upstream, UpstreamConfig};
use futures_util::StreamExt;

/// How the caller asks, and how the upstream is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A plain answer.
    Plain,
    /// A stream.
    Streamed,
    /// A plain answer that is put together from a stream.
    Assembled,
}

pub(crate) const WAYS: [Way; 3] = [Way::Plain, Way::Streamed, Way::Assembled];

/// What every model says that has no script of its own.
pub(crate) const WELL: &str = "All is well, and żółw says 你好.";

/// A client and the upstream that all its providers are at.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) upstream: Upstream,
    pub(crate) log: Log,
    way: Way,
}

/// A world that is being set up.
pub(crate) struct Setup {
    pub(crate) upstream: Upstream,
    config: ClientConfig,
    builder: ClientBuilder,
    way: Way,
}

/// A setup whose chain has the tiers of `shape`: `"one/a one/b | two/c"` is a tier of the models `a` and `b` of
/// the provider `one`, then one of `c` of the provider `two`. Each provider has a key of its own.
pub(crate) fn setup(way: Way, shape: &str, scripts: Scripts) -> Setup {
    let mut listening = UpstreamConfig::default();
    listening.log = Log::with_requests();
    let upstream = Upstream::start_with(scripts, listening).unwrap();
    let mut config = ClientConfig::default();
    let mut names = BTreeSet::new();
    let tiers = shape.split('|').enumerate().map(|(at, models)| {
        let targets: Vec<_> = models
            .split_whitespace()
            .map(|name| {
                let (provider, model) = name.split_once('/').unwrap();
                names.insert(provider.to_owned());
                let target = TargetConfig::new(provider, model);
                match way {
                    Way::Assembled => target.with_upstream(UpstreamMode::Stream),
                    Way::Plain | Way::Streamed => target,
                }
            })
            .collect();
        TierConfig::new(format!("tier-{at}"), targets)
    });
    // One thing at a time, as in the tests on paused time.
    let mut chain = ChainConfig::new(tiers.collect::<Vec<_>>());
    chain.same_target_retries = 0;
    config.chains.insert("default".to_owned(), chain);
    for name in names {
        let provider = ProviderConfig::new(upstream.base_url()).with_key(key(&name));
        config.providers.insert(name, provider);
    }
    Setup { upstream, config, builder: Client::builder().seed(1), way }
}

/// A key of this name, which the log shows as its first and last four characters.
pub(crate) fn key(name: &str) -> String {
    format!("{name:-<16}0123456789abcdef")
}

impl Setup {
    /// Changes a provider of the shape.
    pub(crate) fn provider(mut self, name: &str, change: impl FnOnce(&mut ProviderConfig)) -> Self {
        change(self.config.providers.get_mut(name).unwrap());
        self
    }

    /// Changes every target.
    pub(crate) fn targets(mut self, change: impl Fn(&mut TargetConfig)) -> Self {
        let chain = self.config.chains.get_mut("default").unwrap();
        chain.tiers.iter_mut().flat_map(|tier| &mut tier.targets).for_each(change);
        self
    }

    pub(crate) fn chain(mut self, change: impl FnOnce(&mut ChainConfig)) -> Self {
        change(self.config.chains.get_mut("default").unwrap());
        self
    }

    /// One failure opens a breaker, so that the next call shows what was held against a target.
    pub(crate) fn trip_at_once(mut self) -> Self {
        self.config.breaker.consecutive_failures = Some(1);
        self
    }

    pub(crate) fn builder(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    pub(crate) fn build(self) -> World {
        let Self { upstream, config, builder, way } = self;
        let log = upstream.log().clone();
        World { client: builder.config(config).build().unwrap(), upstream, log, way }
    }
}

impl World {
    pub(crate) async fn ask(&self) -> Result<Answer, Error> {
        self.ask_with(ChatRequest::user("hi"), CallOptions::new()).await
    }

    pub(crate) async fn ask_with(
        &self,
        request: ChatRequest,
        options: CallOptions,
    ) -> Result<Answer, Error> {
        within(async {
            match self.way {
                Way::Plain | Way::Assembled => self.client.chat_with(request, options).await,
                Way::Streamed => {
                    self.client.chat_stream_with(request, options).await?.collect().await
                }
            }
        })
        .await
    }

    pub(crate) fn health(&self, model: &str) -> TargetHealth {
        self.client.health().into_iter().find(|target| target.model == model).unwrap()
    }

    /// The keys that the attempts came with, by the first four characters of each.
    pub(crate) fn keys(&self) -> Vec<String> {
        let each = self.log.attempts().into_iter();
        each.map(|attempt| attempt.credential.chars().take(4).collect()).collect()
    }

    /// Nothing stays under way, here or upstream.
    pub(crate) async fn settled(&self) {
        within(self.log.until(|log| log.open() == 0)).await;
        for target in self.client.health() {
            assert_eq!(target.in_flight, 0, "{} is still in flight", target.model);
        }
    }
}

/// The outcomes of a report in order, as `model outcome`.
pub(crate) fn trail(report: &Report) -> Vec<String> {
    let word = |outcome: Outcome| match outcome {
        Outcome::Skipped(why) => format!("skipped {}", why.as_str()),
        outcome => outcome.as_str().to_owned(),
    };
    let each = report.attempts.iter();
    each.map(|attempt| format!("{} {}", attempt.model, word(attempt.outcome))).collect()
}

/// Model `a` gives this reply; every other answers [`WELL`].
pub(crate) fn a_gives(reply: impl Into<Script>) -> Scripts {
    Scripts::new().model("a", reply).otherwise(Reply::text(WELL))
}

/// These replies in turn, and then [`WELL`].
pub(crate) fn then_well(replies: impl IntoIterator<Item = Reply>) -> Script {
    Script::sequence(replies).then(Reply::text(WELL))
}

/// All items of a stream, and the error that ends it.
pub(crate) async fn read(stream: &mut AnswerStream) -> (Vec<ChatChunk>, Option<Error>) {
    within(async {
        let (mut chunks, mut error) = (Vec::new(), None);
        while let Some(item) = stream.next().await {
            assert!(error.is_none(), "something follows the error");
            match item {
                Ok(chunk) => chunks.push(chunk),
                Err(last) => error = Some(last),
            }
        }
        (chunks, error)
    })
    .await
}

pub(crate) fn text_of(chunks: &[ChatChunk]) -> String {
    chunks.iter().map(ChatChunk::text).collect()
}

/// The future's value. A minute stands for "never": nothing here takes a second.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("nothing came of it")
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
