//! The body of an answer, which can wait, stall and break off.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::wire::Reset;
use crate::Outcome;
use crate::log::Entry;
use crate::play::{DRIPS, End, Event, Step, event_text};

/// The body of an answer.
pub(super) enum PlayBody {
    /// All at once.
    Whole(Option<Bytes>),
    /// Step by step.
    Steps(Box<Steps>),
}

pub(super) struct Steps {
    pub(super) steps: VecDeque<Step>,
    /// What is left of a dripping event.
    pub(super) drops: VecDeque<Bytes>,
    pub(super) drip: Duration,
    pub(super) outcome: Outcome,
    pub(super) entry: Entry,
    pub(super) reset: Reset,
    sleep: Option<Pin<Box<Sleep>>>,
    ready: BytesMut,
    flushed: bool,
    over: bool,
}

/// The answer breaks off here, as the script says.
#[derive(Debug, thiserror::Error)]
#[error("the script ends the connection here")]
pub(super) struct BrokenOff;

impl Steps {
    pub(super) fn new(
        steps: VecDeque<Step>,
        drip: Duration,
        outcome: Outcome,
        entry: Entry,
        reset: Reset,
    ) -> Self {
        Self {
            steps,
            drops: VecDeque::new(),
            drip,
            outcome,
            entry,
            reset,
            sleep: None,
            ready: BytesMut::new(),
            flushed: false,
            over: false,
        }
    }

    /// Lets these bytes drip, or makes them ready at once.
    pub(super) fn add(&mut self, bytes: Bytes) {
        if self.drip.is_zero() {
            self.ready.extend_from_slice(&bytes);
            return;
        }
        let size = bytes.len().div_ceil(DRIPS as usize).max(1);
        self.drops = (0..bytes.len())
            .step_by(size)
            .map(|from| bytes.slice(from..bytes.len().min(from + size)))
            .collect();
        self.wait(self.drip);
    }

    fn wait(&mut self, wait: Duration) {
        self.sleep = Some(Box::pin(tokio::time::sleep(wait)));
    }

    fn give(&mut self) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if self.drops.is_empty() && matches!(self.steps.front(), Some(Step::End(End::Clean))) {
            // Written down before the last byte is on its way, so that whoever has the answer finds the end.
            self.entry.end(self.outcome);
            self.over = true;
        }
        Poll::Ready(Some(Ok(Frame::data(self.ready.split().freeze()))))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            if self.over {
                return Poll::Ready(None);
            }
            if let Some(drop) = self.drops.pop_front() {
                self.ready.extend_from_slice(&drop);
                if !self.drops.is_empty() {
                    self.wait(self.drip);
                }
                return self.give();
            }
            // What is ready goes out together, before the next thing that takes time.
            let now = matches!(self.steps.front(), Some(Step::Event(_) | Step::Part(_)));
            if !self.ready.is_empty() && !now {
                return self.give();
            }
            match self.steps.front() {
                Some(Step::End(End::Never)) => return Poll::Pending,
                Some(Step::End(End::Cut | End::Reset)) if !self.flushed => {
                    // hyper writes what it has when the body has nothing; after an error it would not.
                    self.flushed = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                _ => {}
            }
            match self.steps.pop_front() {
                Some(Step::Wait(wait)) => self.wait(wait),
                Some(Step::Event(event)) => self.add(encode(event)),
                Some(Step::Part(event)) => {
                    let whole = encode(event);
                    self.add(whole.slice(..whole.len() / 2));
                }
                Some(Step::End(end @ (End::Cut | End::Reset | End::Never))) => {
                    if end == End::Reset {
                        self.reset.pull();
                    }
                    self.over = true;
                    self.entry.end(self.outcome);
                    return Poll::Ready(Some(Err(BrokenOff)));
                }
                Some(Step::End(End::Clean | End::Garbled)) | None => {
                    self.over = true;
                    self.entry.end(self.outcome);
                }
            }
        }
    }
}

fn encode(event: Event) -> Bytes {
    let text = match event {
        Event::Chunk(chunk) => event_text(&chunk),
        Event::Text(text) => text,
        Event::Done => "[DONE]".to_owned(),
    };
    format!("data: {text}\n\n").into()
}

impl Body for PlayBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Steps(steps) => steps.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Steps(steps) => steps.over,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Steps(_) => SizeHint::default(),
        }
    }
}
