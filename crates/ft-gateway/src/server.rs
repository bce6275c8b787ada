//! The sockets: connections with limits, and an end that drops nobody.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

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
                let served = connection(socket, router.clone(), limits, graceful.watcher());
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
    let finished = async {
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    };
    match tokio::time::timeout(drain, finished).await {
        Ok(()) => Drained::Clean,
        Err(_) => Drained::Cut(connections.len()),
    }
}

async fn connection(socket: TcpStream, router: Router, limits: ConnectionLimits, watcher: Watcher) {
    // A chunk of a stream must not wait for the next one.
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.write_within));
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
    let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), request));
    let served = server.serve_connection(TokioIo::new(Box::pin(socket)), service);
    // What went wrong on one connection is its caller's to see.
    if let Err(error) = watcher.watch(served.into_owned()).await {
        tracing::debug!(error, "connection ended");
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    router.call(request.map(Body::new)).await
}
