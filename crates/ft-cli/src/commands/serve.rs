//! `ft serve`: the chain behind an OpenAI-compatible HTTP API.

mod descriptors;
mod following;
mod log;
mod setup;
mod signals;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ft_gateway::config::ServerConfig;
use ft_gateway::{ConnectionLimits, Drained, Gateway};
use tokio::net::{TcpListener, TcpSocket};

use self::log::Log;
use self::setup::{File, Setup};
use self::signals::Stops;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) const ABOUT: &str = "\
Serve an OpenAI-compatible API: applications in any language can use it by changing one URL.

With --config, it serves the chains of that file. Without, it serves gpt-4.1, then claude-sonnet-4.5 and \
gemini-2.5-flash, with the key in HOLYSHEEP_API_KEY. With --simulate, it serves a simulated provider on this machine, \
to try it without a key. The status page has its own listener.";

const AFTER: &str = "\
Examples:
  ft serve --simulate
  curl http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' \\
    -d '{\"model\": \"default\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'
  ft check ft.toml && ft serve --config ft.toml
  ft serve --config ft.toml > access.jsonl     one line of JSON for each request

Signals: SIGTERM and SIGINT stop accepting connections and let requests in flight finish, a second one stops at once; \
SIGHUP
reads the file again. A file that cannot be used changes nothing.
FT_LOG sets what is logged to stderr: error, warn, info (default), debug.

Exit codes: 0 stopped by a signal; 1 failed to serve; 2 invalid command line or setting.";

/// What `ft serve` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// The configuration file. See `ft schema` and docs/configuration.md.
    #[arg(long, value_name = "FILE", conflicts_with = "simulate")]
    config: Option<PathBuf>,
    /// Serve a simulated provider on this machine: no key, no network, no cost.
    #[arg(long)]
    simulate: bool,
    /// Address for callers. Default: from the file, or 127.0.0.1:8080.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Address of the status page and the admin API, or `off`. Default: from the file, or 127.0.0.1:8081.
    #[arg(long, value_name = "ADDR", value_parser = admin)]
    admin: Option<Admin>,
}

/// The admin listener, as the command line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admin {
    Off,
    At(SocketAddr),
}

fn admin(text: &str) -> Result<Admin, String> {
    if text == "off" {
        return Ok(Admin::Off);
    }
    let wrong = |_| "must be an address with its port, such as 127.0.0.1:8081, or `off`".to_owned();
    text.parse().map(Admin::At).map_err(wrong)
}

/// Serves until it is told to stop.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let log = Log::start()?;
    let file = File::of(args)?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = file.as_ref().and_then(File::worker_threads) {
        runtime.worker_threads(threads);
    }
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start a runtime: {error}")))?;
    // It is kept to the end: the simulated provider in it must outlive the server, and the log what was cut.
    let setup = {
        let _inside = runtime.enter();
        Setup::of(args, file)?
    };
    let ended = runtime.block_on(serve(args, &setup, &log, output));
    // First the requests that were cut: their lines are written when they are dropped.
    runtime.shutdown_timeout(LAST_WORDS);
    if !setup.gateway.write_out(LAST_WORDS) {
        tracing::warn!("the last lines of the access log or the trace could not be written");
    }
    match ended {
        // Nobody reads stderr: to say why would be to wait for ever.
        Err(failure) if !log.written(LAST_WORDS) => Err(Failure::told(failure.code())),
        Ok(()) => {
            let _ = log.written(LAST_WORDS);
            Ok(())
        }
        ended => ended,
    }
}

/// How long the end of the process may wait for threads: for one that looks up a name, which nothing can interrupt,
/// and after that for a log that nobody reads. Usually it is milliseconds, and that much holds up a second signal too.
const LAST_WORDS: Duration = Duration::from_secs(1);

async fn serve(args: &Args, setup: &Setup, log: &Log, output: &mut Output) -> Result<(), Failure> {
    let Setup { gateway, server, .. } = setup;
    let public = listen(server.listen, server.backlog, "--listen")?;
    let admin = match server.admin {
        Some(at) => Some(listen(at, server.backlog, "--admin")?),
        None => None,
    };
    descriptors::raise(server, output)?;
    announce(args, server, &public, admin.as_ref(), output)?;
    let served = until_told(gateway, server, log, public, admin).await;
    match served? {
        Drained::Clean => log.note("stopped: every request got its answer"),
        Drained::Cut(left) => log.note(&format!(
            "stopped: {left} connections did not finish within {} s and were cut",
            server.drain.as_secs()
        )),
    }
    Ok(())
}

fn listen(at: SocketAddr, backlog: u32, option: &str) -> Result<TcpListener, Failure> {
    let listener = || -> io::Result<TcpListener> {
        let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Or the next process could not listen while connections of the last one fade. On Windows it means another
        // thing: that two may listen at once.
        if cfg!(not(windows)) {
            socket.set_reuseaddr(true)?;
        }
        socket.bind(at)?;
        socket.listen(backlog)
    };
    listener().map_err(|error| {
        Failure::failed(format!("cannot listen on {at}: {error}; choose another with {option}"))
    })
}

fn announce(
    args: &Args,
    server: &ServerConfig,
    public: &TcpListener,
    admin: Option<&TcpListener>,
    output: &mut Output,
) -> Result<(), Failure> {
    if args.simulate {
        output.note("simulated: no provider is asked, and nothing is paid")?;
    }
    output.note(&format!("serving http://{}/v1", public.local_addr()?))?;
    if let Some(admin) = admin {
        output.note(&format!("status page http://{}/", admin.local_addr()?))?;
    }
    if !server.listen.ip().is_loopback() {
        output.note("callers on other machines need a key, which travels readable over plain HTTP: put TLS in front")?;
    }
    Ok(())
}

/// Serves both listeners until the process is told to stop, then until the callers' one is drained.
async fn until_told(
    gateway: &Gateway,
    server: &ServerConfig,
    log: &Log,
    public: TcpListener,
    admin: Option<TcpListener>,
) -> Result<Drained, Failure> {
    let (mut first, mut second) = (Stops::new()?, Stops::new()?);
    let limits = ConnectionLimits::of(server);
    let stop = async { first.next().await };
    let served = gateway.serve(public, gateway.public(), limits, stop, server.drain);
    let twice = async {
        second.next().await;
        second.next().await;
    };
    let page = async {
        match admin {
            Some(admin) => {
                let never = std::future::pending();
                gateway.serve(admin, gateway.admin(), limits, never, Duration::ZERO).await
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        drained = served => Ok(drained),
        () = twice => Err(Failure::failed("stopped at once, as told twice")),
        _ = page => Err(Failure::failed("the admin listener ended")),
        ended = following::follow(gateway, server.watch, log) => Err(Failure::from(ended)),
    }
}
