//! Who counts: the trait, and the choice by a model's name.

use std::fmt;

use ft_core::{ChatRequest, Message};

use crate::pieces::{self, Piece, UNBOUNDED};
use crate::{Estimator, Overhead, TokenCount, json};

/// Counts the tokens of texts, messages and requests for one model.
///
/// Only [`count_text`](Self::count_text) must be written; it must be linear in the text, for whoever sends
/// the text chooses it. A request's count is that of everything beside its messages plus that of each
/// message, and fitting relies on this sum.
pub trait Counter: fmt::Debug + Send + Sync {
    /// The tokens of a text; never more than its bytes.
    fn count_text(&self, text: &str) -> TokenCount;

    /// What the provider's template adds. Default: [`Overhead::OTHER`].
    fn overhead(&self) -> &Overhead {
        &Overhead::OTHER
    }

    /// The tokens of one message with what the template adds to it.
    fn count_message(&self, message: &Message) -> TokenCount {
        let mut whole = TokenCount::ZERO;
        pieces::of_message(message, self.overhead(), |piece| {
            whole = whole + count_piece(self, &piece);
        });
        whole
    }

    /// The tokens of all that is not a message: tools, the answer's schema, the template.
    fn count_beside_messages(&self, request: &ChatRequest) -> TokenCount {
        let mut whole = TokenCount::ZERO;
        pieces::beside_messages(request, self.overhead(), |piece| {
            whole = whole + count_piece(self, &piece);
        });
        whole
    }

    /// The tokens of a request.
    fn count_request(&self, request: &ChatRequest) -> TokenCount {
        let messages = request.messages.iter().map(|message| self.count_message(message)).sum();
        self.count_beside_messages(request) + messages
    }
}

fn count_piece<C: Counter + ?Sized>(counter: &C, piece: &Piece<'_>) -> TokenCount {
    let mut text = String::new();
    match piece {
        Piece::Text(text) => return counter.count_text(text),
        Piece::Known(tokens) => return TokenCount::exact(*tokens),
        Piece::Assumed(tokens) => return TokenCount::estimated(*tokens, *tokens),
        Piece::Unbounded(tokens) => return TokenCount::estimated(*tokens, UNBOUNDED),
        Piece::Json(value) => json::write(value, &mut text),
        Piece::Fields(fields) => json::write_fields(fields, &mut text),
    }
    // The model reads the value in a rendering of its own, so that even an exact count of the JSON is an
    // estimate; what it cannot exceed is the JSON's bytes.
    TokenCount::estimated(counter.count_text(&text).tokens, piece.at_most())
}

/// The tokens that the request cannot exceed, from lengths alone: no text is read.
///
/// Every token of a byte-level or byte-fallback encoding has at least one byte, and an image has its flat bound.
/// Where the request has audio, a file, what stands at a URL or a part of an unknown kind, the bound is above every
/// window: whoever pays for the request bounds it by the model's own.
#[must_use]
pub fn upper_bound(request: &ChatRequest, overhead: &Overhead) -> u64 {
    bound_within(request, overhead, u64::MAX).unwrap_or(u64::MAX)
}

/// The same, if it is within the limit. Looks at no message behind the one that exceeds it.
pub(crate) fn bound_within(request: &ChatRequest, overhead: &Overhead, limit: u64) -> Option<u64> {
    let mut whole = 0_u64;
    pieces::beside_messages(request, overhead, |piece| {
        whole = whole.saturating_add(piece.at_most());
    });
    for message in &request.messages {
        if whole > limit {
            return None;
        }
        pieces::of_message(message, overhead, |piece| {
            whole = whole.saturating_add(piece.at_most());
        });
    }
    (whole <= limit).then_some(whole)
}

/// The counter for a model, by its name as a provider's API takes it.
///
/// With the feature `exact`, OpenAI's models are counted by their own encodings; without it, and for every
/// other model, the count is a calibrated estimate that errs high. A prefix such as `openai/` and the case are ignored, an
/// unknown name gets [`Estimator::OTHER`].
#[must_use]
pub fn counter_for(model: &str) -> &'static dyn Counter {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let is = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| is(prefix));
    // Most specific first: gpt-4o and gpt-4.1 have another encoding than gpt-4.
    if starts(&["gpt-4o-mini"]) {
        return O200K_DEAR_IMAGES;
    }
    if starts(&["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "chatgpt-4o", "o1", "o3", "o4", "codex"]) {
        return O200K;
    }
    if starts(&["gpt-4", "gpt-3.5", "gpt-35"]) {
        return CL100K;
    }
    if starts(&["claude"]) {
        return &Estimator::CLAUDE;
    }
    if starts(&["gemini", "gemma"]) {
        return &Estimator::GEMINI;
    }
    if starts(&["deepseek"]) {
        return &Estimator::DEEPSEEK;
    }
    &Estimator::OTHER
}

#[cfg(not(feature = "exact"))]
use estimated::{CL100K, O200K, O200K_DEAR_IMAGES};
#[cfg(feature = "exact")]
use exact::{CL100K, O200K, O200K_DEAR_IMAGES};

#[cfg(not(feature = "exact"))]
mod estimated {
    use crate::{Counter, Estimator};

    pub(super) const O200K: &dyn Counter = &Estimator::O200K;
    pub(super) const O200K_DEAR_IMAGES: &dyn Counter = &Estimator::O200K_DEAR_IMAGES;
    pub(super) const CL100K: &dyn Counter = &Estimator::CL100K;
}

#[cfg(feature = "exact")]
mod exact {
    use crate::{Counter, Exact};

    pub(super) const O200K: &dyn Counter = &Exact::O200K;
    pub(super) const O200K_DEAR_IMAGES: &dyn Counter = &Exact::O200K_DEAR_IMAGES;
    pub(super) const CL100K: &dyn Counter = &Exact::CL100K;
}
