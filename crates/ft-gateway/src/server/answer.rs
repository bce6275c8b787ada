//! One request of a connection: refused before it is one, or answered, and watched until its answer is out.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Request, Response, Version};
use hyper::body::{Frame, Incoming, SizeHint};
use tower::Service;

use super::socket::Shared;
use super::stream::{self, Progress};
use crate::answer::Refusal;
use crate::streaming::Streaming;

/// Answers a request. It is under way from now on, and not only from the first poll.
pub(super) fn answer(
    mut router: Router,
    shared: Arc<Shared>,
    most_head: usize,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Watched>, Infallible>> {
    shared.begins(request.version());
    let under_way = UnderWay { shared, streaming: None };
    async move {
        let response = match refused(&request, most_head) {
            Some(refusal) => refusal.response(),
            None => router.call(request.map(Body::new)).await?,
        };
        Ok(under_way.answers(response))
    }
}

/// What is refused by its head, before anybody looks at what it asks for.
fn refused(request: &Request<Incoming>, most_head: usize) -> Option<Refusal> {
    // The parser only bounds its buffer, which may have grown far beyond that when it looks.
    if size(request.headers()) > most_head {
        return Some(Refusal::large_head(most_head));
    }
    // RFC 9112, 3.2: what stands in between might read another one than is served.
    let hosts = || request.headers().get_all(HOST).iter().count();
    if request.version() == Version::HTTP_11 && hosts() != 1 {
        let message = "a request of HTTP/1.1 must have one `host` header";
        return Some(Refusal::invalid(message).with_param("host"));
    }
    None
}

/// The bytes of their names and values.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// A request whose answer is not out yet. Its drop is the end of it.
struct UnderWay {
    shared: Arc<Shared>,
    streaming: Option<Streaming>,
}

impl UnderWay {
    fn answers(mut self, mut response: Response<Body>) -> Response<Watched> {
        self.streaming = response.extensions_mut().remove::<Streaming>();
        let progress = stream::current();
        self.shared.answers(self.streaming.as_ref(), progress.is_none());
        if let (Some(progress), Some(streaming)) = (&progress, &self.streaming) {
            progress.ends_within(streaming.time_left());
        }
        response.map(|body| Watched { body, rest: Bytes::new(), progress, _under_way: self })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.ends(self.streaming.as_ref());
    }
}

/// An answer's body, which tells how far its reader is.
pub(super) struct Watched {
    body: Body,
    /// What does not go out at once.
    rest: Bytes,
    /// Over HTTP/2.
    progress: Option<Arc<Progress>>,
    _under_way: UnderWay,
}

/// What an HTTP/2 stream is handed at once: a slow reader is seen to take it piece by piece.
const PIECE: usize = 16 << 10;

impl Watched {
    fn piece(&mut self) -> Frame<Bytes> {
        let at = self.rest.len().min(PIECE);
        Frame::data(self.rest.split_to(at))
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if this.progress.is_none() {
            return Pin::new(&mut this.body).poll_frame(cx);
        }
        let polled = if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        this.rest = data;
                        Poll::Ready(Some(Ok(this.piece())))
                    }
                    Err(frame) => Poll::Ready(Some(Ok(frame))),
                },
                polled => polled,
            }
        } else {
            Poll::Ready(Some(Ok(this.piece())))
        };
        if let Some(progress) = &this.progress {
            match &polled {
                Poll::Ready(Some(_)) => progress.handed(),
                Poll::Ready(None) | Poll::Pending => progress.asked(),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.rest.len() as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint.set_lower(inner.lower() + held);
        hint
    }
}
