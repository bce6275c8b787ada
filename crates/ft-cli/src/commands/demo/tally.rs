//! What the callers of one lane got, counted as it comes.

use std::collections::BTreeMap;
use std::time::Duration;

use ft_cost::Pico;

use super::load::{End, Record};
use super::scenario::{MODELS, Scenario};

/// Columns of the timeline.
pub(crate) const COLUMNS: usize = 36;

/// Slices that a run is counted in: finer than columns, so that a run that takes longer can be drawn narrower.
const SLICES: u32 = 36 * 6;

/// The counts of one lane.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) live: [u64; MODELS.len()],
    pub(crate) fresh: u64,
    pub(crate) stale: u64,
    pub(crate) coalesced: u64,
    pub(crate) emergency: u64,
    pub(crate) failed: BTreeMap<&'static str, u64>,
    pub(crate) streamed: u64,
    /// Of those that began during the outage: all, and those that got a real answer.
    pub(crate) outage: (u64, u64),
    pub(crate) cost: Pico,
    /// Requests whose cost nobody knows.
    pub(crate) unpriced: u64,
    slices: Vec<Column>,
    /// Of real answers, in the order in which they came.
    latencies: Vec<Duration>,
}

/// What ended within one slice of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) live: [u64; MODELS.len()],
    pub(crate) cache: u64,
    pub(crate) emergency: u64,
    pub(crate) failed: u64,
}

impl Column {
    fn add(&mut self, other: &Self) {
        for (sum, count) in self.live.iter_mut().zip(other.live) {
            *sum += count;
        }
        self.cache += other.cache;
        self.emergency += other.emergency;
        self.failed += other.failed;
    }

    pub(crate) fn answered(&self) -> u64 {
        self.live.iter().sum::<u64>() + self.cache
    }

    pub(crate) fn all(&self) -> u64 {
        self.answered() + self.emergency + self.failed
    }
}

/// What the timeline covers. The last requests end after their turn, so it is a little longer than the run, and
/// longer still where the machine does not keep up.
pub(crate) fn horizon(scenario: &Scenario, elapsed: Duration) -> Duration {
    elapsed.max(scenario.span + scenario.span / 16)
}

/// The column of this moment in a timeline of this length.
pub(crate) fn column(horizon: Duration, at: Duration) -> usize {
    let place = at.as_nanos() * COLUMNS as u128 / horizon.as_nanos().max(1);
    usize::try_from(place).unwrap_or(COLUMNS).min(COLUMNS - 1)
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            live: [0; MODELS.len()],
            fresh: 0,
            stale: 0,
            coalesced: 0,
            emergency: 0,
            failed: BTreeMap::new(),
            streamed: 0,
            outage: (0, 0),
            cost: Pico::ZERO,
            unpriced: 0,
            slices: Vec::new(),
            latencies: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, record: &Record, scenario: &Scenario) {
        let slice = slice(&mut self.slices, scenario, record.ended);
        match record.end {
            End::Live(place) => {
                self.live[place] += 1;
                slice.live[place] += 1;
            }
            End::Fresh => self.fresh += 1,
            End::Stale => self.stale += 1,
            End::Coalesced => self.coalesced += 1,
            End::Emergency => {
                self.emergency += 1;
                slice.emergency += 1;
            }
            End::Failed(kind) => {
                *self.failed.entry(kind).or_default() += 1;
                slice.failed += 1;
            }
        }
        slice.cache += u64::from(matches!(record.end, End::Fresh | End::Stale | End::Coalesced));
        let real = !matches!(record.end, End::Emergency | End::Failed(_));
        if real {
            self.latencies.push(record.latency);
        }
        if scenario.is_outage(record.began) {
            self.outage.0 += 1;
            self.outage.1 += u64::from(real);
        }
        self.streamed += u64::from(record.streamed);
        match record.cost {
            Some(cost) => self.cost = self.cost.saturating_add(cost),
            None => self.unpriced += 1,
        }
    }

    /// What ended when, over a timeline of this length.
    pub(crate) fn timeline(&self, scenario: &Scenario, horizon: Duration) -> [Column; COLUMNS] {
        let mut columns = [Column::default(); COLUMNS];
        for (slice, at) in self.slices.iter().zip(0..) {
            let middle = scenario.span / SLICES * at + scenario.span / SLICES / 2;
            columns[column(horizon, middle)].add(slice);
        }
        columns
    }

    /// Real answers: live, from the cache, or shared with an identical request. Emergency texts are none.
    pub(crate) fn answered(&self) -> u64 {
        self.live.iter().sum::<u64>() + self.cached()
    }

    /// Answers that cost no call of their own.
    pub(crate) fn cached(&self) -> u64 {
        self.fresh + self.stale + self.coalesced
    }

    pub(crate) fn errors(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Everything that has ended.
    pub(crate) fn ended(&self) -> u64 {
        self.answered() + self.emergency + self.errors()
    }

    /// The smallest latency that this many of a hundred real answers do not exceed; `None` without answers.
    pub(crate) fn percentile(&self, of_hundred: usize) -> Option<Duration> {
        let mut sorted = self.latencies.clone();
        // Nearest rank, so that it is a latency that somebody had.
        let rank = (sorted.len() * of_hundred).div_ceil(100).max(1) - 1;
        (rank < sorted.len()).then(|| *sorted.select_nth_unstable(rank).1)
    }
}

fn slice<'a>(slices: &'a mut Vec<Column>, scenario: &Scenario, at: Duration) -> &'a mut Column {
    let place = at.as_nanos() / (scenario.span / SLICES).as_nanos().max(1);
    // The deadline ends every request, so that this is a bound for broken clocks only.
    let place = usize::try_from(place).unwrap_or(usize::MAX).min(SLICES as usize * 100);
    if slices.len() <= place {
        slices.resize(place + 1, Column::default());
    }
    &mut slices[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: u64, end: End) -> Record {
        let at = Duration::from_millis(at);
        let latency = Duration::from_millis(10);
        Record {
            began: at,
            ended: at + latency,
            streamed: false,
            end,
            latency,
            cost: Some(Pico::from_pico(3)),
        }
    }

    fn tally(records: &[Record]) -> Tally {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let mut tally = Tally::new();
        for record in records {
            tally.note(record, &scenario);
        }
        tally
    }

    #[test]
    fn an_emergency_text_is_an_end_and_no_answer() {
        let ends = [
            End::Live(0),
            End::Fresh,
            End::Stale,
            End::Coalesced,
            End::Emergency,
            End::Failed("reset"),
        ];
        let tally = tally(&ends.map(|end| record(0, end)));
        assert_eq!(
            (tally.ended(), tally.answered(), tally.emergency, tally.errors()),
            (6, 4, 1, 1)
        );
        assert_eq!(tally.cost, Pico::from_pico(18));
    }

    #[test]
    fn the_outage_is_counted_by_when_requests_began() {
        let tally = tally(&[
            record(4_799, End::Live(0)),
            record(4_800, End::Live(1)),
            record(9_000, End::Failed("overloaded")),
            record(9_280, End::Live(0)),
        ]);
        assert_eq!(tally.outage, (2, 1));
    }

    #[test]
    fn a_percentile_is_a_latency_that_somebody_had() {
        let took =
            |millis| Record { latency: Duration::from_millis(millis), ..record(0, End::Live(0)) };
        assert_eq!(tally(&[]).percentile(50), None);
        let one = tally(&[took(7)]);
        assert_eq!(
            (one.percentile(50), one.percentile(99)),
            (Some(Duration::from_millis(7)), Some(Duration::from_millis(7)))
        );
        let hundred: Vec<_> = (1..=100).rev().map(took).collect();
        let hundred = tally(&hundred);
        assert_eq!(hundred.percentile(50), Some(Duration::from_millis(50)));
        assert_eq!(hundred.percentile(99), Some(Duration::from_millis(99)));
        assert_eq!(hundred.percentile(100), Some(Duration::from_millis(100)));
    }

    #[test]
    fn failures_have_no_latency() {
        let tally = tally(&[record(0, End::Failed("reset")), record(0, End::Emergency)]);
        assert_eq!(tally.percentile(50), None);
    }

    #[test]
    fn a_run_that_takes_longer_is_drawn_narrower() {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let tally = tally(&[record(0, End::Live(2)), record(34_000, End::Failed("reset"))]);
        let horizon = horizon(&scenario, Duration::from_secs(36));
        assert_eq!(horizon, Duration::from_secs(36));
        let timeline = tally.timeline(&scenario, horizon);
        assert_eq!(timeline[0].live, [0, 0, 1]);
        assert_eq!((timeline[34].failed, timeline[35].all()), (1, 0));
        let early = tally.timeline(&scenario, super::horizon(&scenario, Duration::ZERO));
        assert_eq!(early[COLUMNS - 1].failed, 1);
    }
}
