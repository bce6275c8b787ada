//! Whatever is counted twice is the same both times, and nothing is kept.

use ft_client::Report;
use ft_client::cost::Pico;
use ft_sim::Outcome;

use super::{Found, Run};
use crate::world::{Fault, TargetSpec};

pub(super) fn limit(run: &Run<'_>) -> Found {
    run.played.overspent.as_ref().map(|budget| format!("{budget:?}"))
}

pub(super) fn reserved(run: &Run<'_>) -> Found {
    let budget = run.played.budget.as_ref()?;
    (!budget.reserved.is_zero()).then(|| format!("{} is", budget.reserved))
}

pub(super) fn in_flight(run: &Run<'_>) -> Found {
    let busy = run.played.targets.iter().find(|target| target.in_flight > 0);
    let busy = busy.map(|target| format!("{} at {}", target.in_flight, target.model));
    busy.or_else(|| (run.played.open > 0).then(|| format!("{} upstream", run.played.open)))
}

fn reports<'a>(run: &'a Run<'_>) -> impl Iterator<Item = &'a Report> {
    let ended = run.played.calls.iter().filter_map(|call| call.report.as_ref());
    ended.chain(&run.played.left)
}

pub(super) fn attempts(run: &Run<'_>) -> Found {
    if run.world.traffic.questions > 0 {
        // Calls that were joined report what they joined.
        return None;
    }
    let reported: usize = reports(run).map(Report::attempts_made).sum();
    let seen = run.played.attempts.len();
    (reported != seen).then(|| format!("{reported} were reported, {seen} were seen"))
}

pub(super) fn money(run: &Run<'_>) -> Found {
    if run.world.traffic.questions > 0 {
        return None;
    }
    let reported: Pico = reports(run).filter_map(|report| report.cost).sum();
    let booked = run.played.booked;
    if reported != booked {
        return Some(format!("reports have {reported}, the books {booked}"));
    }
    let spent = run.played.budget.as_ref().map(|budget| budget.spent);
    let differs = spent.filter(|spent| *spent != reported);
    differs.map(|spent| format!("reports have {reported}, the budget {spent}"))
}

/// A target that is skipped again for the same reason is one entry with a count.
pub(super) fn trail(run: &Run<'_>) -> Found {
    let targets = run.world.targets().count();
    reports(run).find_map(|report| {
        let skips = report.attempts.len() - report.attempts_made();
        let most = 3 * targets * (report.attempts_made() + 1);
        (skips > most).then(|| {
            format!(
                "{} has {skips} skips beside {} attempts",
                report.request_id,
                report.attempts_made()
            )
        })
    })
}

/// The cap on calls, and what stands beside it: second tries and retries of each provider, hedges, repeats of a
/// target that is the last one. What is refused before any work is no load, and not capped.
pub(super) fn caps(run: &Run<'_>) -> Found {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let requests = run.played.calls.len() as f64;
    let seen = run.played.attempts.iter().filter(|it| it.outcome != Outcome::Status(409)).count();
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let seen = seen as f64;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let providers = run.world.credentials.len() as f64;
    let seconds = run.played.calls.iter().map(|call| call.plan.at + call.took).max();
    let seconds = seconds.unwrap_or_default().as_secs_f64();
    let most = requests * (2.2 + 0.5 + 0.2) + providers * (10.0 + seconds) + 20.0;
    (seen > most).then(|| format!("{seen} calls for {requests} requests, at most {most:.0}"))
}

/// Of a target that answers nobody all the time, its breaker spares most of the load, also where nobody else is left
/// to ask: what comes before its failures are seen, then what its throttling lets through, two calls a second.
pub(super) fn spared(run: &Run<'_>) -> Found {
    let (world, calls) = (run.world, &run.played.calls);
    let length = world.length().as_secs_f64();
    let most = 150.0 + 3.0 * world.traffic.rate + 4.0 * length;
    let until = run.played.began.after(world.length());
    world.targets().filter(|target| is_dead(target, world.length())).find_map(|target| {
        let (provider, model) = (target.provider_name(), target.model());
        let its = run.played.attempts.iter().filter(|attempt| {
            *attempt.provider == *provider && *attempt.model == *model && attempt.at < until
        });
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let its = its.count() as f64;
        (its > most).then(|| {
            format!("{model} is dead and was called {its} times for {} requests", calls.len())
        })
    })
}

/// Whether it fails at once whatever it is asked, all the time, in a way that counts against its health.
fn is_dead(target: &TargetSpec, length: std::time::Duration) -> bool {
    let first = target.faults.first();
    first.is_some_and(|spell| {
        let dead = match spell.fault {
            Fault::Status(status, None) => matches!(status, 500 | 502),
            Fault::Refuse | Fault::Reset => true,
            _ => false,
        };
        dead && spell.share >= 1.0 && spell.from.is_zero() && spell.until >= length
    })
}
