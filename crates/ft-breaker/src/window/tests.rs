//! The window by itself, against a recount.

use std::time::Duration;

use ft_core::{Entropy, Tick};

use super::{Counts, Entry, Window};

fn entry(start: Tick, now: Tick, marked: bool) -> Entry {
    Entry { generation: 3, start, now, marked, timed: true }
}

#[test]
fn the_sum_equals_a_recount_whatever_the_steps() {
    let mut draw = Entropy::seeded(11);
    let window = Window::new(Duration::from_secs(10));
    let mut all: Vec<(u64, bool)> = Vec::new();
    let mut now = Tick::from_secs(50);
    for _ in 0..5_000 {
        now = now + draw.jitter(Duration::from_millis(900));
        let start = now.before(draw.jitter(Duration::from_secs(12)));
        let marked = draw.chance(0.3);
        window.record(entry(start, now, marked));
        if now.since(start) < Duration::from_secs(10) {
            all.push((start.as_nanos() / 1_000_000_000, marked));
        }
        let first = now.as_nanos() / 1_000_000_000 - 9;
        let inside = all.iter().filter(|(bucket, _)| *bucket >= first);
        let (calls, marked) =
            inside.fold((0, 0), |(calls, failed), (_, bad)| (calls + 1, failed + u64::from(*bad)));
        let sum = window.read(3, now);
        assert_eq!((sum.calls, sum.marked), (calls, marked), "at {now:?}");
    }
}

#[test]
fn another_generation_reads_nothing_and_starts_from_nothing() {
    let window = Window::new(Duration::from_secs(10));
    let now = Tick::from_secs(50);
    window.record(entry(now, now, true));
    assert_eq!(window.read(4, now), Counts::default());
    window.record(Entry { generation: 4, ..entry(now, now, false) });
    assert_eq!(window.read(4, now), Counts { calls: 1, marked: 0, micros: 0 });
}

#[test]
fn a_share_is_reached_at_its_value_and_not_before_the_minimum() {
    let counts = |calls, marked| Counts { calls, marked, micros: 0 };
    assert!(counts(20, 10).reach(0.5, 20, 0.0));
    assert!(!counts(20, 9).reach(0.5, 20, 0.0));
    assert!(!counts(19, 19).reach(0.5, 20, 0.0));
    // With a margin, what chance makes of a share of 40 % is not enough.
    assert!(!counts(20, 14).reach(0.5, 20, 2.0));
    assert!(counts(20, 15).reach(0.5, 20, 2.0));
    assert!(!counts(200, 114).reach(0.5, 20, 2.0));
    assert!(counts(200, 115).reach(0.5, 20, 2.0));
    assert!(counts(20, 20).reach(1.0, 20, 10.0));
}
