//! From the pieces of a stream to the answer they make.

use super::{
    ChatChunk, ChatResponse, Choice, ChunkChoice, Content, Extra, Message, Piece, ToolCall,
    ToolCallDelta,
};

/// Puts chunks together into one [`ChatResponse`].
///
/// Tool calls are joined by index and id: a piece without an index continues the last call unless it brings
/// a new id, and two calls that both say index 0 are told apart by their ids.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    response: ChatResponse,
    /// Beside each choice, the stream's index of each of its tool calls.
    calls: Vec<Vec<Option<u32>>>,
    text_bytes: usize,
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
        let calls =
            response.choices.iter().map(|choice| vec![None; choice.message.tool_calls.len()]);
        Self { calls: calls.collect(), text_bytes: 0, response }
    }

    /// Adds the next chunk.
    pub fn push(&mut self, chunk: &ChatChunk) {
        let response = &mut self.response;
        keep_first(&mut response.id, &chunk.id);
        keep_first(&mut response.model, &chunk.model);
        if response.created == 0 {
            response.created = chunk.created;
        }
        if let Some(usage) = &chunk.usage {
            response.usage = Some(usage.clone());
        }
        merge(&mut response.extra, &chunk.extra);
        for piece in chunk.choices.iter().take(Self::MOST_CHOICES) {
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
        let at = self.choice(piece.index);
        let choice = &mut self.response.choices[at];
        let delta = &piece.delta;
        if let Some(role) = &delta.role {
            choice.message.role = role.clone();
        }
        if let Some(text) = &delta.content {
            self.text_bytes += text.len();
            match &mut choice.message.content {
                Content::Text(whole) => whole.push_str(text),
                content => *content = Content::Text(text.clone()),
            }
        }
        if let Some(text) = &delta.refusal {
            choice.message.refusal.get_or_insert_default().push_str(text);
        }
        append(&mut choice.message.extra, "reasoning_content", delta.reasoning_content.as_deref());
        append(&mut choice.message.extra, "reasoning", delta.reasoning.as_deref());
        merge(&mut choice.message.extra, &delta.extra);
        for call in &delta.tool_calls {
            push_call(&mut choice.message, &mut self.calls[at], call);
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

    /// Answers beyond this many are dropped: OpenAI's `n` ends at 128, and a hostile chunk with a hundred thousand
    /// would cost quadratic time.
    pub const MOST_CHOICES: usize = 128;

    fn choice(&mut self, index: u32) -> usize {
        let choices = &mut self.response.choices;
        if let Some(at) = choices.iter().position(|choice| choice.index == index) {
            return at;
        }
        let at = choices.partition_point(|choice| choice.index < index);
        choices.insert(at, Choice { index, ..Choice::default() });
        self.calls.insert(at, Vec::new());
        at
    }

    /// Goes on with an answer that continues this one: texts are joined, the rest is the later one's.
    ///
    /// For answers of text; tool calls of two answers cannot be joined and are kept side by side.
    pub fn continue_with(&mut self, next: &Self) {
        for choice in &next.response.choices {
            let at = self.choice(choice.index);
            let own = &mut self.response.choices[at];
            match (&mut own.message.content, &choice.message.content) {
                (Content::Text(whole), Content::Text(more)) => whole.push_str(more),
                (Content::Absent | Content::Null, more) => own.message.content = more.clone(),
                (Content::Text(_) | Content::Parts(_), _) => {}
            }
            own.message.tool_calls.extend(choice.message.tool_calls.iter().cloned());
            own.finish_reason.clone_from(&choice.finish_reason);
            self.calls[at].resize(own.message.tool_calls.len(), None);
        }
        self.text_bytes += next.text_bytes;
        self.response.usage.clone_from(&next.response.usage);
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

fn keep_first(kept: &mut String, given: &str) {
    if kept.is_empty() && !given.is_empty() {
        given.clone_into(kept);
    }
}

/// The last word wins, except that null says nothing.
fn merge(into: &mut Extra, from: &Extra) {
    for (field, value) in from {
        // Most chunks of a stream say the same again.
        if !value.is_null() && into.get(field) != Some(value) {
            into.insert(field.clone(), value.clone());
        }
    }
}

fn append(extra: &mut Extra, field: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    if let Some(serde_json::Value::String(whole)) = extra.get_mut(field) {
        whole.push_str(text);
    } else {
        extra.insert(field.to_owned(), text.into());
    }
}

/// Logprobs come as lists under `content` and `refusal`, each to be continued.
fn join_logprobs(whole: &mut serde_json::Value, piece: &serde_json::Value) {
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

fn push_call(message: &mut Message, indexes: &mut Vec<Option<u32>>, piece: &ToolCallDelta) {
    let id = piece.id.as_deref().filter(|id| !id.is_empty());
    let same_id = |call: &ToolCall| id.is_none_or(|id| call.id.is_empty() || call.id == id);
    let at = match piece.index {
        Some(index) => indexes.iter().rposition(|&seen| seen == Some(index)),
        None => match id {
            Some(id) => message.tool_calls.iter().rposition(|call| call.id == id),
            None => message.tool_calls.len().checked_sub(1),
        },
    };
    let at = at.filter(|&at| same_id(&message.tool_calls[at])).unwrap_or_else(|| {
        message.tool_calls.push(ToolCall { kind: "function".to_owned(), ..ToolCall::default() });
        indexes.push(piece.index);
        message.tool_calls.len() - 1
    });
    let call = &mut message.tool_calls[at];
    if let Some(id) = id {
        keep_first(&mut call.id, id);
    }
    if let Some(kind) = &piece.kind {
        kind.clone_into(&mut call.kind);
    }
    if let Some(function) = &piece.function {
        keep_first(&mut call.function.name, function.name.as_deref().unwrap_or_default());
        call.function.arguments.push_str(function.arguments.as_deref().unwrap_or_default());
        merge(&mut call.function.extra, &function.extra);
    }
    merge(&mut call.extra, &piece.extra);
}
