//! The same worlds over loopback: real upstreams, the gateway between, and clients on real connections.
//!
//! Time is the machine's, so nothing is said of milliseconds: who gets the whole truth or an error, that everybody
//! ends, and that nothing is kept.

mod caller;
mod quick;
mod stage;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::invariants::Violation;
use crate::seeds::Seeds;
pub use quick::quick;

/// Worlds that are under way at once: they wait more than they work.
const AT_ONCE: usize = 8;

/// Plays the worlds of these seeds over sockets; gives what was broken, by seed.
///
/// # Panics
/// When this machine has no sockets on loopback.
#[must_use]
pub fn play_all(seeds: &Seeds) -> Vec<(u64, Violation)> {
    // Connections want one even where no TLS is spoken; who comes second finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(seed) = seeds.take() {
                    let found = play(seed);
                    if !found.is_empty() {
                        seeds.broke();
                    }
                    let mut broken = broken.lock().unwrap_or_else(PoisonError::into_inner);
                    broken.extend(found.into_iter().map(|violation| (seed, violation)));
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort_by_key(|(seed, _)| *seed);
    broken
}

/// Plays one; each invariant that it breaks, once.
///
/// # Panics
/// As [`play_all`].
#[must_use]
pub fn play(seed: u64) -> Vec<Violation> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = quick(seed);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    #[expect(clippy::expect_used, reason = "a machine without a runtime plays no world")]
    let runtime = runtime.enable_all().build().expect("a runtime");
    let found = runtime.block_on(stage::run(&world));
    let mut names = BTreeSet::new();
    found.into_iter().filter(|violation| names.insert(violation.name)).collect()
}
