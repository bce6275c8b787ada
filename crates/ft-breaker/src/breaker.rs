//! The shared handle: a compare-exchange loop over the pure step, and nothing that blocks.

mod call;
mod control;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ft_core::{Clock, Entropy, Tick};

use crate::config::{BreakerConfig, FailureRatio, InvalidConfig};
use crate::evidence::Evidence;
use crate::lease::Lease;
use crate::outcome::Outcome;
use crate::permit::{OwnedPermit, Permit, Ticket};
use crate::rejected::Rejected;
use crate::row::Row;
use crate::step::{Answer, Event, Observed, has_room, refusal, step};
use crate::sync::{AtomicU64, Ordering, Padded};
use crate::transition::Transition;
use crate::window::{Counts, Entry, Window};
use crate::word::{View, Word};

type Listener = Box<dyn Fn(&Transition) + Send + Sync>;

/// A circuit breaker for one target. Share it by reference or in an [`Arc`].
///
/// No method blocks, allocates or awaits anything but the future it was given.
pub struct Breaker {
    shared: Padded<Shared>,
    config: BreakerConfig,
    /// Nothing is recorded but the word itself.
    bare: bool,
    failures: Option<Window>,
    slow: Option<Window>,
    clock: Arc<dyn Clock>,
    listeners: Vec<Listener>,
    seed: u64,
}

/// What is written. The lease only while half-open, so it does not disturb the word's readers.
#[derive(Debug)]
struct Shared {
    word: AtomicU64,
    lease: Lease,
    /// Written only when the circuit stops letting calls through.
    evidence: Evidence,
}

impl Breaker {
    /// A closed breaker.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`] names the first field that breaks its rule.
    pub fn new(config: BreakerConfig, clock: Arc<dyn Clock>) -> Result<Self, InvalidConfig> {
        config.validate()?;
        let within = config.failure_ratio.map(|ratio| ratio.within);
        let shown = config.stats.then(|| FailureRatio::default().within);
        let failures = within.or(shown).map(Window::new);
        let slow = config.slow.map(|slow| Window::new(slow.within));
        let shared = Padded(Shared {
            word: AtomicU64::new(Word::healthy(0).bits()),
            lease: Lease::new(),
            evidence: Evidence::new(),
        });
        let seed = Entropy::from_os().next_u64();
        let bare = failures.is_none() && slow.is_none();
        Ok(Self { shared, config, bare, failures, slow, clock, listeners: Vec::new(), seed })
    }

    /// Calls `listener` once for each transition, on the thread that caused it, after the exchange
    /// and with no lock held: it may use the breaker. A panic in it is caught and dropped.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Fn(&Transition) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// Draws the jitter of open times from this seed instead of the operating system's.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Starts in this state, to continue where another breaker was, or for a test.
    #[must_use]
    pub fn with_word(mut self, word: Word) -> Self {
        self.shared.0.word = AtomicU64::new(word.bits());
        self
    }

    /// The settings it was built with.
    #[must_use]
    pub const fn config(&self) -> &BreakerConfig {
        &self.config
    }

    /// Asks to call the target now.
    ///
    /// # Errors
    ///
    /// [`Rejected`] when the circuit is open, full of probes, or held open.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, Rejected> {
        self.acquire_at(self.clock.now())
    }

    /// Asks to call the target, at a time the caller has read already.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_at(&self, now: Tick) -> Result<Permit<'_>, Rejected> {
        self.admit(now).map(|ticket| Permit::new(self, ticket))
    }

    /// Asks for a permit that may leave this scope, as one that rides in a body does.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, Rejected> {
        self.acquire_owned_at(self.clock.now())
    }

    /// [`acquire_owned`](Self::acquire_owned) at a time the caller has read already.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_owned_at(self: &Arc<Self>, now: Tick) -> Result<OwnedPermit, Rejected> {
        self.admit(now).map(|ticket| OwnedPermit::new(Arc::clone(self), ticket))
    }

    #[inline]
    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }

    #[inline]
    fn load(&self) -> Word {
        Word::from_bits(self.shared.0.word.load(Ordering::Acquire))
    }

    #[inline]
    fn admit(&self, now: Tick) -> Result<Ticket, Rejected> {
        let word = self.load();
        if word.is_closed() {
            return Ok(Ticket::new(word.generation(), false, now));
        }
        // Read off the word here, and not behind a call: an open circuit is asked as often as a closed one.
        if let Some(rejected) = refusal(word, now) {
            return Err(rejected);
        }
        self.admit_with_care(word, now)
    }

    #[inline(never)]
    fn admit_with_care(&self, mut word: Word, now: Tick) -> Result<Ticket, Rejected> {
        loop {
            let observed = match word.view() {
                View::HalfOpen { slots, successes, .. } => {
                    if has_room(slots, successes, &self.config) {
                        self.shared.0.lease.renew(now);
                        Observed::default()
                    } else {
                        let lease_over = self.shared.0.lease.is_over(now, self.config.probe_lease);
                        Observed { lease_over, draw: self.draw(word), ..Observed::default() }
                    }
                }
                View::Open { until_ms } if Tick::from_millis(until_ms) <= now => {
                    self.shared.0.lease.renew(now);
                    Observed::default()
                }
                _ => Observed::default(),
            };
            match self.exchange(word, Event::Admit, observed, now) {
                Ok(Answer::Rejected(rejected)) => return Err(rejected),
                Ok(Answer::Admitted { generation, probe }) => {
                    return Ok(Ticket::new(generation, probe, now));
                }
                // `step` answers an admission with one of the two above.
                Ok(Answer::Settled | Answer::Stale) => word = self.load(),
                Err(seen) => word = seen,
            }
        }
    }

    /// Settles a permit. A healthy success under a bare policy is one load and one comparison.
    #[inline]
    pub(crate) fn settle(&self, ticket: Ticket, outcome: Outcome, now: Tick) {
        let word = self.load();
        let healthy = word == Word::healthy(ticket.generation());
        if outcome == Outcome::Success && self.bare && healthy {
            return;
        }
        if outcome == Outcome::Success && self.slow.is_none() {
            self.settle_success(word, ticket, now);
        } else {
            self.settle_with_care(word, ticket, outcome, now);
        }
    }

    /// A success where no slowness is watched: counted, but nothing is read.
    #[inline(never)]
    fn settle_success(&self, word: Word, ticket: Ticket, now: Tick) {
        if word.generation() != ticket.generation() {
            return;
        }
        if let Some(window) = &self.failures {
            window.record(self.entry(ticket, now, false));
        }
        if word != Word::healthy(ticket.generation()) {
            self.drive(word, ticket, Outcome::Success, Observed::default(), now);
        }
    }

    #[inline(never)]
    fn settle_with_care(&self, word: Word, ticket: Ticket, outcome: Outcome, now: Tick) {
        if word.generation() != ticket.generation() {
            return;
        }
        if matches!(outcome, Outcome::Throttled | Outcome::Neutral) {
            return self.drive(word, ticket, outcome, Observed::default(), now);
        }
        let failed = outcome != Outcome::Success;
        let slow_call = self.config.slow.is_some_and(|slow| {
            outcome == Outcome::Slow || now.since(ticket.start) >= slow.threshold
        });
        if let Some(window) = &self.failures {
            window.record(self.entry(ticket, now, failed));
        }
        if let Some(window) = &self.slow {
            window.record(Entry { timed: false, ..self.entry(ticket, now, slow_call) });
        }
        let observed = self.observe(word, failed, slow_call, now);
        self.drive(word, ticket, outcome, observed, now);
    }

    /// A stream that had begun, and so had settled as a success, broke.
    pub(crate) fn break_stream(&self, ticket: Ticket, now: Tick) {
        let word = self.load();
        if word.generation() != ticket.generation() {
            return;
        }
        if let Some(window) = &self.failures {
            window.mark(self.entry(ticket, now, true));
        }
        let observed = self.observe(word, true, false, now);
        self.drive(word, ticket, Outcome::Failure, observed, now);
    }

    fn entry(&self, ticket: Ticket, now: Tick, marked: bool) -> Entry {
        let (generation, start) = (ticket.generation(), ticket.start);
        Entry { generation, start, now, marked, timed: self.config.stats }
    }

    fn observe(&self, word: Word, failed: bool, slow_call: bool, now: Tick) -> Observed {
        let generation = word.generation();
        let failures_over = failed
            && self.config.failure_ratio.zip(self.failures.as_ref()).is_some_and(
                |(ratio, window)| {
                    let margin = self.config.ratio_margin;
                    window.read_own(generation, now).reach(ratio.over, ratio.of_at_least, margin)
                },
            );
        let slow_over = slow_call
            && self.config.slow.zip(self.slow.as_ref()).is_some_and(|(slow, window)| {
                window.read_own(generation, now).reach(slow.over, slow.of_at_least, 0.0)
            });
        Observed { failures_over, slow_over, slow_call, lease_over: false, draw: self.draw(word) }
    }

    fn drive(&self, word: Word, ticket: Ticket, outcome: Outcome, observed: Observed, now: Tick) {
        self.run(word, Event::Settle { of: ticket.generation(), outcome }, observed, now);
    }

    fn run(&self, mut word: Word, event: Event, observed: Observed, now: Tick) {
        while let Err(seen) = self.exchange(word, event, observed, now) {
            word = seen;
        }
    }

    /// One attempt at a step; the word that was there instead if somebody was faster.
    fn exchange(
        &self,
        word: Word,
        event: Event,
        observed: Observed,
        now: Tick,
    ) -> Result<Answer, Word> {
        let (next, verdict) = step(word, event, observed, now, &self.config);
        if next != word {
            self.shared
                .0
                .word
                .compare_exchange(word.bits(), next.bits(), Ordering::AcqRel, Ordering::Acquire)
                .map_err(Word::from_bits)?;
        }
        if let Some(transition) = verdict.transition {
            if word.phase().passes() && !next.phase().passes() {
                self.keep_evidence(word, event, now);
            }
            self.tell(&transition);
        }
        Ok(verdict.answer)
    }

    /// Keeps the figures with which the circuit stopped letting calls through.
    fn keep_evidence(&self, before: Word, event: Event, at: Tick) {
        let row = match before.view() {
            View::Closed { row } | View::ObserveOnly { row, .. } => row,
            _ => Row::NONE,
        };
        let failed =
            matches!(event, Event::Settle { outcome: Outcome::Failure | Outcome::Slow, .. });
        let in_a_row = row.failures() + u32::from(failed);
        self.shared.0.evidence.keep(self.counts(before, at), in_a_row);
    }

    fn counts(&self, word: Word, now: Tick) -> Counts {
        let of = |window: &Window| window.read(word.generation(), now);
        self.failures.as_ref().map(of).unwrap_or_default()
    }

    fn tell(&self, transition: &Transition) {
        for listener in &self.listeners {
            // The payload is dropped inside as well: dropping it may panic in its turn.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| listener(transition))) {
                    drop(payload);
                }
            }));
        }
    }

    /// Random bits that are the same for all who try to leave one generation.
    fn draw(&self, word: Word) -> u64 {
        Entropy::seeded(self.seed ^ u64::from(word.generation())).next_u64()
    }

    pub(crate) fn timed_out(&self, ticket: Ticket, now: Tick) -> bool {
        now.since(ticket.start) >= self.config.cancel_grace
    }

    fn window_length(&self) -> Duration {
        self.config.failure_ratio.unwrap_or_default().within
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("word", &self.load())
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
