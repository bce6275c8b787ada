//! A client over modelled providers, set up in one line, and what became of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ft_client::config::{ChainConfig, ClientConfig, InvalidConfig, TargetConfig, TierConfig};
use ft_client::{
    Answer, CallOptions, Client, ClientBuilder, Error, Outcome, Report, TargetHealth, TokioClock,
};
use ft_core::{ChatRequest, Tick};
use ft_sim::{Log, Reply, Script, Scripts, SimProvider};

/// How the caller asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Plain,
    Streamed,
}

pub(crate) const WAYS: [Way; 2] = [Way::Plain, Way::Streamed];

/// A client and what its providers saw.
pub(crate) struct Trial {
    pub(crate) client: Client,
    pub(crate) log: Log,
    transitions: Arc<Mutex<Vec<String>>>,
}

/// A trial that is being set up.
pub(crate) struct Setup {
    providers: Vec<SimProvider>,
    profile: Option<&'static str>,
    chain: ChainConfig,
    config: ClientConfig,
    clock: Arc<TokioClock>,
    log: Log,
    change: Vec<Box<dyn FnOnce(ClientBuilder) -> ClientBuilder>>,
}

/// A setup whose chain has the tiers of `shape`: `"a b | other/c"` is a tier of models `a` and `b` of the
/// provider `sim`, then one of `c` of the provider `other`. The replies of `sim` are `scripts`.
pub(crate) fn setup(shape: &str, scripts: Scripts) -> Setup {
    let clock = Arc::new(TokioClock::new());
    let log = Log::with_requests();
    let target = |name: &str| match name.split_once('/') {
        Some((provider, model)) => TargetConfig::new(provider, model),
        None => TargetConfig::new("sim", name),
    };
    let tiers = shape.split('|').enumerate().map(|(at, models)| {
        let targets: Vec<_> = models.split_whitespace().map(target).collect();
        TierConfig::new(format!("tier-{at}"), targets)
    });
    // One thing at a time: what is tried twice before a tier is left is a matter of `second_try`.
    let mut chain = ChainConfig::new(tiers.collect::<Vec<_>>());
    chain.same_target_retries = 0;
    let mut config = ClientConfig::default();
    // Here failures come without time between them, and the tests count them.
    config.breaker.consecutive_over = Duration::ZERO;
    Setup {
        providers: vec![SimProvider::with_log("sim", scripts, clock.clone(), 1, log.clone())],
        profile: None,
        chain,
        config,
        clock,
        log,
        change: Vec::new(),
    }
}

/// As [`setup`], built, with the default settings.
pub(crate) fn trial(shape: &str, scripts: Scripts) -> Trial {
    setup(shape, scripts).build()
}

impl Setup {
    /// Adds a provider.
    pub(crate) fn provider(mut self, name: &str, scripts: Scripts) -> Self {
        let log = self.log.clone();
        self.providers.push(SimProvider::with_log(name, scripts, self.clock.clone(), 1, log));
        self
    }

    /// Gives every provider so many credentials.
    pub(crate) fn credentials(mut self, credentials: usize) -> Self {
        let providers = self.providers.into_iter();
        self.providers = providers.map(|each| each.with_credentials(credentials)).collect();
        self
    }

    /// Prices by this profile of the built-in catalogue.
    pub(crate) fn prices(mut self, profile: &'static str) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Changes every target.
    pub(crate) fn targets(self, change: impl Fn(&mut TargetConfig)) -> Self {
        self.chain(|chain| {
            chain.tiers.iter_mut().flat_map(|tier| &mut tier.targets).for_each(change)
        })
    }

    /// Changes the target of this model.
    pub(crate) fn target(self, model: &str, change: impl Fn(&mut TargetConfig)) -> Self {
        self.targets(|target| {
            if target.model == model {
                change(target);
            }
        })
    }

    /// Asks upstream for streams, and bounds their first content.
    pub(crate) fn first_token(self, timeout: Duration) -> Self {
        self.targets(|target| *target = target.clone().with_first_token_timeout(timeout))
    }

    pub(crate) fn chain(mut self, change: impl FnOnce(&mut ChainConfig)) -> Self {
        change(&mut self.chain);
        self
    }

    pub(crate) fn config(mut self, change: impl FnOnce(&mut ClientConfig)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) fn builder(
        mut self,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder + 'static,
    ) -> Self {
        self.change.push(Box::new(change));
        self
    }

    pub(crate) fn build(self) -> Trial {
        self.try_build().unwrap()
    }

    pub(crate) fn try_build(self) -> Result<Trial, InvalidConfig> {
        let transitions = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&transitions);
        let mut builder = Client::builder().config(self.config).chain(self.chain);
        for each in self.providers {
            builder = match self.profile {
                Some(profile) => builder.provider_with_prices(each, profile),
                None => builder.provider(each),
            };
        }
        builder = builder.clock(self.clock).seed(1).on_transition(move |_, model, change| {
            heard.lock().unwrap().push(format!("{model}: {:?}", change.to));
        });
        for change in self.change {
            builder = change(builder);
        }
        Ok(Trial { client: builder.build()?, log: self.log, transitions })
    }
}

impl Trial {
    pub(crate) async fn ask(&self, way: Way) -> Result<Answer, Error> {
        self.ask_with(way, ChatRequest::user("hi"), CallOptions::new()).await
    }

    pub(crate) async fn ask_with(
        &self,
        way: Way,
        request: ChatRequest,
        options: CallOptions,
    ) -> Result<Answer, Error> {
        match way {
            Way::Plain => self.client.chat_with(request, options).await,
            Way::Streamed => self.client.chat_stream_with(request, options).await?.collect().await,
        }
    }

    pub(crate) fn now(&self) -> Tick {
        self.client.clock().now()
    }

    pub(crate) fn health(&self, model: &str) -> TargetHealth {
        self.client.health().into_iter().find(|target| target.model == model).unwrap()
    }

    pub(crate) fn breaker(&self, model: &str) -> &'static str {
        self.health(model).breaker
    }

    /// The transitions of all breakers, as `model: Phase`.
    pub(crate) fn transitions(&self) -> Vec<String> {
        self.transitions.lock().unwrap().clone()
    }

    /// Nothing is under way any more, here or at the providers.
    #[track_caller]
    pub(crate) fn assert_idle(&self) {
        assert_eq!(self.log.open(), 0, "the providers still work");
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

/// A script that gives these replies in turn and then answers `well`.
pub(crate) fn then_well(replies: impl IntoIterator<Item = Reply>) -> Script {
    Script::sequence(replies).then(Reply::text("well"))
}

/// A script that gives these replies in turn and then never answers.
pub(crate) fn then_hang(replies: impl IntoIterator<Item = Reply>) -> Script {
    Script::sequence(replies).then(Reply::ok().hang())
}

/// Model `a` gives this reply; every other answers `well`.
pub(crate) fn a_gives(reply: impl Into<Script>) -> Scripts {
    Scripts::new().model("a", reply).otherwise(Reply::text("well"))
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
