//! From configuration and values to a client.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use ft_breaker::Transition;
use ft_cache::{Cache, CacheConfig, Flights, Store};
use ft_core::{Clock, Entropy, Provider};
use ft_cost::{Catalogue, SpendBudget, SpendConfig, SpendPer};
use ft_limit::{AmplificationCap, AmplificationConfig, RetryBudget, RetryBudgetConfig};

use crate::answer::Report;
use crate::chain::{Chain, Member, Tier};
use crate::client::Client;
use crate::clock::TokioClock;
use crate::config::{
    CacheSettings, ChainConfig, ClientConfig, DEFAULT_CHAIN, InvalidConfig, SpendSettings,
    TargetConfig, TierConfig,
};
use crate::emergency::{Emergency, EmergencyContext};
use crate::hedge::Hedging;
use crate::listeners::{LeftListener, Listener};
use crate::state::Inner;
use crate::target::{ProviderState, World};
use crate::telemetry::ClientMeters;
use targets::Targets;

mod inherit;
mod targets;

/// Builds a [`Client`]. Nothing is checked before [`build`](Self::build), which names what is wrong.
#[derive(Default)]
pub struct ClientBuilder {
    config: ClientConfig,
    providers: Vec<(Arc<dyn Provider>, Option<String>)>,
    tiers: Vec<TierConfig>,
    emergency: Option<Emergency>,
    catalogue: Option<Catalogue>,
    store: Option<Arc<dyn Store>>,
    clock: Option<Arc<dyn Clock>>,
    seed: Option<u64>,
    listener: Option<Arc<Listener>>,
    left: Option<Arc<LeftListener>>,
    hides_provider_text: bool,
    /// The client whose place the new one takes.
    before: Option<Client>,
}

impl ClientBuilder {
    /// The HolySheep chain of the seed article, to be changed further.
    ///
    /// # Errors
    /// [`InvalidConfig`] when the key cannot be one.
    #[cfg(feature = "http")]
    pub fn holysheep(key: impl Into<String>) -> Result<Self, InvalidConfig> {
        let provider = crate::config::ProviderConfig::new(crate::http::HOLYSHEEP).with_key(key);
        let mut config = ClientConfig::default();
        config.providers.insert("holysheep".to_owned(), provider);
        let emergency = "The assistant is unavailable right now. Please try again in a moment.";
        let chain = ChainConfig {
            emergency: Some(emergency.to_owned()),
            ..ChainConfig::holysheep("holysheep")
        };
        config.chains.insert(DEFAULT_CHAIN.to_owned(), chain);
        Ok(Self { config, ..Self::default() })
    }

    /// Starts from a configuration, as read from a file.
    #[must_use]
    pub fn config(mut self, config: ClientConfig) -> Self {
        self.config = config;
        self
    }

    /// Adds a provider of one's own. Its prices are those of the catalogue's profile of the same name.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider) -> Self {
        self.providers.push((Arc::new(provider), None));
        self
    }

    /// Adds a provider whose prices are those of this profile of the catalogue.
    #[must_use]
    pub fn provider_with_prices(
        mut self,
        provider: impl Provider,
        profile: impl Into<String>,
    ) -> Self {
        self.providers.push((Arc::new(provider), Some(profile.into())));
        self
    }

    /// Adds a tier of the default chain, below those added before.
    #[must_use]
    pub fn tier(mut self, name: impl Into<String>, targets: impl Into<Vec<TargetConfig>>) -> Self {
        self.tiers.push(TierConfig::new(name, targets));
        self
    }

    /// Changes the default chain, which must have been configured or be given its tiers here.
    #[must_use]
    pub fn chain(mut self, chain: ChainConfig) -> Self {
        self.config.chains.insert(DEFAULT_CHAIN.to_owned(), chain);
        self
    }

    /// Adds a chain by name.
    #[must_use]
    pub fn named_chain(mut self, name: impl Into<String>, chain: ChainConfig) -> Self {
        self.config.chains.insert(name.into(), chain);
        self
    }

    /// Sets the cache of the default chain.
    #[must_use]
    pub fn cache(mut self, settings: CacheSettings) -> Self {
        self.default_chain().cache = settings;
        self
    }

    /// Sets the deadline of the default chain.
    #[must_use]
    pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
        self.default_chain().deadline = deadline;
        self
    }

    /// Sets the emergency text of the default chain.
    #[must_use]
    pub fn emergency(mut self, text: impl Into<String>) -> Self {
        self.default_chain().emergency = Some(text.into());
        self
    }

    /// Sets how long a request of the default chain waits in all where a stale or an emergency answer could be given
    /// instead. Default 2 s.
    #[must_use]
    pub fn patience(mut self, patience: std::time::Duration) -> Self {
        self.default_chain().patience = patience;
        self
    }

    /// Sets an emergency function of the default chain. It has 250 ms; `None` from it is an error to the caller.
    #[must_use]
    pub fn emergency_with<F, Out>(mut self, function: F) -> Self
    where
        F: Fn(EmergencyContext) -> Out + Send + Sync + 'static,
        Out: Future<Output = Option<String>> + Send + 'static,
    {
        self.emergency = Some(Emergency::function(function));
        self
    }

    /// Sets the spend budget.
    #[must_use]
    pub fn spend(mut self, settings: SpendSettings) -> Self {
        self.config.spend = Some(settings);
        self
    }

    /// Changes the configuration in place.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut ClientConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Sets the catalogue of windows and prices. Default: the built-in one. The rows of the configuration are put
    /// over it.
    #[must_use]
    pub fn catalogue(mut self, catalogue: Catalogue) -> Self {
        self.catalogue = Some(catalogue);
        self
    }

    /// Sets where cached answers are kept. Default: this process's memory, one store per chain.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Sets the clock. Default: [`TokioClock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the seed of every random draw. Default: from the operating system.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Hears every transition of every breaker, with the provider's and the model's name.
    #[must_use]
    pub fn on_transition(
        mut self,
        listener: impl Fn(&str, &str, &Transition) + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Hears of requests whose callers left before the end, with the report as of then: what was done and what it
    /// cost. Called where the request's future or stream is dropped, once, so it must not block; a panic in it is caught
    /// and dropped. A client that takes this one's place has its own.
    #[must_use]
    pub fn on_left(mut self, listener: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.left = Some(Arc::new(listener));
        self
    }

    /// Whether logs and reports tell a failed attempt's code, type and known wording, which are the provider's. Default
    /// true. Its other words stand in [`Error::cause`](crate::Error::cause) in any case, and nowhere else.
    #[must_use]
    pub fn log_provider_text(mut self, on: bool) -> Self {
        self.hides_provider_text = !on;
        self
    }

    fn default_chain(&mut self) -> &mut ChainConfig {
        self.config
            .chains
            .entry(DEFAULT_CHAIN.to_owned())
            .or_insert_with(|| ChainConfig::new(Vec::new()))
    }

    /// Builds the client, or nothing.
    ///
    /// Metrics handles are made here: install the recorder first.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the first field that cannot be used, and the rule.
    pub fn build(mut self) -> Result<Client, InvalidConfig> {
        if !self.tiers.is_empty() {
            let tiers = std::mem::take(&mut self.tiers);
            self.default_chain().tiers.extend(tiers);
        }
        self.config.check()?;
        let seed = *self.seed.get_or_insert_with(|| Entropy::from_os().next_u64());
        let clock = self.before().map(|before| Arc::clone(&before.world.clock));
        let clock = clock.or_else(|| self.clock.take());
        let clock = clock.unwrap_or_else(|| Arc::new(TokioClock::new()));
        let books = self.before().map(|before| before.books.clone());
        let heard = self.before().map(|before| Arc::clone(&before.heard)).unwrap_or_default();
        let catalogue = self.catalogue.take().unwrap_or_else(Catalogue::builtin);
        let catalogue = Arc::new(self.config.catalogue(catalogue)?);
        let world = World { clock, catalogue };
        let providers = self.make_providers(&world.clock)?;
        let mut targets = Targets {
            world: &world,
            builder: &self,
            providers: &providers,
            seed,
            heard: &heard,
            books: books.unwrap_or_default(),
            made: Vec::new(),
        };
        let mut chains = BTreeMap::new();
        for (name, config) in &self.config.chains {
            chains.insert(name.clone(), Arc::new(self.make_chain(name, config, &mut targets)?));
        }
        let Targets { made: targets, mut books, .. } = targets;
        let limits = &self.config.limits;
        let cap =
            AmplificationConfig { ratio: limits.amplification, ..AmplificationConfig::default() };
        let cap = AmplificationCap::new(cap)
            .map_err(|wrong| InvalidConfig::new("limits.amplification", wrong.rule()))?;
        let cap = self.cap_before().unwrap_or_else(|| Arc::new(cap));
        let hedge = self.config.hedge.as_ref().map(Hedging::new).transpose()?;
        // The last that can fail: from here on, what is taken over changes.
        let spend = self.make_budget()?;
        heard.set(self.listener.take());
        let limit = spend.as_ref().map(|budget| budget.limit());
        let meters = ClientMeters::new(&chains, &targets, limit, &mut books);
        Ok(Client::from_inner(Inner {
            world,
            chains,
            targets,
            cap,
            spend_kept: if spend.is_none() { self.spend_before() } else { None },
            spend,
            spend_window: self
                .config
                .spend
                .as_ref()
                .map_or((SpendPer::Day, 1.0), |spend| (spend.per, spend.soft)),
            unknown_price: self
                .config
                .spend
                .as_ref()
                .map_or_else(Default::default, |spend| spend.unknown_price.into()),
            hedge,
            limits: self.config.limits.clone(),
            heard,
            left: self.left.take(),
            logs_provider_text: !self.hides_provider_text,
            books,
            flights: Flights::default(),
            meters,
            seed,
            requests: AtomicU64::new(0),
        }))
    }

    /// The budget of the client whose place this one takes, under the new limit; else a new one.
    fn make_budget(&self) -> Result<Option<Arc<SpendBudget>>, InvalidConfig> {
        let Some(settings) = &self.config.spend else { return Ok(None) };
        let config =
            SpendConfig::new(settings.limit).with_per(settings.per).with_soft(settings.soft);
        let budget = match self.spend_before() {
            Some(before) => before.reconfigure(config).map(|()| before),
            None => SpendBudget::new(config),
        };
        budget
            .map(Some)
            .map_err(|wrong| InvalidConfig::new(format!("spend.{}", wrong.field), wrong.rule))
    }

    fn make_providers(
        &mut self,
        clock: &Arc<dyn Clock>,
    ) -> Result<Vec<Arc<ProviderState>>, InvalidConfig> {
        let mut made: Vec<Arc<ProviderState>> = Vec::new();
        let mut all = Vec::new();
        for (provider, profile) in self.providers.drain(..) {
            let name = provider.name().to_owned();
            // Where it is, only itself knows.
            all.push((name.clone(), 0, provider, profile.unwrap_or(name)));
        }
        #[cfg(feature = "http")]
        for (name, config) in &self.config.providers {
            let provider: Arc<dyn Provider> = Arc::new(crate::http::provider(name, config, clock)?);
            let profile = config.prices.clone().unwrap_or_else(|| name.clone());
            all.push((name.clone(), crate::http::endpoint(config), provider, profile));
        }
        #[cfg(not(feature = "http"))]
        if let Some(name) = self.config.providers.keys().next() {
            let rule = "needs the feature `http` of ft-client";
            return Err(InvalidConfig::new(format!("providers.{name}"), rule));
        }
        #[cfg(not(feature = "http"))]
        let _ = clock;
        for (name, endpoint, provider, profile) in all {
            if made.iter().any(|other| other.name == name) {
                let rule = "is given twice; providers need names of their own";
                return Err(InvalidConfig::new(format!("providers.{name}"), rule));
            }
            let limits = &self.config.limits;
            let budget = RetryBudgetConfig {
                ratio: limits.retry_ratio,
                reserve: limits.retry_reserve,
                ..RetryBudgetConfig::default()
            };
            let retry = RetryBudget::new(budget).map_err(|wrong| {
                InvalidConfig::new(format!("limits.retry_{}", wrong.field()), wrong.rule())
            })?;
            let retry = self.retries_before(&name).unwrap_or_else(|| Arc::new(retry));
            let state = ProviderState::new(provider, (name, endpoint), profile, retry);
            made.push(Arc::new(state));
        }
        Ok(made)
    }

    fn make_chain(
        &self,
        name: &str,
        config: &ChainConfig,
        targets: &mut Targets<'_>,
    ) -> Result<Chain, InvalidConfig> {
        let mut tiers = Vec::new();
        let mut level = 0;
        for (at, tier) in config.tiers.iter().enumerate() {
            let mut members = Vec::new();
            for (place, target) in tier.targets.iter().enumerate() {
                let field = format!("chains.{name}.tiers[{at}].targets[{place}]");
                let (target, provider) = targets.get(&field, target)?;
                members.push(Member { target, tier: at, level, provider });
                level += 1;
            }
            tiers.push(Tier { name: tier.name.clone(), order: tier.order, members });
        }
        let cache = CacheConfig {
            fresh_for: config.cache.fresh_for,
            stale_for: config.cache.stale_for,
            capacity: config.cache.capacity,
            coalesce: config.cache.coalesce,
        };
        let cache = match (self.cache_before(name, config), &self.store) {
            (Some(before), _) => Ok(before),
            (None, Some(store)) => Cache::new(Arc::clone(store), cache),
            (None, None) => Cache::in_memory(cache),
        }
        .map_err(|wrong| {
            InvalidConfig::new(format!("chains.{name}.cache.{}", wrong.field()), wrong.rule())
        })?;
        let own = self.emergency.clone().filter(|_| name == DEFAULT_CHAIN);
        let emergency = own.or_else(|| config.emergency.as_deref().map(Emergency::template));
        Ok(Chain { name: name.to_owned(), config: config.clone(), tiers, cache, emergency })
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
