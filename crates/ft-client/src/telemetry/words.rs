//! The closed lists that labels take their values from.

use ft_breaker::{Phase, Reason};
use ft_core::ErrorKind;
use ft_core::decide::Skip;

use crate::answer::{CacheStatus, Outcome, Report, Tier};
use crate::error::{Error, FailKind};

/// How a request ended, in the seed's label `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    Error,
    RateLimited,
    Timeout,
    Cancelled,
    Rejected,
}

impl Status {
    pub(super) const ALL: [Self; 6] = [
        Self::Success,
        Self::Error,
        Self::RateLimited,
        Self::Timeout,
        Self::Cancelled,
        Self::Rejected,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }

    /// The status of a request that ended with this report, and this error if it has no answer.
    pub(super) fn of(report: &Report, error: Option<&Error>) -> Self {
        match error.map(Error::kind) {
            // The emergency text keeps an application alive; it is no answer to what was asked.
            None if report.tier == Tier::Emergency => Self::of_failures(report),
            None => Self::Success,
            Some(FailKind::Deadline) => Self::Timeout,
            Some(FailKind::Exhausted | FailKind::MidStream) => Self::of_failures(report),
            Some(FailKind::Invalid | FailKind::Refused | FailKind::TooLong | FailKind::Spend) => {
                Self::Rejected
            }
        }
    }

    /// By the first failure, which is the one that is reported.
    fn of_failures(report: &Report) -> Self {
        let failed = |outcome| match outcome {
            Outcome::Failed(kind) => Some(kind),
            Outcome::Streaming | Outcome::Answered | Outcome::Skipped(_) | Outcome::Cancelled => {
                None
            }
        };
        let first = report.attempts.iter().find_map(|attempt| failed(attempt.outcome));
        match first.map(Cause::of_kind) {
            Some(Cause::RateLimited) => Self::RateLimited,
            Some(Cause::Timeout) => Self::Timeout,
            _ => Self::Error,
        }
    }
}

/// Why a target did not answer, in the label `reason` of fallbacks: coarse, since there is a series for each
/// pair of tiers. The kind itself is in the attempts' `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Error,
    RateLimited,
    Timeout,
    Credential,
    Refused,
    Breaker,
    Gate,
    Out,
    Limit,
    Spend,
    Unfit,
    Deadline,
}

impl Cause {
    pub(super) const ALL: [Self; 12] = [
        Self::Error,
        Self::RateLimited,
        Self::Timeout,
        Self::Credential,
        Self::Refused,
        Self::Breaker,
        Self::Gate,
        Self::Out,
        Self::Limit,
        Self::Spend,
        Self::Unfit,
        Self::Deadline,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::Credential => "credential",
            Self::Refused => "refused",
            Self::Breaker => "breaker",
            Self::Gate => "gate",
            Self::Out => "out",
            Self::Limit => "limit",
            Self::Spend => "spend",
            Self::Unfit => "unfit",
            Self::Deadline => "deadline",
        }
    }

    pub(super) fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Failed(kind) => Self::of_kind(kind),
            Outcome::Skipped(why) => Self::of_skip(why),
            Outcome::Streaming | Outcome::Answered | Outcome::Cancelled => Self::Error,
        }
    }

    const fn of_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::FirstTokenTimeout
            | ErrorKind::AttemptTimeout
            | ErrorKind::UpstreamTimeout
            | ErrorKind::Stalled => Self::Timeout,
            ErrorKind::DeadlineExceeded => Self::Deadline,
            ErrorKind::Auth | ErrorKind::QuotaExhausted => Self::Credential,
            ErrorKind::ContextLength | ErrorKind::Unsupported => Self::Unfit,
            ErrorKind::ContentFiltered
            | ErrorKind::InvalidRequest
            | ErrorKind::PayloadTooLarge
            | ErrorKind::Forbidden
            | ErrorKind::ModelNotFound => Self::Refused,
            ErrorKind::LocalExhausted => Self::Limit,
            ErrorKind::Connect
            | ErrorKind::Interrupted
            | ErrorKind::ServerError
            | ErrorKind::Overloaded
            | ErrorKind::Conflict
            | ErrorKind::Garbled
            | ErrorKind::Other => Self::Error,
        }
    }

    const fn of_skip(why: Skip) -> Self {
        match why {
            Skip::Breaker => Self::Breaker,
            Skip::Gate => Self::Gate,
            Skip::Out => Self::Out,
            Skip::InFlight | Skip::RetryBudget | Skip::Amplification => Self::Limit,
            Skip::Spend | Skip::CallerSpend => Self::Spend,
            Skip::TooLong | Skip::Unsupported => Self::Unfit,
            Skip::OutOfTime => Self::Deadline,
        }
    }
}

/// How attempts end: answered, cancelled, then every kind of failure in its own order.
pub(super) fn outcomes() -> impl Iterator<Item = Outcome> {
    [Outcome::Answered, Outcome::Cancelled]
        .into_iter()
        .chain(ErrorKind::ALL.into_iter().map(Outcome::Failed))
}

pub(super) const SKIPS: [Skip; 11] = [
    Skip::TooLong,
    Skip::Unsupported,
    Skip::Gate,
    Skip::Out,
    Skip::InFlight,
    Skip::Breaker,
    Skip::RetryBudget,
    Skip::Amplification,
    Skip::Spend,
    Skip::CallerSpend,
    Skip::OutOfTime,
];

const PHASES: [Phase; 6] = [
    Phase::Closed,
    Phase::Open,
    Phase::HalfOpen,
    Phase::ForcedOpen,
    Phase::Disabled,
    Phase::ObserveOnly,
];

/// The transitions that there are, so that there are no series for those that cannot be.
pub(super) fn transitions() -> impl Iterator<Item = (Phase, Reason)> {
    let trips = [Reason::ConsecutiveFailures, Reason::FailureRatio, Reason::SlowRatio];
    let reopens = [Reason::ProbeFailed, Reason::ProbeSlow, Reason::LeaseExpired];
    let by_hand = PHASES.into_iter().map(|to| (to, Reason::Manual));
    let observed = trips.into_iter().map(|why| (Phase::ObserveOnly, why));
    trips
        .into_iter()
        .chain(reopens)
        .map(|why| (Phase::Open, why))
        .chain([(Phase::HalfOpen, Reason::ProbeDue), (Phase::Closed, Reason::ProbesSucceeded)])
        .chain(observed)
        .chain(by_hand)
}

pub(super) const CACHE: [CacheStatus; 5] = [
    CacheStatus::Bypass,
    CacheStatus::Miss,
    CacheStatus::Hit,
    CacheStatus::Coalesced,
    CacheStatus::Stale,
];

/// The values of `reason` of gates, in the order of [`ft_limit::GateReason`].
pub(super) const GATES: [&str; 2] = ["throttled", "out"];

pub(super) const TOKEN_TYPES: [&str; 5] = ["input", "output", "cached", "cache_write", "reasoning"];

pub(super) const PARTS: [&str; 2] = ["messages", "output"];
