//! What was sent and accepted, in tenths of the window.

use ft_core::Tick;
use ft_core::time::nanos;

use super::ThrottleConfig;

const TENTHS: u64 = 10;
/// One more than the tenths: what is seen is never less than a whole window.
const RING: usize = 11;

#[derive(Debug, Clone)]
pub(super) struct Counts {
    config: ThrottleConfig,
    /// Nanoseconds of a tenth.
    width: u64,
    ring: [Tenth; RING],
    /// The tenth that the last step was in.
    last: u64,
    /// Calls without an answer.
    under_way: u32,
    /// The last thing known of the target is its silence.
    silent: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tenth {
    sent: u32,
    accepted: u32,
}

impl Counts {
    pub(super) fn new(config: ThrottleConfig) -> Self {
        let width = (nanos(config.window) / TENTHS).max(1);
        Self { config, width, ring: [Tenth::default(); RING], last: 0, under_way: 0, silent: false }
    }

    pub(super) fn sent(&mut self, now: Tick) {
        self.at(now).sent += 1;
        self.under_way += 1;
    }

    pub(super) fn accepted(&mut self, now: Tick) {
        self.at(now).accepted += 1;
        self.ended();
        self.silent = false;
    }

    pub(super) fn failed(&mut self, silently: bool) {
        self.ended();
        self.silent = silently;
    }

    /// A call of then is not to count. One that lies outside the window counts no more anyway.
    pub(super) fn taken_back(&mut self, then: Tick) {
        self.ended();
        let tenth = then.as_nanos() / self.width;
        if tenth <= self.last && self.last - tenth < RING as u64 {
            let then = &mut self.ring[place(tenth)];
            then.sent = then.sent.saturating_sub(1);
        }
    }

    /// Calls of before a [`clear`](Self::clear) end after it, and are not counted.
    fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    pub(super) fn chance(&mut self, now: Tick) -> f64 {
        if self.silent && self.under_way > 0 {
            return 0.0;
        }
        let _ = self.at(now);
        let sum = |of: fn(&Tenth) -> u32| self.ring.iter().map(of).fold(0, u32::saturating_add);
        let (sent, accepted) = (sum(|tenth| tenth.sent), sum(|tenth| tenth.accepted));
        if sent < self.config.from {
            return 1.0;
        }
        (self.config.factor * f64::from(accepted) / f64::from(sent)).min(1.0)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.config);
    }

    /// The tenth of now, those between it and the last emptied.
    fn at(&mut self, now: Tick) -> &mut Tenth {
        let tenth = now.as_nanos() / self.width;
        match tenth.checked_sub(self.last) {
            Some(0) => {}
            Some(gone) if gone < RING as u64 => {
                (self.last + 1..=tenth).for_each(|each| self.ring[place(each)] = Tenth::default());
                self.last = tenth;
            }
            // Another thread that read its clock a moment earlier: it counts as the present.
            None if self.last - tenth == 1 => return &mut self.ring[place(self.last)],
            // After a long rest nothing is left, and after a step of the clock nothing can be said of what is.
            Some(_) | None => {
                self.ring = [Tenth::default(); RING];
                self.last = tenth;
            }
        }
        &mut self.ring[place(tenth)]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below eleven")]
const fn place(tenth: u64) -> usize {
    (tenth % RING as u64) as usize
}
