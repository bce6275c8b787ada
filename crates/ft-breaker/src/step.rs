//! The breaker as a pure function: a word, an event and a reading go in; a word and a verdict come out.
//!
//! No lock, clock, allocation or I/O. The shared handle runs it in a compare-exchange loop.

use std::time::Duration;

use ft_core::{Entropy, Tick};

use crate::config::BreakerConfig;
use crate::outcome::Outcome;
use crate::rejected::{RejectReason, Rejected};
use crate::row::Row;
use crate::transition::{Phase, Reason, Transition};
use crate::word::{MOST_GROWTH, View, Word};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A caller asks to be let through.
    Admit,
    /// A call that was let through ended.
    Settle {
        /// The generation that let it through. Any other than the present one changes nothing.
        of: u32,
        /// How it ended.
        outcome: Outcome,
    },
    /// Somebody took the controls.
    Command(Command),
}

/// What a person, or a program in their name, asks of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Reject everything until told otherwise.
    ForceOpen,
    /// Pass everything and learn nothing.
    Disable,
    /// Pass everything and say what would have opened the circuit.
    ObserveOnly,
    /// Back to automatic, closed. Nothing when it is automatic already.
    Auto,
    /// Forget all counts: an automatic circuit closes, a held one stays held.
    Reset,
    /// Open until then, and recover by probes as after a trip.
    OpenUntil(Tick),
}

/// What the machines beside the word have to say; read only where `step` asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Observed {
    /// The window holds enough failures. For failures.
    pub failures_over: bool,
    /// The window holds enough slow calls. For slow calls.
    pub slow_over: bool,
    /// This call took longer than the slow threshold.
    pub slow_call: bool,
    /// The lease of the probes in flight is over. For a full half-open circuit.
    pub lease_over: bool,
    /// Random bits for the jitter of the open time. Where the circuit may open.
    pub draw: u64,
}

/// What `step` decided, beside the new word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer to the one who brought the event.
    pub answer: Answer,
    /// The transition to tell, if the exchange is won.
    pub transition: Option<Transition>,
}

/// The answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go ahead, and settle with this generation.
    Admitted {
        /// The generation to settle with.
        generation: u32,
        /// Whether it holds a probe slot.
        probe: bool,
    },
    /// Do not call.
    Rejected(Rejected),
    /// Heard.
    Settled,
    /// The result of an older generation; nothing changed.
    Stale,
}

/// Decides one event.
#[must_use]
pub fn step(
    word: Word,
    event: Event,
    observed: Observed,
    now: Tick,
    config: &BreakerConfig,
) -> (Word, Verdict) {
    let at = Moment { word, observed, now, config };
    match event {
        Event::Admit => at.admit(),
        Event::Settle { of, .. } if of != word.generation() => at.stay(Answer::Stale),
        Event::Settle { outcome, .. } => at.settle(outcome),
        Event::Command(command) => at.obey(command),
    }
}

/// The rejection that can be read off the word: open before its time, or forced open.
#[inline]
#[must_use]
pub fn refusal(word: Word, now: Tick) -> Option<Rejected> {
    let (retry_at, reason) = match word.view() {
        View::Open { until_ms } if now < Tick::from_millis(until_ms) => {
            (Some(Tick::from_millis(until_ms)), RejectReason::Open)
        }
        View::ForcedOpen => (None, RejectReason::Forced),
        _ => return None,
    };
    Some(Rejected { retry_at, reason, generation: word.generation() })
}

/// Whether a half-open circuit has room for one more probe.
///
/// Beside the limit on probes in flight, no probe goes that could not be needed: those in flight
/// and those that succeeded together never exceed the larger of the two settings.
#[must_use]
pub fn has_room(slots: u8, successes: u8, config: &BreakerConfig) -> bool {
    let (slots, successes) = (u32::from(slots), u32::from(successes));
    slots < config.max_concurrent_probes
        && slots + successes < config.max_concurrent_probes.max(config.successes_to_close)
}

/// How long the circuit opens after `growth` failed probe cycles, before jitter.
#[must_use]
pub fn open_time(growth: u8, config: &BreakerConfig) -> Duration {
    if growth == 0 || config.growth <= 1.0 {
        return config.open_for;
    }
    let factor = config.growth.powi(i32::from(growth));
    Duration::try_from_secs_f64(config.open_for.as_secs_f64() * factor)
        .map_or(config.open_at_most, |grown| grown.min(config.open_at_most))
}

/// One decision's surroundings.
struct Moment<'a> {
    word: Word,
    observed: Observed,
    now: Tick,
    config: &'a BreakerConfig,
}

impl Moment<'_> {
    fn admit(&self) -> (Word, Verdict) {
        if let Some(rejected) = refusal(self.word, self.now) {
            return self.stay(Answer::Rejected(rejected));
        }
        let generation = self.word.generation();
        match self.word.view() {
            View::Closed { .. } | View::Disabled | View::ObserveOnly { .. } => {
                self.stay(Answer::Admitted { generation, probe: false })
            }
            View::Open { .. } => {
                let first = View::HalfOpen { slots: 1, successes: 0, issued: 1 };
                let (word, verdict) = self.turn(first, self.word.growth(), Reason::ProbeDue);
                let answer = Answer::Admitted { generation: word.generation(), probe: true };
                (word, Verdict { answer, ..verdict })
            }
            View::HalfOpen { slots, successes, issued }
                if has_room(slots, successes, self.config) =>
            {
                let (slots, issued) = (slots.saturating_add(1), issued.wrapping_add(1));
                let word = self.with(View::HalfOpen { slots, successes, issued });
                let answer = Answer::Admitted { generation, probe: true };
                (word, Verdict { answer, transition: None })
            }
            View::HalfOpen { .. } if self.observed.lease_over => {
                let (word, verdict) = self.reopen(Reason::LeaseExpired);
                (word, Verdict { answer: rejected(word, RejectReason::Open), ..verdict })
            }
            View::HalfOpen { .. } => self.stay(rejected(self.word, RejectReason::ProbesFull)),
            View::ForcedOpen => self.stay(rejected(self.word, RejectReason::Forced)),
        }
    }

    fn settle(&self, outcome: Outcome) -> (Word, Verdict) {
        match (self.word.view(), outcome) {
            (View::Closed { row }, _) => match self.count(row, outcome, 0) {
                (_, Some(reason)) => self.open(0, reason),
                (row, None) => self.keep(View::Closed { row }),
            },
            (View::ObserveOnly { row, told }, _) => match self.count(row, outcome, told) {
                (row, Some(reason)) => {
                    let told = told | bit(reason);
                    self.turn(View::ObserveOnly { row, told }, 0, reason)
                }
                (row, None) => self.keep(View::ObserveOnly { row, told }),
            },
            (View::HalfOpen { .. }, Outcome::Failure) => self.reopen(Reason::ProbeFailed),
            (View::HalfOpen { .. }, Outcome::Slow) => self.reopen(Reason::ProbeSlow),
            (View::HalfOpen { .. }, Outcome::Success) if self.observed.slow_call => {
                self.reopen(Reason::ProbeSlow)
            }
            (View::HalfOpen { slots, successes, issued }, Outcome::Success) => {
                let successes = successes.saturating_add(1);
                if u32::from(successes) >= self.config.successes_to_close {
                    return self.turn(View::Closed { row: Row::NONE }, 0, Reason::ProbesSucceeded);
                }
                self.keep(View::HalfOpen { slots: slots.saturating_sub(1), successes, issued })
            }
            (
                View::HalfOpen { slots, successes, issued },
                Outcome::Throttled | Outcome::Neutral,
            ) => self.keep(View::HalfOpen { slots: slots.saturating_sub(1), successes, issued }),
            // An open circuit lets nothing through, so nothing of its generation can end.
            (View::Open { .. } | View::ForcedOpen | View::Disabled, _) => {
                self.stay(Answer::Settled)
            }
        }
    }

    /// The row of failures after this call, and the first reason to open that was not `told` yet.
    fn count(&self, row: Row, outcome: Outcome, told: u8) -> (Row, Option<Reason>) {
        let (row, failed) = match outcome {
            Outcome::Success => (Row::NONE, false),
            Outcome::Failure | Outcome::Slow => (row.and_failed(self.now), true),
            Outcome::Throttled | Outcome::Neutral => return (row, None),
        };
        let over = self.config.consecutive_over;
        let long = |most| row.failures() >= most && (most == 1 || row.spans(over, self.now));
        let in_a_row = self.config.consecutive_failures.is_some_and(long);
        let slow = self.observed.slow_call && self.observed.slow_over;
        let crossed = [
            (failed && in_a_row, Reason::ConsecutiveFailures),
            (failed && self.observed.failures_over, Reason::FailureRatio),
            (slow, Reason::SlowRatio),
        ];
        let new = crossed.into_iter().find(|(holds, reason)| *holds && told & bit(*reason) == 0);
        (row, new.map(|(_, reason)| reason))
    }

    fn obey(&self, command: Command) -> (Word, Verdict) {
        let phase = self.word.phase();
        let held = matches!(phase, Phase::ForcedOpen | Phase::Disabled | Phase::ObserveOnly);
        let fresh = View::ObserveOnly { row: Row::NONE, told: 0 };
        let to = match command {
            Command::ForceOpen if phase == Phase::ForcedOpen => None,
            Command::Disable if phase == Phase::Disabled => None,
            Command::ObserveOnly if phase == Phase::ObserveOnly => None,
            Command::Auto if !held => None,
            Command::ForceOpen => Some(View::ForcedOpen),
            Command::Disable => Some(View::Disabled),
            Command::ObserveOnly => Some(fresh),
            Command::Auto => Some(View::Closed { row: Row::NONE }),
            Command::OpenUntil(until) => Some(View::Open { until_ms: millis_up(until) }),
            Command::Reset => Some(match phase {
                Phase::ForcedOpen => View::ForcedOpen,
                Phase::Disabled => View::Disabled,
                Phase::ObserveOnly => fresh,
                Phase::Closed | Phase::Open | Phase::HalfOpen => View::Closed { row: Row::NONE },
            }),
        };
        to.map_or_else(|| self.stay(Answer::Settled), |view| self.turn(view, 0, Reason::Manual))
    }

    fn reopen(&self, reason: Reason) -> (Word, Verdict) {
        self.open(self.word.growth().saturating_add(1).min(MOST_GROWTH), reason)
    }

    fn open(&self, growth: u8, reason: Reason) -> (Word, Verdict) {
        let base = open_time(growth, self.config);
        let rest = if self.config.jitter > 0.0 {
            Entropy::seeded(self.observed.draw).spread(base, self.config.jitter)
        } else {
            base
        };
        self.turn(View::Open { until_ms: millis_up(self.now + rest) }, growth, reason)
    }

    /// A transition: every one begins a generation, so that no earlier result counts in it.
    fn turn(&self, view: View, growth: u8, reason: Reason) -> (Word, Verdict) {
        let word = Word::pack(self.word.generation() + 1, growth, view);
        let transition = Transition {
            from: self.word.phase(),
            to: word.phase(),
            generation: word.generation(),
            reason,
            at: self.now,
            retry_at: word.open_until(),
        };
        (word, Verdict { answer: Answer::Settled, transition: Some(transition) })
    }

    /// The same generation with other counts.
    fn keep(&self, view: View) -> (Word, Verdict) {
        (self.with(view), Verdict { answer: Answer::Settled, transition: None })
    }

    fn stay(&self, answer: Answer) -> (Word, Verdict) {
        (self.word, Verdict { answer, transition: None })
    }

    fn with(&self, view: View) -> Word {
        Word::pack(self.word.generation(), self.word.growth(), view)
    }
}

fn rejected(word: Word, reason: RejectReason) -> Answer {
    Answer::Rejected(Rejected {
        retry_at: word.open_until(),
        reason,
        generation: word.generation(),
    })
}

/// Rounded up, so that no probe goes before its time.
fn millis_up(at: Tick) -> u64 {
    at.as_nanos().div_ceil(1_000_000)
}

const fn bit(reason: Reason) -> u8 {
    match reason {
        Reason::ConsecutiveFailures => 1,
        Reason::FailureRatio => 2,
        _ => 4,
    }
}

#[cfg(test)]
mod tests;
