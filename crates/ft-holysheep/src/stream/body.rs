//! The reader on a connection: a stream of chunks that ends with its error, if it has one.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use ft_core::chat::{KeepAlives, Piece};
use ft_core::{ErrorKind, ProviderError};
use futures_core::Stream;

use super::ChunkReader;
use crate::classify::Verdict;
use crate::secrets::Secrets;
use crate::transport::{ReplyBody, failure};

/// The body of a streamed answer.
///
/// # Cancel safety
/// Dropping it closes the connection's stream, which cancels the call upstream.
pub(crate) struct ChunkBody {
    pieces: Option<ReplyBody>,
    reader: ChunkReader,
    secrets: Arc<Secrets>,
    request_id: Option<String>,
    /// Bytes that may still come.
    left: usize,
    /// Turns of the scheduler that the transport may still have to bring its own end.
    turns: u8,
    /// Bytes that are no chunk: a comment, a ping.
    keep_alives: KeepAlives,
}

/// What a pooled connection's task may need to say that the bytes are at their end.
const TURNS: u8 = 3;

impl ChunkBody {
    pub(crate) fn new(
        pieces: ReplyBody,
        reader: ChunkReader,
        secrets: Arc<Secrets>,
        request_id: Option<String>,
        most: usize,
        keep_alives: KeepAlives,
    ) -> Self {
        let turns = if pieces.is_driven() { 0 } else { TURNS };
        Self { pieces: Some(pieces), reader, secrets, request_id, left: most, turns, keep_alives }
    }

    fn error(&self, verdict: Verdict) -> ProviderError {
        let error = verdict.into_error(|text| self.secrets.scrub(text)).with_status(200);
        match &self.request_id {
            Some(id) => error.with_request_id(id.clone()),
            None => error,
        }
    }

    fn take(&mut self, bytes: &Bytes) {
        match self.left.checked_sub(bytes.len()) {
            Some(left) => {
                self.left = left;
                self.reader.push(bytes);
            }
            None => {
                let mut verdict = Verdict::of(ErrorKind::Garbled);
                verdict.message = Some("the stream is larger than its cap".to_owned());
                self.reader.end_with(verdict);
            }
        }
    }
}

impl Stream for ChunkBody {
    type Item = Result<Piece, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut heard = false;
        loop {
            if let Some(item) = this.reader.next_piece() {
                return Poll::Ready(Some(item.map_err(|verdict| this.error(verdict))));
            }
            let Some(pieces) = &mut this.pieces else { return Poll::Ready(None) };
            let polled = pieces.poll_data(cx);
            if this.reader.is_over() {
                // A body that is read to the transport's own end leaves its connection to the next call.
                // That end came with the last bytes or comes never: it gets a few turns, and no waiting.
                if polled.is_pending() && this.turns > 0 {
                    this.turns -= 1;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                this.pieces = None;
                return Poll::Ready(None);
            }
            match polled {
                Poll::Ready(Some(Ok(bytes))) => {
                    this.take(&bytes);
                    heard = true;
                }
                Poll::Ready(Some(Err(error))) => {
                    this.reader.end_with(Verdict::of(failure::kind(&error)));
                }
                Poll::Ready(None) => this.reader.end(),
                // An error was seen and usage did not come with it.
                Poll::Pending if this.reader.has_failed() => this.reader.end(),
                Poll::Pending => {
                    if heard {
                        this.keep_alives.heard();
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

impl fmt::Debug for ChunkBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkBody")
    }
}
