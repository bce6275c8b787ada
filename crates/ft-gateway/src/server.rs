//! The sockets: connections with limits, and an end that drops nobody.

mod alarm;
mod answer;
mod connection;
mod socket;
mod stream;
mod watch;

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ft_client::TokioClock;
use metrics::Gauge;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

pub(crate) use self::alarm::Alarm;
use crate::config::ServerConfig;
use crate::meters::SocketMeters;

/// What one connection may take.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Connections at once; more wait to be accepted. Default 10,000.
    pub most: usize,
    /// The time for a request's head, from its first byte; the first one from the connection's beginning. Default
    /// 10 s.
    pub head_within: Duration,
    /// How long a connection is kept for the next request. Default 75 s.
    pub idle_within: Duration,
    /// The most bytes of a request's head. Default 64 KiB.
    pub head_bytes: usize,
    /// How long a reader may take nothing before its connection is closed, or its stream over HTTP/2. Default 60 s.
    pub write_within: Duration,
    /// Streams at once on one connection of HTTP/2. Default 200.
    pub streams: u32,
}

impl ConnectionLimits {
    /// As the configuration says.
    #[must_use]
    pub fn of(server: &ServerConfig) -> Self {
        Self {
            most: usize::try_from(server.max_connections).unwrap_or(usize::MAX),
            head_within: server.header_timeout,
            idle_within: server.idle_timeout,
            head_bytes: usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX),
            write_within: server.write_timeout,
            streams: server.max_streams,
        }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::of(&ServerConfig::default())
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request that was under way got its answer.
    Clean,
    /// The time was up: this many connections were cut.
    Cut(usize),
}

/// How far serving is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Connections are accepted.
    Open,
    /// Requests under way are answered, and no more.
    Draining,
    /// The time is up.
    Cut,
}

/// How long streams that are cut may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves connections until `stop` resolves; then refuses new ones, lets those under way finish within `drain`,
/// ends the streams that are left with an error, and cuts the rest.
///
/// # Cancel safety
/// Dropping it closes the listener and cuts every connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> Drained {
    serve_counted(listener, router, limits, stop, drain, &SocketMeters::unseen()).await
}

/// As [`serve`], and counts what it does.
pub(crate) async fn serve_counted(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
    drain: Duration,
    meters: &SocketMeters,
) -> Drained {
    let clock = TokioClock::new();
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(limits.most));
    let (stage, seen) = tokio::sync::watch::channel(Stage::Open);
    let mut stop = pin!(stop);
    let mut pause = Pause::default();
    loop {
        // Those that ended are taken off the list, or it would grow for ever.
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((seat, socket)) => {
                if pause.failures > 0 {
                    pause = Pause::default();
                    meters.failing.set(0.0);
                }
                let counted = Counted::new(meters.connections.clone());
                let served = connection::serve(socket, router.clone(), limits, clock, seen.clone());
                connections.spawn(async move {
                    let _seat = (seat, counted);
                    served.await;
                });
            }
            Err(error) => {
                let wait = pause.after(&error);
                if pause.failures > 0 {
                    meters.failing.set(1.0);
                }
                tokio::select! {
                    biased;
                    () = &mut stop => break,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
    drop(listener);
    stage.send_replace(Stage::Draining);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain, finished).await.is_ok() {
        return Drained::Clean;
    }
    while connections.try_join_next().is_some() {}
    let left = connections.len();
    stage.send_replace(Stage::Cut);
    let told = async { while connections.join_next().await.is_some() {} };
    let words = if drain.is_zero() { Duration::ZERO } else { LAST_WORDS };
    let _ = tokio::time::timeout(words, told).await;
    Drained::Cut(left)
}

/// The next connection, once there is room for one.
///
/// # Cancel safety
/// It loses no connection: one that was taken is given.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(Option<OwnedSemaphorePermit>, tokio::net::TcpStream)> {
    // The semaphore is never closed.
    let seat = Arc::clone(room).acquire_owned().await.ok();
    let (socket, _) = listener.accept().await?;
    Ok((seat, socket))
}

/// A connection, as long as it is counted.
struct Counted(Gauge);

impl Counted {
    fn new(connections: Gauge) -> Self {
        connections.increment(1.0);
        Self(connections)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// How long to wait after a connection could not be accepted.
#[derive(Debug, Default)]
struct Pause {
    failures: u32,
}

/// The first wait after a failure, which doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest: descriptors are given back all the time.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Pause {
    /// A failure that is the one connection's does not hold up the others; what the process lacks, descriptors above
    /// all, comes back when those under way end, and asking at once would only burn the processor.
    fn after(&mut self, error: &io::Error) -> Duration {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        let its_own = matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
        );
        if its_own {
            return Duration::ZERO;
        }
        // One line for each outage, not for each try.
        if self.failures == 0 {
            tracing::warn!(
                %error,
                "cannot accept connections: when descriptors are what lacks, raise the hard limit (`ulimit -Hn`) or \
                 lower server.max_connections"
            );
        }
        let wait = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures += 1;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_lacks_is_waited_for_ever_longer_and_what_one_connection_did_is_not() {
        let mut pause = Pause::default();
        let lacking = io::Error::other("too many open files");
        let waits: Vec<_> = (0..9).map(|_| pause.after(&lacking).as_millis()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        let aborted = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(Pause::default().after(&aborted), Duration::ZERO);
    }
}
