//! HTTP/1.1 over connections that the call itself drives.
//!
//! A pooled client gives each connection a task of its own: a call and its connection then wake each other, two
//! switches for a request and two for every piece of a stream. Here whoever waits for an answer turns the connection
//! that brings it, in its own task. So an answer costs what its bytes cost, and a dropped call leaves nothing that
//! still runs.

mod bell;
mod body;
mod exchange;
mod idle;
mod wire;

use std::error::Error;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use ft_core::Clock;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower::Service;

use crate::{HttpConfig, InvalidConfig};
use exchange::Exchange;
use idle::Idle;
use wire::{Heard, Wire};

pub(crate) use body::Passed;

/// The connections to one endpoint.
pub(crate) struct Direct {
    to: Uri,
    host: HeaderValue,
    connector: HttpConnector,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_timeout: Duration,
    clock: Arc<dyn Clock>,
    idle: Arc<Idle>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    /// There is no connection; nothing was sent.
    #[error("cannot connect")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// The connection did not bring one.
    #[error("no answer")]
    Broken(#[source] hyper::Error),
    /// The connection was one that had been kept, and its other end was gone already: the request was not seen.
    #[error("the connection had been closed")]
    Stale(#[source] hyper::Error),
}

/// No connection was there in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
struct TooLate(Duration);

/// Whose end of a kept connection was closed says so within a round trip. Who takes longer was at work.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Dead peers are found out as by the pooled client.
const KEEPALIVE: Duration = Duration::from_secs(15);

impl Direct {
    pub(crate) fn new(
        config: &HttpConfig,
        base: &Url,
        tls: rustls::ClientConfig,
    ) -> Result<Self, InvalidConfig> {
        let wrong = || InvalidConfig::new("base_url", "has a host that no request can name");
        let host = match (base.host_str(), base.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(wrong()),
        };
        let tls = match base.scheme() {
            "https" => {
                let name = base.host_str().unwrap_or_default();
                let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(name).map_err(|_| wrong())?;
                Some((TlsConnector::from(Arc::new(tls)), name))
            }
            _ => None,
        };
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEPALIVE));
        connector.set_keepalive_interval(Some(KEEPALIVE));
        connector.set_connect_timeout(Some(config.connect_timeout));
        Ok(Self {
            to: base.as_str().parse().map_err(|_| wrong())?,
            host: HeaderValue::try_from(host).map_err(|_| wrong())?,
            connector,
            tls,
            connect_timeout: config.connect_timeout,
            clock: Arc::clone(&config.clock),
            idle: Arc::new(Idle::new(Arc::clone(&config.clock))),
        })
    }

    /// The `host` header of every request.
    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Sends a request, whose URI is the path alone, and gives the head of its answer.
    ///
    /// A connection that was kept may have been closed while nobody looked. As long as nothing was sent on it the
    /// request goes to the next one; this is no retry, for the provider never saw it. Neither did it when the
    /// connection ends at once and without a byte: that is [`Unanswered::Stale`], and the request may be sent once
    /// more, [on a fresh one](Self::send_fresh).
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Passed>, Unanswered> {
        while let Some(mut kept) = self.idle.take() {
            if !poll_fn(|cx| Poll::Ready(kept.is_free(cx))).await {
                continue;
            }
            let began = self.clock.now();
            request = match kept.send(request).await {
                Ok(response) => return Ok(self.passed(response, kept)),
                Err(mut failed) => match failed.take_message() {
                    Some(request) => request,
                    None => {
                        let error = failed.into_error();
                        let at_once = self.clock.now().since(began) < AT_ONCE;
                        let unseen = at_once && !kept.has_heard() && !error.is_parse();
                        return Err(match unseen {
                            true => Unanswered::Stale(error),
                            false => Unanswered::Broken(error),
                        });
                    }
                },
            };
        }
        self.send_fresh(request).await
    }

    /// As [`send`](Self::send), over a connection that nobody had before.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection.
    pub(crate) async fn send_fresh(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Passed>, Unanswered> {
        let mut fresh = match tokio::time::timeout(self.connect_timeout, self.connect()).await {
            Ok(connected) => connected.map_err(Unanswered::Connect)?,
            Err(_) => return Err(Unanswered::Connect(TooLate(self.connect_timeout).into())),
        };
        match fresh.send(request).await {
            Ok(response) => Ok(self.passed(response, fresh)),
            Err(failed) => Err(Unanswered::Broken(failed.into_error())),
        }
    }

    fn passed(&self, response: Response<hyper::body::Incoming>, on: Exchange) -> Response<Passed> {
        response.map(|body| Passed::new(body, on, Arc::clone(&self.idle)))
    }

    async fn connect(&self) -> Result<Exchange, Box<dyn Error + Send + Sync>> {
        let mut connector = self.connector.clone();
        poll_fn(|cx| connector.poll_ready(cx)).await?;
        let socket = connector.call(self.to.clone()).await?;
        let (socket, heard) = (socket.into_inner(), Heard::default());
        let wire = match &self.tls {
            None => Wire::new(socket, heard.clone()),
            Some((tls, name)) => Wire::new(tls.connect(name.clone(), socket).await?, heard.clone()),
        };
        let (sender, connection) = http1::handshake(wire).await?;
        Ok(Exchange::new(sender, connection, heard))
    }
}
