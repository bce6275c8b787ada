//! The tool calls of one answer, and where each is.

use std::collections::HashMap;

use crate::chat::accumulate::{self, Places};
use crate::chat::{ToolCall, ToolCallDelta};

/// Where a stream's tool calls stand among those of its message, by what the stream calls them.
///
/// By maps, since a stream may have a hundred thousand: looking through them for each would take minutes.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    by_index: HashMap<u32, usize>,
    by_id: HashMap<String, usize>,
    places: Places,
}

impl Calls {
    /// Of calls that are there already, which have no index of a stream.
    pub(super) fn of(calls: &[ToolCall]) -> Self {
        let by_id = calls.iter().enumerate().map(|(at, call)| (call.id.clone(), at)).collect();
        Self { by_id, ..Self::default() }
    }

    /// Adds a piece of a call.
    pub(super) fn push(&mut self, calls: &mut Vec<ToolCall>, piece: &ToolCallDelta) {
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        let same_id = |call: &ToolCall| id.is_none_or(|id| call.id.is_empty() || call.id == id);
        let at = match (piece.index, id) {
            (Some(index), _) => self.by_index.get(&index).copied(),
            (None, Some(id)) => self.by_id.get(id).copied(),
            (None, None) => calls.len().checked_sub(1),
        };
        let at = at.filter(|&at| same_id(&calls[at])).unwrap_or_else(|| {
            calls.push(ToolCall { kind: "function".to_owned(), ..ToolCall::default() });
            let at = calls.len() - 1;
            self.by_index.extend(piece.index.map(|index| (index, at)));
            at
        });
        let call = &mut calls[at];
        if let Some(id) = id
            && call.id != id
        {
            id.clone_into(&mut call.id);
            self.by_id.insert(id.to_owned(), at);
        }
        if let Some(kind) = piece.kind.as_ref().filter(|kind| !kind.is_empty()) {
            kind.clone_into(&mut call.kind);
        }
        if let Some(function) = &piece.function {
            let named = function.name.as_deref().unwrap_or_default();
            if !named.is_empty() {
                named.clone_into(&mut call.function.name);
            }
            call.function.arguments.push_str(function.arguments.as_deref().unwrap_or_default());
            accumulate::fields(
                &mut call.function.extra,
                &function.extra,
                &mut self.places,
                path(at, 1),
            );
        }
        accumulate::fields(&mut call.extra, &piece.extra, &mut self.places, path(at, 0));
    }
}

/// Each call's fields are another place.
fn path(at: usize, inside: u64) -> u64 {
    (at as u64) << 1 | inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(index: Option<u32>, id: &str) -> ToolCallDelta {
        ToolCallDelta { index, id: Some(id.to_owned()), ..ToolCallDelta::default() }
    }

    #[test]
    fn each_of_many_calls_is_found_again_by_its_index_or_its_id() {
        let most = 50_000;
        for by_index in [false, true] {
            let (mut own, mut calls) = (Calls::default(), Vec::new());
            for _ in 0..2 {
                for number in (0..most).rev() {
                    let index = by_index.then_some(number);
                    own.push(&mut calls, &piece(index, &number.to_string()));
                }
            }
            assert_eq!(calls.len(), most as usize);
            assert_eq!(calls[0].id, (most - 1).to_string());
        }
    }
}
