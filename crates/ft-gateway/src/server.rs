//! The sockets: connections with limits, and an end that drops nobody.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use crate::answer::Refusal;
use crate::config::ServerConfig;

/// What one connection may take.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Connections at once; more wait to be accepted. Default 10,000.
    pub most: usize,
    /// The time for a request's head, and for the next one on an idle connection. Default 10 s.
    pub head_within: Duration,
    /// The most bytes of a request's head. Default 64 KiB.
    pub head_bytes: usize,
    /// How long a reader may take nothing before the connection is closed. Default 60 s.
    pub write_within: Duration,
}

impl ConnectionLimits {
    /// As the configuration says.
    #[must_use]
    pub fn of(server: &ServerConfig) -> Self {
        Self {
            most: usize::try_from(server.max_connections).unwrap_or(usize::MAX),
            head_within: server.header_timeout,
            head_bytes: usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX),
            write_within: server.write_timeout,
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

/// Serves connections until `stop` resolves; then refuses new ones, lets those under way finish within `drain`,
/// and cuts the rest.
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
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(limits.most));
    let (open, closing) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        // Those that ended are taken off the list, or it would grow for ever.
        while connections.try_join_next().is_some() {}
        let accepted = async {
            // The semaphore is never closed.
            let seat = Arc::clone(&room).acquire_owned().await.ok();
            (seat, listener.accept().await)
        };
        let (seat, socket) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        match socket {
            Ok((socket, _)) => {
                let served =
                    connection(socket, router.clone(), limits, graceful.watcher(), closing.clone());
                connections.spawn(async move {
                    let _seat = seat;
                    served.await;
                });
            }
            // Out of descriptors, most likely: those under way will give some back.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    // Those that have not said a word need not be waited for.
    drop(open);
    let finished = async {
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    };
    match tokio::time::timeout(drain, finished).await {
        Ok(()) => Drained::Clean,
        Err(_) => Drained::Cut(connections.len()),
    }
}

/// How every connection of HTTP/2 begins, and none of HTTP/1.
const PREFACE: &[u8; 14] = b"PRI * HTTP/2.0";

async fn connection(
    socket: TcpStream,
    router: Router,
    limits: ConnectionLimits,
    watcher: Watcher,
    closing: watch::Receiver<()>,
) {
    // A chunk of a stream must not wait for the next one.
    let _ = socket.set_nodelay(true);
    let Some(http2) = begins_http2(&socket, limits.head_within, closing).await else { return };
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.write_within));
    let socket = TokioIo::new(Box::pin(socket));
    let most = limits.head_bytes;
    let service = service_fn(move |request| answer(router.clone(), most, request));
    let served = match http2 {
        true => {
            let server = either(limits);
            let served = server.serve_connection(socket, service).into_owned();
            Box::pin(watcher.watch(served)).await.map_err(|error| error.to_string())
        }
        false => {
            let served = http1(limits).serve_connection(socket, service);
            watcher.watch(served).await.map_err(|error| error.to_string())
        }
    };
    // What went wrong on one connection is its caller's to see.
    if let Err(error) = served {
        tracing::debug!(error, "connection ended");
    }
}

/// Whether the first bytes may be those of HTTP/2; `None` when none came.
///
/// They are looked at and not taken: a reader that gives them back would cost each connection another read and half
/// of its memory.
async fn begins_http2(
    socket: &TcpStream,
    within: Duration,
    mut closing: watch::Receiver<()>,
) -> Option<bool> {
    let mut first = [0; PREFACE.len()];
    let seen = tokio::select! {
        biased;
        _ = closing.changed() => return None,
        seen = tokio::time::timeout(within, socket.peek(&mut first)) => seen,
    };
    let seen = seen.ok()?.ok().filter(|&seen| seen > 0)?;
    Some(PREFACE.starts_with(&first[..seen]))
}

fn http1(limits: ConnectionLimits) -> http1::Builder {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_buf_size(limits.head_bytes);
    server
}

fn either(limits: ConnectionLimits) -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_buf_size(limits.head_bytes)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.head_within)
        .keep_alive_timeout(limits.head_within);
    server
}

async fn answer(
    mut router: Router,
    most_head: usize,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    // The parser only bounds its buffer, which may have grown far beyond that when it looks.
    if headers(request.headers()) > most_head {
        return Ok(Refusal::large_head(most_head).response());
    }
    router.call(request.map(Body::new)).await
}

/// The bytes of their names and values.
fn headers(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
