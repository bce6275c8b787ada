//! No mechanism does harm.

use std::time::Duration;

use ft_client::Tier;
use ft_client::config::Order;

use super::{Found, Run};
use crate::play::{Call, End};
use crate::world::{Fault, World};

/// Whether the client and the naive loop have the same chances in it.
pub(super) fn is_fair(world: &World) -> bool {
    let traffic = &world.traffic;
    let plain = traffic.leave == 0.0 && traffic.questions == 0 && traffic.stall == 0.0;
    let ordered = world.tiers.iter().all(|tier| tier.order == Order::Ordered);
    let unlimited =
        world.settings.budget.is_none() && world.targets().all(|target| target.in_flight > 256);
    let faults = || world.targets().flat_map(|target| &target.faults);
    // The two things in which the loop may be ahead: a refused key is not asked again for a minute or more, since it
    // does not mend itself, and a provider that says when to come back is believed, which the loop does not do.
    let mends = faults().all(|spell| !spell.fault.takes_out());
    let unhinted = faults().all(|spell| match spell.fault {
        Fault::Status(_, Some(hint)) => hint < LONG && spell.share <= 0.1,
        _ => true,
    });
    plain && ordered && unlimited && mends && unhinted && world.reloads.is_empty()
}

fn tier_of(call: &Call) -> Option<&str> {
    match &call.report.as_ref()?.tier {
        Tier::Live(name) if matches!(call.end, End::Answer(_)) => Some(name),
        _ => None,
    }
}

fn share(of: usize, all: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let share = of as f64 / all.max(1) as f64;
    share * 100.0
}

/// A hint from which on one refusal shuts the gate for everybody.
const LONG: Duration = Duration::from_secs(10);

/// How long it may take until somebody finds out that what failed altogether is well again.
const NOTICED: Duration = Duration::from_secs(3);

/// At least as many answers as the naive loop, less half a point, what chance makes of few requests, and those that
/// came before an outage was seen to be over: to leave a dead target alone is to be a moment late at its return.
pub(super) fn answers(run: &Run<'_>) -> Found {
    let naive = run.naive?;
    let all = run.world.traffic.requests;
    let ours = run.played.calls.iter().take(all).filter(|call| tier_of(call).is_some()).count();
    let its = naive.answered.iter().take(all).flatten().count();
    let (ours_share, its_share) = (share(ours, all), share(its, all));
    let spells = run.world.targets().flat_map(|target| &target.faults);
    let outages = u32::try_from(spells.filter(|spell| spell.share >= 0.6).count()).unwrap_or(0);
    let late = run.world.traffic.rate * (NOTICED * outages).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let missing = its.saturating_sub(ours) as f64;
    let worse = missing > 2.0 + late && ours_share < its_share - 0.5;
    worse.then(|| format!("answers {ours_share:.1} % of {all}, the naive loop {its_share:.1} %"))
}

/// The first tier serves the naive loop's share, less three points, as long as what it does wrong is brief and rarer
/// than a breaker's ratio.
///
/// Five failures in a row open a breaker, as the article has it, where they span half a second. Between one call in
/// ten and the ratio they come by chance where traffic is thin, so that nothing is said of those worlds.
pub(super) fn first_tier(run: &Run<'_>) -> Found {
    let naive = run.naive?;
    let first = run.world.tiers.first()?;
    let mild = first.targets.iter().all(|target| {
        let brief = target.faults.iter().all(|spell| spell.fault.is_brief());
        let often: f64 = target.faults.iter().map(|spell| spell.share).sum();
        brief && (often <= 0.1 || (often < 0.45 && run.world.traffic.rate >= 20.0))
    });
    if !mild {
        return None;
    }
    let all = run.world.traffic.requests;
    let ours = run.played.calls.iter().take(all).filter(|call| tier_of(call) == Some("tier-0"));
    let ours = ours.count();
    let inside = |place: &&usize| **place < first.targets.len();
    let its = naive.answered.iter().take(all).flatten().filter(inside).count();
    let (ours_share, its_share) = (share(ours, all), share(its, all));
    let worse = ours + 3 < its && ours_share < its_share - 3.0;
    worse.then(|| format!("serves {ours_share:.1} % of {all}, in the naive loop {its_share:.1} %"))
}

/// When everything has been well for long enough, the first target answers again.
pub(super) fn recovery(run: &Run<'_>) -> Found {
    let first = run.world.tiers.first()?;
    let steady = run.world.settings.budget.is_none() && first.order == Order::Ordered;
    if !steady {
        return None;
    }
    let last: Vec<_> = run.played.calls.iter().rev().take(5).collect();
    let away = last.iter().find(|call| tier_of(call) != Some("tier-0"))?;
    Some(format!(
        "request {}, long after the last fault, ended as {:?} in {:?}",
        away.plan.number,
        away.end,
        tier_of(away)
    ))
}
