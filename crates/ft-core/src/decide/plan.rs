//! What is decided before the first attempt, and what is seen before each step.

use std::time::Duration;

use crate::time::Tick;

/// The order and the bounds of one request, made once: rankings and random draws are in it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The targets in the order in which they will be asked.
    pub targets: Vec<PlannedTarget>,
    /// How often the targets may be gone through, at least 1.
    pub rounds: u32,
    /// Most attempts over everything.
    pub max_attempts: u32,
    /// The end of everything live.
    pub deadline: Tick,
    /// The longest hint for which a throttled target itself is waited for while others are free.
    pub throttle_patience: Duration,
    /// How long a request waits, from the beginning of its first wait on, before a stale or emergency answer is given
    /// instead. Without one, the deadline bounds its waits.
    pub patience: Duration,
    /// How often a request may ask beyond the first time in a tier after quick failures, before it leaves that tier.
    pub same_target_retries: u32,
    /// The pause before such a second try at the same target, drawn beforehand.
    pub quick_backoff: Duration,
    /// Whether a content filter's refusal falls through to the next target.
    pub filtered_falls_through: bool,
    /// What happens when an answer breaks off after content has reached the caller.
    pub mid_stream: MidStream,
    /// Whether a slow first attempt is hedged.
    pub hedge: bool,
    /// Whether stale and emergency answers may stand in.
    pub last_resorts: bool,
    /// Whether there is an emergency answer.
    pub emergency: bool,
    /// The back-off before each further round, drawn beforehand; the last one serves for all beyond.
    pub backoff: Vec<Duration>,
}

/// One target of a plan.
#[derive(Clone, Debug)]
pub struct PlannedTarget {
    /// A number that targets of the same provider share.
    pub provider: usize,
    /// A number that targets of the same tier share.
    pub tier: usize,
    /// In how many rounds it may be asked, when that is more than the plan's `rounds`.
    pub max_attempts: u32,
    /// How many credentials its provider has.
    pub credentials: u32,
    /// Whether it goes on from an assistant message that stands last.
    pub prefill: bool,
}

/// What happens when an answer breaks off after content has reached the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum MidStream {
    /// A typed error, with the text so far. The default: two models' words are never joined unasked.
    #[default]
    Fail,
    /// A target that takes an assistant prefill goes on from the delivered text.
    Continue,
}

/// The outside world, as far as a step depends on it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Beside each target of the plan, how it stands.
    pub targets: &'a [TargetView],
    /// Whether the cache holds a stale answer.
    pub stale: bool,
}

/// How a target stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetView {
    /// When its gates and its breaker let a call through; [`Tick::ZERO`] when they do.
    pub ready_at: Tick,
    /// When its breaker lets a call through; [`Tick::ZERO`] when it does.
    pub open_until: Tick,
    /// Whether a credential that this call has not used is free.
    pub credential_free: bool,
    /// Whether a pilot is under way in a gate, so that `ready_at` is only when to look again.
    pub pilot: bool,
    /// Whether the provider's retry budget has room. Only looked at beside the failure of this target.
    pub retries: bool,
    /// How long the target usually takes. Only looked at where no stale or emergency answer exists.
    pub usual: Duration,
}
