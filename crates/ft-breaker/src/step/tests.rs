//! The full transition table, as text that a person can read and a change must touch.

use std::fmt::Write as _;
use std::time::Duration;

use ft_core::Tick;

use super::{Answer, Command, Event, Observed, open_time, step};
use crate::config::BreakerConfig;
use crate::outcome::Outcome;
use crate::row::Row;
use crate::word::{View, Word};

/// Five in a row over half a second.
fn config() -> BreakerConfig {
    let consecutive_over = Duration::from_millis(500);
    BreakerConfig { jitter: 0.0, consecutive_over, ..BreakerConfig::default() }
}

fn row(failures: u32, since_ms: u64) -> Row {
    Row::new(failures, Tick::from_millis(since_ms))
}

fn states() -> [View; 14] {
    [
        View::Closed { row: Row::NONE },
        View::Closed { row: row(3, 99_000) },
        View::Closed { row: row(4, 99_500) },
        View::Closed { row: row(4, 99_501) },
        View::Open { until_ms: 99_999 },
        View::Open { until_ms: 100_000 },
        View::HalfOpen { slots: 1, successes: 0, issued: 1 },
        View::HalfOpen { slots: 1, successes: 1, issued: 2 },
        View::HalfOpen { slots: 0, successes: 1, issued: 2 },
        View::HalfOpen { slots: 3, successes: 0, issued: 3 },
        View::ForcedOpen,
        View::Disabled,
        View::ObserveOnly { row: row(4, 99_500), told: 0 },
        View::ObserveOnly { row: row(4, 99_500), told: 1 },
    ]
}

fn events() -> Vec<(&'static str, Event, Observed)> {
    let none = Observed::default();
    let settle = |outcome| Event::Settle { of: 7, outcome };
    let command = Event::Command;
    vec![
        ("admit", Event::Admit, none),
        ("admit, lease over", Event::Admit, Observed { lease_over: true, ..none }),
        ("success", settle(Outcome::Success), none),
        ("slow success", settle(Outcome::Success), Observed { slow_call: true, ..none }),
        (
            "slow success, share over",
            settle(Outcome::Success),
            Observed { slow_call: true, slow_over: true, ..none },
        ),
        ("failure", settle(Outcome::Failure), none),
        ("failure, share over", settle(Outcome::Failure), Observed { failures_over: true, ..none }),
        ("timeout", settle(Outcome::Slow), none),
        ("throttled", settle(Outcome::Throttled), none),
        ("neutral", settle(Outcome::Neutral), none),
        ("stale failure", Event::Settle { of: 6, outcome: Outcome::Failure }, none),
        ("force open", command(Command::ForceOpen), none),
        ("disable", command(Command::Disable), none),
        ("observe only", command(Command::ObserveOnly), none),
        ("auto", command(Command::Auto), none),
        ("reset", command(Command::Reset), none),
        ("open until 200 s", command(Command::OpenUntil(Tick::from_secs(200))), none),
    ]
}

fn table() -> String {
    let now = Tick::from_secs(100);
    let mut text = String::new();
    for state in states() {
        let word = Word::pack(7, 1, state);
        let word = if word.is_closed() { Word::pack(7, 0, state) } else { word };
        writeln!(text, "{word:?}").unwrap();
        for (name, event, observed) in events() {
            let (next, verdict) = step(word, event, observed, now, &config());
            let answer = match verdict.answer {
                Answer::Admitted { generation, probe: false } => format!("call as g{generation}"),
                Answer::Admitted { generation, probe: true } => format!("probe as g{generation}"),
                Answer::Rejected(rejected) => format!("rejected {:?}", rejected.reason),
                Answer::Settled => "heard".to_owned(),
                Answer::Stale => "stale".to_owned(),
            };
            let next = if next == word { "=".to_owned() } else { format!("{next:?}") };
            let told = verdict.transition.map_or("", |transition| transition.reason.as_str());
            writeln!(text, "{}", format!("  {name:24} {answer:20} {next} {told}").trim_end())
                .unwrap();
        }
    }
    text
}

#[test]
fn every_state_meets_every_event_as_the_table_says() {
    let (table, file) = (table(), include_str!("transitions.txt"));
    for (line, (is, was)) in table.lines().zip(file.lines()).enumerate() {
        assert_eq!(is, was, "line {} of transitions.txt", line + 1);
    }
    assert_eq!(table.lines().count(), file.lines().count(), "{table}");
}

#[test]
fn a_word_gives_back_what_was_packed() {
    for state in states() {
        for generation in [0, 7, (1 << 18) - 1] {
            for growth in [0, 15] {
                let word = Word::pack(generation, growth, state);
                let parts = (word.generation(), word.growth(), word.view());
                assert_eq!(parts, (generation, growth, state));
                assert_eq!(Word::from_bits(word.bits()), word);
            }
        }
    }
    let most = View::ObserveOnly { row: row(u32::MAX, (1 << 23) - 1), told: 7 };
    assert_eq!(Word::pack(1, 0, most).view(), most);
    assert_eq!(Word::pack(1, 0, View::Open { until_ms: u64::MAX }).generation(), 1);
}

#[test]
fn the_open_time_grows_to_its_cap_and_never_overflows() {
    let config = BreakerConfig { growth: 2.0, ..config() };
    let times: Vec<_> = (0..6).map(|growth| open_time(growth, &config).as_secs()).collect();
    assert_eq!(times, [30, 60, 120, 240, 300, 300]);
    let steep = BreakerConfig { growth: 10.0, open_for: Duration::from_secs(86_400), ..config };
    assert_eq!(open_time(15, &steep), Duration::from_secs(300));
}
