//! The numbers of a stream's tool calls, which SDKs need and some vendors leave out or repeat.

use ft_core::ChatChunk;
use ft_core::chat::ToolCallDelta;

/// Gives every call of a stream a number of its own.
///
/// In OpenAI's schema each piece of a call has an index, and the SDKs put the pieces together by that alone:
/// without one their helpers fail, and two calls that both say 0 become one with both arguments. Gemini's compatible
/// endpoint does either. A number that is there and tells its call from others is left as it is.
#[derive(Debug, Default)]
pub(super) struct CallNumbers {
    calls: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    choice: u32,
    sent: Option<u32>,
    id: String,
    number: u32,
}

impl CallNumbers {
    /// Numbers the calls of the stream's next chunk; true when that changed it.
    pub(super) fn number(&mut self, chunk: &mut ChatChunk) -> bool {
        let mut changed = false;
        for choice in &mut chunk.choices {
            for piece in &mut choice.delta.tool_calls {
                let number = Some(self.of(choice.index, piece));
                changed |= piece.index != number;
                piece.index = number;
            }
        }
        changed
    }

    fn of(&mut self, choice: u32, piece: &ToolCallDelta) -> u32 {
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        // The last one counts: a vendor that repeats an index goes on with the call that it named last.
        let mut of_choice = self.calls.iter_mut().rev().filter(|call| call.choice == choice);
        let known = match (piece.index, id) {
            (Some(index), _) => of_choice.find(|call| call.sent == Some(index)),
            (None, Some(id)) => of_choice.find(|call| call.id == id),
            (None, None) => of_choice.next(),
        };
        // Another id under a number that was given is another call.
        let same = |call: &&mut Known| id.is_none_or(|id| call.id.is_empty() || call.id == id);
        if let Some(call) = known.filter(same) {
            if let Some(id) = id {
                id.clone_into(&mut call.id);
            }
            return call.number;
        }
        let given = || self.calls.iter().filter(|call| call.choice == choice);
        let free = |number: &u32| given().all(|call| call.number != *number);
        let next = given().map(|call| call.number.saturating_add(1)).max().unwrap_or(0);
        let number = piece.index.filter(free).unwrap_or(next);
        let id = id.unwrap_or_default().to_owned();
        self.calls.push(Known { choice, sent: piece.index, id, number });
        number
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
