//! What an entry weighs in memory.

use ft_core::chat::{Choice, Content, Extra, Message, Usage};
use serde_json::Value;

use super::Entry;

// What values take beside what they hold. Written down and not asked of the compiler, so that a full cache drops the
// same entry on every machine; a test holds them to what they are here.

/// An entry, its response, and the store's own records: moka keeps the key twice, a record and two queue nodes.
const ENTRY: usize = 1_320;
const CHOICE: usize = 440;
/// A part of a message.
const PART: usize = 144;
const VALUE: usize = 72;
/// A field of a map beside what its name and value hold: with its hash and its place in the index.
const FIELD: usize = VALUE + 40;

impl Entry {
    /// Bytes of memory that it takes, by the length of what it holds. Spare capacity is not seen.
    #[must_use]
    pub fn weight(&self) -> usize {
        let response = &*self.response;
        let names = self.served_by.provider.len() + self.served_by.model.len() + self.tier.len();
        let usage = self.usage.iter().chain(&response.usage).map(of_usage).sum::<usize>();
        let words = response.id.len() + response.object.len() + response.model.len();
        let choices = response.choices.iter().map(of_choice).sum::<usize>();
        ENTRY + names + usage + words + choices + of_fields(&response.extra)
    }
}

fn of_usage(usage: &Usage) -> usize {
    let prompt = usage.prompt_tokens_details.as_ref().map_or(0, |of| of_fields(&of.extra));
    let answer = usage.completion_tokens_details.as_ref().map_or(0, |of| of_fields(&of.extra));
    prompt + answer + of_fields(&usage.extra)
}

fn of_choice(choice: &Choice) -> usize {
    let logprobs = choice.logprobs.as_ref().map_or(0, of_value);
    CHOICE + of_message(&choice.message) + logprobs + of_fields(&choice.extra)
}

/// Without tool calls: an answer that has them is not kept.
fn of_message(message: &Message) -> usize {
    let content = match &message.content {
        Content::Absent | Content::Null => 0,
        Content::Text(text) => text.len(),
        Content::Parts(parts) => parts
            .iter()
            .map(|part| {
                let text = part.text.as_ref().map_or(0, String::len);
                PART + part.kind.len() + text + of_fields(&part.extra)
            })
            .sum(),
    };
    let refusal = message.refusal.as_ref().map_or(0, String::len);
    content + refusal + of_fields(&message.extra)
}

fn of_fields(fields: &Extra) -> usize {
    fields.iter().map(|(name, value)| FIELD + name.len() + of_value(value)).sum()
}

/// What a value holds beyond its own place.
fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| VALUE + of_value(item)).sum(),
        Value::Object(fields) => of_fields(fields),
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use ft_core::ChatResponse;
    use ft_core::chat::Part;

    use super::*;
    use crate::Key;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn what_is_written_down_is_nearly_what_it_is() {
        let entry = size_of::<Entry>() + size_of::<ChatResponse>() + 2 * size_of::<Key>() + 256;
        for (written, is) in [
            (ENTRY, entry),
            (CHOICE, size_of::<Choice>()),
            (PART, size_of::<Part>()),
            (VALUE, size_of::<Value>()),
            (FIELD, size_of::<String>() + size_of::<Value>() + 2 * size_of::<usize>()),
        ] {
            assert!(written.abs_diff(is) * 10 <= is, "{written} is written down for {is}");
        }
    }
}
