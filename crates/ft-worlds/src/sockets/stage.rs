//! Upstreams, the gateway, and everybody who asks it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ft_client::config::ProviderConfig;
use ft_core::{Clock, SystemClock};
use ft_gateway::config::GatewayConfig;
use ft_gateway::{ConnectionLimits, Gateway, Outlets, serve};
use ft_sim::{Log, Upstream, UpstreamConfig};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::caller;
use crate::invariants::Violation;
use crate::luck::{draw, scripts};
use crate::world::{World, provider_name};

/// Everything in a quick world is over long before.
const LONG: Duration = Duration::from_secs(20);

/// Plays the world; what it breaks.
pub(super) async fn run(world: &World) -> Vec<Violation> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let log = Log::new();
    let upstreams: Vec<_> =
        (0..world.credentials.len()).map(|at| upstream(world, at, &clock, &log)).collect();
    let gateway_config = || GatewayConfig::new(config(world, &upstreams));
    #[expect(clippy::expect_used, reason = "the generator makes only what can be set up")]
    let gateway = Gateway::new(gateway_config(), Outlets::default()).expect("a gateway");
    #[expect(clippy::expect_used, reason = "without loopback there is nothing to play")]
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    #[expect(clippy::expect_used, reason = "a socket that is bound has an address")]
    let at = listener.local_addr().expect("an address");
    let serving = serve(
        listener,
        gateway.public(),
        ConnectionLimits::default(),
        std::future::pending(),
        LONG,
    );
    let mut serving = std::pin::pin!(serving);
    let asked = async {
        let mut found = callers(world, at, &gateway, gateway_config).await;
        found.extend(rest(&gateway, &log).await);
        found
    };
    tokio::select! {
        biased;
        _ = &mut serving => Vec::new(),
        found = asked => found,
    }
}

fn upstream(world: &World, place: usize, clock: &Arc<dyn Clock>, log: &Log) -> Upstream {
    let mut config = UpstreamConfig::default();
    config.name = provider_name(place);
    config.seed = world.seed;
    config.clock = Arc::clone(clock);
    config.log = log.clone();
    #[expect(clippy::expect_used, reason = "without loopback there is nothing to play")]
    Upstream::start_with(scripts(world, place, clock.now()), config).expect("an upstream")
}

fn config(world: &World, upstreams: &[Upstream]) -> ft_client::config::ClientConfig {
    let mut config = crate::play::config(world);
    for (place, upstream) in upstreams.iter().enumerate() {
        let mut provider = ProviderConfig::new(upstream.base_url());
        provider.keys = (0..world.credentials[place])
            .map(|key| format!("sk-worlds-{place}-{key}-0123456789"))
            .collect();
        config.providers.insert(provider_name(place), provider);
    }
    config
}

async fn callers(
    world: &World,
    at: SocketAddr,
    gateway: &Gateway,
    again: impl Fn() -> GatewayConfig,
) -> Vec<Violation> {
    let http2 = draw(&[world.seed, 2]).chance(0.3);
    let http = caller::http(http2);
    let plans = crate::play::plans(world).into_iter().take(world.traffic.requests);
    let mut calls: FuturesUnordered<_> = plans.map(|plan| caller::call(&http, at, plan)).collect();
    let reload = async {
        for at in &world.reloads {
            sleep(*at).await;
            // A configuration that was served is served again.
            let _ = gateway.reload(again());
        }
        std::future::pending::<()>().await;
    };
    let all = async {
        let mut found = Vec::new();
        while let Some(violation) = calls.next().await {
            found.extend(violation);
        }
        found
    };
    tokio::select! {
        () = reload => Vec::new(),
        found = timeout(LONG, all) => found.unwrap_or_else(|_| {
            vec![Violation { name: "nobody hangs", what: format!("calls were under way after {LONG:?}") }]
        }),
    }
}

/// When everybody has gone, nothing may be kept; what is on its way may arrive first.
async fn rest(gateway: &Gateway, log: &Log) -> Option<Violation> {
    let kept = || {
        let client = gateway.client();
        let busy: u32 = client.health().iter().map(|target| target.in_flight).sum();
        let reserved = client.budget().is_some_and(|budget| !budget.reserved.is_zero());
        let upstream = log.open();
        (busy > 0 || reserved || upstream > 0)
            .then(|| format!("in flight {busy}, upstream {upstream}, money reserved: {reserved}"))
    };
    for _ in 0..500 {
        kept()?;
        sleep(Duration::from_millis(10)).await;
    }
    kept().map(|what| Violation { name: "nothing is in flight at rest", what })
}
