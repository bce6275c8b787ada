//! The decision table: what each kind of failure means for the breaker, the gates and the next step.
//!
//! `docs/decision-tree.md` shows the same rows; a test holds the two together.

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        reason = "a new kind of failure must be decided, not swallowed"
    )
)]

use crate::kind::{ErrorKind, Scope};

/// What follows from a failure of one kind and scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What the breaker of the target records.
    pub breaker: Mark,
    /// What is shut for a while.
    pub out: Out,
    /// Whether another target is asked.
    pub next: Next,
    /// Whether this same target may be asked again by the same call.
    pub again: bool,
    /// What the attempt is taken to have cost when the provider does not say.
    pub bill: Bill,
}

/// What a breaker records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The target failed.
    Failure,
    /// The target failed by being slow.
    Slow,
    /// Nothing against the target, though a limit was met.
    Throttled,
    /// Nothing.
    Neutral,
}

/// What is shut, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// Nothing.
    Nothing,
    /// The gate, when the provider said how long; else nothing.
    GateIfHinted,
    /// The gate: until the hint, or one second, doubling.
    Gate,
    /// The scope (credential or target): 60 s, doubling to 15 min.
    Out,
}

/// What the chain does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It asks the next target.
    Next,
    /// It asks another credential of this provider, then the next target.
    OtherCredential,
    /// It asks the same target once more with a strictly smaller request, then the next target.
    Refit,
    /// It stops when the first target asked said so; a later target's refusal is passed over.
    StopIfFirst,
    /// It stops, unless the chain is configured to let refusals fall through.
    StopUnlessConfigured,
    /// It stops.
    Stop,
}

/// What an attempt that failed is taken to have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bill {
    /// Nothing: providers do not bill what they refuse.
    Nothing,
    /// The estimate: the provider may have worked, and may bill it.
    Estimate,
}

impl Rule {
    /// Whether such a failure cost nothing: the provider is well, refused before it worked, and nothing is shut.
    ///
    /// It is no load that a cap on attempts would have to bound.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        matches!(self.breaker, Mark::Neutral)
            && matches!(self.out, Out::Nothing)
            && matches!(self.bill, Bill::Nothing)
    }

    const fn failure() -> Self {
        Self {
            breaker: Mark::Failure,
            out: Out::Nothing,
            next: Next::Next,
            again: true,
            bill: Bill::Nothing,
        }
    }

    const fn neutral(next: Next) -> Self {
        Self { breaker: Mark::Neutral, out: Out::Nothing, next, again: false, bill: Bill::Nothing }
    }

    const fn silent() -> Self {
        Self { breaker: Mark::Slow, again: false, bill: Bill::Estimate, ..Self::failure() }
    }

    const fn out(next: Next) -> Self {
        Self { out: Out::Out, ..Self::neutral(next) }
    }
}

/// The row of this kind and scope.
#[must_use]
pub const fn rule(kind: ErrorKind, scope: Scope) -> Rule {
    match kind {
        ErrorKind::Connect | ErrorKind::UpstreamTimeout | ErrorKind::ServerError => Rule::failure(),
        ErrorKind::Interrupted | ErrorKind::Garbled => {
            Rule { bill: Bill::Estimate, ..Rule::failure() }
        }
        // Silence is not asked twice.
        ErrorKind::Stalled => Rule { again: false, bill: Bill::Estimate, ..Rule::failure() },
        ErrorKind::FirstTokenTimeout | ErrorKind::AttemptTimeout => Rule::silent(),
        ErrorKind::Overloaded => Rule { out: Out::GateIfHinted, ..Rule::failure() },
        ErrorKind::RateLimited => Rule {
            breaker: Mark::Throttled,
            out: Out::Gate,
            next: Next::OtherCredential,
            again: true,
            bill: Bill::Nothing,
        },
        ErrorKind::QuotaExhausted | ErrorKind::Auth => Rule::out(Next::OtherCredential),
        ErrorKind::Forbidden => match scope {
            Scope::Credential => Rule::out(Next::OtherCredential),
            Scope::Target | Scope::Endpoint => Rule::out(Next::Next),
            Scope::Call => Rule::neutral(Next::StopIfFirst),
        },
        ErrorKind::ModelNotFound => Rule::out(Next::Next),
        // Another model may have the feature, and this one may well serve the next request.
        ErrorKind::Unsupported => Rule::neutral(Next::Next),
        ErrorKind::ContextLength => Rule::neutral(Next::Refit),
        ErrorKind::ContentFiltered => Rule::neutral(Next::StopUnlessConfigured),
        ErrorKind::InvalidRequest | ErrorKind::PayloadTooLarge | ErrorKind::Other => match scope {
            Scope::Call => Rule::neutral(Next::StopIfFirst),
            Scope::Target | Scope::Credential | Scope::Endpoint => Rule::neutral(Next::Next),
        },
        // What this process lacks is no target's fault, and passes as its own calls end.
        ErrorKind::LocalExhausted | ErrorKind::Conflict => {
            Rule { again: true, ..Rule::neutral(Next::Next) }
        }
        ErrorKind::DeadlineExceeded => Rule { bill: Bill::Estimate, ..Rule::neutral(Next::Stop) },
    }
}

impl ErrorKind {
    /// True when the same request may well succeed a little later.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Connect
            | Self::LocalExhausted
            | Self::Interrupted
            | Self::Stalled
            | Self::FirstTokenTimeout
            | Self::AttemptTimeout
            | Self::UpstreamTimeout
            | Self::ServerError
            | Self::Overloaded
            | Self::RateLimited
            | Self::Conflict
            | Self::Garbled => true,
            Self::DeadlineExceeded
            | Self::QuotaExhausted
            | Self::Auth
            | Self::Forbidden
            | Self::ModelNotFound
            | Self::Unsupported
            | Self::ContextLength
            | Self::ContentFiltered
            | Self::InvalidRequest
            | Self::PayloadTooLarge
            | Self::Other => false,
        }
    }

    /// True when a failure of this kind and scope lies in the request, so that it says nothing of whether another
    /// target would have answered. A wrong address ([`Scope::Endpoint`]) takes no request at all.
    #[must_use]
    pub const fn is_of_request(self, scope: Scope) -> bool {
        let of_request = match self {
            Self::ContextLength
            | Self::Unsupported
            | Self::InvalidRequest
            | Self::PayloadTooLarge
            | Self::ContentFiltered => true,
            Self::Connect
            | Self::LocalExhausted
            | Self::Interrupted
            | Self::Stalled
            | Self::FirstTokenTimeout
            | Self::AttemptTimeout
            | Self::DeadlineExceeded
            | Self::UpstreamTimeout
            | Self::ServerError
            | Self::Overloaded
            | Self::RateLimited
            | Self::QuotaExhausted
            | Self::Auth
            | Self::Forbidden
            | Self::ModelNotFound
            | Self::Conflict
            | Self::Garbled
            | Self::Other => false,
        };
        of_request && !matches!(scope, Scope::Endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_the_callers_the_accounts_or_our_own_fault_reaches_a_breaker() {
        for kind in ErrorKind::ALL {
            for scope in [Scope::Call, Scope::Target, Scope::Credential, Scope::Endpoint] {
                let rule = rule(kind, scope);
                let hurts = matches!(rule.breaker, Mark::Failure | Mark::Slow);
                let transient = kind.is_transient()
                    && !matches!(
                        kind,
                        ErrorKind::RateLimited | ErrorKind::Conflict | ErrorKind::LocalExhausted
                    );
                assert_eq!(hurts, transient, "{kind:?}");
            }
        }
    }
}
