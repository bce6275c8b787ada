//! Gates under load, under threads and under anything that proptest thinks of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ft_core::Tick;
use ft_limit::{Gate, GateConfig, GatePass, MAX_HINT};
use proptest::prelude::*;

#[test]
fn of_500_callers_at_a_reopening_gate_exactly_one_passes() {
    let gate = Gate::default();
    gate.throttle(Tick::ZERO, Some(Duration::from_secs(2)));
    let now = Tick::from_secs(2);
    let mut passes: Vec<_> = (0..500).filter_map(|_| gate.admit(now).ok()).collect();
    assert_eq!(passes.len(), 1);
    assert!(passes[0].is_pilot());
    passes.remove(0).opened(now);
    assert_eq!((0..500).filter_map(|_| gate.admit(now).ok()).count(), 500);
}

#[test]
fn of_8_threads_at_a_reopening_gate_exactly_one_call_passes_each_time() {
    let gate = Gate::default();
    for cycle in 0..200 {
        let now = Tick::from_secs(1_000 * (cycle + 1));
        gate.throttle(now, None);
        let due = now.after(Duration::from_secs(1));
        let pilots = AtomicU32::new(0);
        let turn = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    turn.wait();
                    let pass = gate.admit(due);
                    pilots.fetch_add(u32::from(pass.is_ok()), Ordering::Relaxed);
                    // Nobody settles before all have asked, or the next one would rightly pass.
                    turn.wait();
                    if let Ok(pilot) = pass {
                        pilot.opened(due);
                    }
                });
            }
        });
        assert_eq!(pilots.into_inner(), 1, "cycle {cycle}");
        assert!(!gate.is_shut());
    }
}

#[test]
fn fifty_concurrent_429_from_fifty_threads_escalate_once() {
    let gate = Gate::default();
    let passes: Vec<_> = (0..50).map(|_| gate.admit(Tick::ZERO).unwrap()).collect();
    std::thread::scope(|scope| {
        for pass in passes {
            scope.spawn(|| pass.throttled(Tick::ZERO, None));
        }
    });
    assert_eq!(gate.retry_at(Tick::ZERO), Some(Tick::from_secs(1)));
    let pilot = gate.admit(Tick::from_secs(1)).unwrap();
    pilot.throttled(Tick::from_secs(1), None);
    assert_eq!(gate.retry_at(Tick::from_secs(1)), Some(Tick::from_secs(3)));
}

#[test]
fn twenty_seconds_of_hinted_throttling_cost_one_call_each_two_seconds() {
    let gate = Gate::default();
    let (mut calls, mut served) = (0, None);
    for tenth in 0..400 {
        let now = Tick::from_millis(100 * tenth);
        let Ok(pass) = gate.admit(now) else { continue };
        if tenth < 200 {
            calls += 1;
            pass.throttled(now, Some(Duration::from_secs(2)));
        } else {
            served.get_or_insert(now);
            pass.opened(now);
        }
    }
    assert_eq!(calls, 10);
    assert_eq!(served, Some(Tick::from_secs(20)));
}

#[test]
fn an_owned_pass_outlives_the_handle_it_came_from() {
    let gate = Arc::new(Gate::default());
    gate.throttle(Tick::ZERO, None);
    let now = Tick::from_secs(1);
    let other = Arc::clone(&gate);
    let pilot = gate.admit_owned(now).unwrap();
    drop(gate);
    assert!(other.admit_owned(now).is_err());
    drop(pilot);
    assert!(other.admit_owned(now).unwrap().is_pilot());
}

#[test]
fn the_pilots_place_rotates_over_those_who_share_the_gate() {
    let gate = Arc::new(Gate::default());
    gate.out(Tick::ZERO);
    let due = Tick::from_secs(60);
    let (sick, well) = (1, 2);
    // Alone, a party whose pilot found nothing out may go again.
    drop(gate.admit_owned_for(due, sick).unwrap());
    let pilot = gate.admit_owned_for(due, sick).unwrap();
    assert!(gate.admit_owned_for(due, well).is_err());
    drop(pilot);
    // Another one was turned away for it, so that one goes first.
    let until = gate.admit_owned_for(due, sick).unwrap_err().retry_at;
    assert_eq!(until, Tick::from_secs(61));
    assert_eq!(gate.retry_at(due), None, "for everybody else it is due");
    assert!(gate.admit_owned_for(due, sick).is_err());
    let pilot = gate.admit_owned_for(due, well).unwrap();
    assert!(pilot.is_pilot());
    pilot.opened(due);
    assert!(!gate.admit_owned_for(due, sick).unwrap().is_pilot());
}

#[test]
fn whoever_lets_others_go_first_goes_when_none_comes() {
    let gate = Arc::new(Gate::default());
    gate.out(Tick::ZERO);
    let due = Tick::from_secs(60);
    let pilot = gate.admit_owned_for(due, 1).unwrap();
    assert!(gate.admit_owned_for(due, 2).is_err());
    drop(pilot);
    assert!(gate.admit_owned_for(due, 1).is_err());
    assert!(gate.admit_owned_for(Tick::from_secs(61), 1).unwrap().is_pilot());
}

#[test]
fn asking_admits_nobody_and_a_distant_question_changes_nothing() {
    let gate = Gate::default();
    gate.throttle(Tick::ZERO, None);
    let now = Tick::from_secs(1);
    assert_eq!((gate.retry_at(now), gate.retry_at(now)), (None, None));
    let pilot = gate.admit(now).unwrap();
    assert_eq!(gate.retry_at(Tick::from_secs(946_080_000)), None);
    assert_eq!(gate.retry_at(now), Some(Tick::from_secs(2)));
    pilot.opened(now);
    assert!(!gate.is_shut());
}

#[derive(Debug, Clone)]
enum Op {
    Pass(u64),
    Admit,
    Throttle(Option<u64>),
    Out,
    Clear,
    Opened(usize),
    Throttled(usize, Option<u64>),
    PassOut(usize),
    Dropped(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let hint = || proptest::option::of(0_u64..10_000);
    prop_oneof![
        3 => (0_u64..3_000).prop_map(Op::Pass),
        1 => (0_u64..200_000).prop_map(Op::Pass),
        8 => Just(Op::Admit),
        1 => hint().prop_map(Op::Throttle),
        1 => Just(Op::Out),
        1 => Just(Op::Clear),
        1 => (0_usize..8).prop_map(Op::Opened),
        3 => (0_usize..8, hint()).prop_map(|(which, hint)| Op::Throttled(which, hint)),
        1 => (0_usize..8).prop_map(Op::PassOut),
        2 => (0_usize..8).prop_map(Op::Dropped),
    ]
}

struct Live<'a> {
    pass: GatePass<'a>,
    admitted: Tick,
    reloads: u32,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_gate_never_has_two_pilots_at_once(ops in proptest::collection::vec(op(), 1..200)) {
        let silence = GateConfig::default().silence_opens;
        let gate = Gate::default();
        let (mut now, mut reloads) = (Tick::ZERO, 0);
        let mut live: Vec<Live<'_>> = Vec::new();
        let ms = Duration::from_millis;
        for op in ops {
            let mut take = |which: usize| {
                if live.is_empty() { None } else { Some(live.remove(which % live.len()).pass) }
            };
            match op {
                Op::Pass(by) => now = now.after(ms(by)),
                Op::Throttle(hint) => gate.throttle(now, hint.map(ms)),
                Op::Out => gate.out(now),
                Op::Clear => {
                    gate.clear();
                    reloads += 1;
                }
                Op::Opened(which) => take(which).into_iter().for_each(|p| p.opened(now)),
                Op::Throttled(which, hint) => {
                    take(which).into_iter().for_each(|p| p.throttled(now, hint.map(ms)));
                }
                Op::PassOut(which) => take(which).into_iter().for_each(|p| p.out(now)),
                Op::Dropped(which) => drop(take(which)),
                Op::Admit => {
                    let promised = gate.retry_at(now);
                    match gate.admit(now) {
                        Ok(pass) => {
                            prop_assert_eq!(promised, None);
                            prop_assert_eq!(pass.is_pilot(), gate.is_shut());
                            live.push(Live { pass, admitted: now, reloads });
                        }
                        Err(gated) => {
                            prop_assert_eq!(promised, Some(gated.retry_at));
                            prop_assert!(gated.retry_at > now);
                        }
                    }
                }
            }
            let pilots = live.iter().filter(|l| {
                l.pass.is_pilot() && l.reloads == reloads && now.since(l.admitted) < silence
            });
            prop_assert!(pilots.count() <= 1);
        }
    }

    /// Whatever happened, once every pass is dropped and the longest wait is over, somebody passes.
    #[test]
    fn a_gate_never_stays_shut_for_ever(ops in proptest::collection::vec(op(), 1..100)) {
        let gate = Gate::default();
        let mut now = Tick::ZERO;
        let mut live = Vec::new();
        let ms = Duration::from_millis;
        for op in ops {
            match op {
                Op::Pass(by) => now = now.after(ms(by)),
                Op::Throttle(hint) => gate.throttle(now, hint.map(ms)),
                Op::Out => gate.out(now),
                Op::Admit => live.extend(gate.admit(now)),
                Op::Throttled(_, hint) => {
                    live.pop().into_iter().for_each(|p| p.throttled(now, hint.map(ms)));
                }
                _ => {}
            }
        }
        // Even with pilots that never answer.
        let longest = GateConfig::default().out_cap + GateConfig::default().silence_opens;
        now = now.after(longest);
        if gate.admit(now).is_err() {
            now = now.after(GateConfig::default().out_cap);
            prop_assert!(gate.admit(now).is_ok());
        }
    }

    #[test]
    fn the_deadline_is_the_latest_of_the_hints(
        hints in proptest::collection::vec((0_u64..2_000, 0_u64..400_000), 1..40),
    ) {
        let gate = Gate::default();
        let (mut now, mut latest) = (Tick::from_secs(5), Tick::ZERO);
        for (pause, hint) in hints {
            now = now.after(Duration::from_millis(pause));
            let hint = Duration::from_millis(hint);
            gate.throttle(now, Some(hint));
            latest = latest.max(now.after(hint.min(MAX_HINT)));
            prop_assert_eq!(gate.retry_at(now), (latest > now).then_some(latest));
        }
    }
}
