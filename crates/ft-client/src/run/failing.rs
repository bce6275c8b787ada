//! The error of a request without an answer: what it names, and whether coming back may help.

use std::time::Duration;

use ft_core::decide::{FailReason, Skip};
use ft_core::{ErrorKind, ProviderError, Tick};

use super::Run;
use crate::answer::{Attempt, Outcome};
use crate::chain::Member;
use crate::error::{Circumstances, Error, FailKind};

impl Run {
    /// The error of a request that ends here.
    pub(crate) fn fail(&mut self, reason: FailReason) -> Error {
        let now = self.now();
        let kind = FailKind::from(reason);
        // What ended the request by itself; otherwise the first failure, which its model would have given. Where a
        // target might have answered, a refusal of the request's own matter by another is not why there is none.
        let first = |suits: fn(&ProviderError) -> bool| self.failures.iter().position(suits);
        let at = match reason {
            FailReason::Refused => self.failures.len().checked_sub(1),
            FailReason::MidStream => self.broke_at,
            FailReason::TooLong => first(|failure| failure.kind() == ErrorKind::ContextLength),
            FailReason::Deadline | FailReason::Exhausted => {
                first(|failure| !failure.kind().is_of_request(failure.scope()))
            }
            FailReason::Unsuited | FailReason::Spend => Some(0),
        };
        let cause =
            at.filter(|&at| at < self.failures.len()).map(|at| self.failures.swap_remove(at));
        let retry_after = match kind {
            FailKind::Exhausted | FailKind::Deadline => self.soonest(now),
            FailKind::Spend => self.paid_from.map(|at| at.since(now)),
            FailKind::Invalid | FailKind::Refused | FailKind::TooLong | FailKind::MidStream => None,
        };
        let detail = self.detail(kind, cause.as_ref());
        let live = matches!(kind, FailKind::Exhausted | FailKind::Deadline);
        let circumstances = Circumstances {
            cause,
            retry_after,
            failed_at: self.client.world.clock.wall(),
            throttled: live && self.all_throttled(),
            callers_budget: kind == FailKind::Spend && self.callers_money,
        };
        let error = Error::new(kind, detail, circumstances).with_report(self.report_so_far(now));
        self.share_end(reason, Err(&error));
        self.tell(&self.report_so_far(now), Some(&error));
        error
    }

    /// In how long a target may be free, of those where that comes by itself; `None` when one is free now, when nobody
    /// knows, and when a person must mend what is wrong.
    fn soonest(&self, now: Tick) -> Option<Duration> {
        let passes = |member: &Member| !member.target.is_out(now) && !self.needs_a_person(member);
        let members = self.members.iter().enumerate().filter(|(_, member)| passes(member));
        let free = members
            .filter_map(|(at, member)| Some(member.target.free_at(now)?.max(self.rested_at(at))));
        free.min().filter(|&at| at > now).map(|at| at.since(now))
    }

    /// Whether the last that came of this target will be the same a little later.
    fn needs_a_person(&self, member: &Member) -> bool {
        match self.last_of(member) {
            Some(Outcome::Failed(kind)) => !kind.is_transient(),
            Some(Outcome::Skipped(why)) => match why {
                Skip::Out | Skip::TooLong | Skip::Unsupported | Skip::Spend | Skip::CallerSpend => {
                    true
                }
                Skip::Gate
                | Skip::InFlight
                | Skip::Breaker
                | Skip::RetryBudget
                | Skip::Amplification
                | Skip::OutOfTime => false,
            },
            Some(Outcome::Streaming | Outcome::Answered | Outcome::Cancelled) | None => false,
        }
    }

    fn last_of(&self, member: &Member) -> Option<Outcome> {
        let its = |attempt: &&Attempt| member.target.is(&attempt.provider, &attempt.model);
        self.trail.iter().rfind(its).map(|attempt| attempt.outcome)
    }

    /// Whether throttling alone kept every target that suits the request from answering.
    fn all_throttled(&self) -> bool {
        let mut any = false;
        for member in &self.members {
            match self.last_of(member) {
                Some(Outcome::Failed(ErrorKind::RateLimited) | Outcome::Skipped(Skip::Gate)) => {
                    any = true
                }
                // It was full of calls, or could not have answered at any time.
                Some(Outcome::Skipped(Skip::InFlight | Skip::TooLong | Skip::Unsupported)) => {}
                Some(Outcome::Failed(kind)) if kind.is_of_request(kind.default_scope()) => {}
                _ => return false,
            }
        }
        any
    }

    fn detail(&self, kind: FailKind, cause: Option<&ProviderError>) -> String {
        match (kind, cause) {
            (FailKind::Refused | FailKind::MidStream, Some(cause)) => cause.to_string(),
            (FailKind::TooLong, _) => {
                "no context window of the chain holds it, even shortened".to_owned()
            }
            (FailKind::Spend, _) if self.unpriced => {
                "a target has no price, and a budget pays for nothing that it cannot count; give it one in \
                 `[[models]]`"
                    .to_owned()
            }
            (FailKind::Spend, _) if self.callers_money => {
                "it is the caller's own; ask for less (`max_tokens`, `n`), or wait for its next window".to_owned()
            }
            (FailKind::Spend, _) => {
                "ask for less (`max_tokens`, `n`), raise `spend.limit`, or wait for its next window".to_owned()
            }
            (_, cause) => self.what_happened(cause),
        }
    }

    /// The first refusal of the request's own matter, with its target.
    fn refused(&self) -> Option<String> {
        let error = self.failures.iter().find(|error| error.kind().is_of_request(error.scope()))?;
        let its = |it: &&Attempt| it.outcome == Outcome::Failed(error.kind());
        let Attempt { provider, model, .. } = self.trail.iter().find(its)?;
        Some(format!("{provider}/{model}: {error}"))
    }

    /// The first failure, or the first skip, with its target; and how many more there were.
    fn what_happened(&self, cause: Option<&ProviderError>) -> String {
        let is_skip = |attempt: &&Attempt| matches!(attempt.outcome, Outcome::Skipped(_));
        let skipped = self.trail.iter().filter(is_skip).count();
        let made = self.trail.len() - skipped;
        let first = match cause {
            None => self.trail.iter().find(is_skip),
            Some(cause) => self.trail.iter().find(|it| {
                it.outcome == Outcome::Failed(cause.kind()) && it.status == cause.status()
            }),
        };
        let first = first.or_else(|| self.trail.iter().find(|it| is_skip(it) == cause.is_none()));
        let Some(first) = first else { return "no target suits it".to_owned() };
        let (provider, model) = (&first.provider, &first.model);
        let (mut said, failed, passed_over) = match (first.outcome, cause) {
            (Outcome::Skipped(why), None) => {
                let why = first.detail.as_deref().unwrap_or(in_words(why));
                (format!("{provider}/{model} was skipped: {why}"), made, skipped - 1)
            }
            (_, Some(cause)) => {
                (format!("{provider}/{model}: {cause}"), made.saturating_sub(1), skipped)
            }
            (_, None) => {
                (format!("{provider}/{model} did not answer"), made.saturating_sub(1), skipped)
            }
        };
        // Nobody failed who might have answered: what the others refused is half of why.
        let refused = match cause {
            None => self.refused(),
            Some(_) => None,
        };
        let failed = failed - usize::from(refused.is_some());
        said.extend(refused.map(|refused| format!("; {refused}")));
        let attempts = match failed {
            0 => None,
            1 => Some("another attempt failed too".to_owned()),
            more => Some(format!("{more} more attempts failed too")),
        };
        let others = if cause.is_none() { "more " } else { "" };
        let skips = match passed_over {
            0 => None,
            1 if cause.is_none() => Some("another target was skipped too".to_owned()),
            1 => Some("a target was skipped".to_owned()),
            more => Some(format!("{more} {others}targets were skipped")),
        };
        for more in attempts.into_iter().chain(skips) {
            said.push_str("; ");
            said.push_str(&more);
        }
        said
    }
}

/// Why a target was skipped, for a sentence that begins with the target.
const fn in_words(why: Skip) -> &'static str {
    match why {
        Skip::TooLong => "the request is longer than its window",
        Skip::Unsupported => "its model lacks what the request needs",
        Skip::Gate => "it throttles",
        Skip::Out => "it is out until a person acts",
        Skip::InFlight => "as many calls as allowed are under way there",
        Skip::Breaker => "its breaker is open",
        Skip::RetryBudget => "the retry budget of its provider is used up",
        Skip::Amplification => "the process makes as many attempts per request as it may",
        Skip::Spend => "the spend budget does not cover it",
        Skip::CallerSpend => "the caller's own spend budget does not cover it",
        Skip::OutOfTime => "too little of the deadline was left",
    }
}
