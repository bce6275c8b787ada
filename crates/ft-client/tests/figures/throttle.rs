//! The primary throttles: it is left alone as long as it asks for, and nobody waits for it.

use std::time::Duration;

use ft_client::config::TargetConfig;
use ft_core::Tick;
use ft_sim::{Latency, Log, Model, Outage, Profile, Reply};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::traffic::{Call, Traffic, ask, calls, percentile};
use crate::world::{World, figure, ms, secs, world};

/// How long the primary takes to refuse, and the secondary to answer.
const REFUSAL: Duration = ms(5);
const ANSWER: Duration = ms(50);

fn throttling(until: Tick, target: impl Fn(TargetConfig) -> TargetConfig, seed: u64) -> World {
    let mut profile = Profile::default();
    profile.latency = Latency::fixed(ANSWER);
    let secondary = Model::new(profile.clone()).unwrap();
    let refusal = Reply::throttled(secs(2)).latency(REFUSAL);
    profile.outages = vec![Outage::replying(Tick::ZERO, until, refusal)];
    let targets = vec![("a", Model::new(profile).unwrap().into()), ("b", secondary.into())];
    world(targets, seed, Log::new(), target, |_| {})
}

#[tokio::test(start_paused = true)]
async fn a_throttled_primary_is_asked_by_pilots_alone_and_nobody_waits() {
    for streamed in [false, true] {
        let until = Tick::from_secs(20);
        let world = throttling(until, |target| target, 1);
        let traffic = Traffic { every: ms(100), requests: 300, streamed };
        let calls = calls(&world.client, traffic).await;
        let during: Vec<Call> = calls.iter().filter(|call| call.at < until).copied().collect();
        let lost = calls.iter().filter(|call| !call.is_served()).count();
        let to_primary = world.arrivals("a", Tick::ZERO, until);
        let waited = calls.iter().map(|call| call.waited).max().unwrap();
        let p99 = percentile(&during, 0.99);
        let what = format!("429 for 20 s, {}", if streamed { "streamed" } else { "plain" });
        figure(&format!("{what}: requests not served"), lost, "= 0");
        figure(&format!("{what}: calls to the primary of 200"), to_primary, "<= 19");
        figure(&format!("{what}: longest wait that was no attempt"), format!("{waited:?}"), "= 0");
        figure(
            &format!("{what}: p99, refusal 5 ms and answer 50 ms"),
            format!("{p99:?}"),
            "<= 60ms",
        );
        assert_eq!(lost, 0);
        assert_eq!(during.len(), 200);
        assert!(to_primary <= 19);
        assert_eq!(waited, Duration::ZERO);
        assert!(p99 <= ms(60));
    }
}

#[tokio::test(start_paused = true)]
async fn five_hundred_callers_of_a_throttled_primary_share_the_secondary_within_its_limit() {
    for limit in [256, 64] {
        let world = throttling(Tick::from_secs(60), |target| target.with_in_flight(limit), 1);
        let mut callers: FuturesUnordered<_> =
            (0..500).map(|number| ask(&world.client, number, false)).collect();
        let mut lost = 0;
        while let Some(call) = callers.next().await {
            lost += usize::from(!call.is_served());
        }
        let to_secondary = world.log.count("b");
        let peak = world.peak("b");
        let what = format!("500 callers at once, primary throttling, limit {limit}");
        figure(&format!("{what}: calls to the secondary"), to_secondary, "<= 500");
        figure(&format!("{what}: most at once there"), peak, "<= the limit");
        figure(&format!("{what}: requests not served"), lost, "= 0");
        assert!(to_secondary <= 500);
        assert!(peak <= i64::from(limit));
        assert_eq!(lost, 0);
    }
}
