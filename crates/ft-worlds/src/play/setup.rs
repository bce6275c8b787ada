//! The client of a world.

use std::sync::{Arc, Mutex, PoisonError};

use ft_client::config::{
    Capability, ChainConfig, ClientConfig, HedgeSettings, ModelPrice, ModelRow, SpendSettings,
    TargetConfig, TierConfig, UpstreamMode,
};
use ft_client::cost::{Pico, SpendPer};
use ft_client::{Client, Report};
use ft_core::Clock;
use ft_sim::SimProvider;

use crate::world::{TargetSpec, World};

pub(crate) const EMERGENCY: &str = "nobody can answer now";

/// The client of this world, in the place of `old` if there is one.
pub(super) fn client(
    world: &World,
    providers: Vec<SimProvider>,
    clock: &Arc<dyn Clock>,
    left: &Arc<Mutex<Vec<Report>>>,
    old: Option<&Client>,
) -> Client {
    let left = Arc::clone(left);
    let mut builder =
        Client::builder().config(config(world)).clock(Arc::clone(clock)).seed(world.seed).on_left(
            move |report| {
                left.lock().unwrap_or_else(PoisonError::into_inner).push(report.clone());
            },
        );
    for provider in providers {
        builder = builder.provider(provider);
    }
    if let Some(old) = old {
        builder = builder.inherit(old);
    }
    #[expect(clippy::expect_used, reason = "the generator makes only what can be set up")]
    builder.build().expect("a world that can be set up")
}

pub(crate) fn config(world: &World) -> ClientConfig {
    let settings = &world.settings;
    let tiers = world.tiers.iter().enumerate().map(|(at, tier)| {
        let targets: Vec<_> = tier.targets.iter().map(target).collect();
        TierConfig::new(format!("tier-{at}"), targets).with_order(tier.order)
    });
    let mut chain = ChainConfig::new(tiers.collect::<Vec<_>>());
    chain.deadline = settings.deadline;
    chain.commit = settings.commit;
    chain.mid_stream = settings.mid_stream;
    chain.throttle_patience = settings.throttle_patience;
    chain.cache.fresh_for = settings.fresh_for;
    chain.emergency = settings.emergency.then(|| EMERGENCY.to_owned());
    let mut config = ClientConfig::default();
    config.chains.insert("default".to_owned(), chain);
    config.hedge = settings.hedge.then(HedgeSettings::default);
    if let Some(open_for) = settings.open_for {
        config.breaker.open_for = open_for;
    }
    config.spend = settings.budget.map(|millionths| SpendSettings {
        per: SpendPer::Total,
        ..SpendSettings::per_day(Pico::from_pico(u128::from(millionths) * 1_000_000))
    });
    config.models = world.targets().map(row).collect();
    config
}

fn target(spec: &TargetSpec) -> TargetConfig {
    let mut target = TargetConfig::new(spec.provider_name(), spec.model())
        .with_attempt_timeout(spec.attempt_timeout)
        .with_idle_timeout(spec.idle_timeout)
        .with_in_flight(spec.in_flight);
    target.first_token_timeout = spec.first_token_timeout;
    if spec.upstream_stream {
        target.upstream = UpstreamMode::Stream;
    }
    target
}

/// A dollar a million tokens in, four out.
fn row(spec: &TargetSpec) -> ModelRow {
    let prefill = spec.prefill.then_some(Capability::Prefill);
    ModelRow {
        profile: spec.provider_name(),
        model: spec.model(),
        context_window: Some(32_000),
        max_output: Some(1_000),
        quality: None,
        quality_basis: None,
        capabilities: Some(
            [Capability::Tools, Capability::Json].into_iter().chain(prefill).collect(),
        ),
        deprecated_on: None,
        source: "made up".to_owned(),
        as_of: "2026-11-01".to_owned(),
        prices: vec![ModelPrice {
            input: "1".to_owned(),
            output: "4".to_owned(),
            cached_input: None,
            cache_write: None,
            effective_from: None,
            effective_until: None,
            free: false,
            tiers: Vec::new(),
        }],
    }
}
