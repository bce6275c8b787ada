//! A client over modelled providers, set up in one line.

use std::sync::Arc;
use std::time::Duration;

use ft_client::config::{ChainConfig, TargetConfig, TierConfig};
use ft_client::{Client, ClientBuilder, TokioClock};
use ft_sim::{Log, Reply, Script, Scripts, SimProvider};

/// A client and what its providers saw.
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) log: Log,
}

/// A builder whose chain has the tiers of `shape`: `"a b | c"` is a tier of models `a` and `b`, then one of `c`.
///
/// All models belong to the provider `sim`, whose replies are `scripts`.
pub(crate) fn builder(
    shape: &str,
    scripts: Scripts,
    change: impl Fn(TargetConfig) -> TargetConfig,
) -> (ClientBuilder, Log) {
    let clock = Arc::new(TokioClock::new());
    let provider = SimProvider::new("sim", scripts, clock.clone(), 1);
    let log = provider.log().clone();
    let tiers: Vec<_> = shape
        .split('|')
        .enumerate()
        .map(|(at, models)| {
            let targets = models.split_whitespace().map(|model| change(TargetConfig::new("sim", model)));
            TierConfig::new(format!("tier-{at}"), targets.collect::<Vec<_>>())
        })
        .collect();
    let chain = ChainConfig::new(tiers);
    (Client::builder().provider(provider).chain(chain).clock(clock).seed(1), log)
}

/// As [`builder`], built, with the default settings of targets.
pub(crate) fn bench(shape: &str, scripts: Scripts) -> Bench {
    let (builder, log) = builder(shape, scripts, |target| target);
    Bench { client: builder.build().unwrap(), log }
}

/// A script that gives these replies in turn and then answers well.
pub(crate) fn then_ok(replies: impl IntoIterator<Item = Reply>) -> Script {
    Script::sequence(replies).then(Reply::text("well"))
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
