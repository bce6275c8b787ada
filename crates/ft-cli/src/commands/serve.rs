//! `ft serve`: the chain behind an OpenAI-compatible HTTP API.

mod signals;

use std::net::SocketAddr;
use std::time::Duration;

use ft_client::config::{ChainConfig, ClientConfig, DEFAULT_CHAIN, ProviderConfig};
use ft_gateway::{ConnectionLimits, Drained, Gateway};
use tokio::net::TcpListener;

use self::signals::Stops;
use super::chat::KEY;
use super::simulated;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) const ABOUT: &str = "\
Serve an OpenAI-compatible API: any application, in any language, by changing one URL.

Without a file it serves the chain gpt-4.1, then claude-sonnet-4.5 and gemini-2.5-flash, with the key in \
HOLYSHEEP_API_KEY. With --simulate it serves a provider on this machine, so that it can be tried without a key.";

const AFTER: &str = "\
Examples:
  ft serve --simulate
  curl http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' \\
    -d '{\"model\": \"default\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'

SIGTERM and SIGINT let requests under way finish and refuse new ones; a second one ends at once.

Exit codes: 0 it was told to stop; 1 it could not serve; 2 the command line or a setting cannot be used.";

/// What `ft serve` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// Serve a simulated provider on this machine: no key, no network, no cost.
    #[arg(long)]
    simulate: bool,
    /// Where callers connect. Other addresses than this machine's need callers' keys.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// How long requests under way may take to finish once it was told to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until it is told to stop.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::failed(format!("cannot start a runtime: {error}")))?;
    let ended = runtime.block_on(serve(args, output));
    runtime.shutdown_timeout(Duration::ZERO);
    ended
}

async fn serve(args: &Args, output: &mut Output) -> Result<(), Failure> {
    // It must outlive the server.
    let upstream = if args.simulate { Some(simulated::start()?) } else { None };
    let config = config(upstream.as_ref().map(ft_sim::Upstream::base_url))?;
    let gateway = Gateway::new(config).map_err(|wrong| Failure::usage(wrong.to_string()))?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| Failure::failed(format!("cannot listen on {}: {error}", args.listen)))?;
    let at = listener.local_addr()?;
    if args.simulate {
        output.note("simulated: no provider is asked, and nothing is paid")?;
    }
    output.note(&format!("serving http://{at}/v1"))?;
    let (mut first, mut second) = (Stops::new()?, Stops::new()?);
    let stop = async move { first.next().await };
    let twice = async move {
        second.next().await;
        second.next().await;
    };
    let served =
        ft_gateway::serve(listener, gateway.public(), ConnectionLimits::default(), stop, DRAIN);
    tokio::select! {
        biased;
        drained = served => match drained {
            Drained::Clean => Ok(output.note("stopped: every request got its answer")?),
            Drained::Cut(left) => Ok(output.note(&format!(
                "stopped: {left} connections did not finish within {} s and were cut",
                DRAIN.as_secs()
            ))?),
        },
        () = twice => Err(Failure::failed("stopped at once, as told twice")),
    }
}

/// The preset chain, over HolySheep or over the simulated provider at this URL.
fn config(simulated: Option<String>) -> Result<ClientConfig, Failure> {
    let provider = match simulated {
        Some(url) => ProviderConfig::new(url)
            .with_key("sk-simulated-0000-0000-0000")
            .with_prices("holysheep"),
        None => {
            let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty());
            let Some(key) = key else {
                return Err(Failure::usage(format!(
                    "there is no key: set {KEY} to your key, or try `ft serve --simulate`, which needs none"
                )));
            };
            ProviderConfig::new("https://api.holysheep.ai/v1").with_key(key.trim())
        }
    };
    let mut config = ClientConfig::default();
    config.providers.insert("holysheep".to_owned(), provider);
    config.chains.insert(DEFAULT_CHAIN.to_owned(), ChainConfig::holysheep("holysheep"));
    Ok(config)
}
