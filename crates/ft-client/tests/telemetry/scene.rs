//! A client whose metrics are its own, over modelled providers.

use std::sync::Arc;
use std::time::Duration;

use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
use ft_client::telemetry::Prometheus;
use ft_client::{Client, ClientBuilder, TokioClock};
use ft_sim::{Log, Scripts, SimProvider};

use crate::exposition::Scrape;

pub(crate) const FIRST: &str = "gpt-4.1";
pub(crate) const SECOND: &str = "claude-sonnet-4.5";

/// A client and its recorder.
pub(crate) struct Scene {
    pub(crate) client: Client,
    pub(crate) prometheus: Prometheus,
    pub(crate) log: Log,
}

/// A client of two tiers, `primary` with [`FIRST`] and `degraded` with [`SECOND`], at the article's prices.
pub(crate) fn scene(scripts: Scripts) -> Scene {
    scene_with(scripts, |target| target, |builder| builder)
}

pub(crate) fn scene_with(
    scripts: Scripts,
    target: impl Fn(TargetConfig) -> TargetConfig,
    change: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Scene {
    let clock = Arc::new(TokioClock::new());
    let provider = SimProvider::new("sim", scripts, clock.clone(), 1);
    let log = provider.log().clone();
    let tier =
        |name: &str, model: &str| TierConfig::new(name, [target(TargetConfig::new("sim", model))]);
    let mut chain = ChainConfig::new([tier("primary", FIRST), tier("degraded", SECOND)]);
    // What is counted is what a script says, each once.
    chain.same_target_retries = 0;
    let builder = Client::builder()
        .provider_with_prices(provider, "holysheep")
        .chain(chain)
        .clock(clock)
        .seed(1);
    let prometheus = Prometheus::local();
    // Here failures come without time between them.
    let builder = builder.configure(|config| config.breaker.consecutive_over = Duration::ZERO);
    let client = prometheus.with(|| change(builder).build()).unwrap();
    Scene { client, prometheus, log }
}

impl Scene {
    pub(crate) fn text(&self) -> String {
        self.prometheus.render(&self.client)
    }

    pub(crate) fn scrape(&self) -> Scrape {
        Scrape::read(&self.text())
    }
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
