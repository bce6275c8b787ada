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
    /// The last answer was a mild refusal, which shut nothing.
    refused: bool,
    /// The pilot whose silence opened the gate, until an answer says whether that was right.
    silent: Option<u64>,
    /// The party that lets the others go first.
    yields: Option<Yields>,
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
    /// When its silence opens the gate.
    opens: Deadline,
    party: u32,
    /// Whether another party was turned away for it.
    contested: bool,
    /// A refusal of unknown origin while this pilot was under way, and when it came.
    doubt: Option<(GateReason, Tick)>,
}

/// A party whose pilot found nothing out.
#[derive(Debug, Clone, Copy)]
struct Yields {
    party: u32,
    /// Set when it asks again.
    until: Option<Deadline>,
}

impl Machine {
    pub(super) const fn new(config: GateConfig) -> Self {
        Self {
            config,
            era: 0,
            shut: None,
            throttles: 0,
            outs: 0,
            refused: false,
            silent: None,
            yields: None,
        }
    }

    /// Whether it is open and an answer would tell something.
    pub(super) const fn is_in_doubt(&self) -> bool {
        self.shut.is_none() && (self.refused || self.silent.is_some())
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

    pub(super) fn admit(&mut self, now: Tick, party: u32) -> Result<Entry, Gated> {
        self.follow(now);
        self.hear_silence(now);
        let phase = self.phase_as_it_is(now);
        let Some(shut) = &mut self.shut else {
            return Ok(Entry::Open { era: self.era });
        };
        let reason = shut.reason;
        if let Some(retry_at) = phase.retry_at() {
            if let Some(pilot) = &mut shut.pilot {
                pilot.contested |= pilot.party != party;
            }
            return Err(Gated { retry_at, reason });
        }
        if let Some(retry_at) = self.others_first(now, party) {
            return Err(Gated { retry_at, reason });
        }
        self.era += 1;
        let ticket = self.era;
        let opens = Deadline::new(now, self.config.silence_opens);
        // The old deadline is done with: whatever lies ahead from here on came after the pilot set out.
        let deadline = Deadline::new(now, Duration::ZERO);
        let pilot = Pilot { ticket, opens, party, contested: false, doubt: None };
        self.shut = Some(Shut { reason, deadline, pilot: Some(pilot) });
        Ok(Entry::Pilot { ticket })
    }

    /// Until when this party lets the others go first, if it does.
    fn others_first(&mut self, now: Tick, party: u32) -> Option<Tick> {
        let yields = self.yields.as_mut().filter(|yields| yields.party == party);
        let until = yields
            .map(|yields| *yields.until.get_or_insert(Deadline::new(now, self.config.recheck)));
        match until {
            Some(until) if until.is_ahead(now) => Some(until.at),
            _ => {
                self.yields = None;
                None
            }
        }
    }

    /// What [`admit`](Self::admit) would meet, without doing it.
    pub(super) fn phase(&self, now: Tick) -> GatePhase {
        let mut then = self.clone();
        then.follow(now);
        then.hear_silence(now);
        then.phase_as_it_is(now)
    }

    pub(super) fn throttled(&mut self, from: Entry, now: Tick, hint: Option<Duration>) {
        self.follow(now);
        let hint = hint.map(hint::clamp);
        let mild = hint.unwrap_or_default() < self.config.mild_below;
        if self.is_cycle_end(from) {
            if mild && self.is_first_of_row(from) {
                // Calls that are under way now set out before it was known, and are no second refusal.
                self.refused = true;
                self.era += 1;
                return;
            }
            return self.end_throttled(now, hint);
        }
        match (&mut self.shut, hint) {
            // The call was let through before the gate last opened: its limit is over, unless it says otherwise.
            (None, None) => {}
            (None, Some(_)) if mild => {}
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
        self.refused = false;
        if self.bears_out_silence(from) {
            (self.throttles, self.outs, self.silent) = (0, 0, None);
        } else if matches!(from, Entry::Pilot { .. }) && self.is_cycle_end(from) {
            (self.throttles, self.outs) = (0, 0);
            self.open(now);
        }
    }

    /// Whether this call set out after a pilot's silence had opened the gate, or is that pilot.
    fn bears_out_silence(&self, from: Entry) -> bool {
        self.shut.is_none()
            && self.silent.is_some_and(|pilot| match from {
                Entry::Open { era } => era > pilot,
                Entry::Pilot { ticket } => ticket == pilot,
                Entry::Unknown => false,
            })
    }

    /// The pilot has opened the gate.
    fn open(&mut self, now: Tick) {
        self.era += 1;
        self.yields = None;
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
        let Some(pilot) = self.shut.as_mut().and_then(|shut| shut.pilot.take()) else { return };
        if pilot.contested {
            self.yields = Some(Yields { party: pilot.party, until: None });
        }
        match pilot.doubt {
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
                pilot.opens = pilot.opens.seen_from(now);
            }
        }
        if let Some(until) = self.yields.as_mut().and_then(|yields| yields.until.as_mut()) {
            *until = until.seen_from(now);
        }
    }

    /// A pilot that was not refused for so long has opened the gate. What it is answered may still shut it again, and
    /// for longer: the doubling goes on until somebody was answered.
    fn hear_silence(&mut self, now: Tick) {
        let Some(pilot) = self.shut.and_then(|shut| shut.pilot) else { return };
        if pilot.opens.is_ahead(now) {
            return;
        }
        match pilot.doubt {
            // A refusal that may have been its own.
            Some(_) => self.released(Entry::Pilot { ticket: pilot.ticket }),
            None => {
                self.open(now);
                self.silent = self.shut.is_none().then_some(pilot.ticket);
            }
        }
    }

    fn phase_as_it_is(&self, now: Tick) -> GatePhase {
        let Some(shut) = self.shut else { return GatePhase::Open };
        let until = shut.deadline.at;
        match shut.pilot {
            Some(pilot) => {
                let recheck = now.after(self.config.recheck).min(pilot.opens.at);
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
            (Entry::Pilot { ticket }, None) => self.silent == Some(ticket),
            (Entry::Pilot { ticket }, Some(Shut { pilot: Some(pilot), .. })) => {
                pilot.ticket == ticket
            }
            _ => false,
        }
    }

    /// Whether a mild refusal is the first after an answer: of an open gate that has no pilot's finding to wait for.
    fn is_first_of_row(&self, from: Entry) -> bool {
        matches!(from, Entry::Open { .. }) && !self.refused && self.silent.is_none()
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
        (self.refused, self.silent) = (false, None);
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
