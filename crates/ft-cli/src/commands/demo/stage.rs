//! What the demo is played on: two scripted upstreams with the same faults, and a client in front of each.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ft_client::config::{
    BreakerSettings, CacheSettings, ChainConfig, ClientConfig, Commit, DEFAULT_CHAIN,
    InvalidConfig, ProviderConfig, TargetConfig, TierConfig,
};
use ft_client::{Client, TokioClock};
use ft_core::{Clock, Tick};
use ft_sim::{Log, Scripts, Upstream, UpstreamConfig};

use super::scenario::{MODELS, OPEN_FOR, Scenario};
use super::story::Changed;

const PROVIDER: &str = "holysheep";
const EMERGENCY: &str = "The assistant is unavailable right now. Please try again in a moment.";

/// The most output tokens of a request: what is not heard of is billed as if all of them had come.
const MAX_TOKENS: u64 = 128;

/// How long the last model may take: longer than the article's 1 s. Upstream and client share this machine, and when
/// it stands still for a second, nobody is left to fall back to.
const LAST_PATIENCE: Duration = Duration::from_secs(6);

/// Between building and the first request: connections are not set up under the first callers' eyes.
const LEAD: Duration = Duration::from_millis(200);

/// Everything that must live as long as the run.
pub(crate) struct Stage {
    pub(crate) clock: Arc<dyn Clock>,
    /// When the first request's turn is.
    pub(crate) start: Tick,
    pub(crate) chain: Client,
    pub(crate) alone: Client,
    chain_upstream: Upstream,
    alone_upstream: Upstream,
}

/// Why the demo cannot be played.
#[derive(Debug)]
pub(crate) enum Unplayable {
    Socket(io::Error),
    Config(InvalidConfig),
    Profile(ft_sim::InvalidProfile),
}

impl Stage {
    /// Starts the upstreams and builds the clients. `changed` hears the chain's breakers.
    ///
    /// # Errors
    /// [`Unplayable`], usually for want of a socket.
    pub(crate) fn build(
        scenario: &Scenario,
        changed: impl Fn(Changed) + Send + Sync + 'static,
    ) -> Result<Self, Unplayable> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let start = clock.now().after(LEAD);
        let chain_upstream = upstream(scenario, start, &clock)?;
        let alone_upstream = upstream(scenario, start, &clock)?;
        let chain = Client::builder()
            .config(whole_chain(&chain_upstream.base_url()))
            .clock(Arc::clone(&clock))
            .seed(scenario.seed)
            .on_transition(move |_, model, transition| {
                let Some(place) = MODELS.iter().position(|known| *known == model) else { return };
                changed(Changed {
                    place,
                    from: transition.from,
                    to: transition.to,
                    at: transition.at.since(start),
                });
            })
            .build()
            .map_err(Unplayable::Config)?;
        let alone = Client::builder()
            .config(one_alone(&alone_upstream.base_url()))
            .clock(Arc::clone(&clock))
            .seed(scenario.seed)
            .build()
            .map_err(Unplayable::Config)?;
        Ok(Self { clock, start, chain, alone, chain_upstream, alone_upstream })
    }

    /// How long ago the start was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().since(self.start)
    }

    /// Attempts that arrived upstream, of the chain and of the provider alone.
    pub(crate) fn calls(&self) -> (u64, u64) {
        (self.chain_upstream.log().total(), self.alone_upstream.log().total())
    }
}

/// Both are named and seeded alike, so that the n-th attempt at a model meets the same at either.
fn upstream(
    scenario: &Scenario,
    start: Tick,
    clock: &Arc<dyn Clock>,
) -> Result<Upstream, Unplayable> {
    let mut scripts = Scripts::new();
    for (place, name) in MODELS.into_iter().enumerate() {
        scripts = scripts.model(name, scenario.model(place, start).map_err(Unplayable::Profile)?);
    }
    let mut config = UpstreamConfig::default();
    PROVIDER.clone_into(&mut config.name);
    config.seed = scenario.seed;
    config.clock = Arc::clone(clock);
    config.log = Log::counting();
    Upstream::start_with(scripts, config).map_err(Unplayable::Socket)
}

/// The seed article's chain, told what this demo must not wait for.
fn whole_chain(base_url: &str) -> ClientConfig {
    let mut chain = ChainConfig::holysheep(PROVIDER);
    for target in chain.tiers.iter_mut().flat_map(|tier| &mut tier.targets) {
        hurry(target);
    }
    if let Some(last) = chain.tiers.iter_mut().flat_map(|tier| &mut tier.targets).last() {
        last.first_token_timeout = Some(LAST_PATIENCE);
    }
    chain.emergency = Some(EMERGENCY.to_owned());
    chain.cache = CacheSettings { fresh_for: Duration::from_secs(60), ..CacheSettings::default() };
    let breaker = BreakerSettings { open_for: OPEN_FOR, ..BreakerSettings::default() };
    config(base_url, chain, breaker)
}

/// The first model with the same timers, and nothing else: no second try, no breaker, no cache.
fn one_alone(base_url: &str) -> ClientConfig {
    let first = Duration::from_secs(2);
    let mut target = TargetConfig::new(PROVIDER, MODELS[0]).with_first_token_timeout(first);
    hurry(&mut target);
    let mut chain = ChainConfig::new([TierConfig::new("alone", [target])]);
    chain.rounds = 1;
    chain.cache = CacheSettings { stale_for: Duration::ZERO, ..CacheSettings::default() };
    let breaker = BreakerSettings {
        consecutive_failures: None,
        failure_ratio: None,
        ..BreakerSettings::default()
    };
    config(base_url, chain, breaker)
}

fn config(base_url: &str, mut chain: ChainConfig, breaker: BreakerSettings) -> ClientConfig {
    chain.deadline = Duration::from_secs(20);
    chain.max_tokens = Some(MAX_TOKENS);
    // A stream that breaks is an unseen failure too, and whole answers are what is counted.
    chain.commit = Commit::Complete;
    let provider =
        ProviderConfig::new(base_url).with_key("sk-simulated-0000-0000-0000").with_prices(PROVIDER);
    let mut config = ClientConfig { breaker, ..ClientConfig::default() };
    config.providers.insert(PROVIDER.to_owned(), provider);
    config.chains.insert(DEFAULT_CHAIN.to_owned(), chain);
    config
}

/// These answers come at once when they come, so two seconds of silence are a stall.
fn hurry(target: &mut TargetConfig) {
    target.idle_timeout = Duration::from_secs(2);
    target.attempt_timeout = Duration::from_secs(10);
}
