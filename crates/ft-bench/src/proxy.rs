//! The minimal proxy: what passing requests on costs with the same libraries and runtime, and nothing else.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use clap::Args;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{Outcome, process};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where requests go.
    #[arg(long)]
    upstream: SocketAddr,
}

/// Serves until it is killed.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    // As many threads as the gateway has: what they cost each other is part of both.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options.listen, options.upstream))
}

async fn serve(listen: SocketAddr, upstream: SocketAddr) -> Outcome<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("{}", listener.local_addr()?);
    let pool = Arc::new(Pool { upstream, idle: Mutex::default() });
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let pool = Arc::clone(&pool);
        detach(async move {
            let service = service_fn(move |request| Arc::clone(&pool).pass_on(request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "a connection is nobody's request")]
fn detach(connection: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(connection);
}

/// Connections to the upstream that are free.
struct Pool {
    upstream: SocketAddr,
    idle: Mutex<Vec<SendRequest<Incoming>>>,
}

/// The upstream's body, which gives its connection back when it has been read.
struct Passed {
    body: Incoming,
    connection: Option<SendRequest<Incoming>>,
    pool: Arc<Pool>,
}

impl Pool {
    async fn pass_on(self: Arc<Self>, request: Request<Incoming>) -> io::Result<Response<Passed>> {
        let kept = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = loop {
            match kept() {
                Some(mut connection) => {
                    if connection.ready().await.is_ok() {
                        break connection;
                    }
                }
                None => break self.connect().await?,
            }
        };
        let response = connection.send_request(request).await.map_err(io::Error::other)?;
        let pool = self;
        Ok(response.map(|body| Passed { body, connection: Some(connection), pool }))
    }

    async fn connect(&self) -> io::Result<SendRequest<Incoming>> {
        let socket = TcpStream::connect(self.upstream).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) =
            handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
        detach(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|kept| !kept.is_closed()) {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
