//! The numbers of a stream's tool calls, which SDKs need and some vendors leave out or repeat.

use std::collections::{HashMap, HashSet};

use ft_core::ChatChunk;
use ft_core::chat::ToolCallDelta;

/// Gives every call of a stream a number of its own.
///
/// In OpenAI's schema each piece of a call has an index, and the SDKs put the pieces together by that alone:
/// without one their helpers fail, and two calls that both say 0 become one with both arguments. Gemini's compatible
/// endpoint does either. A number that is there and tells its call from others is left as it is.
///
/// What is known of them stands in maps: a stream may have a hundred thousand.
#[derive(Debug, Default)]
pub(super) struct CallNumbers {
    choices: HashMap<u32, OfChoice>,
}

#[derive(Debug, Default)]
struct OfChoice {
    calls: Vec<Known>,
    by_sent: HashMap<u32, usize>,
    by_id: HashMap<String, usize>,
    given: HashSet<u32>,
    /// Above all that are given.
    next: u32,
}

#[derive(Debug)]
struct Known {
    id: String,
    number: u32,
}

impl CallNumbers {
    /// Numbers the calls of the stream's next chunk; true when that changed it.
    pub(super) fn number(&mut self, chunk: &mut ChatChunk) -> bool {
        let mut changed = false;
        for choice in &mut chunk.choices {
            for piece in &mut choice.delta.tool_calls {
                let number = Some(self.choices.entry(choice.index).or_default().of(piece));
                changed |= piece.index != number;
                piece.index = number;
            }
        }
        changed
    }
}

impl OfChoice {
    fn of(&mut self, piece: &ToolCallDelta) -> u32 {
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        // The last one counts: a vendor that repeats an index goes on with the call that it named last.
        let known = match (piece.index, id) {
            (Some(index), _) => self.by_sent.get(&index).copied(),
            (None, Some(id)) => self.by_id.get(id).copied(),
            (None, None) => self.calls.len().checked_sub(1),
        };
        // Another id under a number that was given is another call.
        let same = |call: &Known| id.is_none_or(|id| call.id.is_empty() || call.id == id);
        let at = known.filter(|&at| same(&self.calls[at])).unwrap_or_else(|| {
            let number = piece.index.filter(|number| !self.given.contains(number));
            let number = number.unwrap_or(self.next);
            self.given.insert(number);
            self.next = self.next.max(number.saturating_add(1));
            self.calls.push(Known { id: String::new(), number });
            let at = self.calls.len() - 1;
            self.by_sent.extend(piece.index.map(|index| (index, at)));
            at
        });
        let call = &mut self.calls[at];
        if let Some(id) = id
            && call.id != id
        {
            id.clone_into(&mut call.id);
            self.by_id.insert(id.to_owned(), at);
        }
        call.number
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The numbers that pieces of one choice get.
    fn numbers(pieces: &[Value]) -> Vec<u64> {
        let mut numbers = CallNumbers::default();
        let mut given = Vec::new();
        for piece in pieces {
            let chunk = json!({"choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]});
            let mut chunk: ChatChunk = serde_json::from_value(chunk).unwrap();
            let before = chunk.clone();
            assert_eq!(numbers.number(&mut chunk), chunk != before);
            given.extend(chunk.choices[0].delta.tool_calls[0].index.map(u64::from));
        }
        given
    }

    #[test]
    fn numbers_that_tell_calls_apart_stay_as_they_are() {
        let pieces = [
            json!({"index": 0, "id": "a"}),
            json!({"index": 1, "id": "b"}),
            json!({"index": 0}),
            json!({"index": 1, "id": ""}),
            json!({"index": 7, "id": "c"}),
        ];
        assert_eq!(numbers(&pieces), [0, 1, 0, 1, 7]);
    }

    #[test]
    fn calls_without_a_number_are_counted() {
        let pieces =
            [json!({"id": "a"}), json!({}), json!({"id": "b"}), json!({"id": "a"}), json!({})];
        assert_eq!(numbers(&pieces), [0, 0, 1, 0, 1]);
    }

    #[test]
    fn another_id_under_the_same_number_is_another_call() {
        let pieces = [
            json!({"index": 0, "id": "a"}),
            json!({"index": 0}),
            json!({"index": 0, "id": "b"}),
            json!({"index": 0}),
            json!({"index": 1, "id": "c"}),
        ];
        assert_eq!(numbers(&pieces), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn each_answer_counts_its_own() {
        let mut numbers = CallNumbers::default();
        let call = |index| json!({"index": index, "delta": {"tool_calls": [{"id": "a"}]}});
        let mut chunk: ChatChunk =
            serde_json::from_value(json!({"choices": [call(0), call(1)]})).unwrap();
        assert!(numbers.number(&mut chunk));
        let given: Vec<_> =
            chunk.choices.iter().map(|choice| choice.delta.tool_calls[0].index).collect();
        assert_eq!(given, [Some(0), Some(0)]);
    }
}
