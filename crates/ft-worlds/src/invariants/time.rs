//! Nobody waits for longer than it is worth.

use std::time::Duration;

use ft_client::config::Commit;
use ft_client::{Outcome, Report};

use super::{Found, Run};
use crate::play::{Call, End};
use crate::world::Fault;

/// Timers of the runtime round up to the next millisecond, and several of them follow each other.
const ROUNDING: Duration = Duration::from_millis(20);
/// Where a last resort stands in, waits together may take so long.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn nobody_hangs(run: &Run<'_>) -> Found {
    let hung = run.played.calls.iter().find(|call| call.end == End::Hung)?;
    Some(format!("request {} was still under way after {:?}", hung.plan.number, hung.took))
}

/// Everything but the reading of a stream that flows ends by the deadline.
pub(super) fn deadline(run: &Run<'_>) -> Found {
    let deadline = run.world.settings.deadline + ROUNDING;
    run.played.calls.iter().find_map(|call| {
        let until = if call.plan.streamed { call.first } else { None }.unwrap_or(call.took);
        let late = until > deadline && call.end != End::Left;
        late.then(|| format!("request {} took {until:?}", call.plan.number))
    })
}

/// The time in which no attempt of a request ran is a wait. Where somebody stands in, all waits together are bounded.
pub(super) fn patience(run: &Run<'_>) -> Found {
    if !run.world.settings.emergency {
        return None;
    }
    let bound = PATIENCE.max(run.world.settings.throttle_patience) + ROUNDING;
    run.played.calls.iter().find_map(|call| {
        // A stream that was read stands in its attempts; a call that was joined waited for another's.
        if call.plan.streamed || !run.world.settings.fresh_for.is_zero() {
            return None;
        }
        let report = call.report.as_ref()?;
        let waited = call.took.saturating_sub(busy(report));
        (waited > bound).then(|| format!("request {} waited {waited:?}", call.plan.number))
    })
}

/// How long at least one attempt ran.
fn busy(report: &Report) -> Duration {
    let mut spans: Vec<_> = report
        .attempts
        .iter()
        .filter(|attempt| !matches!(attempt.outcome, Outcome::Skipped(_)))
        .map(|attempt| (attempt.began, attempt.began + attempt.took))
        .collect();
    spans.sort_unstable();
    let (mut busy, mut until) = (Duration::ZERO, Duration::ZERO);
    for (from, to) in spans {
        busy += to.saturating_sub(from.max(until));
        until = until.max(to);
    }
    busy
}

/// A call that asked what others asked too is not held up by a reader that stands still, nor by a stream that flows
/// for longer than the call may wait: it reads along. Who wants a whole answer waits for the end of what it joined,
/// so that one that stands still upstream, after its first content, holds it up.
pub(super) fn stranded(run: &Run<'_>) -> Found {
    let (traffic, settings) = (&run.world.traffic, &run.world.settings);
    if traffic.questions == 0 || settings.fresh_for.is_zero() {
        return None;
    }
    let mut faults = run.world.targets().flat_map(|target| &target.faults);
    let stalls = faults.any(|spell| matches!(spell.fault, Fault::Stall(_)));
    let along = settings.commit == Commit::FirstContent;
    let waits = |call: &&Call| {
        (!stalls || (call.plan.streamed && along))
            && call.plan.stalls.is_none()
            && matches!(call.end, End::Failed(ft_client::FailKind::Deadline, _))
            && call.report.as_ref().is_some_and(|report| report.attempts.is_empty())
    };
    let stranded = run.played.calls.iter().find(waits)?;
    Some(format!("request {} waited for its deadline and asked nobody", stranded.plan.number))
}
