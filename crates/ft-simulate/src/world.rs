//! The world of one run: modelled providers, and the client that is to survive them.

mod prices;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_client::breaker::Transition;
use ft_client::cache::MapStore;
use ft_client::config::{ClientConfig, InvalidConfig};
use ft_client::cost::Catalogue;
use ft_client::{Client, ClientBuilder, Report};
use ft_core::{Clock, Entropy, Tick};
use ft_sim::{InvalidProfile, Log, Model, Outage, Profile, Reply, Scripts, SimProvider};

use crate::clock::SimClock;
use crate::scenario::{
    ANY_MODEL, How, IncidentSpec, InvalidScenario, ModelSpec, OutageSpec, ProviderModel, RunSpec,
    Scenario, Traffic,
};

/// What answers the requests of a run.
pub(crate) struct World {
    pub(crate) clock: SimClock,
    pub(crate) who: Who,
    pub(crate) catalogue: Catalogue,
    pub(crate) log: Log,
    pub(crate) transitions: Transitions,
    left: Left,
}

/// What was done for the caller who left last, until it is asked for.
type Left = Arc<Mutex<Option<Box<Report>>>>;

/// Transitions of breakers, as they were told: provider, model, what.
pub(crate) type Transitions = Arc<Mutex<Vec<(String, String, Transition)>>>;

/// Who stands between the callers and the providers.
pub(crate) enum Who {
    /// This project.
    Client(Client),
    /// Nobody: these are asked, each once and in order, and each is waited for so long.
    Directly { targets: Vec<Direct>, time_limit: Duration },
}

/// A target that is asked without a client.
pub(crate) struct Direct {
    pub(crate) provider: SimProvider,
    pub(crate) model: String,
    pub(crate) profile: String,
}

/// What a run takes from elsewhere than its scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting<'a> {
    pub(crate) seed: u64,
    pub(crate) config: Option<&'a ClientConfig>,
}

impl World {
    /// Builds it. Must be called within the paused runtime of the run.
    pub(crate) fn build(
        scenario: &Scenario,
        run: &RunSpec,
        setting: &Setting<'_>,
    ) -> Result<Self, InvalidScenario> {
        let clock = SimClock::new(scenario.starts.starts());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let log = Log::counting();
        let of_config = |wrong: InvalidConfig| {
            let wrong = InvalidScenario::new(wrong.field(), wrong.rule());
            if setting.config.is_some() { wrong.of_config() } else { wrong }
        };
        let mut catalogue = match setting.config {
            // With its own rows: a provider that gets a profile of its own takes them along.
            Some(config) => config.catalogue(Catalogue::builtin()).map_err(of_config)?,
            None => Catalogue::builtin(),
        };
        let mut providers = BTreeMap::new();
        for (name, spec) in &scenario.providers {
            let given = setting.config.and_then(|config| config.providers.get(name));
            let profile = given
                .and_then(|given| given.prices.clone())
                .or_else(|| spec.prices.clone())
                .unwrap_or_else(|| name.clone());
            let keys = given.map_or(0, |given| given.keys.len());
            let keys = if keys == 0 { spec.credentials as usize } else { keys };
            let scripts = models(name, spec, &scenario.traffic, setting)?;
            let provider = SimProvider::with_log(
                name,
                scripts,
                Arc::clone(&shared),
                setting.seed,
                log.clone(),
            )
            .with_credentials(keys)
            .drawing_by_request();
            let asked = asked(name, spec, scenario, run, setting.config);
            let profile = prices::add(&mut catalogue, name, profile, &asked, spec, scenario)?;
            providers.insert(name.clone(), (provider, profile));
        }
        let (transitions, left) = (Transitions::default(), Left::default());
        let who = match run.has_client() {
            false => {
                let targets = run.direct().into_iter().map(|(name, model)| {
                    let (provider, profile) = providers
                        .get(name)
                        .cloned()
                        .ok_or_else(|| InvalidScenario::new("runs", "names an unknown provider"))?;
                    Ok(Direct { provider, model: model.to_owned(), profile })
                });
                let targets = targets.collect::<Result<Vec<_>, InvalidScenario>>()?;
                Who::Directly { targets, time_limit: run.direct_limit() }
            }
            true => {
                let profiles =
                    providers.iter().map(|(name, (_, profile))| (name.as_str(), profile.as_str()));
                prices::of_budgeted_targets(
                    scenario,
                    setting.config,
                    &catalogue,
                    &profiles.collect(),
                )?;
                let config = client_config(scenario, setting.config);
                let mut builder = Client::builder()
                    .config(config)
                    .catalogue(catalogue.clone())
                    .clock(shared)
                    .seed(setting.seed);
                builder = with_store(builder, scenario, setting.config);
                for (provider, profile) in providers.into_values() {
                    builder = builder.provider_with_prices(provider, profile);
                }
                let heard = Arc::clone(&transitions);
                builder = builder.on_transition(move |provider, model, transition| {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    if heard.len() < MOST_TRANSITIONS {
                        heard.push((provider.to_owned(), model.to_owned(), *transition));
                    }
                });
                let last = Arc::clone(&left);
                builder = builder.on_left(move |report| {
                    let report = Some(Box::new(report.clone()));
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = report;
                });
                Who::Client(builder.build().map_err(of_config)?)
            }
        };
        Ok(Self { clock, who, catalogue, log, transitions, left })
    }

    /// What had been done for the caller who has just left; `None` of a provider that is asked directly.
    pub(crate) fn who_left(&self) -> Option<Box<Report>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A month in which every breaker changes twice a minute has fewer.
const MOST_TRANSITIONS: usize = 200_000;

fn client_config(scenario: &Scenario, given: Option<&ClientConfig>) -> ClientConfig {
    match given {
        // The providers are modelled, so none is reached over HTTP.
        Some(given) => ClientConfig { providers: BTreeMap::new(), ..given.clone() },
        None => ClientConfig {
            chains: scenario.chains.clone(),
            breaker: scenario.breaker.clone(),
            limits: scenario.limits.clone(),
            hedge: scenario.hedge.clone(),
            spend: scenario.spend.clone(),
            ..ClientConfig::default()
        },
    }
}

/// Chains share one store here, of the largest of their capacities: moka's choice of what to forget is not
/// repeatable.
fn with_store(
    builder: ClientBuilder,
    scenario: &Scenario,
    given: Option<&ClientConfig>,
) -> ClientBuilder {
    let chains = given.map_or(&scenario.chains, |given| &given.chains);
    let capacity = chains.values().map(|chain| chain.cache.capacity).max().unwrap_or(0);
    builder.store(Arc::new(MapStore::new(capacity)))
}

/// Every model that may be asked of a provider: those that the scenario lists, and those that it is asked for by
/// chains or directly.
fn asked<'a>(
    provider: &str,
    spec: &'a ProviderModel,
    scenario: &'a Scenario,
    run: &'a RunSpec,
    given: Option<&'a ClientConfig>,
) -> BTreeSet<&'a str> {
    let chains = given.map_or(&scenario.chains, |given| &given.chains);
    let tiers = chains.values().flat_map(|chain| &chain.tiers);
    let targets = tiers.flat_map(|tier| &tier.targets);
    let by_chains =
        targets.filter(|target| target.provider == provider).map(|target| &target.model);
    let directly = run.direct().into_iter().filter(|(name, _)| *name == provider);
    let all = spec.models.keys().chain(by_chains).map(String::as_str);
    all.chain(directly.map(|(_, model)| model)).filter(|model| *model != ANY_MODEL).collect()
}

fn models(
    name: &str,
    spec: &ProviderModel,
    traffic: &Traffic,
    setting: &Setting<'_>,
) -> Result<Scripts, InvalidScenario> {
    let common = Draws { seed: setting.seed };
    let field = format!("providers.{name}");
    let shared = common.outages(&field, &[name], &spec.outages, &spec.incidents)?;
    let mut scripts = Scripts::new();
    for (model, figures) in &spec.models {
        let field = format!("providers.{name}.models.{model}");
        let mut outages = shared.clone();
        outages.extend(common.outages(
            &field,
            &[name, model],
            &figures.outages,
            &figures.incidents,
        )?);
        let profile = profile(figures, traffic, spec.correlation, outages);
        let made = Model::new(profile).map_err(|wrong| {
            let part = wrong.field().split('.').next().unwrap_or_default();
            InvalidScenario::new(format!("{field}.{part}"), wrong.rule())
        })?;
        scripts = match model.as_str() {
            ANY_MODEL => scripts.otherwise(made),
            model => scripts.model(model, made),
        };
    }
    Ok(scripts)
}

/// A chunk of some seconds of text: the simulation need not count words one by one.
const CHUNK_TOKENS: u64 = 128;

fn profile(
    figures: &ModelSpec,
    traffic: &Traffic,
    correlation: f64,
    outages: Vec<Outage>,
) -> Profile {
    let spread = |given: Option<crate::scenario::DurationSpread>| {
        given.map_or(ft_sim::Latency::ZERO, |given| given.0)
    };
    let mut profile = Profile::default();
    profile.latency = spread(figures.latency);
    profile.first_token = spread(figures.first_token);
    profile.per_token = spread(figures.per_token);
    profile.faults = figures.faults.0;
    profile.outages = outages;
    profile.requests = figures.requests;
    profile.tokens = figures.tokens;
    profile.context_window = figures.context_window;
    profile.answer_tokens = traffic.answer_tokens.0;
    profile.chunk_tokens = CHUNK_TOKENS;
    profile.correlation = correlation;
    profile
}

/// What outages and incidents are made from.
struct Draws {
    seed: u64,
}

impl Draws {
    fn outages(
        &self,
        field: &str,
        names: &[&str],
        outages: &[OutageSpec],
        incidents: &[IncidentSpec],
    ) -> Result<Vec<Outage>, InvalidScenario> {
        let mut made = Vec::new();
        for (at, spec) in outages.iter().enumerate() {
            let field = format!("{field}.outages[{at}]");
            let (from, until) = (SimClock::tick(spec.from), SimClock::tick(spec.from + spec.lasts));
            let outage = outage(&field, from, until, spec.how, spec.factor)?;
            made.push(match spec.flapping {
                Some(flapping) => outage.flapping(flapping.down, flapping.every),
                None => outage,
            });
            check(&field, &made)?;
        }
        for (at, spec) in incidents.iter().enumerate() {
            let field = format!("{field}.incidents[{at}]");
            if spec.every < Duration::from_secs(60) {
                let rule = "must be at least 1m; model what is more frequent as faults";
                return Err(InvalidScenario::new(format!("{field}.every"), rule));
            }
            let gap = ft_sim::Latency::exponential(spec.every);
            let always =
                outage(&field, SimClock::tick(Duration::ZERO), Tick::MAX, spec.how, spec.factor)?;
            made.push(always.by_chance(gap, spec.lasts.0, self.entropy(names, at)));
            check(&field, &made)?;
        }
        Ok(made)
    }

    /// A generator for the incidents of this name, which no other draw shifts.
    fn entropy(&self, names: &[&str], at: usize) -> Entropy {
        let mut sum = self.seed ^ at as u64;
        for byte in names.iter().flat_map(|name| name.bytes().chain([0])) {
            sum = Entropy::seeded(sum ^ u64::from(byte)).next_u64();
        }
        Entropy::seeded(sum)
    }
}

fn outage(
    field: &str,
    from: Tick,
    until: Tick,
    how: How,
    factor: Option<f64>,
) -> Result<Outage, InvalidScenario> {
    let fail = |rule: &str| Err(InvalidScenario::new(format!("{field}.factor"), rule));
    let soon = Duration::from_millis(1);
    match (how, factor) {
        (How::Slow, None) => return fail("is missing; say how many times as slow it is"),
        (How::Slow, Some(factor)) => return Ok(Outage::slow(from, until, factor)),
        (_, Some(_)) => return fail("stands without `how = \"slow\"`, to which alone it belongs"),
        (_, None) => {}
    }
    let reply = match how {
        How::Down | How::Slow => Reply::down().latency(soon),
        How::Errors => Reply::status(500).latency(soon),
        How::Refused => Reply::ok().refuse(),
        How::Hang => Reply::ok().hang(),
        How::Throttled => Reply::throttled(Duration::from_secs(2)).latency(soon),
    };
    Ok(Outage::replying(from, until, reply))
}

/// The rules of outages are the model's own.
fn check(field: &str, outages: &[Outage]) -> Result<(), InvalidScenario> {
    let mut profile = Profile::default();
    profile.outages = outages.to_vec();
    let wrong = |wrong: InvalidProfile| InvalidScenario::new(field, wrong.rule());
    Model::new(profile).map(|_| ()).map_err(wrong)
}
