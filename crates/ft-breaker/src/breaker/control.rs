//! Looking at a breaker, and taking it by hand.

use std::time::Duration;

use ft_core::Tick;

use super::Breaker;
use crate::stats::{State, Stats};
use crate::step::{Command, Event, Observed, has_room};
use crate::transition::Phase;
use crate::word::{View, Word};

impl Breaker {
    /// Whether calls pass. Changes nothing: an open circuit whose time is over is still open.
    #[must_use]
    pub fn state(&self, _now: Tick) -> State {
        state_of(self.load())
    }

    /// The phase, with the manual modes apart.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.load().phase()
    }

    /// The packed state, for a test or to carry it over to another breaker.
    #[must_use]
    pub fn word(&self) -> Word {
        self.load()
    }

    /// Whether the next caller would be let through as a probe: the open time is over,
    /// or the circuit is half-open with a slot free.
    #[must_use]
    pub fn probe_due(&self, now: Tick) -> bool {
        match self.load().view() {
            View::Open { until_ms } => Tick::from_millis(until_ms) <= now,
            View::HalfOpen { slots, successes, .. } => has_room(slots, successes, self.config()),
            _ => false,
        }
    }

    /// Whether the circuit stands still until somebody comes: its open time is over, or some but not enough of its
    /// probes have succeeded, and none is under way. Nothing is known to be wrong; the next call finds out.
    #[must_use]
    pub fn awaits_probe(&self, now: Tick) -> bool {
        match self.load().view() {
            View::Open { until_ms } => Tick::from_millis(until_ms) <= now,
            View::HalfOpen { slots, .. } => slots == 0,
            _ => false,
        }
    }

    /// Whether a caller would be let through now, as far as one can say without asking.
    #[must_use]
    pub fn would_admit(&self, now: Tick) -> bool {
        match self.load().view() {
            View::Closed { .. } | View::Disabled | View::ObserveOnly { .. } => true,
            View::Open { .. } | View::HalfOpen { .. } => self.probe_due(now),
            View::ForcedOpen => false,
        }
    }

    /// When a circuit that is open now lets a probe through. `None` when a call may be tried now,
    /// and when nobody knows: probes in flight, or forced open.
    #[must_use]
    pub fn retry_at(&self, now: Tick) -> Option<Tick> {
        self.load().open_until().filter(|until| *until > now)
    }

    /// The present counts; while the circuit is not closed, those with which it was left. Reads the whole window: for a dashboard, not for each call.
    #[must_use]
    pub fn stats(&self, now: Tick) -> Stats {
        let word = self.load();
        let generation = word.generation();
        let (counts, consecutive_failures) = match word.view() {
            View::Closed { row } | View::ObserveOnly { row, .. } => {
                (self.counts(word, now), row.failures())
            }
            View::Disabled => (self.counts(word, now), 0),
            // What it was that opened the circuit is still to be seen.
            View::Open { .. } | View::HalfOpen { .. } | View::ForcedOpen => {
                self.shared.0.evidence.read()
            }
        };
        let successes = counts.calls - counts.marked;
        #[expect(clippy::cast_precision_loss, reason = "counts of a window are far below 2^53")]
        let success_rate = (counts.calls > 0).then(|| successes as f64 / counts.calls as f64);
        let mean_micros = counts.micros.checked_div(counts.calls).filter(|_| self.config().stats);
        Stats {
            state: state_of(word),
            phase: word.phase(),
            generation,
            consecutive_failures,
            calls: counts.calls,
            successes,
            recent_errors: counts.marked,
            mean_latency: mean_micros.map(Duration::from_micros),
            success_rate,
            window: self.window_length(),
        }
    }

    /// Rejects every call until [`auto`](Self::auto). Results of calls in flight change nothing.
    pub fn force_open(&self) {
        self.command(Command::ForceOpen);
    }

    /// Lets every call through and learns nothing, until [`auto`](Self::auto).
    pub fn disable(&self) {
        self.command(Command::Disable);
    }

    /// Lets every call through, and tells listeners once for each reason that would have opened
    /// the circuit, until [`auto`](Self::auto).
    pub fn observe_only(&self) {
        self.command(Command::ObserveOnly);
    }

    /// Ends a manual mode: automatic again, and closed. Does nothing when it is automatic already.
    pub fn auto(&self) {
        self.command(Command::Auto);
    }

    /// Forgets every count and closes the circuit; a manual mode stays, its counts forgotten.
    pub fn reset(&self) {
        self.command(Command::Reset);
    }

    /// Opens the circuit for this long from now; it then recovers by probes, as after a trip.
    /// Ends a manual mode.
    /// No jitter is added. Saturates 34 years after the clock's epoch.
    pub fn open_for(&self, rest: Duration) {
        self.command(Command::OpenUntil(self.now() + rest));
    }

    /// Opens the circuit until then; it then recovers by probes, as after a trip. Ends a manual mode.
    pub fn open_until(&self, until: Tick) {
        self.command(Command::OpenUntil(until));
    }

    fn command(&self, command: Command) {
        self.run(self.load(), Event::Command(command), Observed::default(), self.now());
    }
}

const fn state_of(word: Word) -> State {
    match word.view() {
        View::Closed { .. } | View::Disabled | View::ObserveOnly { .. } => State::Closed,
        View::Open { until_ms } => State::Open { until: Tick::from_millis(until_ms) },
        View::ForcedOpen => State::Open { until: Tick::MAX },
        View::HalfOpen { .. } => State::HalfOpen,
    }
}
