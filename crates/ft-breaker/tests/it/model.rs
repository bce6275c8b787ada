//! The breaker against a sequential model: a phase, a queue of calls, no atomics, no packing.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, FailureRatio, Outcome, OwnedPermit, Phase};
use ft_core::Tick;
use proptest::prelude::*;

use crate::script::{Bench, plain};

const TENTH: u64 = 100_000_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Debug)]
enum Op {
    Acquire,
    Settle(usize, Outcome),
    Drop(usize),
    Cut(usize),
    Advance(u64),
    Reset,
    Force,
    Auto,
}

/// One-second window, rows of 150 ms, two-second rest, lease of four, grace of three.
fn config() -> BreakerConfig {
    let ratio = FailureRatio { over: 0.5, of_at_least: 6, within: Duration::from_secs(1) };
    BreakerConfig {
        consecutive_failures: Some(4),
        consecutive_over: Duration::from_millis(150),
        failure_ratio: Some(ratio),
        open_for: Duration::from_secs(2),
        max_concurrent_probes: 2,
        successes_to_close: 3,
        probe_lease: Duration::from_secs(4),
        cancel_grace: Duration::from_secs(3),
        stats: true,
        ..plain()
    }
}

struct Model {
    now: u64,
    phase: Phase,
    era: u64,
    in_a_row: u32,
    /// When the first failure of the row came.
    since: u64,
    /// Calls, failures and the row with which the circuit was left.
    evidence: (usize, usize, u32),
    until: u64,
    slots: u32,
    successes: u32,
    youngest: u64,
    /// Calls of this era: start, and whether it failed.
    calls: VecDeque<(u64, bool)>,
    live: HashMap<usize, Live>,
    next: usize,
}

#[derive(Clone, Copy)]
struct Live {
    era: u64,
    start: u64,
    begun: bool,
}

impl Model {
    fn turn(&mut self, phase: Phase) {
        if self.phase == Phase::Closed && phase != Phase::Closed {
            let (all, failed) = self.in_window();
            self.evidence = (all, failed, self.in_a_row);
        }
        self.phase = phase;
        self.era += 1;
        self.calls.clear();
        (self.in_a_row, self.slots, self.successes) = (0, 0, 0);
        if phase == Phase::Open {
            self.until = (self.now + 2 * SECOND).next_multiple_of(1_000_000);
        }
    }

    fn acquire(&mut self) -> bool {
        if self.phase == Phase::Open && self.now >= self.until {
            self.turn(Phase::HalfOpen);
        }
        let room = self.slots < 2 && self.slots + self.successes < 3;
        match self.phase {
            Phase::Closed => {}
            Phase::HalfOpen if room => {
                self.slots += 1;
                self.youngest = self.now;
            }
            Phase::HalfOpen if self.now - self.youngest >= 4 * SECOND => {
                self.turn(Phase::Open);
                return false;
            }
            _ => return false,
        }
        let live = Live { era: self.era, start: self.now, begun: false };
        self.live.insert(self.next, live);
        self.next += 1;
        true
    }

    fn in_window(&self) -> (usize, usize) {
        let first = (self.now / TENTH).saturating_sub(9);
        let calls = self.calls.iter().filter(|(start, _)| start / TENTH >= first);
        calls.fold((0, 0), |(all, failed), (_, bad)| (all + 1, failed + usize::from(*bad)))
    }

    fn end(&mut self, live: Live, outcome: Outcome) {
        if live.era != self.era {
            return;
        }
        let failed = matches!(outcome, Outcome::Failure | Outcome::Slow);
        let counted = failed || outcome == Outcome::Success;
        let young = self.now - live.start < SECOND;
        if counted && young {
            if live.begun {
                let this = (live.start, false);
                let place = self.calls.iter().position(|call| *call == this);
                if let Some(place) = place {
                    self.calls[place].1 = true;
                }
            } else {
                self.calls.push_back((live.start, failed));
            }
        }
        match (self.phase, failed) {
            (Phase::Closed, true) => {
                if self.in_a_row == 0 {
                    self.since = self.now / MILLI;
                }
                self.in_a_row += 1;
                let (all, bad) = self.in_window();
                let long = self.now / MILLI - self.since >= 150;
                if (self.in_a_row >= 4 && long) || (all >= 6 && bad * 2 >= all) {
                    self.turn(Phase::Open);
                }
            }
            (Phase::Closed, false) if counted => self.in_a_row = 0,
            (Phase::HalfOpen, true) => self.turn(Phase::Open),
            (Phase::HalfOpen, false) => {
                self.slots -= 1;
                self.successes += u32::from(counted);
                if self.successes >= 3 {
                    self.turn(Phase::Closed);
                }
            }
            _ => {}
        }
    }
}

enum Held {
    Permit(OwnedPermit),
    Stream(ft_breaker::StreamGuard),
}

fn op() -> impl Strategy<Value = Op> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Success),
        6 => Just(Outcome::Failure),
        1 => Just(Outcome::Slow),
        1 => Just(Outcome::Throttled),
        1 => Just(Outcome::Neutral),
    ];
    let advance = prop_oneof![
        Just(1_u64),
        0..TENTH,
        Just(TENTH),
        0..SECOND,
        Just(2 * SECOND),
        Just(4 * SECOND + 1)
    ];
    prop_oneof![
        12 => Just(Op::Acquire),
        12 => (0..6_usize, outcome).prop_map(|(which, outcome)| Op::Settle(which, outcome)),
        2 => (0..6_usize).prop_map(Op::Drop),
        2 => (0..6_usize).prop_map(Op::Cut),
        6 => advance.prop_map(Op::Advance),
        1 => Just(Op::Reset),
        1 => Just(Op::Force),
        1 => Just(Op::Auto),
    ]
}

/// The `which`th of what is held, counted from the oldest.
fn pick(model: &Model, which: usize) -> Option<usize> {
    let mut ids: Vec<_> = model.live.keys().copied().collect();
    ids.sort_unstable();
    (!ids.is_empty()).then(|| ids[which % ids.len()])
}

fn run(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let bench = Bench::new(config());
    let breaker: &std::sync::Arc<Breaker> = &bench.breaker;
    let mut held: HashMap<usize, Held> = HashMap::new();
    let mut model = Model {
        now: bench.now().as_nanos(),
        phase: Phase::Closed,
        era: 0,
        in_a_row: 0,
        since: 0,
        evidence: (0, 0, 0),
        until: 0,
        slots: 0,
        successes: 0,
        youngest: 0,
        calls: VecDeque::new(),
        live: HashMap::new(),
        next: 0,
    };
    for op in ops {
        match op {
            Op::Acquire => {
                let id = model.next;
                let permit = breaker.acquire_owned();
                prop_assert_eq!(permit.is_ok(), model.acquire());
                if let Ok(permit) = permit {
                    held.insert(id, Held::Permit(permit));
                }
            }
            Op::Settle(which, outcome) => {
                let Some(id) = pick(&model, which) else { continue };
                let live = model.live.remove(&id).unwrap();
                match held.remove(&id).unwrap() {
                    Held::Permit(permit) => {
                        permit.settle(outcome);
                        model.end(live, outcome);
                    }
                    Held::Stream(guard) if outcome == Outcome::Failure => {
                        guard.fail();
                        model.end(live, outcome);
                    }
                    Held::Stream(guard) => guard.finish(),
                }
            }
            Op::Drop(which) => {
                let Some(id) = pick(&model, which) else { continue };
                let live = model.live.remove(&id).unwrap();
                let permit = matches!(held.remove(&id).unwrap(), Held::Permit(_));
                if permit {
                    let old = model.now - live.start >= 3 * SECOND;
                    model.end(live, if old { Outcome::Slow } else { Outcome::Neutral });
                }
            }
            Op::Cut(which) => {
                let Some(id) = pick(&model, which) else { continue };
                if let Some(Held::Permit(permit)) = held.remove(&id) {
                    held.insert(id, Held::Stream(permit.first_content()));
                    let live = model.live[&id];
                    model.end(live, Outcome::Success);
                    model.live.insert(id, Live { begun: true, ..live });
                } else {
                    model.live.remove(&id);
                }
            }
            Op::Advance(by) => {
                bench.clock.advance(Duration::from_nanos(by));
                model.now += by;
            }
            Op::Reset => {
                breaker.reset();
                let forced = model.phase == Phase::ForcedOpen;
                model.turn(if forced { Phase::ForcedOpen } else { Phase::Closed });
            }
            Op::Force => {
                breaker.force_open();
                if model.phase != Phase::ForcedOpen {
                    model.turn(Phase::ForcedOpen);
                }
            }
            Op::Auto => {
                breaker.auto();
                if model.phase == Phase::ForcedOpen {
                    model.turn(Phase::Closed);
                }
            }
        }
        let now = Tick::from_nanos(model.now);
        let stats = breaker.stats(now);
        let (all, failed, in_a_row) = match model.phase {
            Phase::Closed => {
                let (all, failed) = model.in_window();
                (all, failed, model.in_a_row)
            }
            _ => model.evidence,
        };
        prop_assert_eq!(breaker.phase(), model.phase);
        prop_assert_eq!(u64::from(stats.generation), model.era);
        prop_assert_eq!((stats.calls, stats.recent_errors), (all as u64, failed as u64));
        prop_assert_eq!(stats.consecutive_failures, in_a_row);
    }
    // Never wedged: with every permit gone, rest and lease over, and nobody holding it, a call passes.
    drop(held);
    breaker.auto();
    bench.clock.advance(Duration::from_secs(5));
    let _ = breaker.acquire();
    bench.clock.advance(Duration::from_secs(5));
    prop_assert!(breaker.acquire().is_ok());
    Ok(())
}

proptest! {
    #[test]
    fn the_breaker_does_what_the_model_does(ops in prop::collection::vec(op(), 1..200)) {
        run(ops)?;
    }
}
