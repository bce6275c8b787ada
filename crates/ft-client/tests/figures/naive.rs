//! Never worse than a loop that asks each target once, in order, without memory: while targets fail by chance.
//!
//! Each target fails every call with the same probability, whatever happened before: there is no outage to protect
//! anybody from, so every mechanism that acts can only do harm.

use std::time::Duration;

use ft_core::{Entropy, Tick};
use ft_sim::{Latency, Log, Model, Outage, Profile, Reply, Script};

use crate::traffic::{Call, End, Traffic, calls};
use crate::world::{World, figure, full, ms, secs, world};

const ANSWER: Duration = ms(60);
const FAULT: Duration = ms(10);

/// Gives `fault` for this share of its calls and answers the others.
fn flaky(seed: u64, share: f64, fault: Reply) -> Script {
    let mut draw = Entropy::seeded(seed);
    let fault = fault.latency(FAULT);
    Script::from_fn(move |_| match draw.chance(share) {
        true => fault.clone(),
        false => Reply::ok().latency(ANSWER),
    })
}

/// A minute of this many requests a second at targets that fail these shares of their calls.
async fn minute(shares: &[f64], rate: u64, seed: u64, fault: &Reply) -> (World, Vec<Call>) {
    let names = ["a", "b", "c"];
    let targets = names.iter().zip(shares).zip(0_u64..);
    let targets = targets
        .map(|((name, share), place)| (*name, flaky(seed * 10 + place, *share, fault.clone())));
    let world = world(targets.collect(), seed, Log::new(), |target| target, |_| {});
    let every = Duration::from_nanos(1_000_000_000 / rate);
    let traffic = Traffic { every, requests: 60 * rate, streamed: false };
    let calls = calls(&world.client, traffic).await;
    (world, calls)
}

/// So few, or fifty when the full sizes are asked for.
fn seeds(few: u64) -> u64 {
    if full() { 50 } else { few }
}

#[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}

fn answered(calls: &[Call]) -> f64 {
    share(calls.iter().filter(|call| call.is_served()).count(), calls.len())
}

fn by_the_first(calls: &[Call]) -> f64 {
    share(calls.iter().filter(|call| call.end == End::Live(0)).count(), calls.len())
}

/// The least and the mean over the seeds.
fn least_and_mean(shares: &[f64]) -> (f64, f64) {
    let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    (least, mean)
}

fn told(what: &str, (least, mean): (f64, f64), bound: &str) {
    let shown = format!("{:.2} % (mean {:.2})", least * 100.0, mean * 100.0);
    figure(what, shown, bound);
}

#[tokio::test(start_paused = true)]
async fn two_tiers_that_fail_three_calls_in_ten_answer_as_many_as_the_loop() {
    let mut all = Vec::new();
    for seed in 0..seeds(3) {
        let (_, calls) = minute(&[0.3, 0.3], 50, seed, &Reply::status(500)).await;
        all.push(answered(&calls));
    }
    let figures = least_and_mean(&all);
    told("two tiers failing 30 %, 50/s: answered", figures, ">= 91 % - 0.5");
    assert!(figures.0 >= 0.905);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_fails_one_call_in_five_keeps_its_share() {
    let mut all = Vec::new();
    for seed in 0..seeds(3) {
        let (_, calls) = minute(&[0.2, 0.0], 100, seed, &Reply::status(500)).await;
        assert!(answered(&calls) >= 0.995);
        all.push(by_the_first(&calls));
    }
    let figures = least_and_mean(&all);
    told("primary failing 20 %, 100/s: served by it", figures, ">= 80 % - 3");
    assert!(figures.0 >= 0.77);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_refuses_one_call_in_a_hundred_keeps_its_share() {
    let refusals = [
        ("429", Reply::status(429)),
        ("429, 1 s", Reply::throttled(secs(1))),
        ("429, 2 s", Reply::throttled(secs(2))),
        ("503", Reply::status(503)),
        ("503, 2 s", Reply::status(503).retry_after(secs(2))),
    ];
    for (name, refusal) in refusals {
        let mut all = Vec::new();
        for seed in 0..seeds(2) {
            let (_, calls) = minute(&[0.01, 0.0], 100, seed, &refusal).await;
            assert!(answered(&calls) >= 0.995);
            all.push(by_the_first(&calls));
        }
        let figures = least_and_mean(&all);
        told(&format!("primary refusing 1 % ({name}), 100/s: served by it"), figures, ">= 97 %");
        assert!(figures.1 >= 0.97);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sole_target_that_fails_often_answers_more_than_it_fails() {
    for (fails, bound) in [(0.3, 0.90), (0.4, 0.83)] {
        let mut all = Vec::new();
        for seed in 0..seeds(6) {
            let (_, calls) = minute(&[fails], 15, seed, &Reply::status(500)).await;
            all.push(answered(&calls));
        }
        let figures = least_and_mean(&all);
        let what = format!("sole target failing {:.0} %, 15/s: answered", fails * 100.0);
        told(&what, figures, &format!(">= {:.0} %", bound * 100.0));
        // Of 900 requests, the share of one minute has a standard deviation of more than a point.
        assert!(figures.1 >= bound);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sole_target_that_dies_is_left_nearly_alone() {
    let died = Tick::from_secs(60);
    for rate in [15, 50] {
        let mut profile = Profile::default();
        profile.latency = Latency::fixed(ANSWER);
        let down = Reply::status(500).latency(FAULT);
        profile.outages = vec![Outage::replying(died, Tick::from_secs(600), down)];
        let script = Script::from(Model::new(profile).unwrap());
        let world = world(vec![("a", script)], 1, Log::new(), |target| target, |_| {});
        let every = Duration::from_nanos(1_000_000_000 / rate);
        let traffic = Traffic { every, requests: 180 * rate, streamed: false };
        let calls = calls(&world.client, traffic).await;
        let from = died.after(secs(15));
        let asked = calls.iter().filter(|call| call.at >= from).count();
        let made = world.arrivals("a", from, Tick::MAX);
        let what = format!("sole target dead after 60 s, {rate}/s: calls a request from 15 s on");
        figure(&what, format!("{:.3}", share(made, asked)), "<= 0.2");
        assert!(share(made, asked) <= 0.2);
        assert!(calls.iter().filter(|call| call.at < died).all(Call::is_served));
    }
}
