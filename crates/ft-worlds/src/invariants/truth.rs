//! What callers are told is true.

use ft_client::{FailKind, Tier};

use super::{Found, Run};
use crate::luck::answer_to;
use crate::play::{Call, End};

/// A live or cached answer is exactly what its target says to the question.
pub(super) fn whole(run: &Run<'_>) -> Found {
    run.played.calls.iter().find_map(|call| {
        let End::Answer(text) = &call.end else { return None };
        let emergency = call.report.as_ref().is_some_and(|report| report.tier == Tier::Emergency);
        let right = if emergency {
            run.world.settings.emergency && *text == crate::play::EMERGENCY
        } else {
            *text == answer_to(&call.plan.question)
        };
        (!right).then(|| told(call, text))
    })
}

/// What a reader has is the beginning of the answer, also when two targets gave parts of it.
pub(super) fn delivered(run: &Run<'_>) -> Found {
    run.played.calls.iter().find_map(|call| {
        let text = &call.delivered;
        let right = text.is_empty()
            || answer_to(&call.plan.question).starts_with(text.as_str())
            || *text == crate::play::EMERGENCY;
        (!right).then(|| told(call, text))
    })
}

/// The error that ends a stream has what the reader has.
pub(super) fn partial(run: &Run<'_>) -> Found {
    run.played.calls.iter().find_map(|call| {
        let End::Failed(kind, partial) = &call.end else { return None };
        let partial = partial.clone().unwrap_or_default();
        let torn = !call.delivered.is_empty();
        let right = partial == call.delivered
            && (!torn || *kind == FailKind::MidStream || *kind == FailKind::Deadline);
        (!right).then(|| told(call, &format!("{kind:?} with {partial:?}")))
    })
}

fn told(call: &Call, what: &str) -> String {
    format!("request {} has {what:?}, had {:?}", call.plan.number, call.delivered)
}
