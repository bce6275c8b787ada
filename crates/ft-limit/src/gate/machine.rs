//! The gate as a pure machine: every step is told the time and whose answer it is.

use std::time::Duration;

use ft_core::Tick;

use super::GateConfig;
use crate::doubling::Doubling;
use crate::hint;

/// Why a gate is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GateReason {
    /// The provider throttled: it is well, and takes calls again soon.
    Throttled,
    /// Refused key, spent quota, missing model: it stays so until a person acts.
    Out,
}

/// What a call would meet at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatePhase {
    /// Every call passes.
    Open,
    /// No call passes before this moment.
    Shut {
        /// The deadline.
        until: Tick,
    },
    /// The deadline has passed: the next call is the pilot.
    PilotDue,
    /// One call is finding out; the others had better come back at this moment.
    PilotOut {
        /// One recheck from now, at most the end of the pilot's lease.
        recheck_at: Tick,
    },
}

impl GatePhase {
    /// When to come back; `None` when a call would pass.
    #[must_use]
    pub const fn retry_at(self) -> Option<Tick> {
        match self {
            Self::Open | Self::PilotDue => None,
            Self::Shut { until } => Some(until),
            Self::PilotOut { recheck_at } => Some(recheck_at),
        }
    }
}

/// A call was turned away at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("gated ({reason:?}) until {retry_at:?}")]
pub struct Gated {
    /// When to come back.
    pub retry_at: Tick,
    /// Why the gate is shut.
    pub reason: GateReason,
}

/// How a call came through, which decides what its answer may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// Through the open gate, in this era.
    Open { era: u64 },
    /// As the pilot with this ticket.
    Pilot { ticket: u64 },
    /// Nobody knows.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Machine {
    config: GateConfig,
    /// Counts every opening, shutting and pilot, so that a late answer is known for what it is.
    era: u64,
    shut: Option<Shut>,
    /// Throttled cycles in a row, reset by an opening.
    throttles: u32,
    /// Out cycles in a row, reset by an opening.
    outs: u32,
}

#[derive(Debug, Clone, Copy)]
struct Shut {
    reason: GateReason,
    deadline: Deadline,
    pilot: Option<Pilot>,
}

#[derive(Debug, Clone, Copy)]
struct Pilot {
    ticket: u64,
    lease: Deadline,
    /// A refusal of unknown origin while this pilot was under way, and when it came.
    doubt: Option<(GateReason, Tick)>,
}

/// A moment, and how far ahead it was when it was set.
///
/// The second figure is what a clock that steps back leaves to wait, instead of the length of the step.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    at: Tick,
    ahead: Duration,
}

impl Deadline {
    fn new(now: Tick, ahead: Duration) -> Self {
        Self { at: now.after(ahead), ahead }
    }

    /// The moment, brought back within reach of a clock that stepped back.
    fn seen_from(self, now: Tick) -> Self {
        if self.at.since(now) > self.ahead { Self::new(now, self.ahead) } else { self }
    }

    fn is_ahead(self, now: Tick) -> bool {
        self.seen_from(now).at > now
    }

    /// The later of the two.
    fn or_later(self, other: Self) -> Self {
        if other.at > self.at { other } else { self }
    }
}

impl Machine {
    pub(super) const fn new(config: GateConfig) -> Self {
        Self { config, era: 0, shut: None, throttles: 0, outs: 0 }
    }

    pub(super) const fn era(&self) -> u64 {
        self.era
    }

    pub(super) const fn is_shut(&self) -> bool {
        self.shut.is_some()
    }

    pub(super) fn reason(&self) -> Option<GateReason> {
        self.shut.map(|shut| shut.reason)
    }

    pub(super) fn admit(&mut self, now: Tick) -> Result<Entry, Gated> {
        self.expire_pilot(now);
        let Some(shut) = &mut self.shut else {
            return Ok(Entry::Open { era: self.era });
        };
        shut.deadline = shut.deadline.seen_from(now);
        if let Some(pilot) = &mut shut.pilot {
            pilot.lease = pilot.lease.seen_from(now);
        }
        let reason = shut.reason;
        if let Some(retry_at) = self.phase(now).retry_at() {
            return Err(Gated { retry_at, reason });
        }
        self.era += 1;
        let ticket = self.era;
        let lease = Deadline::new(now, self.config.pilot_lease);
        if let Some(shut) = &mut self.shut {
            // The old deadline is done with: whatever lies ahead from here on came after the pilot set out.
            shut.deadline = Deadline::new(now, Duration::ZERO);
            shut.pilot = Some(Pilot { ticket, lease, doubt: None });
        }
        Ok(Entry::Pilot { ticket })
    }

    pub(super) fn phase(&self, now: Tick) -> GatePhase {
        let Some(shut) = self.shut else { return GatePhase::Open };
        let until = shut.deadline.seen_from(now).at;
        match shut.pilot {
            Some(pilot) if pilot.lease.is_ahead(now) => {
                let recheck = now.after(self.config.recheck).min(pilot.lease.seen_from(now).at);
                GatePhase::PilotOut { recheck_at: recheck.max(until) }
            }
            _ if until > now => GatePhase::Shut { until },
            _ => GatePhase::PilotDue,
        }
    }

    pub(super) fn throttled(&mut self, from: Entry, now: Tick, hint: Option<Duration>) {
        let hint = hint.map(hint::clamp);
        if self.is_cycle_end(from) {
            let wait = self.throttled_wait(hint);
            self.throttles = self.throttles.saturating_add(1);
            self.outs = 0;
            return self.shut_until(GateReason::Throttled, Deadline::new(now, wait));
        }
        match (&mut self.shut, hint) {
            // The call was let through before the gate last opened: its limit is over, unless it says otherwise.
            (None, None) => {}
            (None, Some(hint)) => {
                self.shut_until(GateReason::Throttled, Deadline::new(now, hint));
            }
            (Some(shut), Some(hint)) => {
                shut.deadline = shut.deadline.seen_from(now).or_later(Deadline::new(now, hint));
            }
            (Some(shut), None) => shut.doubt(from, GateReason::Throttled, now),
        }
    }

    pub(super) fn out(&mut self, from: Entry, now: Tick) {
        let upgrades = self
            .shut
            .is_some_and(|shut| shut.pilot.is_none() && shut.reason == GateReason::Throttled);
        if self.is_cycle_end(from) || upgrades {
            let wait = self.out_doubling().wait(self.outs);
            self.outs = self.outs.saturating_add(1);
            self.shut_until(GateReason::Out, Deadline::new(now, wait));
        } else if let Some(shut) = &mut self.shut {
            shut.doubt(from, GateReason::Out, now);
        }
    }

    pub(super) fn opened(&mut self, from: Entry, now: Tick) {
        if !self.is_cycle_end(from) {
            return;
        }
        self.throttles = 0;
        self.outs = 0;
        self.era += 1;
        self.shut = self.shut.filter(|shut| shut.deadline.is_ahead(now)).map(|shut| Shut {
            // What outlives a successful pilot is a hint, whatever the gate was shut for before.
            reason: GateReason::Throttled,
            pilot: None,
            ..shut
        });
    }

    /// The pilot ended without a finding.
    pub(super) fn released(&mut self, from: Entry) {
        if !self.is_cycle_end(from) {
            return;
        }
        let doubt = self.shut.as_mut().and_then(|shut| shut.pilot.take()).and_then(|p| p.doubt);
        match doubt {
            None => {}
            Some((GateReason::Throttled, at)) => {
                let wait = self.throttled_wait(None);
                self.throttles = self.throttles.saturating_add(1);
                self.shut_until(GateReason::Throttled, Deadline::new(at, wait));
            }
            Some((GateReason::Out, at)) => {
                let wait = self.out_doubling().wait(self.outs);
                self.outs = self.outs.saturating_add(1);
                self.shut_until(GateReason::Out, Deadline::new(at, wait));
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { era: self.era + 1, ..Self::new(self.config) };
    }

    /// Whether this answer may end the cycle: the first refusal of an open gate, or the pilot's own answer.
    fn is_cycle_end(&self, from: Entry) -> bool {
        match (from, self.shut) {
            (Entry::Open { era }, None) => era == self.era,
            (Entry::Unknown, None) => true,
            (Entry::Pilot { ticket }, Some(Shut { pilot: Some(pilot), .. })) => {
                pilot.ticket == ticket
            }
            _ => false,
        }
    }

    fn expire_pilot(&mut self, now: Tick) {
        let pilot = self.shut.and_then(|shut| shut.pilot);
        if let Some(pilot) = pilot.filter(|pilot| !pilot.lease.is_ahead(now)) {
            self.released(Entry::Pilot { ticket: pilot.ticket });
        }
    }

    /// A hint is taken at its word; one under the first wait only once, or "retry after 0" would be a loop of pilots.
    fn throttled_wait(&self, hint: Option<Duration>) -> Duration {
        let doubling = Doubling { first: self.config.first_wait, cap: self.config.wait_cap };
        let own = doubling.wait(self.throttles);
        match hint {
            None => own,
            Some(hint) if self.throttles == 0 || hint >= self.config.first_wait => hint,
            Some(hint) => hint.max(own),
        }
    }

    const fn out_doubling(&self) -> Doubling {
        Doubling { first: self.config.out_wait, cap: self.config.out_cap }
    }

    /// Shuts without a pilot; a later deadline that stood before still stands.
    fn shut_until(&mut self, reason: GateReason, deadline: Deadline) {
        self.era += 1;
        let before = self.shut.map_or(deadline, |shut| shut.deadline);
        self.shut = Some(Shut { reason, deadline: deadline.or_later(before), pilot: None });
    }
}

impl Shut {
    /// Notes a refusal that may have been the pilot's own answer.
    fn doubt(&mut self, from: Entry, reason: GateReason, now: Tick) {
        if let (Entry::Unknown, Some(pilot)) = (from, &mut self.pilot) {
            pilot.doubt = Some((reason, now));
        }
    }
}
