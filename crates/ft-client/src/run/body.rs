//! The stream of the attempt that won, which its request holds while its caller reads.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::chat::{Assembler, Choice, ChunkChoice, Content, Piece, replay};
use ft_core::decide::FailReason;
use ft_core::{ChatChunk, ChatResponse, ChunkStream, Usage};
use serde_json::Value;

use super::begin::can_go_on;
use super::cost::estimated_usage;
use super::leg::{Leg, Won};
use super::{End, Run};
use crate::answer::Report;
use crate::attempt::{Bad, Good, Head, Job};
use crate::error::Error;
use crate::overrun::Overrun;
use crate::reading::{Reading, Trouble};

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
                    Trouble::Fired(timer) => Bad::fired(timers, timer, clock.now(), so_far),
                }))
            }
        })
    }
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
    pub(super) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, Box<Bad>>>> {
        match &mut self.streaming {
            Some(body) => body.poll_next(cx),
            None => Poll::Ready(None),
        }
    }

    /// What the caller has of the stream, in as few chunks as say it; `None` where chunks that follow would not join
    /// with those: between two targets, and after tool calls and other things that come in numbered parts.
    pub(super) fn chunks_so_far(&self) -> Option<Vec<ChatChunk>> {
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
    pub(super) fn usage_before(&self) -> Option<&Usage> {
        self.delivered.as_ref()?.so_far().usage.as_ref()
    }

    /// The stream ended well.
    pub(super) fn complete_stream(&mut self) -> Report {
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
    pub(super) async fn broke_off(&mut self, bad: Box<Bad>) -> Result<(), Error> {
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
