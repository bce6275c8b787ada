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

impl Turns {
    /// Cuts before every user message, except where a tool call and its result would come apart.
    ///
    /// Linear: a turn that is joined to an earlier one is popped, and never looked at again.
    pub(crate) fn of(messages: &[Message]) -> Self {
        let mut starts = vec![0];
        let mut first_user = None;
        // By call id, the message that makes the call. Ids may come again: the last one is meant.
        let mut calls: HashMap<&str, usize> = HashMap::new();
        for (at, message) in messages.iter().enumerate() {
            if message.role == Role::User {
                if at > 0 {
                    starts.push(at);
                }
                first_user.get_or_insert(at);
            }
            for call in &message.tool_calls {
                calls.insert(&call.id, at);
            }
            let asked = message.tool_call_id.as_deref().and_then(|id| calls.get(id));
            if let Some(&asked) = asked {
                while starts.last().is_some_and(|&start| start > asked) {
                    starts.pop();
                }
            }
        }
        let turn_of = |at: usize| starts.partition_point(|&start| start <= at) - 1;
        let first_user = first_user.map(turn_of);
        Self { starts, messages: messages.len(), first_user }
    }

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
