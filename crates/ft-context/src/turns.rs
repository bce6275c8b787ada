//! A conversation cut into turns.

use std::collections::HashMap;
use std::ops::Range;

use ft_core::Message;
use ft_core::chat::Role;

/// The turns of a conversation, in order: each a range of messages, together all of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turns {
    /// Where each turn begins.
    starts: Vec<usize>,
    messages: usize,
    /// The turn of the first user message.
    first_user: Option<usize>,
}

/// Cuts a conversation into turns, message by message.
#[derive(Debug)]
pub(crate) struct Cutter<'a> {
    starts: Vec<usize>,
    messages: usize,
    first_user: Option<usize>,
    /// By call id, the message that makes the call. Ids may come again: the last one is meant.
    calls: HashMap<&'a str, usize>,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new() -> Self {
        Self { starts: vec![0], messages: 0, first_user: None, calls: HashMap::new() }
    }

    /// Cuts before every user message, except where a tool call and its result would come apart.
    ///
    /// Linear: a turn that is joined to an earlier one is popped, and never looked at again.
    pub(crate) fn push(&mut self, message: &'a Message) {
        let at = self.messages;
        self.messages += 1;
        if message.role == Role::User {
            if at > 0 {
                self.starts.push(at);
            }
            self.first_user.get_or_insert(at);
        }
        for call in &message.tool_calls {
            self.calls.insert(&call.id, at);
        }
        let asked = message.tool_call_id.as_deref().and_then(|id| self.calls.get(id));
        if let Some(&asked) = asked {
            while self.starts.last().is_some_and(|&start| start > asked) {
                self.starts.pop();
            }
        }
    }

    pub(crate) fn finish(self) -> Turns {
        let starts = self.starts;
        let turn_of = |at: usize| starts.partition_point(|&start| start <= at) - 1;
        let first_user = self.first_user.map(turn_of);
        Turns { starts, messages: self.messages, first_user }
    }
}

impl Turns {
    /// How many turns; at least 1, which may be empty.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The turn of the first user message.
    pub(crate) fn first_user(&self) -> Option<usize> {
        self.first_user
    }

    /// The messages of a turn; empty when there is no such turn.
    pub(crate) fn messages(&self, turn: usize) -> Range<usize> {
        let start = |turn: usize| self.starts.get(turn).copied().unwrap_or(self.messages);
        start(turn)..start(turn + 1)
    }
}
