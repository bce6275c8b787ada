//! How a call ended, as far as the breaker cares.

/// The verdict on one call. Whoever classifies decides what the target is to blame for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The target did its work.
    Success,
    /// The target is to blame.
    Failure,
    /// The target's own timeout ran out: a failure, and a slow call.
    Slow,
    /// The target is well and busy (HTTP 429). A closed circuit does not count it; a probe gives
    /// its slot back and neither closes nor reopens.
    Throttled,
    /// Says nothing about the target: the caller's mistake, or the caller's own deadline.
    Neutral,
}
