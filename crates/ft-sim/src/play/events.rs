//! The streamed form of a reply.

use std::collections::VecDeque;
use std::time::Duration;

use ft_core::ChatChunk;
use ft_core::chat::{ChunkChoice, Delta, FunctionDelta, Role, ToolCall, ToolCallDelta};
use serde_json::Value;

use super::whole::{answer_id, choices, usage};
use super::{End, Event, Step, Stream};
use crate::reply::{Body, Pace};
use crate::{Fault, Reply, Seen};

pub(super) fn stream(reply: Reply, seen: &Seen<'_>, created: u64, give_usage: bool) -> Stream {
    let steps = match &reply.body {
        Body::Events(events) => given(events, reply.pace),
        Body::Words { text, pieces: ends, tool_calls } => {
            let mut frame =
                ChatChunk { created, model: seen.model.to_owned(), ..ChatChunk::default() };
            if !reply.brief {
                frame.id = answer_id(seen);
                "chat.completion.chunk".clone_into(&mut frame.object);
            }
            let told = usage(&reply.usage, text, tool_calls, seen).filter(|_| give_usage);
            let told = told.map(|usage| ChatChunk { usage: Some(usage), ..frame.clone() });
            let words = pieces(text, ends.as_deref())
                .map(|text| Delta { content: Some(text.to_owned()), ..Delta::default() });
            let content: Vec<Delta> = words.chain(calls(tool_calls)).collect();
            let choices = choices(seen.chat());
            Script { frame, choices, pace: reply.pace, steps: VecDeque::new() }
                .write(content, told, &reply)
        }
        Body::Json(_) | Body::Raw { .. } => VecDeque::from([Step::End(End::Clean)]),
    };
    Stream { status: reply.status, headers: reply.headers, steps }
}

/// The text of each chunk: as given, or a word each, with the space after it.
pub(super) fn pieces<'a>(
    text: &'a str,
    ends: Option<&'a [usize]>,
) -> impl Iterator<Item = &'a str> {
    let mut from = 0;
    let given = ends.into_iter().flatten().map(move |&end| {
        let piece = &text[from..end];
        from = end;
        piece
    });
    let words = ends.is_none().then(|| text.split_inclusive(' ')).into_iter().flatten();
    given.chain(words)
}

/// Each call in three pieces: its name, and its arguments in two.
fn calls(calls: &[ToolCall]) -> impl Iterator<Item = Delta> {
    let piece = |index, call: Option<&ToolCall>, arguments: &str| {
        let function = FunctionDelta {
            name: call.map(|call| call.function.name.clone()),
            arguments: Some(arguments.to_owned()),
            ..FunctionDelta::default()
        };
        let delta = ToolCallDelta {
            index: Some(index),
            id: call.map(|call| call.id.clone()),
            kind: call.map(|call| call.kind.clone()),
            function: Some(function),
            ..ToolCallDelta::default()
        };
        Delta { tool_calls: vec![delta], ..Delta::default() }
    };
    (0..).zip(calls).flat_map(move |(index, call)| {
        let arguments = call.function.arguments.as_str();
        let (first, second) =
            arguments.split_at(arguments.floor_char_boundary(arguments.len() / 2));
        [piece(index, Some(call), ""), piece(index, None, first), piece(index, None, second)]
    })
}

fn given(events: &[String], pace: Pace) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    for (at, event) in events.iter().enumerate() {
        pause(&mut steps, if at == 0 { pace.first_token } else { pace.per_chunk });
        let done = event == "[DONE]";
        steps.push_back(Step::Event(if done { Event::Done } else { Event::Text(event.clone()) }));
    }
    steps.push_back(Step::End(End::Clean));
    steps
}

fn pause(steps: &mut VecDeque<Step>, wait: Duration) {
    if !wait.is_zero() {
        steps.push_back(Step::Wait(wait));
    }
}

struct Script {
    frame: ChatChunk,
    /// How many answers were asked for: each chunk has a piece of all, since all are alike.
    choices: u32,
    pace: Pace,
    steps: VecDeque<Step>,
}

impl Script {
    fn write(
        mut self,
        content: Vec<Delta>,
        mut usage: Option<ChatChunk>,
        reply: &Reply,
    ) -> VecDeque<Step> {
        let last = content.len();
        // Past the last chunk is just after it, so that a fault always happens.
        let (stop, broken) = match reply.fault {
            Some(
                Fault::ResetAfter(k)
                | Fault::CutAfter(k)
                | Fault::StallAfter(k)
                | Fault::ErrorAfter(k, _),
            ) => (k.min(last), None),
            Some(Fault::CutInside(k)) => (k.clamp(1, last.max(1)) - 1, None),
            Some(Fault::MalformedAt(k)) => (usize::MAX, Some(k.clamp(1, last.max(1)) - 1)),
            _ => (usize::MAX, None),
        };
        let empty = reply.fault == Some(Fault::EmptyChoices);
        if !empty && !reply.brief && !matches!(reply.fault, Some(Fault::ErrorAfter(0, _))) {
            self.say(Delta { role: Some(Role::Assistant), ..Delta::default() });
        }
        for (at, delta) in content.into_iter().enumerate() {
            pause(
                &mut self.steps,
                if at == 0 { self.pace.first_token } else { self.pace.per_chunk },
            );
            if at == stop {
                let next = self.chunk(delta);
                return self.fail(reply, next);
            } else if empty {
                continue;
            } else if broken == Some(at) {
                let whole = event_text(&self.chunk(delta));
                let half = whole.floor_char_boundary(whole.len() / 2);
                self.steps.push_back(Step::Event(Event::Text(whole[..half].to_owned())));
            } else {
                self.say(delta);
            }
        }
        if stop != usize::MAX {
            let role = self.chunk(Delta::default());
            return self.fail(reply, role);
        }
        if let Some(reason) = reply.finish.clone().filter(|_| !empty) {
            let choice = ChunkChoice { finish_reason: Some(reason), ..ChunkChoice::default() };
            let mut last = ChatChunk { choices: self.all(choice), ..self.frame.clone() };
            if reply.brief {
                last.usage = usage.take().and_then(|told| told.usage);
            }
            self.event(last);
        }
        if let Some(usage) = usage {
            self.event(usage);
        }
        if reply.done {
            self.steps.push_back(Step::Event(Event::Done));
        }
        self.end(End::Clean)
    }

    fn fail(mut self, reply: &Reply, next: ChatChunk) -> VecDeque<Step> {
        match &reply.fault {
            Some(Fault::ResetAfter(_)) => self.end(End::Reset),
            Some(Fault::StallAfter(_)) => self.end(End::Never),
            Some(Fault::CutInside(_)) => {
                self.steps.push_back(Step::Part(Event::Chunk(Box::new(next))));
                self.end(End::Cut)
            }
            Some(Fault::ErrorAfter(_, error)) => {
                self.steps.push_back(Step::Event(Event::Text(Value::to_string(error))));
                self.end(End::Clean)
            }
            _ => self.end(End::Cut),
        }
    }

    fn say(&mut self, delta: Delta) {
        self.event(self.chunk(delta));
    }

    fn chunk(&self, delta: Delta) -> ChatChunk {
        let choice = ChunkChoice { delta, ..ChunkChoice::default() };
        ChatChunk { choices: self.all(choice), ..self.frame.clone() }
    }

    fn all(&self, choice: ChunkChoice) -> Vec<ChunkChoice> {
        match self.choices {
            1 => vec![choice],
            n => (0..n).map(|index| ChunkChoice { index, ..choice.clone() }).collect(),
        }
    }

    fn event(&mut self, chunk: ChatChunk) {
        self.steps.push_back(Step::Event(Event::Chunk(Box::new(chunk))));
    }

    fn end(mut self, end: End) -> VecDeque<Step> {
        self.steps.push_back(Step::End(end));
        self.steps
    }
}

/// A chunk as it stands after `data: `.
pub(crate) fn event_text(chunk: &ChatChunk) -> String {
    // A chunk has string keys and no foreign type, so that it can always be written.
    serde_json::to_string(chunk).unwrap_or_default()
}
