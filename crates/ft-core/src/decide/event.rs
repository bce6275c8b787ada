//! What happens to a request, and what it does about it.

use std::time::Duration;

use crate::kind::{ErrorKind, Scope};
use crate::time::Tick;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The request begins.
    Start,
    /// A target was not asked.
    Skipped {
        /// Which, as its place in the plan.
        target: usize,
        /// Why.
        why: Skip,
        /// When it may be asked again, where that is known.
        retry_at: Option<Tick>,
    },
    /// An attempt failed.
    Failed {
        /// Which target's, as its place in the plan.
        target: usize,
        /// What went wrong.
        kind: ErrorKind,
        /// How far it reaches.
        scope: Scope,
        /// How long the provider asks to wait.
        hint: Option<Duration>,
        /// Whether content of this attempt had reached the caller.
        delivered: bool,
        /// How long the attempt took.
        took: Duration,
    },
    /// An attempt ended well, or a stream of it has begun to reach the caller.
    Succeeded {
        /// Which target's, as its place in the plan.
        target: usize,
    },
    /// The running attempt is slow enough to be hedged.
    HedgeDue,
    /// A wait is over.
    Woke,
}

/// Why a target was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skip {
    /// The request does not fit the model's window, even shortened.
    TooLong,
    /// The model lacks a capability that the request needs.
    Unsupported,
    /// A gate is shut: the provider said "not before".
    Gate,
    /// The credential or the target is out: key refused, quota used up, model missing.
    Out,
    /// As many calls as allowed are in flight there.
    InFlight,
    /// The breaker is open, or its probes are all taken.
    Breaker,
    /// The provider's retry budget is used up.
    RetryBudget,
    /// The process's amplification cap is reached.
    Amplification,
    /// The spend budget does not cover it, or its price is unknown and the policy denies that.
    Spend,
    /// The caller's own budget does not cover it.
    CallerSpend,
    /// What is left of the deadline is too short to begin.
    OutOfTime,
}

impl Skip {
    /// The reason's name in metrics and JSON. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Unsupported => "unsupported",
            Self::Gate => "gate",
            Self::Out => "out",
            Self::InFlight => "in_flight",
            Self::Breaker => "breaker",
            Self::RetryBudget => "retry_budget",
            Self::Amplification => "amplification",
            Self::Spend => "spend",
            Self::CallerSpend => "caller_spend",
            Self::OutOfTime => "out_of_time",
        }
    }

    /// True when waiting a little may help, so that a request with nobody else to ask should.
    ///
    /// Breakers and outs are not waited for: they last longer than a person does.
    #[must_use]
    pub const fn is_worth_waiting(self) -> bool {
        match self {
            Self::Gate | Self::InFlight => true,
            Self::TooLong
            | Self::Unsupported
            | Self::Out
            | Self::Breaker
            | Self::RetryBudget
            | Self::Amplification
            | Self::Spend
            | Self::CallerSpend
            | Self::OutOfTime => false,
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask this target.
    Try {
        /// Which, as its place in the plan.
        target: usize,
        /// In what manner.
        manner: As,
    },
    /// Wait for the attempt that is still running.
    Hold,
    /// Wait, holding nothing.
    Wait(Wait),
    /// Give the answer.
    Answer,
    /// Give the cached answer that is no longer fresh.
    Stale,
    /// Give the emergency answer.
    Emergency,
    /// Give the error.
    Fail(FailReason),
}

/// A wait: until when at the latest, what may end it sooner, and whom it is for.
///
/// The caller tells the [`Ledger`](super::Ledger::begin_wait) that it begins, and says
/// [`Event::Woke`] when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The wait ends at this moment.
    pub until: Tick,
    /// When a gate, or a place among the calls in flight, may be looked at again; `None` when nothing of the sort is
    /// waited for. Whoever has been waiting longest for it looks then; the others are called.
    pub opens: Option<Tick>,
    /// Who is asked afterwards, and how; `None` for whoever comes first in the next round.
    pub resume: Option<(usize, As)>,
}

/// In what manner a target is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum As {
    /// The request's first attempt.
    First,
    /// After another target failed or was skipped.
    Fallback,
    /// After the same target failed, in a later round or after patience.
    Retry,
    /// Once more within a moment of a quick failure, before the request leaves the tier.
    QuickRetry,
    /// The same target, with another credential.
    Credential,
    /// The same target, with a shorter request.
    Refit,
    /// Beside a running attempt.
    Hedge,
    /// Going on from what the caller already has.
    Continue,
    /// Although its breaker is open, since no other target may be asked: under client-side throttling.
    Throttled,
}

impl As {
    /// The manner's name in metrics and JSON. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Fallback => "fallback",
            Self::Retry => "retry",
            Self::QuickRetry => "quick_retry",
            Self::Credential => "credential",
            Self::Refit => "refit",
            Self::Hedge => "hedge",
            Self::Continue => "continue",
            Self::Throttled => "throttled",
        }
    }
}

/// Why a request ends without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailReason {
    /// One refusal of the request ended it: another target would refuse too, or must not be asked.
    Refused,
    /// Every target refused the request for its own sake, or lacks what it needs.
    Unsuited,
    /// The request is too long for every target.
    TooLong,
    /// The answer broke off after content had reached the caller.
    MidStream,
    /// The deadline passed.
    Deadline,
    /// Every target failed or was skipped.
    Exhausted,
    /// Nothing was asked because the spend budget refused.
    Spend,
}
