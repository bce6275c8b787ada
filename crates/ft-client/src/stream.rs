//! A streamed answer, with what the request still holds riding in it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use ft_core::chat::{Assembler, Piece, replay};
use ft_core::decide::FailReason;
use ft_core::{ChatChunk, ChatResponse, ChunkStream};
use futures_core::Stream;
use futures_util::StreamExt;

use crate::answer::{Answer, Report};
use crate::attempt::{Bad, Good, Head, Job, Trouble, next_chunk};
use crate::error::Error;
use crate::run::{End, Leg, Run, Won};

/// A streamed answer: chunks, then the end.
///
/// It ends without an error only when the answer was complete. Otherwise the last item is an [`Error`] with
/// what had come so far, and nothing follows it.
///
/// # Cancel safety
/// Dropping it cancels the call upstream, settles its money at the estimate, and says nothing against the target.
pub struct AnswerStream {
    inner: Pin<Box<dyn Stream<Item = Result<Piece, Error>> + Send>>,
    report: Arc<Mutex<Report>>,
}

impl AnswerStream {
    /// How the answer came about, as far as it has: complete once the stream has ended.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next chunk with the text it came as, for who passes the stream on. The same stream as by [`Stream`]:
    /// each chunk comes once.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, Error>>> {
        self.inner.as_mut().poll_next(cx)
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
        let chunks = replay(answer.response);
        let shape = move |chunk: ChatChunk| shaped(chunk.into(), wants_usage).map(Ok);
        let inner = futures_util::stream::iter(chunks.into_iter().filter_map(shape));
        Self { inner: Box::pin(inner), report: Arc::new(Mutex::new(answer.report)) }
    }

    pub(crate) fn live(run: Box<Run>, body: Body) -> Self {
        let report = run.live_report(body.leg.target, body.first_token, run.now());
        let report = Arc::new(Mutex::new(report));
        Self { inner: Box::pin(forward(run, body, Arc::clone(&report))), report }
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

/// An attempt that is to be settled.
pub(crate) struct Settling {
    pub(crate) leg: Leg,
    pub(crate) job: Box<Job>,
    pub(crate) first_token: Option<Duration>,
}

/// An attempt's stream after its first content, with its guards.
pub(crate) struct Body {
    pub(crate) leg: Leg,
    pub(crate) job: Box<Job>,
    head: std::vec::IntoIter<Piece>,
    rest: ChunkStream,
    so_far: Assembler,
    pub(crate) first_token: Option<Duration>,
}

impl Body {
    /// The body of an attempt that won with a stream; else what it brought.
    pub(crate) fn new(won: Won) -> Result<Self, Box<(Settling, ChatResponse)>> {
        let Won { leg, job, good, first_token } = won;
        match good {
            Good::Head(Head { chunks, rest, so_far }) => {
                Ok(Self { leg, job, head: chunks.into_iter(), rest, so_far, first_token })
            }
            Good::Whole(response) => Err(Box::new((Settling { leg, job, first_token }, response))),
            // Whoever asked for vectors never asks for a body.
            Good::Vectors(_) => {
                let nothing = ChatResponse::default();
                Err(Box::new((Settling { leg, job, first_token }, nothing)))
            }
        }
    }

    /// The body of an attempt that goes on; one that had no more to say ends the answer.
    fn going_on(won: Won) -> Self {
        Self::new(won).unwrap_or_else(|settling| {
            let (Settling { leg, job, first_token }, response) = *settling;
            Self {
                leg,
                job,
                so_far: Assembler::of(response.clone()),
                head: replay(response).into_iter().map(Piece::from).collect::<Vec<_>>().into_iter(),
                rest: ChunkStream::of([]),
                first_token,
            }
        })
    }

    /// The next chunk, within the idle timer and what is left of the attempt.
    ///
    /// # Cancel safety
    /// No chunk is lost: it is taken out of the stream only when it is returned.
    async fn next(&mut self) -> Option<Result<Piece, Bad>> {
        if let Some(piece) = self.head.next() {
            if self.head.len() == 0 {
                // A stream may go on for minutes: what held its beginning is given back.
                self.head = Vec::new().into_iter();
            }
            return Some(Ok(piece));
        }
        let wait = self.job.timers.next_wait(self.job.clock.now());
        let choices = self.job.request.choices();
        match next_chunk(&mut self.rest, &self.so_far, choices, wait).await {
            Ok(Some(piece)) => {
                self.so_far.push_piece(&piece);
                Some(Ok(piece))
            }
            Ok(None) => None,
            Err(Trouble::Provider(error)) => {
                let so_far = std::mem::take(&mut self.so_far);
                Some(Err(Bad { error, neutral: false, so_far }))
            }
            Err(Trouble::Fired(timer)) => {
                let so_far = std::mem::take(&mut self.so_far);
                Some(Err(self.job.timers.fired(timer, self.job.clock.now(), so_far)))
            }
        }
    }
}

/// The chunk as the caller asked for it: usage is always asked for upstream, and stripped here if it was not
/// asked for. `None` when nothing is left of it.
fn shaped(mut piece: Piece, wants_usage: bool) -> Option<Piece> {
    if !wants_usage && piece.text_alone().is_none() && piece.chunk().usage.is_some() {
        let chunk = piece.chunk_mut();
        chunk.usage = None;
        if chunk.choices.is_empty() {
            return None;
        }
    }
    Some(piece)
}

fn forward(
    mut run: Box<Run>,
    body: Body,
    report: Arc<Mutex<Report>>,
) -> impl Stream<Item = Result<Piece, Error>> + Send {
    let wants_usage = run.request.wants_usage();
    let publish = move |latest: Report| {
        *report.lock().unwrap_or_else(PoisonError::into_inner) = latest;
    };
    run.streaming = Some(body);
    async_stream::stream! {
        while let Some(item) = run.next_chunk().await {
            match item {
                Ok(piece) => {
                    if let Some(piece) = shaped(piece, wants_usage) {
                        yield Ok(piece);
                    }
                }
                Err(error) => {
                    publish(run.report_so_far(run.now()));
                    yield Err(error);
                    return;
                }
            }
        }
        publish(run.complete_stream());
    }
}

impl Run {
    /// The next piece of the stream that this request holds, from whichever attempt; `None` when it ended well.
    ///
    /// # Cancel safety
    /// The body stays in `self` until it has ended, so that a drop finds and settles it.
    async fn next_chunk(&mut self) -> Option<Result<Piece, Error>> {
        loop {
            match self.streaming.as_mut()?.next().await? {
                Ok(piece) => return Some(Ok(piece)),
                Err(bad) => {
                    if let Err(error) = self.broke_off(bad).await {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// The stream ended well.
    fn complete_stream(&mut self) -> Report {
        let Some(Body { leg, job, first_token, so_far, .. }) = self.streaming.take() else {
            return self.report_so_far(self.now());
        };
        self.complete(leg, job, so_far.finish(), first_token).report
    }

    /// The stream broke off after content had reached the caller: another target goes on, or it is an error.
    ///
    /// # Cancel safety
    /// As [`Run::live`].
    async fn broke_off(&mut self, bad: Bad) -> Result<(), Error> {
        let Some(Body { leg, job, .. }) = self.streaming.take() else {
            return Err(self.fail(FailReason::MidStream));
        };
        match &mut self.delivered {
            Some(delivered) => delivered.continue_with(&bad.so_far),
            delivered @ None => *delivered = Some(bad.so_far.clone()),
        }
        let whole = self.delivered.as_ref().map(Assembler::so_far);
        let called = whole.is_some_and(|whole| {
            whole.choices.iter().any(|choice| !choice.message.tool_calls.is_empty())
        });
        if called {
            self.forbid_continuing();
        }
        self.broke_at.get_or_insert(self.failures.len());
        let event = self.failed(leg, job, bad, true, self.now());
        // Whatever else ends the search for a continuation, this is an answer that broke off.
        if let End::Live(won) = self.live(event).await {
            self.continued = true;
            self.streaming = Some(Body::going_on(*won));
            return Ok(());
        }
        let partial = self.delivered.as_ref().map(|whole| whole.so_far().clone());
        let error = self.fail(FailReason::MidStream);
        Err(error.with_partial(partial.unwrap_or_default()))
    }

    /// The caller leaves in the middle of a stream: what was said is billed, and nothing held against the target.
    pub(crate) fn abandon_stream(&mut self) {
        if let Some(Body { leg, job, so_far, .. }) = self.streaming.take() {
            self.left_stream(leg, job, so_far.so_far());
        }
    }
}
