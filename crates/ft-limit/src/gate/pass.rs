//! The pass of one call through a gate: settles what the call found, or gives the pilot's place back.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ft_core::Tick;

use super::Gate;
use super::machine::Entry;

/// A pass that borrows its gate.
pub type GatePass<'a> = Pass<&'a Gate>;
/// A pass that owns its gate.
pub type OwnedGatePass = Pass<Arc<Gate>>;

/// Leave for one call through a [`Gate`].
///
/// Only the pilot's pass holds anything: dropped unsettled, it lets the next call be the pilot.
/// An answer that says nothing of the gate's matter (a 500, a timeout, a caller who left) is such a drop.
#[must_use = "a dropped pilot's pass lets the next call be the pilot"]
pub struct Pass<G: Deref<Target = Gate>> {
    gate: G,
    entry: Entry,
}

impl<G: Deref<Target = Gate>> Pass<G> {
    pub(super) const fn new(gate: G, entry: Entry) -> Self {
        Self { gate, entry }
    }

    /// Whether this call is the one that the others wait for.
    #[must_use]
    pub const fn is_pilot(&self) -> bool {
        matches!(self.entry, Entry::Pilot { .. })
    }

    /// The provider took the call. The pilot's opens the gate for all and resets the doubling; so does any other's
    /// that set out after a pilot's silence had opened it. Otherwise it ends a row of mild refusals, if there was one,
    /// and a pilot's that was replaced or cleared away changes nothing.
    ///
    /// A hint that another call brought after the pilot set out is kept: the gate then stays shut until it has passed.
    pub fn opened(mut self, now: Tick) {
        let entry = self.take();
        if matches!(entry, Entry::Pilot { .. }) || self.gate.is_in_doubt() {
            self.gate.change(|machine| machine.opened(entry, now));
        }
    }

    /// The provider throttled the call. The pilot's shuts the gate again, for longer when there is no hint;
    /// another's below [`mild_below`](super::GateConfig::mild_below) only as the second in a row.
    pub fn throttled(mut self, now: Tick, hint: Option<Duration>) {
        let entry = self.take();
        self.gate.change(|machine| machine.throttled(entry, now, hint));
    }

    /// The provider refused the credential or no longer has the model.
    pub fn out(mut self, now: Tick) {
        let entry = self.take();
        self.gate.change(|machine| machine.out(entry, now));
    }

    /// The entry, leaving one whose drop does nothing.
    const fn take(&mut self) -> Entry {
        std::mem::replace(&mut self.entry, Entry::Unknown)
    }
}

impl<G: Deref<Target = Gate>> Drop for Pass<G> {
    #[inline]
    fn drop(&mut self) {
        if self.is_pilot() {
            self.gate.release(self.entry);
        }
    }
}

impl<G: Deref<Target = Gate>> fmt::Debug for Pass<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("pilot", &self.is_pilot()).finish_non_exhaustive()
    }
}
