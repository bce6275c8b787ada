//! One attempt, as its request knows it.

use std::time::Duration;

use ft_core::Tick;

use crate::attempt::{Good, Job, Mode};

/// One attempt, as the run keeps track of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub(crate) target: usize,
    /// Its entry in the trail.
    pub(crate) entry: usize,
    pub(crate) credential: usize,
    pub(super) began: Tick,
    pub(super) mode: Mode,
}

/// The attempt that answered.
pub(crate) struct Won {
    pub(crate) leg: Leg,
    pub(crate) job: Box<Job>,
    pub(crate) good: Good,
    pub(crate) first_token: Option<Duration>,
}
