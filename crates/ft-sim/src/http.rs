//! Modelled models over HTTP: the scripted upstream.

mod answer;
mod body;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ft_core::{Clock, SystemClock};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::stage::Stage;
use crate::{Log, Script, Scripts};

/// An OpenAI-compatible server on loopback that does what its scripts say.
///
/// It serves `POST …/chat/completions` (plain and streamed) and `POST …/embeddings` by script, and
/// `GET …/models` with the listed models, under any path before those; HTTP/1.1 with keep-alive.
/// An attempt stands in the log before anything is sent for it, and its end before its last byte is sent.
/// Waits are those of `tokio::time`. Dropping it closes the socket and every connection.
#[derive(Debug)]
pub struct Upstream {
    stage: Arc<Stage>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// How a scripted upstream is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UpstreamConfig {
    /// The name in the log and in `owned_by`. Default `http`.
    pub name: String,
    /// The port on 127.0.0.1. Default 0: a free one.
    pub port: u16,
    /// The seed of every draw. Default 0.
    pub seed: u64,
    /// The clock of outages, rate limits and the log. Default: the system's, counted from now.
    pub clock: Arc<dyn Clock>,
    /// The log, which others may share. Default: a new one that keeps every attempt.
    pub log: Log,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            name: "http".to_owned(),
            port: 0,
            seed: 0,
            clock: Arc::new(SystemClock::new()),
            log: Log::new(),
        }
    }
}

impl Upstream {
    /// Starts on a free port of 127.0.0.1; it accepts connections when this returns.
    ///
    /// # Errors
    /// When no socket is to be had, or outside a Tokio runtime with I/O and time.
    pub fn start(scripts: impl Into<Scripts>) -> io::Result<Self> {
        Self::start_with(scripts, UpstreamConfig::default())
    }

    /// Starts as configured.
    ///
    /// # Errors
    /// When the port is taken, or outside a Tokio runtime with I/O and time.
    pub fn start_with(scripts: impl Into<Scripts>, config: UpstreamConfig) -> io::Result<Self> {
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let UpstreamConfig { name, port, seed, clock, log } = config;
        let stage = Arc::new(Stage::new(&name, scripts.into(), clock, seed, log, false));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        #[expect(
            clippy::disallowed_methods,
            reason = "a server's own task, aborted when it is dropped"
        )]
        let server = tokio::spawn(serve(listener, Arc::clone(&stage)));
        Ok(Self { stage, address, server })
    }

    /// Where the API is, such as `http://127.0.0.1:4000/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The address of the socket.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The attempts it saw.
    #[must_use]
    pub fn log(&self) -> &Log {
        self.stage.log()
    }

    /// Replaces the script of a model, or adds the model. Attempts that are under way go on as they were.
    pub fn set_script(&self, model: impl AsRef<str>, script: impl Into<Script>) {
        self.stage.set_script(model.as_ref(), script.into());
    }

    /// Begins or ends an outage: attempts that arrive meanwhile are answered with status 503.
    pub fn outage(&self, model: impl AsRef<str>, on: bool) {
        self.stage.outage(model.as_ref(), on);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The connections are in a set that the server's task owns, and end with it.
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, stage: Arc<Stage>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(connection(socket, Arc::clone(&stage)));
                }
                // Out of descriptors, usually: some are free soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

async fn connection(socket: TcpStream, stage: Arc<Stage>) {
    // Without it a dripped stream would be put together again.
    let _ = socket.set_nodelay(true);
    let (wire, reset) = wire::Wire::new(socket);
    let service =
        service_fn(move |request| answer::answer(Arc::clone(&stage), reset.clone(), request));
    // Cuts and resets are errors here, and meant.
    let _ = http1::Builder::new().serve_connection(wire, service).await;
}
