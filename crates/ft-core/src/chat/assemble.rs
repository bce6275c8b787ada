//! From the pieces of a stream to the answer they make.

mod calls;

use serde_json::Value;

use self::calls::Calls;
use super::accumulate::{self, PADDING, Places};
use super::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Content, Extra, Part, Piece, Role, Usage,
};

/// Puts chunks together into one [`ChatResponse`].
///
/// What is put together is what was sent: inside a delta texts are joined, objects merged, and lists merged by the
/// `index` of their items or else appended, as OpenAI's SDK for Python does it; ids, names, types, roles and
/// signatures are sent whole, and of them as of all that stands outside a delta the last counts.
///
/// Tool calls are joined by index and id: a piece without an index continues the last call unless it brings
/// a new id, and two calls that both say index 0 are told apart by their ids.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    response: ChatResponse,
    /// Beside each choice.
    parts: Vec<Parts>,
    text_bytes: usize,
}

/// Where the parts of a choice stand.
#[derive(Clone, Debug, Default)]
struct Parts {
    calls: Calls,
    places: Places,
}

impl Assembler {
    /// An empty answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An answer that is there already, to be continued.
    #[must_use]
    pub fn of(response: ChatResponse) -> Self {
        let parts = response.choices.iter().map(|choice| Parts {
            calls: Calls::of(&choice.message.tool_calls),
            places: Places::default(),
        });
        Self { parts: parts.collect(), text_bytes: 0, response }
    }

    /// Adds the next chunk.
    pub fn push(&mut self, chunk: &ChatChunk) {
        let response = &mut self.response;
        keep_last(&mut response.id, &chunk.id);
        keep_last(&mut response.model, &chunk.model);
        if chunk.created != 0 {
            response.created = chunk.created;
        }
        if let Some(usage) = &chunk.usage {
            response.usage = Some(usage.clone());
        }
        merge(&mut response.extra, &chunk.extra);
        for piece in &chunk.choices {
            self.push_choice(piece);
        }
    }

    /// Adds the next chunk of a stream all of whose chunks are added.
    pub fn push_piece(&mut self, piece: &Piece) {
        let Some(text) = piece.text_alone() else { return self.push(piece.chunk()) };
        let index = piece.index_of_text();
        let choice = self.response.choices.iter_mut().find(|choice| choice.index == index);
        match choice.map(|choice| &mut choice.message.content) {
            // All else was said by the chunk that it is like.
            Some(Content::Text(whole)) => {
                self.text_bytes += text.len();
                whole.push_str(text);
            }
            _ => self.push(piece.chunk()),
        }
    }

    fn push_choice(&mut self, piece: &ChunkChoice) {
        let Some(at) = self.choice(piece.index) else { return };
        let (choice, parts) = (&mut self.response.choices[at], &mut self.parts[at]);
        let (delta, message) = (&piece.delta, &mut choice.message);
        if let Some(role) = delta.role.as_ref().filter(|role| **role != Role::Other(String::new()))
        {
            message.role = role.clone();
        }
        if let Some(text) = &delta.content {
            self.text_bytes += text.len();
            add_text(&mut message.content, text);
        }
        if let Some(text) = &delta.refusal {
            message.refusal.get_or_insert_default().push_str(text);
        }
        append(&mut message.extra, "reasoning_content", delta.reasoning_content.as_deref());
        append(&mut message.extra, "reasoning", delta.reasoning.as_deref());
        if !delta.extra.is_empty() {
            match delta.extra.get("content").map(parts_of) {
                Some(Some(more)) => {
                    self.text_bytes += more.iter().map(text_bytes).sum::<usize>();
                    more.into_iter().for_each(|part| add_part(&mut message.content, part));
                    let mut rest = delta.extra.clone();
                    rest.shift_remove("content");
                    accumulate::fields(&mut message.extra, &rest, &mut parts.places, 0);
                }
                _ => accumulate::fields(&mut message.extra, &delta.extra, &mut parts.places, 0),
            }
        }
        for call in &delta.tool_calls {
            parts.calls.push(&mut message.tool_calls, call);
        }
        if let Some(reason) = &piece.finish_reason {
            choice.finish_reason = Some(reason.clone());
        }
        if let Some(logprobs) = &piece.logprobs {
            match &mut choice.logprobs {
                Some(whole) => join_logprobs(whole, logprobs),
                whole => *whole = Some(logprobs.clone()),
            }
        }
        merge(&mut choice.extra, &piece.extra);
    }

    /// Answers beyond this many are dropped: OpenAI's `n` ends at 128, and a hostile stream with a hundred thousand
    /// would cost quadratic time.
    pub const MOST_CHOICES: usize = 128;

    fn choice(&mut self, index: u32) -> Option<usize> {
        let choices = &mut self.response.choices;
        if let Some(at) = choices.iter().position(|choice| choice.index == index) {
            return Some(at);
        }
        if choices.len() >= Self::MOST_CHOICES {
            return None;
        }
        let at = choices.partition_point(|choice| choice.index < index);
        choices.insert(at, Choice { index, ..Choice::default() });
        self.parts.insert(at, Parts::default());
        Some(at)
    }

    /// Goes on with an answer that continues this one: texts are joined, the usage is the sum, the rest is the later
    /// one's.
    ///
    /// For answers of text; tool calls of two answers cannot be joined and are kept side by side.
    pub fn continue_with(&mut self, next: &Self) {
        for choice in &next.response.choices {
            let Some(at) = self.choice(choice.index) else { continue };
            let own = &mut self.response.choices[at];
            match &choice.message.content {
                Content::Absent | Content::Null => {}
                Content::Text(more) => add_text(&mut own.message.content, more),
                Content::Parts(more) => {
                    more.iter().for_each(|part| add_part(&mut own.message.content, part.clone()));
                }
            }
            if let Some(more) = &choice.message.refusal {
                own.message.refusal.get_or_insert_default().push_str(more);
            }
            let places = &mut self.parts[at].places;
            accumulate::fields(&mut own.message.extra, &choice.message.extra, places, 0);
            own.message.tool_calls.extend(choice.message.tool_calls.iter().cloned());
            own.finish_reason.clone_from(&choice.finish_reason);
            self.parts[at].calls = Calls::of(&own.message.tool_calls);
        }
        self.text_bytes += next.text_bytes;
        match (&mut self.response.usage, &next.response.usage) {
            (Some(usage), Some(more)) => usage.add(more),
            (usage @ None, more) => usage.clone_from(more),
            (Some(_), None) => {}
        }
    }

    /// Sets the usage where the provider did not tell it, or has not yet.
    pub fn count(&mut self, usage: impl FnOnce(&ChatResponse) -> Usage) {
        if self.response.usage.is_none() {
            self.response.usage = Some(usage(&self.response));
        }
    }

    /// The answer so far.
    #[must_use]
    pub fn so_far(&self) -> &ChatResponse {
        &self.response
    }

    /// Whether anything has been said: text, refusal, reasoning or a tool call. A role alone says nothing.
    #[must_use]
    pub fn has_said(&self) -> bool {
        self.response.choices.iter().any(|choice| {
            let message = &choice.message;
            !message.content.text().is_empty()
                || matches!(&message.content, Content::Parts(parts) if !parts.is_empty())
                || message.refusal.as_deref().is_some_and(|words| !words.is_empty())
                || !message.tool_calls.is_empty()
                || !message.extra.is_empty()
        })
    }

    /// Whether this many answers are there and each has said why it ended.
    #[must_use]
    pub fn is_finished(&self, choices: u32) -> bool {
        let all = &self.response.choices;
        u32::try_from(all.len()).is_ok_and(|count| count >= choices.max(1))
            && all.iter().all(|choice| choice.finish_reason.is_some())
    }

    /// Bytes of text so far, over all choices.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// The whole answer.
    #[must_use]
    pub fn finish(self) -> ChatResponse {
        let mut response = self.response;
        "chat.completion".clone_into(&mut response.object);
        for choice in &mut response.choices {
            if matches!(choice.message.content, Content::Absent) {
                choice.message.content = Content::Null;
            }
        }
        response
    }
}

fn keep_last(kept: &mut String, given: &str) {
    // Most chunks of a stream say the same again.
    if !given.is_empty() && kept != given {
        given.clone_into(kept);
    }
}

/// The last word wins, except that null says nothing.
fn merge(into: &mut Extra, from: &Extra) {
    for (field, value) in from {
        // Most chunks of a stream say the same again.
        if !value.is_null() && field != PADDING && into.get(field) != Some(value) {
            into.insert(field.clone(), value.clone());
        }
    }
}

fn append(extra: &mut Extra, field: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    if let Some(Value::String(whole)) = extra.get_mut(field) {
        whole.push_str(text);
    } else {
        extra.insert(field.to_owned(), text.into());
    }
}

fn add_text(content: &mut Content, text: &str) {
    match content {
        Content::Text(whole) => whole.push_str(text),
        Content::Parts(_) if text.is_empty() => {}
        Content::Parts(_) => add_part(content, Part::text(text)),
        Content::Absent | Content::Null => *content = Content::Text(text.to_owned()),
    }
}

/// Adds a part: to the last one, if both are text, or both thinking, and nothing else.
fn add_part(content: &mut Content, part: Part) {
    let parts = match content {
        Content::Parts(parts) => parts,
        Content::Absent | Content::Null => {
            *content = Content::Parts(vec![part]);
            return;
        }
        Content::Text(text) => {
            let first = Some(Part::text(std::mem::take(text)));
            let first = first.filter(|first| first.text.as_deref() != Some(""));
            *content = Content::Parts(first.into_iter().collect());
            return add_part(content, part);
        }
    };
    match parts.last_mut().filter(|last| last.kind == part.kind) {
        Some(last) if thinks_alone(last) && thinks_alone(&part) => think_on(last, &part),
        Some(Part { text: Some(whole), extra, .. })
            if extra.is_empty() && part.extra.is_empty() =>
        {
            whole.push_str(part.text.as_deref().unwrap_or_default());
        }
        _ => parts.push(part),
    }
}

/// Mistral's form: a list of parts under `thinking`.
const THINKING: &str = "thinking";

fn thinks_alone(part: &Part) -> bool {
    part.extra.len() == 1 && part.extra.get(THINKING).is_some_and(Value::is_array)
}

fn think_on(part: &mut Part, next: &Part) {
    let thoughts = part.extra.get_mut(THINKING).and_then(Value::as_array_mut);
    let more = next.extra.get(THINKING).and_then(Value::as_array);
    let (Some(thoughts), Some(more)) = (thoughts, more) else { return };
    for thought in more {
        let is_text = |it: &Value| {
            it.as_object().is_some_and(|it| it.len() == 2 && it.get("type") == Some(&"text".into()))
        };
        match (thoughts.last_mut(), thought.get("text").and_then(Value::as_str)) {
            (Some(last), Some(text)) if is_text(last) && is_text(thought) => {
                if let Some(Value::String(whole)) = last.get_mut("text") {
                    whole.push_str(text);
                }
            }
            _ => thoughts.push(thought.clone()),
        }
    }
}

/// The parts of a content that is a list of them.
fn parts_of(content: &Value) -> Option<Vec<Part>> {
    let items = content.as_array()?;
    let part = |item: &Value| match item {
        Value::String(text) => Some(Part::text(text.as_str())),
        item => serde::Deserialize::deserialize(item).ok(),
    };
    items.iter().map(part).collect()
}

fn text_bytes(part: &Part) -> usize {
    part.text.as_deref().map_or(0, str::len)
}

/// Logprobs come as lists under `content` and `refusal`, each to be continued.
fn join_logprobs(whole: &mut Value, piece: &Value) {
    let (Some(whole), Some(piece)) = (whole.as_object_mut(), piece.as_object()) else { return };
    for (field, more) in piece {
        match (whole.get_mut(field).and_then(|list| list.as_array_mut()), more.as_array()) {
            (Some(list), Some(more)) => list.extend(more.iter().cloned()),
            (None, Some(_)) => {
                whole.insert(field.clone(), more.clone());
            }
            (_, None) => {}
        }
    }
}
