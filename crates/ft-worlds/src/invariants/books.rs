//! Whatever is counted twice is the same both times, and nothing is kept.

use ft_client::Report;
use ft_client::cost::Pico;

use super::{Found, Run};

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
    (reported != booked).then(|| format!("reports have {reported}, the books {booked}"))
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
/// target that is the last one.
pub(super) fn caps(run: &Run<'_>) -> Found {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let (requests, seen) = (run.played.calls.len() as f64, run.played.attempts.len() as f64);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let providers = run.world.credentials.len() as f64;
    let seconds = run.played.calls.iter().map(|call| call.plan.at + call.took).max();
    let seconds = seconds.unwrap_or_default().as_secs_f64();
    let most = requests * (2.2 + 0.5 + 0.2) + providers * (10.0 + seconds) + 20.0;
    (seen > most).then(|| format!("{seen} calls for {requests} requests, at most {most:.0}"))
}
