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
    /// How many requests are in each of the parts, where it is cut by requests.
    size: u64,
    parts: Vec<Batch>,
}

/// By what the run is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Requests, however many there will be: a run may end before all that were asked for.
    Requests,
    /// So much time.
    Time(Duration),
}

/// While it is not known how many requests there will be, as many parts as this are kept; two become one when there
/// are more. At the end batches are made of them, which then differ by an eighth at most.
const MOST_PARTS: usize = 16 * BATCHES;

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

impl Batch {
    fn empty() -> Self {
        Self {
            requests: 0,
            answered: 0,
            attempts: 0,
            cost: Pico::ZERO,
            latency: Histogram::coarse(),
            first_token: Histogram::coarse(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.attempts += other.attempts;
        self.cost = self.cost.saturating_add(other.cost);
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
    }

    fn sum(parts: &[Self]) -> Self {
        parts.iter().fold(Self::empty(), |mut sum, part| {
            sum.merge(part);
            sum
        })
    }
}

impl Batches {
    pub(crate) fn new(cut: Cut) -> Self {
        Self { cut, size: 1, parts: Vec::new() }
    }

    pub(crate) fn note(&mut self, ended: &Ended, seen: &Seen) {
        let mut at = self.part(ended);
        while at >= MOST_PARTS {
            self.size *= 2;
            self.parts = self.parts.chunks(2).map(Batch::sum).collect();
            at = self.part(ended);
        }
        if at >= self.parts.len() {
            self.parts.resize_with(at + 1, Batch::empty);
        }
        let batch = &mut self.parts[at];
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

    fn part(&self, ended: &Ended) -> usize {
        let at = match self.cut {
            Cut::Requests => u128::from(ended.number / self.size),
            Cut::Time(time) => {
                let whole = time.as_nanos().max(1);
                (ended.began.as_nanos() * BATCHES as u128 / whole).min(BATCHES as u128 - 1)
            }
        };
        usize::try_from(at).unwrap_or(usize::MAX)
    }

    /// The batches of two runs, cut at the same places: as many as there are, of as many parts as both have.
    pub(crate) fn pairs(&self, other: &Self) -> Vec<(Batch, Batch)> {
        let parts = self.parts.len().min(other.parts.len());
        let batches = parts.min(BATCHES);
        let pair = |nth: usize| {
            let range = nth * parts / batches..(nth + 1) * parts / batches;
            (Batch::sum(&self.parts[range.clone()]), Batch::sum(&other.parts[range]))
        };
        (0..batches).map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::End;

    fn batches(cut: Cut, requests: u64) -> Batches {
        let mut batches = Batches::new(cut);
        for number in 0..requests {
            let ended = Ended {
                number,
                stream: false,
                began: Duration::from_secs(number),
                took: Duration::ZERO,
                first_token: None,
                end: End::Left { report: None },
            };
            batches
                .note(&ended, &Seen { cost: Pico::ZERO, attempts: 1, answered: false, place: 0 });
        }
        batches
    }

    #[test]
    fn batches_are_alike_however_long_the_run_is() {
        for requests in [30, 31, 480, 481, 5_990, 100_003] {
            let one = batches(Cut::Requests, requests);
            let pairs = one.pairs(&one);
            assert_eq!(pairs.len(), BATCHES, "{requests}");
            let sizes = || pairs.iter().map(|(batch, _)| batch.requests);
            assert_eq!(sizes().sum::<u64>(), requests);
            let (least, most) = (sizes().min().unwrap(), sizes().max().unwrap());
            assert!(most <= 2 * least.max(1), "{requests}: {least} to {most}");
        }
        assert_eq!(batches(Cut::Requests, 2).pairs(&batches(Cut::Requests, 3)).len(), 2);
        let hour = Cut::Time(Duration::from_secs(3_600));
        assert_eq!(batches(hour, 3_600).pairs(&batches(hour, 1_800)).len(), 15);
    }
}
