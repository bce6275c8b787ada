//! A streamed answer, with what the request still holds riding in it.

mod along;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::chat::{Assembler, Choice, ChunkChoice, Content, Piece, replay};
use ft_core::decide::FailReason;
use ft_core::{ChatChunk, ChatResponse, ChunkStream, Usage};
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::answer::{Answer, Report};
use crate::attempt::{Bad, Good, Head, Job};
use crate::error::Error;
use crate::overrun::Overrun;
use crate::reading::{Reading, Trouble};
use crate::run::{End, Leg, Run, Won, can_go_on, estimated_usage};
use crate::shared::{Ended, Following, Reader, Start};
use along::Along;

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
    report: Report,
}

/// Where its chunks come from.
enum Flow {
    /// An answer that was whole.
    Kept(std::vec::IntoIter<ChatChunk>),
    /// The attempt that the request holds.
    Live(Box<Run>),
    /// It broke off: another target is looked for.
    Broken(BoxFuture<'static, (Box<Run>, Result<(), Error>)>),
    /// A call that others may wait for as well.
    Shared(Reader),
    /// Another's call.
    Along(Box<Along>),
    /// Nowhere: it is over.
    Over,
}

impl AnswerStream {
    /// How the answer came about, as far as it has: complete once the stream has ended.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report.clone()
    }

    /// How long it may still take by its own clocks, which are looked at when it is read; `None` where nothing that
    /// is under way is held. Who stops reading it holds a call upstream, its place and its money for longer.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        match &self.flow {
            Flow::Live(run) => {
                run.streaming.as_ref().map(|body| body.job.timers.end.since(run.now()))
            }
            // As of its first content: a call that others may wait for keeps its own clocks.
            Flow::Shared(reader) => reader.time_left(),
            Flow::Along(along) => along.time_left(),
            Flow::Broken(_) | Flow::Kept(_) | Flow::Over => None,
        }
    }

    /// The next chunk with the text it came as, for who passes the stream on. The same stream as by [`Stream`]:
    /// each chunk comes once.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, Error>>> {
        loop {
            let piece = match &mut self.flow {
                Flow::Kept(chunks) => chunks.next().map(|chunk| Ok(chunk.into())),
                Flow::Live(run) => ready!(run.poll_chunk(cx)),
                Flow::Broken(search) => {
                    let (run, found) = ready!(search.as_mut().poll(cx));
                    match found {
                        Ok(()) => self.flow = Flow::Live(run),
                        Err(error) => {
                            self.flow = Flow::Over;
                            self.report = run.report_so_far(run.now());
                            return Poll::Ready(Some(Err(error)));
                        }
                    }
                    continue;
                }
                Flow::Shared(reader) => match ready!(reader.poll_piece(cx)) {
                    Ok(piece) => Some(Ok(piece)),
                    Err(Ended(end, report)) => {
                        self.flow = Flow::Over;
                        if let Some(report) = report {
                            self.report = *report;
                        }
                        return Poll::Ready(end.err().map(Err));
                    }
                },
                Flow::Along(along) => match ready!(along.poll_piece(cx)) {
                    Ok(piece) => Some(Ok(piece)),
                    Err(ended) => {
                        let (report, error) = along.ends(ended);
                        self.flow = Flow::Over;
                        self.report = report;
                        return Poll::Ready(error.map(Err));
                    }
                },
                Flow::Over => return Poll::Ready(None),
            };
            match piece {
                Some(Ok(piece)) => {
                    let before = match &self.flow {
                        Flow::Live(run) => run.usage_before(),
                        _ => None,
                    };
                    if let Some(piece) = shaped(piece, self.wants_usage, before) {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Some(Err(bad)) => self.breaks_off(bad),
                None => {
                    self.end();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Another target goes on, if one can. The request stays in the search, so that a drop finds it there.
    fn breaks_off(&mut self, bad: Box<Bad>) {
        if let Flow::Live(mut run) = std::mem::replace(&mut self.flow, Flow::Over) {
            self.flow = Flow::Broken(Box::pin(async move {
                let found = run.broke_off(bad).await;
                (run, found)
            }));
        }
    }

    fn end(&mut self) {
        if let Flow::Live(mut run) = std::mem::replace(&mut self.flow, Flow::Over) {
            self.report = run.complete_stream();
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
        let chunks = replay(answer.response).into_iter();
        Self { flow: Flow::Kept(chunks), wants_usage, report: answer.report }
    }

    /// Of a call that others may wait for, from its first content on.
    pub(crate) fn shared(reader: Reader, report: Report, wants_usage: bool) -> Self {
        Self { flow: Flow::Shared(reader), wants_usage, report }
    }

    /// Of another's call, from what has come of it so far.
    pub(crate) fn joined(mut run: Box<Run>, following: Following, start: &Start) -> Self {
        let wants_usage = run.request.wants_usage();
        run.reads_along(&start.report);
        let report = run.own_report(run.now());
        let along = Along::new(run, following, start.so_far.clone());
        Self { flow: Flow::Along(Box::new(along)), wants_usage, report }
    }

    /// With the usage, whether or not its caller asked for it.
    pub(crate) fn with_usage(&mut self) {
        self.wants_usage = true;
    }

    /// What has come of it, to go on from; `None` while that cannot be told.
    pub(crate) fn so_far(&self) -> Option<Vec<ChatChunk>> {
        match &self.flow {
            Flow::Live(run) => run.chunks_so_far(),
            _ => None,
        }
    }

    pub(crate) fn live(mut run: Box<Run>, body: Box<Body>) -> Self {
        let report = run.live_report(body.leg.target, body.first_token, run.now());
        let wants_usage = run.request.wants_usage();
        run.streaming = Some(body);
        Self { flow: Flow::Live(run), wants_usage, report }
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
    rest: Reading,
    so_far: Assembler,
    pub(crate) first_token: Option<Duration>,
}

impl Body {
    /// The body of an attempt that won with a stream; else what it brought.
    pub(crate) fn new(won: Won) -> Result<Box<Self>, (Settling, Arc<ChatResponse>)> {
        let Won { leg, job, good, first_token } = won;
        match good {
            Good::Head(head) => {
                let Head { chunks, rest, so_far } = *head;
                let head = chunks.into_iter();
                Ok(Box::new(Self { leg, job, head, rest, so_far, first_token }))
            }
            Good::Whole(response) => Err((Settling { leg, job, first_token }, response)),
            // Whoever asked for vectors never asks for a body.
            Good::Vectors(_) => Err((Settling { leg, job, first_token }, Arc::default())),
        }
    }

    /// The body of an attempt that goes on; one that had no more to say ends the answer.
    fn going_on(won: Won) -> Box<Self> {
        Self::new(won).unwrap_or_else(|(Settling { leg, job, first_token }, response)| {
            let response = Arc::unwrap_or_clone(response);
            Box::new(Self {
                leg,
                job,
                so_far: Assembler::of(response.clone()),
                head: replay(response).into_iter().map(Piece::from).collect::<Vec<_>>().into_iter(),
                rest: Reading::new(ChunkStream::of([])),
                first_token,
            })
        })
    }

    /// The next chunk, within the idle timer and what is left of the stream.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, Box<Bad>>>> {
        if let Some(piece) = self.head.next() {
            if self.head.len() == 0 {
                // A stream may go on for minutes: what held its beginning is given back.
                self.head = Vec::new().into_iter();
            }
            return Poll::Ready(Some(Ok(piece)));
        }
        let Job { timers, clock, request, .. } = &*self.job;
        let have = (&self.so_far, request.choices());
        let next = self.rest.poll_piece(cx, &**clock, have, |now| timers.next_wait(now));
        Poll::Ready(match ready!(next) {
            Ok(Some(piece)) => {
                self.so_far.push_piece(&piece);
                if self.job.goes_too_far(&piece, &self.so_far) {
                    let so_far = std::mem::take(&mut self.so_far);
                    let error = Overrun::error();
                    return Poll::Ready(Some(Err(Box::new(Bad { error, neutral: false, so_far }))));
                }
                Some(Ok(piece))
            }
            Ok(None) => None,
            Err(trouble) => {
                let so_far = std::mem::take(&mut self.so_far);
                Some(Err(match trouble {
                    Trouble::Provider(error) => Box::new(Bad { error, neutral: false, so_far }),
                    Trouble::Fired(timer) => timers.fired(timer, clock.now(), so_far),
                }))
            }
        })
    }
}

/// The chunk as the caller asked for it, with the usage of what went before it.
///
/// Usage is always asked for upstream, and comes in a chunk of its own: who did not ask for it does not get that one.
/// Usage that a vendor sends beside an answer's words, it sends to everybody.
fn shaped(mut piece: Piece, wants_usage: bool, before: Option<&Usage>) -> Option<Piece> {
    if piece.text_alone().is_some() || piece.chunk().usage.is_none() {
        return Some(piece);
    }
    if !wants_usage && piece.chunk().choices.is_empty() {
        return None;
    }
    if let Some(before) = before
        && let Some(usage) = &mut piece.chunk_mut().usage
    {
        usage.add(before);
    }
    Some(piece)
}

/// Whether chunks that follow join with this beginning as they did with the chunks that made it.
fn joins(begun: &Choice) -> bool {
    let message = &begun.message;
    message.tool_calls.is_empty()
        && !matches!(message.content, Content::Parts(_))
        && message.extra.values().all(Value::is_string)
        && begun.logprobs.is_none()
}

/// Of what is replayed, the end of a choice that has not ended says nothing.
fn says_something(chunk: &ChatChunk) -> bool {
    let ends = |choice: &ChunkChoice| choice.finish_reason.is_some() || !choice.extra.is_empty();
    chunk.usage.is_some()
        || chunk.choices.iter().any(|choice| choice.delta.role.is_some() || ends(choice))
}

impl Run {
    /// The next piece of the stream that this request holds; `None` when it ended well.
    ///
    /// The body stays in `self` until it has ended, so that a drop finds and settles it.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Piece, Box<Bad>>>> {
        match &mut self.streaming {
            Some(body) => body.poll_next(cx),
            None => Poll::Ready(None),
        }
    }

    /// What the caller has of the stream, in as few chunks as say it; `None` where chunks that follow would not join
    /// with those: between two targets, and after tool calls and other things that come in numbered parts.
    fn chunks_so_far(&self) -> Option<Vec<ChatChunk>> {
        let body = self.streaming.as_ref().filter(|body| body.head.len() == 0)?;
        let now = body.so_far.so_far();
        let mut whole = match &self.delivered {
            Some(delivered) => {
                let mut whole = Assembler::clone(delivered);
                whole.continue_with(&body.so_far);
                whole.so_far().clone()
            }
            None => now.clone(),
        };
        if now.usage.is_none() {
            // What went before is added to what comes at the end.
            whole.usage = None;
        }
        let chunks = whole.choices.iter().all(joins).then(|| replay(whole))?;
        Some(chunks.into_iter().filter(says_something).collect())
    }

    /// What the attempts took that broke off before this one went on.
    fn usage_before(&self) -> Option<&Usage> {
        self.delivered.as_ref()?.so_far().usage.as_ref()
    }

    /// The stream ended well.
    fn complete_stream(&mut self) -> Report {
        let Some(body) = self.streaming.take() else {
            return self.report_so_far(self.now());
        };
        let Body { leg, job, first_token, so_far, .. } = *body;
        self.complete(leg, job, Arc::new(so_far.finish()), first_token).report
    }

    /// The stream broke off after content had reached the caller: another target goes on, or it is an error.
    ///
    /// # Cancel safety
    /// As [`Run::live`].
    async fn broke_off(&mut self, bad: Box<Bad>) -> Result<(), Error> {
        let Some(body) = self.streaming.take() else {
            return Err(self.fail(FailReason::MidStream));
        };
        let Body { leg, job, .. } = *body;
        let mut part = bad.so_far.clone();
        part.count(|said| estimated_usage(&job, said));
        match &mut self.delivered {
            Some(delivered) => delivered.continue_with(&part),
            delivered @ None => *delivered = Some(Box::new(part)),
        }
        let whole = self.delivered.as_ref().map(|delivered| delivered.so_far());
        // Nor is an answer continued whose end the caller has seen.
        let ended = whole
            .is_some_and(|whole| whole.choices.iter().any(|choice| choice.finish_reason.is_some()));
        let overrun = job.overrun.is_some_and(|overrun| overrun.is_over());
        if !whole.is_some_and(can_go_on) || ended || overrun {
            self.forbid_continuing();
        }
        self.broke_at.get_or_insert(self.failures.len());
        self.broke = Some(leg.target);
        let now = self.now();
        self.renew_deadline(now);
        let event = self.failed(leg, job, *bad, true, now);
        // Whatever else ends the search for a continuation, this is an answer that broke off.
        if let End::Live(won) = self.live(event).await {
            self.continued = true;
            self.streaming = Some(Body::going_on(won));
            return Ok(());
        }
        let partial = self.delivered.as_ref().map(|whole| whole.so_far().clone());
        let error = self.fail(FailReason::MidStream);
        Err(error.with_partial(partial.unwrap_or_default()))
    }

    /// The caller leaves in the middle of a stream: what was said is billed, and nothing held against the target.
    ///
    /// Returns which target it was, and when its first content came.
    pub(crate) fn abandon_stream(&mut self) -> Option<(usize, Option<Duration>)> {
        let body = self.streaming.take()?;
        let Body { leg, job, so_far, first_token, .. } = *body;
        self.left_stream(leg, job, so_far.so_far());
        Some((leg.target, first_token))
    }
}
