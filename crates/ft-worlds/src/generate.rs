//! A world from a seed.
//!
//! Half of the worlds are *fair*: what they are made of leaves the naive loop and the client the same chances, so
//! that the two can be set against each other. The other half has everything at once: callers who leave and who stand
//! still, identical questions, budgets, reloads, limits on calls in flight.

use std::time::Duration;

use ft_client::config::{Commit, Order};
use ft_core::Entropy;
use ft_core::decide::MidStream;

use crate::luck::draw;
use crate::world::{Fault, FaultSpell, Settings, TargetSpec, TierSpec, Traffic, World};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The world of this seed.
#[must_use]
pub fn world(seed: u64) -> World {
    let mut luck = draw(&[seed, 0x0077_6f72_6c64]);
    let fair = luck.chance(0.5);
    let traffic = traffic(&mut luck, fair);
    #[expect(clippy::cast_precision_loss, reason = "hundreds of requests")]
    let length = Duration::from_secs_f64(traffic.requests as f64 / traffic.rate);
    let providers = 1 + luck.below(4);
    let credentials: Vec<_> =
        (0..providers).map(|_| if luck.chance(0.3) { 2 } else { 1 }).collect();
    let mut number = 0;
    let tiers = (0..=luck.below(3)).map(|_| {
        let targets = (0..1 + luck.below(2)).map(|_| {
            number += 1;
            target(&mut luck, &credentials, number - 1, length, fair)
        });
        let targets = targets.collect();
        let order = match luck.below(6) {
            _ if fair => Order::Ordered,
            0 => Order::Cheapest,
            1 => Order::Fastest,
            2 => Order::Weighted,
            _ => Order::Ordered,
        };
        TierSpec { order, targets }
    });
    let tiers = tiers.collect();
    let settings = settings(&mut luck, fair);
    let reload = !fair && luck.chance(0.3);
    let reloads = if reload { vec![luck.jitter(length)] } else { Vec::new() };
    World { seed, credentials, tiers, settings, traffic, reloads }
}

fn traffic(luck: &mut Entropy, fair: bool) -> Traffic {
    let rate = [0.2, 1.0, 5.0, 20.0, 50.0, 100.0][pick(luck, 6)];
    let seconds = 20.0 + 60.0 * luck.unit();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hundreds")]
    let requests = ((rate * seconds) as usize).clamp(40, 1_000);
    let streamed = [0.0, 0.0, 0.5, 1.0][pick(luck, 4)];
    let wild = |luck: &mut Entropy, chance| !fair && luck.chance(chance);
    Traffic {
        rate,
        requests,
        streamed,
        questions: if wild(luck, 0.4) { 1 + luck.below(40) } else { 0 },
        leave: if wild(luck, 0.4) { 0.3 * luck.unit() } else { 0.0 },
        leave_within: ms(50 + luck.below(5_000)),
        stall: if wild(luck, 0.3) { 0.3 * luck.unit() } else { 0.0 },
        stall_for: secs(1 + luck.below(60)),
    }
}

fn target(
    luck: &mut Entropy,
    credentials: &[usize],
    number: usize,
    length: Duration,
    fair: bool,
) -> TargetSpec {
    let provider = pick(luck, credentials.len());
    let latency = ms(20 + luck.below(600));
    let per_word = ms([0, 5, 20][pick(luck, 3)]);
    let attempt_timeout = secs([2, 10, 60][pick(luck, 3)]);
    let first = luck.chance(0.3).then(|| secs(2));
    let spells = luck.below(4);
    let keys = credentials[provider];
    let faults = if luck.chance(0.3) {
        vec![steady(luck, length)]
    } else {
        (0..spells).map(|_| spell(luck, length, keys, fair)).collect()
    };
    TargetSpec {
        provider,
        number,
        latency,
        per_word,
        prefill: luck.chance(0.5),
        attempt_timeout,
        first_token_timeout: first,
        idle_timeout: secs(30),
        in_flight: in_flight(luck, fair),
        upstream_stream: first.is_some(),
        faults,
    }
}

/// One brief fault all the time, now and then: what every provider has.
fn steady(luck: &mut Entropy, length: Duration) -> FaultSpell {
    let hint = [None, None, Some(secs(1)), Some(secs(2))][pick(luck, 4)];
    let fault = match luck.below(5) {
        0 => Fault::Status(429, hint),
        1 => Fault::Status(503, hint),
        2 => Fault::Reset,
        _ => Fault::Status(500, None),
    };
    let share = [0.01, 0.05, 0.1, 0.2, 0.3, 0.4][pick(luck, 6)];
    FaultSpell { from: Duration::ZERO, until: length, share, fault }
}

/// A fair world has no bulkhead: the naive loop has none.
fn in_flight(luck: &mut Entropy, fair: bool) -> u32 {
    match () {
        () if fair => 100_000,
        () if luck.chance(0.2) => 1 + u32::try_from(luck.below(8)).unwrap_or(0),
        () => 256,
    }
}

fn spell(luck: &mut Entropy, length: Duration, keys: usize, fair: bool) -> FaultSpell {
    let share = [0.01, 0.05, 0.2, 0.3, 0.6, 1.0][pick(luck, 6)];
    // All the time, or for a while.
    let (from, until) = if luck.chance(0.5) {
        (Duration::ZERO, length)
    } else {
        let from = luck.jitter(length);
        (from, (from + ms(1_000 + luck.below(40_000))).min(length))
    };
    let hint = [None, Some(ms(500)), Some(secs(1)), Some(secs(2)), Some(secs(20))][pick(luck, 5)];
    let words = pick(luck, 12);
    let fault = match luck.below(16) {
        0 | 1 => Fault::Status(429, hint),
        2 => Fault::Status(503, hint),
        3 | 4 => Fault::Status(500, None),
        5 => Fault::Status([502, 529, 409, 404, 402, 403][pick(luck, 6)], None),
        6 => Fault::Refuse,
        7 => Fault::Reset,
        8 | 9 => Fault::Hang,
        10 => Fault::Slow(ms(500 + luck.below(20_000))),
        11 => Fault::Cut(words),
        12 => Fault::Stall(words),
        13 => Fault::ErrorInside(words),
        14 if fair => Fault::Empty,
        14 => Fault::Garbled(words),
        _ => Fault::KeyRefused(pick(luck, keys)),
    };
    FaultSpell { from, until, share, fault }
}

fn settings(luck: &mut Entropy, fair: bool) -> Settings {
    let wild = |luck: &mut Entropy, chance| !fair && luck.chance(chance);
    Settings {
        deadline: secs([10, 30, 90][pick(luck, 3)]),
        commit: if luck.chance(0.2) { Commit::Complete } else { Commit::FirstContent },
        mid_stream: if luck.chance(0.3) { MidStream::Continue } else { MidStream::Fail },
        throttle_patience: if luck.chance(0.2) { secs(3) } else { Duration::ZERO },
        emergency: luck.chance(0.4),
        fresh_for: if wild(luck, 0.4) { secs(1 + luck.below(30)) } else { Duration::ZERO },
        hedge: wild(luck, 0.2),
        open_for: luck.chance(0.2).then(|| secs(2)),
        budget: wild(luck, 0.3).then(|| 1_000 + luck.below(100_000)),
    }
}

fn pick(luck: &mut Entropy, of: usize) -> usize {
    usize::try_from(luck.below(of as u64)).unwrap_or(0)
}
