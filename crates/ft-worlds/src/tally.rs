//! Many worlds on all cores, and what was found in them.

use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;
use crate::generate::world;
use crate::invariants::{Violation, judge};
use crate::seeds::Seeds;

/// What many worlds showed.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many worlds were played.
    pub worlds: u64,
    /// How many requests they had.
    pub requests: u64,
    /// How many attempts their providers saw.
    pub attempts: u64,
    /// What each came to, in the order of the seeds, where that was asked for.
    pub digests: Vec<Digest>,
    /// What was broken, by seed.
    pub broken: Vec<(u64, Violation)>,
}

/// Plays the worlds of these seeds on all cores. With `digests` it also reduces each to what it came to.
#[must_use]
pub fn play_all(seeds: &Seeds, digests: bool) -> Tally {
    let tally = Mutex::new(Tally::default());
    let reduced = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = seeds.take() {
                    let (played, violations) = judge(&world(seed));
                    if !violations.is_empty() {
                        seeds.broke();
                    }
                    if digests {
                        let digest = (seed, Digest::of(&played));
                        reduced.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
                    }
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    tally.worlds += 1;
                    tally.requests += played.calls.len() as u64;
                    tally.attempts += played.attempts.len() as u64;
                    tally.broken.extend(violations.into_iter().map(|violation| (seed, violation)));
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.broken.sort_by_key(|(seed, _)| *seed);
    let mut reduced = reduced.into_inner().unwrap_or_else(PoisonError::into_inner);
    reduced.sort_by_key(|(seed, _)| *seed);
    tally.digests = reduced.into_iter().map(|(_, digest)| digest).collect();
    tally
}
