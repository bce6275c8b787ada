//! A streamed answer as server-sent events.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::{BufMut, Bytes, BytesMut};
use ft_client::{AnswerStream, Error, Report};
use ft_core::Tick;
use ft_core::chat::Piece;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use hyper::body::Frame;

use super::calls::CallNumbers;
use super::{Refusal, describe};
use crate::server::Alarm;
use crate::streaming::{Request, Streaming};
use crate::visit::Visit;

/// What is ready goes out together, up to this much at once: one write instead of a hundred, and still no more in
/// memory than a slow reader's share.
const FRAME: usize = 16 << 10;

/// After so much silence a comment goes out: proxies in between cut what is silent for a minute, and a reader that has
/// left is found out.
const SILENCE: Duration = Duration::from_secs(15);

/// What every reader of events skips.
const COMMENT: &[u8] = b": keep-alive\n\n";

/// The answer to a caller who wants a stream. It is read only as fast as the caller reads.
pub(crate) fn streamed(stream: AnswerStream, visit: Visit, report_event: bool) -> Response<Body> {
    let report = stream.report();
    let streaming = Streaming::new(stream.time_left().unwrap_or(Duration::MAX));
    let events = Events {
        stream,
        visit,
        report_event,
        calls: CallNumbers::default(),
        buffer: BytesMut::new(),
        over: false,
        streaming: streaming.clone(),
        spoke: Tick::ZERO,
        silence: Alarm::default(),
    };
    let mut response = Response::new(Body::new(events));
    response.extensions_mut().insert(streaming);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies in front that would gather the events are asked not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    describe(headers, &report);
    // What has been spent so far is not what it will have cost.
    headers.remove("x-ft-cost-usd");
    headers.remove("x-ft-cost-estimate");
    response
}

/// The events of a stream. Dropping it cancels the call upstream: the stream first, whose report the visit then has.
struct Events {
    stream: AnswerStream,
    visit: Visit,
    report_event: bool,
    calls: CallNumbers,
    buffer: BytesMut,
    over: bool,
    streaming: Streaming,
    /// When something last went out.
    spoke: Tick,
    silence: Alarm,
}

impl Events {
    fn chunk(&mut self, mut piece: Piece) {
        if piece.text_alone().is_none() {
            piece.change(|chunk| self.calls.number(chunk));
        }
        self.buffer.extend_from_slice(b"data: ");
        match piece.raw() {
            Some(raw) => self.buffer.extend_from_slice(raw),
            None => {
                // A chunk is maps with text keys and numbers that JSON has: it can always be written.
                let _ = serde_json::to_writer((&mut self.buffer).writer(), piece.chunk());
            }
        }
        self.buffer.extend_from_slice(b"\n\n");
    }

    /// The stream ended well: how it came about, then the end.
    fn done(&mut self) {
        let report = self.stream.report();
        self.about(&report);
        self.buffer.extend_from_slice(b"data: [DONE]\n\n");
        self.visit.ended(200, None, Some(report));
        self.over = true;
    }

    /// It broke off: the error, and no `[DONE]`, which would say that the answer was whole.
    fn failed(&mut self, error: &Error) {
        self.breaks(&Refusal::from(error));
    }

    fn breaks(&mut self, refusal: &Refusal) {
        let report = self.stream.report();
        self.about(&report);
        self.buffer.extend_from_slice(format!("data: {}\n\n", refusal.body()).as_bytes());
        self.visit.ended(200, refusal.code(), Some(report));
        self.over = true;
    }

    /// Nothing is ready: a comment, when one is due or asked for. Ready when there is something to send.
    fn poll_comment(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.streaming.take(cx.waker()) {
            Some(Request::Stop) => self.breaks(&Refusal::stopped()),
            Some(Request::Comment) => self.buffer.extend_from_slice(COMMENT),
            None => {
                let clock = self.visit.clock();
                if self.spoke == Tick::ZERO {
                    self.spoke = clock.now();
                }
                let due = self.spoke.after(SILENCE);
                std::task::ready!(self.silence.poll(due, clock, cx));
                self.buffer.extend_from_slice(COMMENT);
            }
        }
        Poll::Ready(())
    }

    /// The report: as a comment, which every reader of events skips, or as an event to who asked for one.
    fn about(&mut self, report: &Report) {
        let Ok(report) = serde_json::to_string(report) else { return };
        let text = match self.report_event {
            true => format!("event: ft.report\ndata: {report}\n\n"),
            false => format!(": ft.report {report}\n\n"),
        };
        self.buffer.extend_from_slice(text.as_bytes());
    }
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        while !this.over && this.buffer.len() < FRAME {
            match this.stream.poll_piece(cx) {
                Poll::Ready(Some(Ok(piece))) => this.chunk(piece),
                Poll::Ready(Some(Err(error))) => this.failed(&error),
                Poll::Ready(None) => this.done(),
                // What arrived together is here by now, and leaves together.
                Poll::Pending => break,
            }
        }
        if !this.over && this.buffer.is_empty() {
            std::task::ready!(this.poll_comment(cx));
        }
        if !this.buffer.is_empty() {
            this.spoke = this.visit.clock().now();
            return Poll::Ready(Some(Ok(Frame::data(this.buffer.split().freeze()))));
        }
        if this.over { Poll::Ready(None) } else { Poll::Pending }
    }

    fn is_end_stream(&self) -> bool {
        self.over && self.buffer.is_empty()
    }
}
