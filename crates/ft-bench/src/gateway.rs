//! The gateway, with a chain for each scene and no cache.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use ft_client::Client;
use ft_client::config::ClientConfig;
use ft_gateway::{ConnectionLimits, Gateway};
use tokio::net::TcpListener;

use crate::scene::{Fault, Scene};
use crate::{Outcome, process};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The provider of all chains.
    #[arg(long)]
    upstream: SocketAddr,
}

/// Serves until it is killed.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Outcome<()> {
    let config = ClientConfig::from_toml(&config(options.upstream), |_| None)?;
    let client = Client::builder().configure(|own| *own = config).build()?;
    let gateway = Gateway::of_client(client);
    let listener = TcpListener::bind(options.listen).await?;
    println!("{}", listener.local_addr()?);
    let limits = ConnectionLimits { most: MOST, ..ConnectionLimits::default() };
    let never = std::future::pending();
    ft_gateway::serve(listener, gateway.public(), limits, never, Duration::ZERO).await;
    Ok(())
}

/// Connections at once.
const MOST: usize = 20_000;

/// The server's part of the configuration file. The proxies beside it write no log either.
pub(crate) fn served(listen: SocketAddr) -> String {
    format!(
        "[server]\nlisten = \"{listen}\"\nadmin = false\naccess_log = false\nwatch = false\n\
         max_connections = {MOST}\n\n"
    )
}

/// A chain for each scene. Faults are expected here, so that no breaker and no budget keeps them away.
pub(crate) fn config(upstream: SocketAddr) -> String {
    let mut config = format!(
        "[providers.up]\nbase_url = \"http://{upstream}/v1\"\n\n\
         [breaker]\nconsecutive_failures = false\nfailure_ratio = false\n\n\
         [limits]\namplification = 100.0\n"
    );
    let mut chain = |name: &str, models: &[String]| {
        config.push_str(&format!(
            "\n[chains.{name}]\nrounds = 1\ncache = {{ fresh_for = \"0s\", stale_for = \"0s\" }}\n"
        ));
        for (tier, model) in models.iter().enumerate() {
            config.push_str(&format!(
                "[[chains.{name}.tiers]]\nname = \"tier{tier}\"\n\
                 targets = [{{ provider = \"up\", model = \"{model}\", in_flight = {MOST} }}]\n"
            ));
        }
    };
    let scenes = [
        Scene::Plain(1024),
        Scene::Plain(64 * 1024),
        Scene::Burst(100),
        Scene::Paced(100),
        Scene::Held,
    ];
    chain("default", &[Scene::Plain(1024).model()]);
    for scene in scenes {
        chain(&scene.model(), &[scene.model()]);
    }
    for fault in Fault::ALL {
        let fault = Scene::Fault(fault);
        let next = if fault.is_streamed() { Scene::Burst(100) } else { Scene::Plain(1024) };
        chain(&fault.model(), &[fault.model(), next.model()]);
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_makes_a_client_with_a_chain_for_every_scene() {
        let config = config(SocketAddr::from(([127, 0, 0, 1], 1)));
        let config = ClientConfig::from_toml(&config, |_| None).unwrap();
        let client = Client::builder().configure(|own| *own = config).build().unwrap();
        assert_eq!(client.chains().count(), 1 + 5 + Fault::ALL.len());
    }
}
