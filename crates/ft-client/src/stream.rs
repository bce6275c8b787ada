//! A streamed answer, with what the request still holds riding in it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::ChatChunk;
use ft_core::chat::{Assembler, Piece, replay};
use futures_core::Stream;
use futures_util::StreamExt;

use crate::answer::{Answer, Report};
use crate::error::Error;
use crate::run::{Along, Done, Live, Served, shaped};
use crate::shared::{Ended, Reader};

/// A streamed answer: chunks, then the end.
///
/// It ends without an error only when the answer was complete. Otherwise the last item is an [`Error`] with
/// what had come so far, and nothing follows it.
///
/// # Cancel safety
/// Dropping it cancels the call upstream, settles its money at the estimate, and says nothing against the target.
pub struct AnswerStream {
    flow: Flow,
    wants_usage: bool,
}

/// Where its chunks come from.
enum Flow {
    /// An answer that was whole.
    Kept(std::vec::IntoIter<ChatChunk>, Box<Report>),
    /// The request's own stream.
    Live(Box<Live>),
    /// The same, where others may wait for it as well.
    Led(Reader, Box<Report>),
    /// Another's call.
    Along(Box<Along>),
}

impl AnswerStream {
    /// How the answer came about, as far as it has: complete once the stream has ended.
    #[must_use]
    pub fn report(&self) -> Report {
        match &self.flow {
            Flow::Kept(_, report) | Flow::Led(_, report) => Report::clone(report),
            Flow::Live(live) => live.report().clone(),
            Flow::Along(along) => along.report().clone(),
        }
    }

    /// How long it may still take by its own clocks, which are looked at when it is read; `None` where nothing that
    /// is under way is held. Who stops reading it holds a call upstream, its place and its money for longer.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        match &self.flow {
            Flow::Kept(..) => None,
            Flow::Live(live) => live.time_left(),
            // As of its first content: a call that others may wait for keeps its own clocks.
            Flow::Led(reader, _) => reader.time_left(),
            Flow::Along(along) => along.time_left(),
        }
    }

    /// The next chunk with the text it came as, for who passes the stream on. The same stream as by [`Stream`]:
    /// each chunk comes once.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, Error>>> {
        loop {
            let piece = match &mut self.flow {
                Flow::Live(live) => return live.poll_piece(cx),
                Flow::Along(along) => return along.poll_piece(cx),
                Flow::Kept(chunks, _) => match chunks.next() {
                    Some(chunk) => chunk.into(),
                    None => return Poll::Ready(None),
                },
                Flow::Led(reader, report) => match ready!(reader.poll_piece(cx)) {
                    Ok(piece) => piece,
                    Err(Ended(end, last)) => {
                        let report = last.unwrap_or_else(|| report.clone());
                        self.flow = Flow::Kept(Vec::new().into_iter(), report);
                        return Poll::Ready(end.err().map(Err));
                    }
                },
            };
            if let Some(piece) = shaped(piece, self.wants_usage, None) {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
    }

    /// Reads to the end and gives the whole answer.
    ///
    /// # Errors
    /// The error that ends the stream.
    ///
    /// # Cancel safety
    /// As dropping the stream.
    pub async fn collect(mut self) -> Result<Answer, Error> {
        let mut whole = Assembler::new();
        while let Some(chunk) = self.next().await {
            whole.push(&chunk?);
        }
        Ok(Answer { response: whole.finish(), report: self.report() })
    }

    pub(crate) fn of_answer(answer: Answer, wants_usage: bool) -> Self {
        let Answer { response, report } = answer;
        Self { flow: Flow::Kept(replay(response).into_iter(), Box::new(report)), wants_usage }
    }

    pub(crate) fn of(served: Served, wants_usage: bool) -> Self {
        let flow = match served {
            Served::Own(Done::Whole(answer)) => return Self::of_answer(*answer, wants_usage),
            Served::Own(Done::Live(live)) => Flow::Live(live),
            Served::Led(reader, report) => Flow::Led(reader, report),
            Served::Along(along) => Flow::Along(along),
        };
        Self { flow, wants_usage }
    }
}

impl Stream for AnswerStream {
    type Item = Result<ChatChunk, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_piece(cx).map_ok(Piece::into_chunk)
    }
}

impl fmt::Debug for AnswerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerStream").field("report", &self.report()).finish_non_exhaustive()
    }
}
