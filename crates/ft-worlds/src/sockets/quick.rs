//! A world that is over in a second.

use std::time::Duration;

use crate::generate::world;
use crate::luck::draw;
use crate::wire::FAILURES;
use crate::world::{Fault, World};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The world of this seed, its times made so short that it is over in a second, with failures that only the wire has.
#[must_use]
pub fn quick(seed: u64) -> World {
    let mut world = world(seed);
    let mut luck = draw(&[seed, 0x0073_6f63_6b65_7473]);
    let length = world.length();
    let traffic = &mut world.traffic;
    traffic.requests = traffic.requests.min(60);
    traffic.rate = 60.0 + luck.unit() * 60.0;
    traffic.leave_within = ms(100);
    traffic.stall_for = ms(300);
    #[expect(clippy::cast_precision_loss, reason = "dozens")]
    let quick_length = Duration::from_secs_f64(traffic.requests as f64 / traffic.rate);
    let shorter = quick_length.as_secs_f64() / length.as_secs_f64().max(0.001);
    let settings = &mut world.settings;
    settings.deadline = ms(2_000);
    settings.throttle_patience = settings.throttle_patience.min(ms(200));
    settings.open_for = Some(ms(100));
    world.reloads.iter_mut().for_each(|at| *at = at.mul_f64(shorter));
    for target in world.tiers.iter_mut().flat_map(|tier| &mut tier.targets) {
        target.latency = ms(1 + luck.below(15));
        target.per_word = target.per_word.min(ms(2));
        target.attempt_timeout = ms(400);
        target.first_token_timeout = target.first_token_timeout.map(|_| ms(200));
        target.idle_timeout = ms(300);
        target.in_flight = target.in_flight.min(256);
        for spell in &mut target.faults {
            (spell.from, spell.until) = (spell.from.mul_f64(shorter), spell.until.mul_f64(shorter));
            spell.fault = match spell.fault {
                Fault::Status(status, hint) => Fault::Status(status, hint.map(|hint| hint / 20)),
                Fault::Slow(_) => Fault::Slow(ms(50 + luck.below(500))),
                // What a key is called on the wire is not what it is called in the process.
                Fault::KeyRefused(_) => Fault::Status(401, None),
                Fault::Empty | Fault::Garbled(_) | Fault::ErrorInside(_) => {
                    Fault::Wire(usize::try_from(luck.below(FAILURES.len() as u64)).unwrap_or(0), 3)
                }
                fault => fault,
            };
        }
    }
    world
}
