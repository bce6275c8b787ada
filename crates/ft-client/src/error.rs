//! The one error that a call ends with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ft_core::decide::FailReason;
use ft_core::{ChatResponse, ErrorKind, ProviderError, UnixMillis};

use crate::answer::Report;

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailKind {
    /// The request cannot be sent: it is empty, names no chain, or a number in it makes no sense.
    Invalid,
    /// The provider refused the request itself, as invalid or by a content filter.
    Refused,
    /// The request is too long for every target.
    TooLong,
    /// The answer broke off after content had reached the caller.
    MidStream,
    /// The deadline passed.
    Deadline,
    /// Every target failed or was skipped.
    Exhausted,
    /// The spend budget refused.
    Spend,
}

impl FailKind {
    /// The kind's name in metrics and JSON. Stable.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::TooLong => "too_long",
            Self::MidStream => "mid_stream",
            Self::Deadline => "deadline",
            Self::Exhausted => "exhausted",
            Self::Spend => "spend",
        }
    }
}

impl From<FailReason> for FailKind {
    fn from(reason: FailReason) -> Self {
        match reason {
            FailReason::Refused | FailReason::Unsuited => Self::Refused,
            FailReason::TooLong => Self::TooLong,
            FailReason::MidStream => Self::MidStream,
            FailReason::Deadline => Self::Deadline,
            FailReason::Exhausted => Self::Exhausted,
            FailReason::Spend => Self::Spend,
        }
    }
}

/// Why a call has no answer, after everything that could be tried was.
///
/// Branch on [`kind`](Self::kind). The failure that is reported is the first one, which is what the caller of
/// that model would have seen; all others stand in [`report`](Self::report).
/// Neither `Display` nor `Debug` shows a key, a prompt or an answer. Cloning is cheap.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
    /// Beside what coalesced calls share: each has a report of its own.
    report: Option<Arc<Report>>,
}

struct Inner {
    kind: FailKind,
    detail: String,
    cause: Option<ProviderError>,
    retry_after: Option<Duration>,
    failed_at: UnixMillis,
    throttled: bool,
    callers_budget: bool,
    rule: Option<Broken>,
    partial: Option<Box<ChatResponse>>,
}

/// A rule that the request breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    /// The field, such as `max_tokens`.
    pub(crate) field: &'static str,
    /// The rule in OpenAI's words, such as `integer_below_min_value`.
    pub(crate) code: &'static str,
}

/// What an error says beside its kind.
#[derive(Default)]
pub(crate) struct Circumstances {
    pub(crate) cause: Option<ProviderError>,
    pub(crate) retry_after: Option<Duration>,
    /// When that is counted from, on the calendar.
    pub(crate) failed_at: UnixMillis,
    pub(crate) throttled: bool,
    pub(crate) callers_budget: bool,
}

impl Error {
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(FailKind::Invalid, detail.into(), Circumstances::default())
    }

    /// A field of the request breaks a rule that every target has.
    pub(crate) fn breaks(rule: Broken, detail: impl Into<String>) -> Self {
        let mut error = Self::invalid(detail);
        if let Some(inner) = Arc::get_mut(&mut error.inner) {
            inner.rule = Some(rule);
        }
        error
    }

    pub(crate) fn new(kind: FailKind, detail: String, circumstances: Circumstances) -> Self {
        let Circumstances { cause, retry_after, failed_at, throttled, callers_budget } =
            circumstances;
        let inner = Inner {
            kind,
            detail,
            cause,
            retry_after,
            failed_at,
            throttled,
            callers_budget,
            rule: None,
            partial: None,
        };
        Self { inner: Arc::new(inner), report: None }
    }

    pub(crate) fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    pub(crate) fn with_partial(mut self, partial: ChatResponse) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.partial = Some(Box::new(partial));
        }
        self
    }

    /// Why there is no answer.
    #[must_use]
    pub fn kind(&self) -> FailKind {
        self.inner.kind
    }

    /// The provider's failure that is reported: the first one.
    #[must_use]
    pub fn cause(&self) -> Option<&ProviderError> {
        self.inner.cause.as_ref()
    }

    /// The request's field that breaks a rule, such as `max_tokens`; `None` for all other errors.
    #[must_use]
    pub fn param(&self) -> Option<&'static str> {
        self.inner.rule.map(|rule| rule.field)
    }

    /// The rule that the field breaks, as OpenAI names it: `integer_below_min_value`, `decimal_above_max_value`,
    /// `empty_array` and so on.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.inner.rule.map(|rule| rule.code)
    }

    /// In how long a target may be free again, when those that come back by themselves are gated, full, or their
    /// breakers open; of a spend budget, in how long its next window begins. `None` when one is free now, when nobody
    /// knows, and when only a person can mend what is wrong: a refused key, a spent quota, a missing model.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Every attempt made and target skipped, with times and costs. `None` when the request was never begun.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// What had been said, and its usage so far, when a stream broke off.
    #[must_use]
    pub fn partial(&self) -> Option<&ChatResponse> {
        self.inner.partial.as_deref()
    }

    /// The caller's request is at fault: sending it again will not help.
    #[must_use]
    pub fn is_callers_fault(&self) -> bool {
        matches!(self.inner.kind, FailKind::Invalid | FailKind::Refused | FailKind::TooLong)
    }

    /// Every target that could have answered throttled, now or before: sending the request again after
    /// [`retry_after`](Self::retry_after) may help, and nobody is ill.
    ///
    /// The kind is then `Exhausted`, or `Deadline` when a gate was waited for in vain.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.inner.throttled
    }

    /// The spend budget that refused is the caller's own, see [`CallOptions::spend`](crate::CallOptions::spend),
    /// while the client's had room.
    #[must_use]
    pub fn is_callers_budget(&self) -> bool {
        self.inner.callers_budget
    }

    /// A content filter refused.
    #[must_use]
    pub fn is_content_filtered(&self) -> bool {
        self.cause().is_some_and(|cause| cause.kind() == ErrorKind::ContentFiltered)
    }

    /// A key was refused: look at [`cause`](Self::cause) for the provider's words.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.cause().is_some_and(|cause| cause.kind() == ErrorKind::Auth)
    }

    /// Time ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.inner.kind == FailKind::Deadline || self.cause().is_some_and(ProviderError::is_timeout)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.kind {
            FailKind::Invalid => "the request cannot be sent",
            FailKind::Refused if self.inner.cause.is_none() => "no target can do what it asks for",
            FailKind::Refused => "the provider refused the request",
            FailKind::TooLong => "the request is too long for every target",
            FailKind::MidStream => "the answer broke off",
            FailKind::Deadline => "the deadline passed",
            FailKind::Exhausted => "no target answered",
            FailKind::Spend => "no spend budget has room for it",
        })?;
        if !self.inner.detail.is_empty() {
            write!(f, ": {}", self.inner.detail)?;
        }
        let Some(wait) = self.inner.retry_after else { return Ok(()) };
        let what = match self.inner.kind {
            FailKind::Spend => "it begins",
            _ => "a target may be free",
        };
        write!(f, "; {what} {}", when(self.inner.failed_at, wait))
    }
}

/// When a wait is over: "in 3.2 s", and from a minute on the time of day, rounded up, as in "at 00:00 UTC".
pub(crate) fn when(from: UnixMillis, wait: Duration) -> String {
    clock_time(from, wait).unwrap_or_else(|| format!("in {:.1} s", wait.as_secs_f64()))
}

fn clock_time(from: UnixMillis, wait: Duration) -> Option<String> {
    const MINUTE: u64 = 60_000;
    let millis = u64::try_from(wait.as_millis()).ok().filter(|&millis| millis > MINUTE)?;
    let at = from.0.checked_add(millis)?.div_ceil(MINUTE) * MINUTE;
    let stamp = |millis: u64| jiff::Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok();
    let (from, at) = (stamp(from.0)?, stamp(at)?);
    let soon = at.duration_since(from).as_hours() < 24;
    let form = if soon { "at %H:%M UTC" } else { "on %F at %H:%M UTC" };
    Some(at.strftime(form).to_string())
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("detail", &self.inner.detail)
            .field("cause", &self.inner.cause)
            .field("retry_after", &self.inner.retry_after)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.cause.as_ref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_wait_is_told_in_seconds_and_a_long_one_as_a_time_of_day() {
        // 2026-11-30 19:02:48.300 UTC.
        let from = UnixMillis(1_796_065_368_300);
        assert_eq!(when(from, Duration::from_millis(3_240)), "in 3.2 s");
        assert_eq!(when(from, Duration::from_secs(60)), "in 60.0 s");
        assert_eq!(when(from, Duration::from_millis(17_831_700)), "at 00:00 UTC");
        assert_eq!(when(from, Duration::from_secs(61)), "at 19:04 UTC");
        assert_eq!(when(from, Duration::from_secs(100_000)), "on 2026-12-01 at 22:50 UTC");
    }
}
