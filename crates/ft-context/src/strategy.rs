//! What may be left out of a conversation that is too long.

use serde::{Deserialize, Serialize};

/// What may be left out of a conversation that is too long. Whole turns only, the oldest first.
///
/// A turn is a user message and everything up to the next one; what stands before the first user message is
/// a turn too. Turns joined by a tool call and its result count as one. Instructions (system and developer
/// messages) always stay where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strategy {
    /// Keeps the last turn and as many before it as there is room for. The default: what was said last is
    /// what the answer is about.
    #[default]
    DropOldest,
    /// Keeps the first user turn and the last, and as many before the last as there is room for: for
    /// conversations whose first message states the task. If the two do not fit together it is too long;
    /// the task is never dropped.
    DropMiddle,
    /// Leaves nothing out: what does not fit is too long, and another model's turn.
    Refuse,
}
