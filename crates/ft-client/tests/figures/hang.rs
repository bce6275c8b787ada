//! The primary hangs for a minute: nothing comes, and its calls end only by the attempt timeout.

use std::time::Duration;

use ft_client::config::ClientConfig;
use ft_core::Tick;
use ft_sim::{Latency, Log, Model, Outage, Profile, Reply, Script};

use crate::traffic::{Call, End, Traffic, calls, percentile};
use crate::world::{figure, full, ms, secs, world};

const HEALTHY: Duration = secs(10);
const OUTAGE: Duration = secs(60);
const EVERY: Duration = ms(100);

struct Measured {
    served: usize,
    asked: usize,
    calls_to_primary: usize,
    median_healthy: Duration,
    median_hanging: Duration,
    /// From the end of the outage until the first request from which on all are served by the primary.
    back_after: Duration,
}

/// Ten requests a second: ten healthy seconds, a minute of hanging, and what is watched after it.
async fn measure(
    seed: u64,
    streamed: bool,
    watched: Duration,
    change: impl FnOnce(&mut ClientConfig),
) -> Measured {
    // The outage begins somewhere between two requests.
    let from = Tick::ZERO.after(HEALTHY + ms(seed * 37 % 100));
    let until = from.after(OUTAGE);
    let mut hanging = Profile::default();
    hanging.latency = Latency::fixed(ms(50));
    let healthy = Script::from(Model::new(hanging.clone()).unwrap());
    hanging.outages = vec![Outage::replying(from, until, Reply::ok().hang())];
    let world = world(
        vec![("a", Model::new(hanging).unwrap().into()), ("b", healthy)],
        seed,
        Log::new(),
        |target| target.with_attempt_timeout(secs(1)),
        change,
    );
    let requests =
        ((HEALTHY + OUTAGE + watched).as_millis() / EVERY.as_millis()).try_into().unwrap();
    let calls = calls(&world.client, Traffic { every: EVERY, requests, streamed }).await;
    let within = |from: Tick, until: Tick| -> Vec<Call> {
        calls.iter().filter(|call| from <= call.at && call.at < until).copied().collect()
    };
    let during = within(from, until);
    let after = within(until, Tick::MAX);
    let back = after.iter().rposition(|call| call.end != End::Live(0)).map_or(0, |last| last + 1);
    assert!(back < after.len(), "the primary never came back");
    Measured {
        served: calls.iter().filter(|call| call.is_served()).count(),
        asked: calls.len(),
        calls_to_primary: world.arrivals("a", from, until),
        median_healthy: percentile(&within(Tick::ZERO, from), 0.5),
        median_hanging: percentile(&during, 0.5),
        back_after: after[back].at.since(until),
    }
}

/// One measurement for each seed: `few`, or two hundred when the full sizes are asked for.
async fn measure_all(
    few: u64,
    streamed: bool,
    watched: Duration,
    change: impl Fn(&mut ClientConfig),
) -> Vec<Measured> {
    let mut all = Vec::new();
    for seed in 0..if full() { 200 } else { few } {
        all.push(measure(seed, streamed, watched, &change).await);
    }
    all
}

fn worst<T: Ord>(all: &[Measured], of: impl Fn(&Measured) -> T) -> T {
    all.iter().map(of).max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_hanging_primary_costs_a_handful_of_calls_and_no_answer() {
    for streamed in [false, true] {
        let how = if streamed { "streamed" } else { "plain" };
        let all = measure_all(if streamed { 3 } else { 8 }, streamed, secs(40), |_| {}).await;
        let lost = worst(&all, |one| one.asked - one.served);
        let slower = worst(&all, |one| one.median_hanging.saturating_sub(one.median_healthy));
        let to_primary = worst(&all, |one| one.calls_to_primary);
        let back = worst(&all, |one| one.back_after);
        let what = format!("hang 60 s, {how}, worst of {} seeds", all.len());
        figure(&format!("{what}: requests not served"), lost, "= 0");
        figure(&format!("{what}: median above healthy"), format!("{slower:?}"), "<= 5ms");
        figure(&format!("{what}: calls to the primary of 600"), to_primary, "<= 25");
        figure(&format!("{what}: primary is back after"), format!("{back:?}"), "<= 37s");
        assert_eq!(lost, 0);
        assert!(slower <= ms(5));
        assert!(to_primary <= 25);
        // The default open time of 30 s with its jitter of a fifth, and a second.
        assert!(back <= secs(37));
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_open_time_with_one_probe_is_back_within_seconds() {
    let all = measure_all(20, false, secs(10), |config| {
        config.breaker.open_for = secs(2);
        config.breaker.max_concurrent_probes = 1;
    })
    .await;
    let lost = worst(&all, |one| one.asked - one.served);
    let to_primary = worst(&all, |one| one.calls_to_primary);
    let soon = all.iter().filter(|one| one.back_after <= ms(3_500)).count();
    let back = worst(&all, |one| one.back_after);
    let what = format!("hang 60 s, open for 2 s, one probe, {} seeds", all.len());
    figure(&format!("{what}: requests not served"), lost, "= 0");
    figure(&format!("{what}: most calls to the primary"), to_primary, "<= 40");
    let share = format!("{} %", soon * 100 / all.len());
    figure(&format!("{what}: back within 3.5 s"), share, ">= 90 %");
    figure(&format!("{what}: latest back"), format!("{back:?}"), "");
    assert_eq!(lost, 0);
    assert!(to_primary <= 40);
    assert!(soon * 100 >= all.len() * 90);
}
