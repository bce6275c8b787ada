//! A streamed answer inside the process, as a strict reader would hand it on.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ft_core::{ChatChunk, ErrorKind, ProviderError};
use futures_core::Stream;
use serde_json::Value;
use tokio::time::Sleep;

use super::classify::classify;
use crate::Outcome;
use crate::log::Entry;
use crate::play::{DRIPS, End, Event, Step};

type Item = Result<ChatChunk, ProviderError>;

pub(super) struct Chunks {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    drip: Duration,
    /// The front event has dripped down.
    dripped: bool,
    outcome: Outcome,
    entry: Entry,
    choices: bool,
    complete: bool,
    over: bool,
}

impl Chunks {
    pub(super) fn new(
        steps: VecDeque<Step>,
        drip: Duration,
        outcome: Outcome,
        entry: Entry,
    ) -> Self {
        Self {
            steps,
            sleep: None,
            drip,
            dripped: false,
            outcome,
            entry,
            choices: false,
            complete: false,
            over: false,
        }
    }

    fn close(&mut self, last: Option<Item>) -> Poll<Option<Item>> {
        self.over = true;
        self.steps.clear();
        self.entry.end(self.outcome);
        Poll::Ready(last)
    }

    fn fail(&mut self, kind: ErrorKind) -> Poll<Option<Item>> {
        self.close(Some(Err(ProviderError::new(kind).with_status(200))))
    }

    fn give(&mut self, chunk: ChatChunk) -> Poll<Option<Item>> {
        self.choices |= !chunk.choices.is_empty();
        self.complete |= chunk.has_finish();
        Poll::Ready(Some(Ok(chunk)))
    }

    fn end(&mut self) -> Poll<Option<Item>> {
        match (self.complete, self.choices) {
            (true, true) => self.close(None),
            (true, false) => self.fail(ErrorKind::Garbled),
            (false, _) => self.fail(ErrorKind::Interrupted),
        }
    }

    fn text(&mut self, text: &str) -> Poll<Option<Item>> {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return self.fail(ErrorKind::Garbled);
        };
        if value.get("error").is_some_and(|error| !error.is_null()) {
            return self.close(Some(Err(classify(200, &[], Some(&value)))));
        }
        match serde_json::from_value(value) {
            Ok(chunk) => self.give(chunk),
            Err(_) => self.fail(ErrorKind::Garbled),
        }
    }
}

impl Stream for Chunks {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let this = &mut *self;
        loop {
            if let Some(sleep) = &mut this.sleep {
                ready!(sleep.as_mut().poll(cx));
                this.sleep = None;
            }
            if this.over {
                return Poll::Ready(None);
            }
            let drips = !this.drip.is_zero() && !this.dripped;
            if drips && matches!(this.steps.front(), Some(Step::Event(_))) {
                this.sleep = Some(Box::pin(tokio::time::sleep(this.drip.saturating_mul(DRIPS))));
                this.dripped = true;
                continue;
            }
            if this.steps.front().is_some_and(|step| matches!(step, Step::End(End::Never))) {
                return Poll::Pending;
            }
            this.dripped = false;
            match this.steps.pop_front() {
                Some(Step::Wait(wait)) => this.sleep = Some(Box::pin(tokio::time::sleep(wait))),
                Some(Step::Event(Event::Chunk(chunk))) => return this.give(*chunk),
                Some(Step::Event(Event::Text(text))) => return this.text(&text),
                Some(Step::Event(Event::Done)) => {
                    this.complete = true;
                    return this.end();
                }
                // Half an event is nothing to a reader of whole ones.
                Some(Step::Part(_)) => {}
                Some(Step::End(End::Clean)) | None => return this.end(),
                Some(Step::End(End::Cut | End::Reset | End::Garbled | End::Never)) => {
                    return this.fail(ErrorKind::Interrupted);
                }
            }
        }
    }
}
