//! Worlds with names: the simple ones in which a client with a memory can do worse than a loop without one.

use std::time::Duration;

use ft_client::Tier;
use ft_client::config::{Commit, Order};
use ft_core::decide::MidStream;

use crate::play::{Call, End};
use crate::world::{Fault, FaultSpell, Settings, TargetSpec, TierSpec, Traffic, World};

/// A world with a name.
#[derive(Clone, Debug)]
pub struct Known {
    /// What goes wrong in it.
    pub name: &'static str,
    /// The world itself.
    pub world: World,
}

/// What became of the requests of a named world.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The share that the client answered live, in percent.
    pub answered: f64,
    /// The share that its first tier answered.
    pub first: f64,
    /// The same two of the naive loop.
    pub naive: (f64, f64),
    /// The client's calls upstream for each request.
    pub calls: f64,
}

/// A name, requests a second, and what each tier's target does wrong how often.
type Row = (&'static str, f64, Vec<(Fault, f64)>);

/// The named worlds, two thousand requests each.
#[must_use]
pub fn all() -> Vec<Known> {
    let failing = |share| (Fault::Status(500, None), share);
    let hinted = |secs| Some(Duration::from_secs(secs));
    let well = (Fault::Empty, 0.0);
    let worlds: [Row; 10] = [
        ("two tiers fail 30 %, 50 a second", 50.0, vec![failing(0.3), failing(0.3)]),
        ("the first tier fails 20 %, 100 a second", 100.0, vec![failing(0.2), well]),
        (
            "one in a hundred is 429, 100 a second",
            100.0,
            vec![(Fault::Status(429, None), 0.01), well],
        ),
        (
            "one in a hundred is 429 for 1 s",
            100.0,
            vec![(Fault::Status(429, hinted(1)), 0.01), well],
        ),
        (
            "one in a hundred is 503 for 2 s",
            100.0,
            vec![(Fault::Status(503, hinted(2)), 0.01), well],
        ),
        ("a sole target fails 30 %, 15 a second", 15.0, vec![failing(0.3)]),
        ("a sole target fails 40 %, 15 a second", 15.0, vec![failing(0.4)]),
        ("two tiers reset 10 %, 30 a second", 30.0, vec![(Fault::Reset, 0.1), (Fault::Reset, 0.1)]),
        (
            "two tiers refuse with 409, the third is well",
            20.0,
            vec![(Fault::Status(409, None), 1.0), (Fault::Status(409, None), 1.0), well],
        ),
        ("one in a hundred hangs, 20 a second", 20.0, vec![(Fault::Hang, 0.01), well]),
    ];
    let worlds = worlds.into_iter().enumerate();
    worlds
        .map(|(at, (name, rate, targets))| Known { name, world: world(at, rate, &targets) })
        .collect()
}

fn world(seed: usize, rate: f64, targets: &[(Fault, f64)]) -> World {
    let tiers = targets.iter().enumerate().map(|(number, &(fault, share))| {
        let spell = FaultSpell { from: Duration::ZERO, until: Duration::MAX, share, fault };
        let target = TargetSpec {
            provider: number,
            number,
            latency: Duration::from_millis(100),
            per_word: Duration::ZERO,
            prefill: false,
            attempt_timeout: Duration::from_secs(60),
            first_token_timeout: None,
            idle_timeout: Duration::from_secs(30),
            in_flight: 100_000,
            upstream_stream: false,
            faults: vec![spell],
        };
        TierSpec { order: Order::Ordered, targets: vec![target] }
    });
    World {
        seed: seed as u64,
        credentials: vec![1; targets.len()],
        tiers: tiers.collect(),
        settings: Settings::default(),
        traffic: Traffic::steady(rate, 2_000),
        reloads: Vec::new(),
    }
}

impl Default for Settings {
    /// The client's own defaults.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(90),
            commit: Commit::FirstContent,
            mid_stream: MidStream::Fail,
            throttle_patience: Duration::ZERO,
            emergency: false,
            fresh_for: Duration::ZERO,
            hedge: false,
            open_for: None,
            budget: None,
        }
    }
}

impl Traffic {
    /// Plain requests at this rate, each of a new question, from callers who stay.
    #[must_use]
    pub fn steady(rate: f64, requests: usize) -> Self {
        Self {
            rate,
            requests,
            streamed: 0.0,
            questions: 0,
            leave: 0.0,
            leave_within: Duration::ZERO,
            stall: 0.0,
            stall_for: Duration::ZERO,
        }
    }
}

impl Known {
    /// Plays it both ways.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let played = crate::play::play(&self.world);
        let naive = crate::naive::play(&self.world);
        let all = self.world.traffic.requests;
        let share = |of: usize| {
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let share = of as f64 / all as f64;
            share * 100.0
        };
        let of = |is: &dyn Fn(&str) -> bool| {
            share(played.calls.iter().take(all).filter(|call| tier(call).is_some_and(is)).count())
        };
        let its = |is: &dyn Fn(usize) -> bool| {
            share(naive.answered.iter().take(all).flatten().filter(|&&place| is(place)).count())
        };
        Outcome {
            answered: of(&|_| true),
            first: of(&|name| name == "tier-0"),
            naive: (its(&|_| true), its(&|place| place == 0)),
            calls: share(played.attempts.len()) / 100.0,
        }
    }
}

fn tier(call: &Call) -> Option<&str> {
    match (&call.end, &call.report.as_ref()?.tier) {
        (End::Answer(_), Tier::Live(name)) => Some(name),
        _ => None,
    }
}

impl Outcome {
    /// Whether the client is never worse: half a point of answers, three of the first tier's share.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.answered >= self.naive.0 - 0.5 && self.first >= self.naive.1 - 3.0
    }
}
