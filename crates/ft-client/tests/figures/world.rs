//! A client whose targets are modelled, one provider each, and what they saw.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use ft_client::config::{ClientConfig, TargetConfig, TierConfig};
use ft_client::{Client, TokioClock};
use ft_core::{Clock, Tick};
use ft_sim::{Log, Script, SimProvider};

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) log: Log,
}

/// A chain of one tier for each of `targets`, asked in this order.
///
/// Every target is a model at a provider, both of its name, so that nothing is shared but the log.
pub(crate) fn world(
    targets: Vec<(&str, Script)>,
    seed: u64,
    log: Log,
    target: impl Fn(TargetConfig) -> TargetConfig,
    change: impl FnOnce(&mut ClientConfig),
) -> World {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
    let mut builder = Client::builder().clock(Arc::clone(&clock)).seed(seed);
    let mut tiers = Vec::new();
    for (name, script) in targets {
        let scripts = ft_sim::Scripts::new().model(name, script);
        let provider = SimProvider::with_log(name, scripts, Arc::clone(&clock), seed, log.clone());
        builder = builder.provider(provider);
        tiers.push(TierConfig::new(name, [target(TargetConfig::new(name, name))]));
    }
    let builder =
        tiers.into_iter().fold(builder, |builder, tier| builder.tier(tier.name, tier.targets));
    World { client: builder.configure(change).build().unwrap(), log }
}

impl World {
    /// How many attempts arrived at this model from `from` on and before `until`.
    pub(crate) fn arrivals(&self, model: &str, from: Tick, until: Tick) -> usize {
        let attempts = self.log.attempts();
        let at_model = attempts.iter().filter(|attempt| *attempt.model == *model);
        at_model.filter(|attempt| from <= attempt.at && attempt.at < until).count()
    }

    /// The most attempts that were under way at this model at once.
    pub(crate) fn peak(&self, model: &str) -> i64 {
        let attempts = self.log.attempts();
        let mut changes: Vec<(Tick, i64)> = Vec::new();
        for attempt in attempts.iter().filter(|attempt| *attempt.model == *model) {
            changes.push((attempt.at, 1));
            changes.extend(attempt.ended.map(|ended| (ended, -1)));
        }
        // At the same moment, ends come first.
        changes.sort_unstable();
        let running = changes.into_iter().scan(0, |running, (_, change)| {
            *running += change;
            Some(*running)
        });
        running.max().unwrap_or(0)
    }
}

/// Prints a figure beside its bound.
pub(crate) fn figure(what: &str, measured: impl Display, bound: &str) {
    println!("{what:<72} {measured:>12}   {bound}");
}

/// Whether the full sizes are asked for.
pub(crate) fn full() -> bool {
    std::env::var_os("RUN_FULL_FIGURES").is_some_and(|value| value == "1")
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
