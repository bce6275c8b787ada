//! The connection's side: how a request gets to an endpoint, and what it means when it does not.

pub(crate) mod client;
mod direct;
pub(crate) mod failure;
pub(crate) mod read;
mod unpacked;

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Response, Uri};
use http_body_util::Full;
use hyper::body::Body;
use reqwest::Url;

use crate::{HttpConfig, InvalidConfig};
use direct::{Direct, Passed, Unanswered};
use unpacked::{Packing, Unpacked};

/// The way to one endpoint.
pub(crate) struct Transport {
    way: Way,
    /// The most bytes of an unpacked body.
    most: usize,
}

enum Way {
    /// HTTP/1.1 without a proxy, over connections that the call drives.
    Direct(Box<Direct>),
    /// Everything else: HTTP/2, proxies, compression.
    Pooled(reqwest::Client),
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    url: Url,
    path: PathAndQuery,
}

/// An answer's head, and its body as it comes.
pub(crate) type Reply = Response<ReplyBody>;

/// The body of an answer.
///
/// # Cancel safety
/// Dropping it before its end cancels the call upstream.
pub(crate) enum ReplyBody {
    Direct(Passed),
    Unpacked(Box<Unpacked>),
    Pooled(reqwest::Body),
}

/// Why there is no answer, or no more of it.
#[derive(Debug)]
pub(crate) enum Broken {
    /// No connection: nothing was sent.
    Connect(Box<dyn Error + Send + Sync>),
    /// The request cannot be sent over HTTP.
    Unsendable(Box<dyn Error + Send + Sync>),
    /// The connection was gone already: what was sent was not seen.
    Unseen(Box<dyn Error + Send + Sync>),
    /// The connection did not bring what it should.
    Wire(Box<dyn Error + Send + Sync>),
}

impl Transport {
    pub(crate) fn new(config: &HttpConfig, base: &Url) -> Result<Self, InvalidConfig> {
        let proxy = client::proxy_for(config, base)?;
        let http1 = base.scheme() == "http" || !config.http2;
        let tls = client::tls(config)?;
        let way = match proxy {
            None if http1 && config.direct => {
                Way::Direct(Box::new(Direct::new(config, base, tls)?))
            }
            proxy => Way::Pooled(client::build(config, tls, proxy)?),
        };
        Ok(Self { way, most: config.max_response_body })
    }

    /// The headers that this way adds to every request.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if let Way::Direct(connections) = &self.way {
            headers.insert(HOST, connections.host().clone());
            // Compression is for distance, and what is reached in this way is mostly near.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
    }

    /// Sends a request and gives the head of its answer.
    ///
    /// One that was lost on a connection whose other end was gone already is sent once more, with the headers that
    /// `again` makes: this is no retry, for nobody has seen it.
    ///
    /// # Cancel safety
    /// Dropping it cancels the call upstream.
    pub(crate) async fn send(
        &self,
        place: Place,
        headers: HeaderMap,
        body: Vec<u8>,
        again: impl Fn() -> Option<HeaderMap>,
    ) -> Result<Reply, Broken> {
        let reply = match &self.way {
            Way::Direct(connections) => {
                let body = Bytes::from(body);
                let request = |headers| {
                    let mut request = http::Request::new(Full::new(body.clone()));
                    *request.method_mut() = Method::POST;
                    *request.uri_mut() = Uri::from(place.path.clone());
                    *request.headers_mut() = headers;
                    request
                };
                let reply = match connections.send(request(headers)).await {
                    Err(Unanswered::Stale(lost)) => match again() {
                        Some(headers) => connections.send_fresh(request(headers)).await?,
                        None => return Err(Unanswered::Stale(lost).into()),
                    },
                    sent => sent?,
                };
                reply.map(ReplyBody::Direct)
            }
            Way::Pooled(client) => {
                let mut request = reqwest::Request::new(Method::POST, place.url);
                *request.headers_mut() = headers;
                *request.body_mut() = Some(body.into());
                let reply = client.execute(request).await?;
                Response::from(reply).map(ReplyBody::Pooled)
            }
        };
        // It was not asked for, but a server may know no other way; the pooled client has taken the name of what it
        // unpacked out of the head.
        let packing = Packing::of(reply.headers());
        Ok(reply.map(|body| match packing {
            Some(packing) => ReplyBody::Unpacked(Box::new(Unpacked::new(body, packing, self.most))),
            None => body,
        }))
    }
}

impl Place {
    /// Nothing, if this is no place that HTTP can name.
    pub(crate) fn new(url: Url) -> Option<Self> {
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Some(Self { url, path: path.try_into().ok()? })
    }
}

impl ReplyBody {
    /// Whether reading it turns its connection, so that all that has arrived is there to be read.
    pub(crate) fn is_driven(&self) -> bool {
        match self {
            Self::Direct(_) => true,
            Self::Unpacked(body) => body.is_driven(),
            Self::Pooled(_) => false,
        }
    }

    /// How many bytes it has, where its head says so.
    pub(crate) fn announced(&self) -> Option<u64> {
        match self {
            Self::Direct(body) => body.size_hint().exact(),
            Self::Unpacked(_) => None,
            Self::Pooled(body) => body.size_hint().exact(),
        }
    }

    /// The next bytes; `None` at the end.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        match self {
            Self::Direct(body) => poll_data(body, cx),
            Self::Unpacked(body) => body.poll_data(cx),
            Self::Pooled(body) => poll_data(body, cx),
        }
    }

    /// The same, to be waited for.
    ///
    /// # Cancel safety
    /// No bytes are lost: they are taken when they are returned.
    pub(crate) async fn data(&mut self) -> Option<Result<Bytes, Broken>> {
        std::future::poll_fn(|cx| self.poll_data(cx)).await
    }
}

/// Trailers say nothing that a decision depends on.
fn poll_data<B>(body: &mut B, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>>
where
    B: Body<Data = Bytes, Error: Into<Broken>> + Unpin,
{
    loop {
        match ready!(Pin::new(&mut *body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Poll::Ready(Some(Ok(data)));
                }
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        }
    }
}

impl From<Unanswered> for Broken {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Connect(error) => Self::Connect(error),
            Unanswered::Broken(error) => error.into(),
            Unanswered::Stale(error) => Self::Unseen(error.into()),
        }
    }
}

impl From<hyper::Error> for Broken {
    fn from(error: hyper::Error) -> Self {
        Self::Wire(error.into())
    }
}

/// No URL: it may hold a secret.
impl From<reqwest::Error> for Broken {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match (error.is_connect(), error.is_builder()) {
            (true, _) => Self::Connect(error.into()),
            (false, true) => Self::Unsendable(error.into()),
            (false, false) => Self::Wire(error.into()),
        }
    }
}
