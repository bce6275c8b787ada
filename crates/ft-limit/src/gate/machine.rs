//! The gate as a pure machine: every step is told the time and whose answer it is.

use std::time::Duration;

use ft_core::Tick;

use super::deadline::Deadline;
use super::{GateConfig, GatePhase, GateReason, Gated};
use crate::doubling::Doubling;
use crate::hint;

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

#[derive(Debug, Clone)]
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
        self.follow(now);
        self.expire_pilot(now);
        let phase = self.phase_as_it_is(now);
        let Some(shut) = &mut self.shut else {
            return Ok(Entry::Open { era: self.era });
        };
        if let Some(retry_at) = phase.retry_at() {
            return Err(Gated { retry_at, reason: shut.reason });
        }
        self.era += 1;
        let ticket = self.era;
        let lease = Deadline::new(now, self.config.pilot_lease);
        // The old deadline is done with: whatever lies ahead from here on came after the pilot set out.
        shut.deadline = Deadline::new(now, Duration::ZERO);
        shut.pilot = Some(Pilot { ticket, lease, doubt: None });
        Ok(Entry::Pilot { ticket })
    }

    /// What [`admit`](Self::admit) would meet, without doing it.
    pub(super) fn phase(&self, now: Tick) -> GatePhase {
        let mut then = self.clone();
        then.follow(now);
        then.expire_pilot(now);
        then.phase_as_it_is(now)
    }

    pub(super) fn throttled(&mut self, from: Entry, now: Tick, hint: Option<Duration>) {
        self.follow(now);
        let hint = hint.map(hint::clamp);
        if self.is_cycle_end(from) {
            return self.end_throttled(now, hint);
        }
        match (&mut self.shut, hint) {
            // The call was let through before the gate last opened: its limit is over, unless it says otherwise.
            (None, None) => {}
            (None, Some(hint)) => {
                self.shut_until(GateReason::Throttled, Deadline::new(now, hint));
            }
            (Some(shut), Some(hint)) => {
                shut.deadline = shut.deadline.or_later(Deadline::new(now, hint));
            }
            (Some(shut), None) => shut.doubt(from, GateReason::Throttled, now),
        }
    }

    pub(super) fn out(&mut self, from: Entry, now: Tick) {
        self.follow(now);
        if self.is_cycle_end(from) || self.is_upgrade(from) {
            self.end_out(now);
        } else if let Some(shut) = &mut self.shut {
            shut.doubt(from, GateReason::Out, now);
        }
    }

    pub(super) fn opened(&mut self, from: Entry, now: Tick) {
        self.follow(now);
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
        match self.shut.as_mut().and_then(|shut| shut.pilot.take()).and_then(|p| p.doubt) {
            None => {}
            Some((GateReason::Throttled, at)) => self.end_throttled(at, None),
            Some((GateReason::Out, at)) => self.end_out(at),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { era: self.era + 1, ..Self::new(self.config) };
    }

    /// Brings every deadline back within reach of a clock that stepped back.
    pub(super) fn follow(&mut self, now: Tick) {
        if let Some(shut) = &mut self.shut {
            shut.deadline = shut.deadline.seen_from(now);
            if let Some(pilot) = &mut shut.pilot {
                pilot.lease = pilot.lease.seen_from(now);
            }
        }
    }

    fn expire_pilot(&mut self, now: Tick) {
        let pilot = self.shut.and_then(|shut| shut.pilot);
        if let Some(pilot) = pilot.filter(|pilot| !pilot.lease.is_ahead(now)) {
            self.released(Entry::Pilot { ticket: pilot.ticket });
        }
    }

    fn phase_as_it_is(&self, now: Tick) -> GatePhase {
        let Some(shut) = self.shut else { return GatePhase::Open };
        let until = shut.deadline.at;
        match shut.pilot {
            Some(pilot) => {
                let recheck = now.after(self.config.recheck).min(pilot.lease.at);
                GatePhase::PilotOut { recheck_at: recheck.max(until) }
            }
            None if shut.deadline.is_ahead(now) => GatePhase::Shut { until },
            None => GatePhase::PilotDue,
        }
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

    /// Whether a call that set out before a throttled gate shut now says that it is worse than that.
    fn is_upgrade(&self, from: Entry) -> bool {
        let waiting = self
            .shut
            .is_some_and(|shut| shut.pilot.is_none() && shut.reason == GateReason::Throttled);
        let recent = match from {
            Entry::Open { era } => era + 1 == self.era,
            Entry::Unknown => true,
            Entry::Pilot { .. } => false,
        };
        waiting && recent
    }

    fn end_throttled(&mut self, now: Tick, hint: Option<Duration>) {
        let doubling = Doubling { first: self.config.first_wait, cap: self.config.wait_cap };
        let own = doubling.wait(self.throttles);
        let wait = match hint {
            None => own,
            Some(hint) if self.throttles == 0 || hint >= self.config.first_wait => hint,
            // A hint under the first wait is believed once, or "retry after 0" would be a loop of pilots.
            Some(hint) => hint.max(own),
        };
        self.throttles = self.throttles.saturating_add(1);
        // Throttled is not refused: the credential works.
        self.outs = 0;
        self.shut_until(GateReason::Throttled, Deadline::new(now, wait));
    }

    fn end_out(&mut self, now: Tick) {
        let doubling = Doubling { first: self.config.out_wait, cap: self.config.out_cap };
        let wait = doubling.wait(self.outs);
        self.outs = self.outs.saturating_add(1);
        self.shut_until(GateReason::Out, Deadline::new(now, wait));
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
