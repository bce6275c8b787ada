//! A streamed answer as server-sent events.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{BufMut, Bytes, BytesMut};
use ft_client::{AnswerStream, Error, Report};
use ft_core::chat::Piece;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use hyper::body::Frame;

use super::calls::CallNumbers;
use super::{Refusal, describe};
use crate::visit::Visit;

/// What is ready goes out together, up to this much at once: one write instead of a hundred, and still no more in
/// memory than a slow reader's share.
const FRAME: usize = 16 << 10;

/// How often the connection's task gets a turn without bringing anything. With one a hundred chunks that arrived
/// together leave in a hundred writes, with two in five.
const TURNS: u8 = 2;

/// The answer to a caller who wants a stream. It is read only as fast as the caller reads.
pub(crate) fn streamed(stream: AnswerStream, visit: Visit, report_event: bool) -> Response<Body> {
    let report = stream.report();
    let events = Events {
        stream,
        visit,
        report_event,
        calls: CallNumbers::default(),
        buffer: BytesMut::new(),
        begun: false,
        turns: 0,
        over: false,
    };
    let mut response = Response::new(Body::new(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies in front that would gather the events are asked not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    describe(headers, &report);
    // What has been spent so far is not what it will have cost.
    headers.remove("x-ft-cost-usd");
    response
}

/// The events of a stream. Dropping it cancels the call upstream.
struct Events {
    stream: AnswerStream,
    visit: Visit,
    report_event: bool,
    calls: CallNumbers,
    buffer: BytesMut,
    /// Something has been handed on.
    begun: bool,
    /// Turns for which what has been gathered still waits.
    turns: u8,
    over: bool,
}

impl Events {
    fn chunk(&mut self, mut piece: Piece) {
        piece.change(|chunk| self.calls.number(chunk));
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

    /// Whether what has been gathered waits for what the connection's task may bring in its next turn.
    fn waits_a_turn(&mut self, before: usize) -> bool {
        if self.buffer.len() > before {
            self.turns = TURNS;
        }
        let waits = !self.buffer.is_empty() && self.turns > 0;
        self.turns = self.turns.saturating_sub(1);
        waits
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
        let refusal = Refusal::from(error);
        let report = self.stream.report();
        self.about(&report);
        self.buffer.extend_from_slice(format!("data: {}\n\n", refusal.body()).as_bytes());
        self.visit.ended(200, refusal.code(), Some(report));
        self.over = true;
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

/// The caller left: how far it had come is still to be seen.
impl Drop for Events {
    fn drop(&mut self) {
        if !self.over {
            self.visit.left(self.stream.report());
        }
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
        let before = this.buffer.len();
        while !this.over && this.buffer.len() < FRAME {
            match this.stream.poll_piece(cx) {
                Poll::Ready(Some(Ok(piece))) => this.chunk(piece),
                Poll::Ready(Some(Err(error))) => this.failed(&error),
                Poll::Ready(None) => this.done(),
                // Chunks that arrived together are handed over one by one by the connection's task. It gets a turn
                // for as long as that brings more, and then all of them are one write. The first content, for which
                // the head is held, waits for nothing.
                Poll::Pending if this.begun && this.waits_a_turn(before) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        if !this.buffer.is_empty() {
            this.begun = true;
            return Poll::Ready(Some(Ok(Frame::data(this.buffer.split().freeze()))));
        }
        if this.over { Poll::Ready(None) } else { Poll::Pending }
    }

    fn is_end_stream(&self) -> bool {
        self.over && self.buffer.is_empty()
    }
}
