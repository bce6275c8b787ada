//! A world that breaks an invariant, made as small as it can be while it still does.

use std::time::Duration;

use ft_client::config::{Commit, Order};
use ft_core::decide::MidStream;

use crate::invariants::judge;
use crate::world::World;

/// How many worlds may be played to find the least one.
const TRIES: usize = 400;

/// The least world found that still breaks the invariant of this name.
#[must_use]
pub fn shrink(world: &World, name: &str) -> World {
    let mut least = world.clone();
    let mut tries = 0;
    loop {
        let smaller = smaller(&least).into_iter().find(|candidate| {
            tries += 1;
            tries <= TRIES && judge(candidate).1.iter().any(|violation| violation.name == name)
        });
        match smaller {
            Some(world) => least = world,
            None => return least,
        }
    }
}

/// Worlds with one thing less, the large things first.
fn smaller(world: &World) -> Vec<World> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut World)| {
        let mut less = world.clone();
        change(&mut less);
        if less != *world {
            all.push(less);
        }
    };
    with(&|less| less.traffic.requests /= 2);
    for at in 0..world.tiers.len() {
        if world.tiers.len() > 1 {
            with(&|less| _ = less.tiers.remove(at));
        }
        for target in 0..world.tiers[at].targets.len() {
            if world.tiers[at].targets.len() > 1 {
                with(&|less| _ = less.tiers[at].targets.remove(target));
            }
            for spell in 0..world.tiers[at].targets[target].faults.len() {
                with(&|less| _ = less.tiers[at].targets[target].faults.remove(spell));
                with(&|less| less.tiers[at].targets[target].faults[spell].share = 1.0);
                with(&|less| {
                    let length = less.length();
                    let spell = &mut less.tiers[at].targets[target].faults[spell];
                    (spell.from, spell.until) = (Duration::ZERO, length.max(spell.until));
                });
            }
            with(&|less| {
                let target = &mut less.tiers[at].targets[target];
                (target.first_token_timeout, target.upstream_stream) = (None, false);
            });
            with(&|less| less.tiers[at].targets[target].in_flight = 100_000);
            with(&|less| less.tiers[at].targets[target].per_word = Duration::ZERO);
            with(&|less| less.tiers[at].targets[target].latency = Duration::from_millis(100));
            with(&|less| {
                less.tiers[at].targets[target].attempt_timeout = Duration::from_secs(60);
            });
        }
        with(&|less| less.tiers[at].order = Order::Ordered);
    }
    with(&|less| less.reloads.clear());
    with(&|less| less.traffic.leave = 0.0);
    with(&|less| less.traffic.stall = 0.0);
    with(&|less| less.traffic.questions = 0);
    with(&|less| less.traffic.streamed = less.traffic.streamed.floor());
    with(&|less| less.settings.budget = None);
    with(&|less| less.settings.hedge = false);
    with(&|less| less.settings.open_for = None);
    with(&|less| less.settings.emergency = false);
    with(&|less| less.settings.throttle_patience = Duration::ZERO);
    with(&|less| less.settings.fresh_for = Duration::ZERO);
    with(&|less| less.settings.commit = Commit::FirstContent);
    with(&|less| less.settings.mid_stream = MidStream::Fail);
    with(&|less| less.settings.deadline = Duration::from_secs(90));
    with(&|less| less.credentials.iter_mut().for_each(|keys| *keys = 1));
    all
}
