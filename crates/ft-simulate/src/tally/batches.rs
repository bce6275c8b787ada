//! The run cut into batches, from whose differences a comparison says how sure it is.

use std::time::Duration;

use ft_client::cost::Pico;

use super::{Histogram, Seen, millis};
use crate::engine::Ended;

/// How many batches there are. Enough for Student's t to be near the normal, few enough for each to be long
/// beside an outage.
pub(crate) const BATCHES: usize = 30;

/// The run in batches of equal parts.
#[derive(Clone, Debug)]
pub(crate) struct Batches {
    cut: Cut,
    batches: Vec<Batch>,
}

/// By what the run is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// So many requests.
    Requests(u64),
    /// So much time.
    Time(Duration),
}

/// What is counted of one batch.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) requests: u64,
    pub(crate) answered: u64,
    pub(crate) attempts: u64,
    pub(crate) cost: Pico,
    pub(crate) latency: Histogram,
    pub(crate) first_token: Histogram,
}

impl Batches {
    pub(crate) fn new(cut: Cut) -> Self {
        let empty = Batch {
            requests: 0,
            answered: 0,
            attempts: 0,
            cost: Pico::ZERO,
            latency: Histogram::coarse(),
            first_token: Histogram::coarse(),
        };
        Self { cut, batches: vec![empty; BATCHES] }
    }

    pub(crate) fn note(&mut self, ended: &Ended, seen: &Seen) {
        let (part, whole) = match self.cut {
            Cut::Requests(requests) => (u128::from(ended.number), u128::from(requests)),
            Cut::Time(time) => (ended.began.as_nanos(), time.as_nanos()),
        };
        let at = usize::try_from(part * BATCHES as u128 / whole.max(1)).unwrap_or(usize::MAX);
        let batch = &mut self.batches[at.min(BATCHES - 1)];
        batch.requests += 1;
        batch.attempts += seen.attempts;
        batch.cost = batch.cost.saturating_add(seen.cost);
        if seen.answered {
            batch.answered += 1;
            batch.latency.add(millis(ended.took));
            if let Some(first) = ended.first_token {
                batch.first_token.add(millis(first));
            }
        }
    }

    pub(crate) fn all(&self) -> &[Batch] {
        &self.batches
    }
}
