//! The targets of a client, each made once.

use std::sync::Arc;

use ft_breaker::{Breaker, BreakerConfig};
use ft_core::Entropy;
use ft_limit::{InFlight, InFlightConfig, Slowness, SlownessConfig};

use super::ClientBuilder;
use crate::config::{InvalidConfig, TargetConfig};
use crate::listeners::Heard;
use crate::target::{Alone, ProviderState, Target, TargetParts, World};
use crate::telemetry::{Books, TargetMeters};

/// Targets made so far: a model at a provider has one breaker and one set of gates, whichever chains it is in.
pub(super) struct Targets<'a> {
    pub(super) world: &'a World,
    pub(super) builder: &'a ClientBuilder,
    pub(super) providers: &'a [Arc<ProviderState>],
    pub(super) seed: u64,
    pub(super) heard: &'a Arc<Heard>,
    pub(super) books: Books,
    pub(super) made: Vec<Arc<Target>>,
}

impl Targets<'_> {
    pub(super) fn get(
        &mut self,
        field: &str,
        config: &TargetConfig,
    ) -> Result<(Arc<Target>, usize), InvalidConfig> {
        let named = |state: &Arc<ProviderState>| state.name == config.provider;
        let Some(provider) = self.providers.iter().position(named) else {
            let known: Vec<_> = self.providers.iter().map(|state| state.name.as_str()).collect();
            let rule = format!(
                "names the provider `{}`; there are: {}",
                config.provider,
                known.join(", ")
            );
            return Err(InvalidConfig::new(format!("{field}.provider"), rule));
        };
        let same = |target: &&Arc<Target>| target.config == *config;
        if let Some(target) = self.made.iter().find(same) {
            return Ok((Arc::clone(target), provider));
        }
        let state = Arc::clone(&self.providers[provider]);
        // The same model in another chain, under other timers: what it learnt of the model it shares.
        let twin = self.made.iter().find(|made| {
            made.config.provider == config.provider && made.config.model == config.model
        });
        let twin = twin.cloned();
        let wrong = |part: &str, rule: &str| InvalidConfig::new(format!("{field}.{part}"), rule);
        let settings = self.builder.config.breaker.for_target(config.cancel_grace());
        let before = self.builder.predecessor(&state, config, &settings);
        let meters = TargetMeters::new(&state.name, &config.model, &mut self.books);
        let breaker = match (&twin, &before) {
            (Some(twin), _) => Arc::clone(&twin.breaker),
            (None, Some(before)) => Arc::clone(&before.breaker),
            (None, None) => self.breaker(settings, &state.name, config, &meters)?,
        };
        let in_flight = match self.builder.in_flight_before(&state.name, config) {
            Some(in_flight) => in_flight,
            None => InFlight::new(InFlightConfig { limit: config.in_flight })
                .map(Arc::new)
                .map_err(|invalid| wrong("in_flight", invalid.rule()))?,
        };
        let (speed, hedge_speed) = match &before {
            Some(before) => (Arc::clone(&before.speed), Arc::clone(&before.hedge_speed)),
            None => {
                let hedge_speed = Slowness::new(SlownessConfig::for_hedging())
                    .map_err(|invalid| wrong("hedge", invalid.rule()))?;
                (Arc::default(), Arc::new(hedge_speed))
            }
        };
        let alone = match twin.as_ref().or(before.as_ref()) {
            Some(other) => other.alone.clone(),
            None => Alone::new().map_err(|invalid| wrong(invalid.field(), invalid.rule()))?,
        };
        let target = Arc::new(Target::new(TargetParts {
            row: self.world.catalogue.row(&state.profile, &config.model).cloned(),
            provider: state,
            config: config.clone(),
            breaker,
            in_flight,
            alone,
            speed,
            hedge_speed,
            meters,
            number: u32::try_from(self.made.len()).unwrap_or(u32::MAX),
            twin,
        }));
        if let Some(before) = before {
            target.learn_from(&before);
        }
        self.made.push(Arc::clone(&target));
        Ok((target, provider))
    }

    fn breaker(
        &self,
        settings: BreakerConfig,
        provider: &str,
        config: &TargetConfig,
        meters: &TargetMeters,
    ) -> Result<Arc<Breaker>, InvalidConfig> {
        let (name, model) = (provider.to_owned(), config.model.clone());
        let (transitions, heard) = (meters.transitions(), Arc::clone(self.heard));
        let breaker = Breaker::new(settings, Arc::clone(&self.world.clock)).map_err(|wrong| {
            InvalidConfig::new(format!("breaker.{}", wrong.field()), wrong.rule())
        })?;
        Ok(Arc::new(breaker.with_seed(self.breaker_seed()).with_listener(move |transition| {
            transitions.count(transition);
            heard.tell(&name, &model, transition);
        })))
    }

    /// The client's seed gives the jitter of open times too, another one for each breaker.
    fn breaker_seed(&self) -> u64 {
        let number = u64::try_from(self.made.len()).unwrap_or(u64::MAX);
        Entropy::seeded(self.seed).split().next_u64() ^ Entropy::seeded(number).next_u64()
    }
}
