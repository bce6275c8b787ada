//! What may be kept: rules for the request, and rules for its answer.

use ft_core::chat::{Choice, FinishReason};
use ft_core::{ChatRequest, ChatResponse};

/// Why a request passes the cache by, on the way in and on the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotCacheable {
    /// `n` is above 1: several answers are asked for because they differ.
    #[error("`n` is above 1: several answers are asked for because they differ")]
    SeveralAnswers,
    /// `store` is true: the provider is asked to keep the answer, which a cached one would leave undone.
    #[error("`store` is true: the provider is to keep the answer, so it must be asked")]
    ProviderStores,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotStored {
    /// It says nothing: no choice, or neither text nor refusal.
    #[error("the answer is empty")]
    Empty,
    /// It has more than one choice.
    #[error("the answer has more than one choice")]
    SeveralAnswers,
    /// The output limit or the window cut it off.
    #[error("the answer was cut off at its length limit")]
    Truncated,
    /// It calls tools, and their results belong to one moment.
    #[error("the answer calls tools")]
    ToolCalls,
    /// A filter cut it.
    #[error("a content filter cut the answer")]
    Filtered,
    /// It ended for a reason that is not known to mean a whole answer.
    #[error("the answer ended for a reason that is not known to mean that it is whole")]
    UnknownEnd,
    /// It carries an `error` field.
    #[error("the answer carries an error")]
    Error,
    /// `fresh_for` and `stale_for` are both zero, or the answer is stale only and `stale_for` is zero.
    #[error("the answer would expire at once: raise `fresh_for` or `stale_for`")]
    NoLifetime,
    /// It is of lesser quality than an entry that is still fresh.
    #[error("a better answer is still fresh")]
    BetterIsFresh,
}

/// Words of vendors for an answer that ended because the model was done. Compared without case.
const WHOLE: [&str; 8] =
    ["stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed", "end"];

/// Whether this request may be looked up, filled and coalesced.
///
/// # Errors
///
/// Says which field keeps it from being so.
pub fn cacheable(request: &ChatRequest) -> Result<(), NotCacheable> {
    if request.choices() > 1 {
        return Err(NotCacheable::SeveralAnswers);
    }
    if request.store == Some(true) {
        return Err(NotCacheable::ProviderStores);
    }
    Ok(())
}

/// Whether this answer may be kept: one choice, whole, with something said.
///
/// A missing finish reason is accepted, since some vendors never send one; whether a stream that lacks it was
/// cut is known only to those who read the stream. A reason that is not known to mean a whole answer is not:
/// vendors have words of their own for truncation too.
///
/// # Errors
///
/// Says what is wrong with it.
pub fn storable(response: &ChatResponse) -> Result<(), NotStored> {
    if response.extra.get("error").is_some_and(|error| !error.is_null()) {
        return Err(NotStored::Error);
    }
    match response.choices.as_slice() {
        [] => Err(NotStored::Empty),
        [choice] => whole(choice),
        [_, _, ..] => Err(NotStored::SeveralAnswers),
    }
}

fn whole(choice: &Choice) -> Result<(), NotStored> {
    let message = &choice.message;
    let calls = message.extra.get("function_call").is_some_and(|call| !call.is_null());
    if calls || !message.tool_calls.is_empty() {
        return Err(NotStored::ToolCalls);
    }
    match &choice.finish_reason {
        None | Some(FinishReason::Stop) => {}
        Some(FinishReason::Length) => return Err(NotStored::Truncated),
        Some(FinishReason::ToolCalls) => return Err(NotStored::ToolCalls),
        Some(FinishReason::ContentFilter) => return Err(NotStored::Filtered),
        Some(FinishReason::Other(word)) => {
            if !WHOLE.iter().any(|whole| whole.eq_ignore_ascii_case(word)) {
                return Err(NotStored::UnknownEnd);
            }
        }
    }
    let refuses = message.refusal.as_deref().is_some_and(|words| !words.trim().is_empty());
    if !refuses && message.content.text().trim().is_empty() {
        return Err(NotStored::Empty);
    }
    Ok(())
}
