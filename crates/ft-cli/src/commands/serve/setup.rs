//! What is served, from the command line, a file and the environment.

use ft_client::config::{ChainConfig, ClientConfig, DEFAULT_CHAIN, ProviderConfig};
use ft_gateway::config::{GatewayConfig, ServerConfig};
use ft_gateway::{ConfigFile, Gateway, Outlets};
use ft_sim::Upstream;

use super::{Admin, Args};
use crate::commands::chat::KEY;
use crate::commands::simulated;
use crate::failure::Failure;

/// What is served.
pub(super) struct Setup {
    pub(super) gateway: Gateway,
    pub(super) server: ServerConfig,
    /// Ends when it is dropped.
    _simulated: Option<Upstream>,
}

/// The file that is named, and what is in it.
pub(super) struct File {
    file: ConfigFile,
    config: GatewayConfig,
}

impl File {
    /// Reads it, if there is one.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(super) fn of(args: &Args) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.config else { return Ok(None) };
        let file = ConfigFile::new(path).with_server(over(args));
        let config = file.read().map_err(|wrong| Failure::usage(wrong.to_string()))?;
        Ok(Some(Self { file, config }))
    }

    /// The threads that it asks for; `None` when it leaves that open.
    pub(super) fn worker_threads(&self) -> Option<usize> {
        usize::try_from(self.config.server.worker_threads).ok().filter(|&threads| threads > 0)
    }
}

/// What the command line says instead of a file.
fn over(args: &Args) -> impl Fn(&mut ServerConfig) + Send + Sync + 'static {
    let (listen, admin) = (args.listen, args.admin);
    move |server| {
        if let Some(listen) = listen {
            server.listen = listen;
        }
        match admin {
            Some(Admin::Off) => server.admin = None,
            Some(Admin::At(at)) => server.admin = Some(at),
            None => {}
        }
    }
}

impl Setup {
    /// # Errors
    /// When there is nothing to serve, or a setting cannot be used.
    pub(super) fn of(args: &Args, file: Option<File>) -> Result<Self, Failure> {
        let simulated = if args.simulate { Some(simulated::start()?) } else { None };
        let (file, mut config) = match (file, &simulated) {
            (Some(File { file, config }), _) => (Some(file), config),
            (None, Some(upstream)) => (None, GatewayConfig::new(over_simulated(upstream))),
            (None, None) => (None, GatewayConfig::new(over_holysheep()?)),
        };
        over(args)(&mut config.server);
        config.check().map_err(|wrong| Failure::usage(wrong.to_string()))?;
        let server = config.server.clone();
        let outlets = Outlets::of(&server).map_err(|error| {
            let path = server.trace.as_deref().unwrap_or_else(|| std::path::Path::new(""));
            Failure::usage(format!("server.trace: cannot write {}: {error}", path.display()))
        })?;
        let gateway =
            Gateway::new(config, outlets).map_err(|wrong| Failure::usage(wrong.to_string()))?;
        if let Some(file) = file {
            gateway.follow(file);
        }
        Ok(Self { gateway, server, _simulated: simulated })
    }
}

fn over_holysheep() -> Result<ClientConfig, Failure> {
    let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty());
    let Some(key) = key else {
        return Err(Failure::usage(format!(
            "there is nothing to serve: name a file with --config, set {KEY} to your key, or try \
             `ft serve --simulate`, which needs neither"
        )));
    };
    Ok(preset(ProviderConfig::new("https://api.holysheep.ai/v1").with_key(key.trim())))
}

/// The same chain and prices over the simulated provider.
fn over_simulated(upstream: &Upstream) -> ClientConfig {
    let provider = ProviderConfig::new(upstream.base_url());
    preset(provider.with_key("sk-simulated-0000-0000-0000").with_prices("holysheep"))
}

/// Without an emergency answer: an application must be able to tell an answer from an apology.
fn preset(provider: ProviderConfig) -> ClientConfig {
    let mut config = ClientConfig::default();
    config.providers.insert("holysheep".to_owned(), provider);
    config.chains.insert(DEFAULT_CHAIN.to_owned(), ChainConfig::holysheep("holysheep"));
    config
}
