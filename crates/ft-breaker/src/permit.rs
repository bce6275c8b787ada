//! The right to make one call, and the duty to say how it ended.

use std::sync::Arc;
use std::thread::panicking;

use ft_core::Tick;

use crate::breaker::Breaker;
use crate::outcome::Outcome;

/// What ties a result to the circuit that admitted it.
///
/// Two whole words: fields of odd sizes are written in parts and read at once, and the processor
/// stalls on that for longer than the rest of a healthy call takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    /// `probe 1 | generation 32`.
    tag: u64,
    pub(crate) start: Tick,
}

impl Ticket {
    const PROBE: u64 = 1 << 32;

    #[inline]
    pub(crate) const fn new(generation: u32, probe: bool, start: Tick) -> Self {
        Self { tag: if probe { Self::PROBE } else { 0 } | generation as u64, start }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
    pub(crate) const fn generation(self) -> u32 {
        self.tag as u32
    }

    #[inline]
    const fn is_probe(self) -> bool {
        self.tag & Self::PROBE != 0
    }
}

impl Breaker {
    /// What an unsettled drop means.
    ///
    /// A panicking caller is no evidence about the target, and a young call was left by its caller;
    /// but one that has run for the grace was cut by a timeout that stands outside the breaker.
    fn abandon(&self, ticket: Ticket) {
        if panicking() {
            return self.settle(ticket, Outcome::Neutral, ticket.start);
        }
        let now = self.now();
        let outcome = if self.timed_out(ticket, now) { Outcome::Slow } else { Outcome::Neutral };
        self.settle(ticket, outcome, now);
    }
}

macro_rules! settlers {
    () => {
        /// Settles with a verdict made elsewhere, at a time the caller has read already.
        #[inline]
        pub fn settle_at(self, outcome: Outcome, now: Tick) {
            self.end(outcome, now);
        }

        /// Settles with a verdict made elsewhere.
        #[inline]
        pub fn settle(self, outcome: Outcome) {
            let now = self.breaker.now();
            self.end(outcome, now);
        }

        /// The target did its work.
        #[inline]
        pub fn success_at(self, now: Tick) {
            self.end(Outcome::Success, now);
        }

        /// The target is to blame.
        #[inline]
        pub fn failure_at(self, now: Tick) {
            self.end(Outcome::Failure, now);
        }

        /// The target's own timeout ran out: a failure, and a slow call.
        /// A timeout that the caller's deadline had shortened is [`neutral_at`](Self::neutral_at).
        #[inline]
        pub fn slow_at(self, now: Tick) {
            self.end(Outcome::Slow, now);
        }

        /// The target throttled: not counted; a probe gives its slot back.
        #[inline]
        pub fn throttled_at(self, now: Tick) {
            self.end(Outcome::Throttled, now);
        }

        /// The end says nothing about the target: not counted; a probe gives its slot back.
        #[inline]
        pub fn neutral_at(self, now: Tick) {
            self.end(Outcome::Neutral, now);
        }

        /// [`success_at`](Self::success_at) the present.
        #[inline]
        pub fn success(self) {
            self.settle(Outcome::Success);
        }

        /// [`failure_at`](Self::failure_at) the present.
        #[inline]
        pub fn failure(self) {
            self.settle(Outcome::Failure);
        }

        /// [`slow_at`](Self::slow_at) the present.
        #[inline]
        pub fn slow(self) {
            self.settle(Outcome::Slow);
        }

        /// [`throttled_at`](Self::throttled_at) the present.
        #[inline]
        pub fn throttled(self) {
            self.settle(Outcome::Throttled);
        }

        /// [`neutral_at`](Self::neutral_at) the present.
        #[inline]
        pub fn neutral(self) {
            self.settle(Outcome::Neutral);
        }

        /// The generation that admitted the call.
        #[must_use]
        pub const fn generation(&self) -> u32 {
            self.ticket.generation()
        }

        /// Whether the call is a probe of a half-open circuit.
        #[must_use]
        pub const fn is_probe(&self) -> bool {
            self.ticket.is_probe()
        }

        /// When the call was admitted.
        #[must_use]
        pub const fn started(&self) -> Tick {
            self.ticket.start
        }
    };
}

/// Leave to make one call, borrowed from its breaker.
///
/// Settle it by one of its consuming methods. Dropped unsettled, it is neutral while younger than
/// `cancel_grace` or during unwinding, and a timeout, so a failure, from then on.
#[must_use = "a permit that is dropped at once says that the caller left"]
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    ticket: Ticket,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(crate) const fn new(breaker: &'a Breaker, ticket: Ticket) -> Self {
        Self { breaker, ticket }
    }

    settlers!();

    #[inline]
    fn end(self, outcome: Outcome, now: Tick) {
        let (breaker, ticket) = (self.breaker, self.ticket);
        // It owns nothing: forgetting it only skips the drop that would settle it again.
        std::mem::forget(self);
        breaker.settle(ticket, outcome, now);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breaker.abandon(self.ticket);
    }
}

/// Leave to make one call, that may outlive the scope it was asked in.
///
/// The rules of [`Permit`] hold. It keeps its breaker alive.
#[must_use = "a permit that is dropped at once says that the caller left"]
#[derive(Debug)]
pub struct OwnedPermit {
    breaker: Arc<Breaker>,
    ticket: Ticket,
    settled: bool,
}

impl OwnedPermit {
    #[inline]
    pub(crate) const fn new(breaker: Arc<Breaker>, ticket: Ticket) -> Self {
        Self { breaker, ticket, settled: false }
    }

    settlers!();

    #[inline]
    fn end(mut self, outcome: Outcome, now: Tick) {
        self.settled = true;
        self.breaker.settle(self.ticket, outcome, now);
    }

    /// Settles as a success at a stream's first content, so that a long answer does not hold a
    /// probe's slot, and returns what rides in the body from here on.
    pub fn first_content_at(self, now: Tick) -> StreamGuard {
        let guard = StreamGuard { breaker: Arc::clone(&self.breaker), ticket: self.ticket };
        self.end(Outcome::Success, now);
        guard
    }

    /// [`first_content_at`](Self::first_content_at) the present.
    pub fn first_content(self) -> StreamGuard {
        let now = self.breaker.now();
        self.first_content_at(now)
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.abandon(self.ticket);
        }
    }
}

/// A stream after its first content. Dropped, it says nothing: the reader left.
#[must_use = "a stall or cut after first content is told through this"]
#[derive(Debug)]
pub struct StreamGuard {
    breaker: Arc<Breaker>,
    ticket: Ticket,
}

impl StreamGuard {
    /// The stream ended well; it was counted as a success already.
    pub fn finish(self) {}

    /// The stream stalled or was cut: a failure, in the generation that admitted it only.
    ///
    /// The call is not counted twice: in the window its success becomes a failure. Failures in a
    /// row start from this one, since its first content had ended the row before.
    pub fn fail_at(self, now: Tick) {
        self.breaker.break_stream(self.ticket, now);
    }

    /// [`fail_at`](Self::fail_at) the present.
    pub fn fail(self) {
        let now = self.breaker.now();
        self.fail_at(now);
    }

    /// The generation that admitted the call.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.ticket.generation()
    }
}
