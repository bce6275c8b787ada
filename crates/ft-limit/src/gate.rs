//! "Not before …": shuts a credential, one of its models or a target, and reopens through one pilot call.
//!
//! A throttled provider says when to come back, and a fleet that believes it comes back all at once:
//! the herd is throttled again, and the provider's answer to that is a longer limit.
//! So past the deadline exactly one call is let through, and the others wait for what it finds.
//! A gate is not a breaker: nothing failed, the provider is well, and "no" is an answer with a date on it.

mod config;
mod deadline;
mod machine;
mod pass;
mod phase;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ft_core::Tick;

pub use self::config::GateConfig;
pub use self::pass::{GatePass, OwnedGatePass, Pass};
pub use self::phase::{GatePhase, GateReason, Gated};

use self::machine::{Entry, Machine};
use crate::InvalidConfig;

/// The lowest bit of the word: set while shut.
const SHUT: u64 = 1;
/// The next bit: set while open and something is known against that, so that answers are of interest.
const DOUBT: u64 = 2;
/// Above them the era, which tells the passes of one opening from the next's.
const ERA_SHIFT: u32 = 2;

/// A gate: open until a provider says "not now", then shut until its deadline and one successful pilot call.
///
/// While open, [`admit`](Self::admit) is one atomic load and writes nothing;
/// only a shut gate takes its lock, for a few comparisons.
#[derive(Debug)]
pub struct Gate {
    /// The machine's era, whether it is shut and whether it is in doubt; written under the lock only.
    word: AtomicU64,
    machine: Mutex<Machine>,
}

impl Gate {
    /// An open gate.
    ///
    /// # Errors
    ///
    /// Names the field and the rule when a duration is zero or over 24 hours, or a first wait exceeds its cap.
    pub fn new(config: GateConfig) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self { word: AtomicU64::new(0), machine: Mutex::new(Machine::new(config)) })
    }

    /// Lets a call through while open, and exactly one, the pilot, once a shut gate's deadline has passed.
    ///
    /// The pass is settled with what the call found; dropped unsettled it gives the pilot's place back.
    ///
    /// # Errors
    ///
    /// [`Gated`] with the moment to come back while the deadline lies ahead or another call is the pilot.
    #[inline]
    pub fn admit(&self, now: Tick) -> Result<GatePass<'_>, Gated> {
        self.enter(now, 0).map(|entry| Pass::new(self, entry))
    }

    /// As [`admit`](Self::admit), with a pass that owns its gate and may be moved into a stream or a task.
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit).
    #[inline]
    pub fn admit_owned(self: &Arc<Self>, now: Tick) -> Result<OwnedGatePass, Gated> {
        self.admit_owned_for(now, 0)
    }

    /// As [`admit_owned`](Self::admit_owned), for one of several parties that share the gate, by any number.
    ///
    /// The pilot's place rotates: one whose pilot found nothing out, while another party was turned away for it,
    /// lets the others go first for one [`GateConfig::recheck`].
    ///
    /// # Errors
    ///
    /// As [`admit`](Self::admit), and while others go first.
    #[inline]
    pub fn admit_owned_for(
        self: &Arc<Self>,
        now: Tick,
        party: u32,
    ) -> Result<OwnedGatePass, Gated> {
        self.enter(now, party).map(|entry| Pass::new(Arc::clone(self), entry))
    }

    /// Shuts the gate for a throttled answer whose pass is not at hand; [`Pass::throttled`] is more exact.
    ///
    /// Without a hint the gate is shut for [`GateConfig::first_wait`], doubling per throttled pilot;
    /// answers that arrive while it is shut already escalate nothing, and only a longer hint moves the deadline.
    /// While a pilot is under way it is not known whose answer this was: it counts as the pilot's
    /// if that one is then dropped unsettled, and not at all if it opens the gate.
    pub fn throttle(&self, now: Tick, hint: Option<Duration>) {
        self.change(|machine| machine.throttled(Entry::Unknown, now, hint));
    }

    /// Shuts the gate as out (a refused key, spent quota, a missing model): 60 s, doubling per failed pilot to 15 min.
    ///
    /// As with [`throttle`](Self::throttle), [`Pass::out`] is more exact.
    pub fn out(&self, now: Tick) {
        self.change(|machine| machine.out(Entry::Unknown, now));
    }

    /// Opens the gate and forgets everything, for a reload. Calls admitted before change nothing any more,
    /// except by a provider's hint.
    pub fn clear(&self) {
        self.change(Machine::clear);
    }

    /// What a call would meet now; admits nobody.
    #[must_use]
    pub fn phase(&self, now: Tick) -> GatePhase {
        if !self.is_shut() {
            return GatePhase::Open;
        }
        let mut machine = self.lock();
        // Callers who only ask must see an end too when the clock has stepped back.
        machine.follow(now);
        machine.phase(now)
    }

    /// When to come back, or `None` when a call would be admitted now; admits nobody.
    ///
    /// While a pilot is under way this is one [`GateConfig::recheck`] from now, at most the moment at which its
    /// silence opens the gate.
    #[must_use]
    #[inline]
    pub fn retry_at(&self, now: Tick) -> Option<Tick> {
        if self.is_shut() { self.phase(now).retry_at() } else { None }
    }

    /// Why the gate is shut, or `None` while it is open. Stays until a pilot has opened it.
    #[must_use]
    pub fn reason(&self) -> Option<GateReason> {
        if self.is_shut() { self.lock().reason() } else { None }
    }

    /// Whether the gate is shut, be its deadline ahead or its pilot due.
    #[must_use]
    #[inline]
    pub fn is_shut(&self) -> bool {
        self.word.load(Ordering::Acquire) & SHUT != 0
    }

    /// Whether the gate is shut as [`GateReason::Out`].
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.reason() == Some(GateReason::Out)
    }

    /// Whether it is open and an answer would tell something: that a refusal was only one, or that a pilot's silence
    /// meant well.
    #[inline]
    fn is_in_doubt(&self) -> bool {
        self.word.load(Ordering::Acquire) & DOUBT != 0
    }

    #[inline]
    fn enter(&self, now: Tick, party: u32) -> Result<Entry, Gated> {
        let word = self.word.load(Ordering::Acquire);
        if word & SHUT == 0 {
            Ok(Entry::Open { era: word >> ERA_SHIFT })
        } else {
            self.enter_shut(now, party)
        }
    }

    #[cold]
    fn enter_shut(&self, now: Tick, party: u32) -> Result<Entry, Gated> {
        self.change(|machine| machine.admit(now, party))
    }

    /// A pilot ended without a finding. Its pass is told no time, so the others' turn begins when the next one asks.
    #[cold]
    fn release(&self, pilot: Entry) {
        self.change(|machine| machine.released(pilot));
    }

    /// One step of the machine, published before the lock is let go.
    fn change<R>(&self, step: impl FnOnce(&mut Machine) -> R) -> R {
        let mut machine = self.lock();
        let result = step(&mut machine);
        let state = match (machine.is_shut(), machine.is_in_doubt()) {
            (true, _) => SHUT,
            (false, true) => DOUBT,
            (false, false) => 0,
        };
        self.word.store(machine.era() << ERA_SHIFT | state, Ordering::Release);
        result
    }

    /// No step of the machine can panic, so a poisoned lock holds a sound machine.
    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self { word: AtomicU64::new(0), machine: Mutex::new(Machine::new(GateConfig::default())) }
    }
}

#[cfg(test)]
mod tests;
