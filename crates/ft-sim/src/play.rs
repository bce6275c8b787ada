//! From a reply to what happens when: the same steps for both stages.

mod events;
mod whole;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use ft_core::chat::EmbeddingResponse;
use ft_core::{ChatChunk, ChatResponse};
use serde_json::Value;

#[cfg(feature = "http")]
pub(crate) use events::event_text;

use crate::reply::Body;
use crate::{Fault, Outcome, Reply, Seen};

/// Pieces that a dripped event or body comes in.
pub(crate) const DRIPS: u32 = 8;

/// What one attempt meets, step by step.
#[derive(Debug)]
pub(crate) struct Play {
    /// Before the headers, or before what comes instead of them.
    pub(crate) wait: Duration,
    pub(crate) act: Act,
    /// Before each piece of an event or of a plain body.
    pub(crate) drip: Duration,
    /// What the log says when it was played to the end.
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Act {
    Never,
    Refuse,
    Reset,
    Whole(Whole),
    Stream(Stream),
}

/// A plain answer.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    pub(crate) end: End,
}

#[derive(Debug)]
pub(crate) enum Content {
    Chat(Box<ChatResponse>),
    Embedding(Box<EmbeddingResponse>),
    Json(Value),
    Raw { content_type: String, bytes: Bytes },
}

/// A streamed answer. Nothing follows the first [`Step::End`].
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) steps: VecDeque<Step>,
}

#[derive(Debug)]
pub(crate) enum Step {
    Wait(Duration),
    Event(Event),
    /// The first half of an event.
    Part(Event),
    End(End),
}

/// What stands after `data: `.
#[derive(Debug)]
pub(crate) enum Event {
    Chunk(Box<ChatChunk>),
    Text(String),
    Done,
}

/// How an answer ends. For a plain one, all but `Clean` come after half of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Clean,
    Cut,
    Reset,
    Never,
    /// Complete by its length and not by its form; plain answers only.
    Garbled,
}

/// What this attempt meets. `created` is in seconds since 1970; `usage` says whether a stream tells its tokens.
pub(crate) fn play(reply: Reply, seen: &Seen<'_>, created: u64, usage: bool) -> Play {
    let outcome = reply.outcome();
    let (pace, status) = (reply.pace, reply.status);
    let good = (200..300).contains(&status);
    let streams = good && seen.stream && matches!(reply.body, Body::Words { .. } | Body::Events(_));
    let (wait, act) = match reply.fault {
        Some(Fault::Hang) => (pace.latency, Act::Never),
        Some(Fault::Refuse) => (pace.latency, Act::Refuse),
        Some(Fault::Reset) => (pace.latency, Act::Reset),
        _ if streams => (pace.latency, Act::Stream(events::stream(reply, seen, created, usage))),
        _ => {
            let tail = if good { whole::tail(&reply) } else { Duration::ZERO };
            let wait = pace.latency.saturating_add(tail);
            (wait, Act::Whole(whole::whole(reply, seen, created)))
        }
    };
    Play { wait, act, drip: pace.drip, outcome }
}
