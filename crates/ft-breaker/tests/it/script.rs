//! A line of script drives a breaker under a manual clock; a line of letters says where it stood.
//!
//! - `s f z t n`: admit and settle at once as success, failure, slow (timed out), throttled, neutral;
//!   `f*5` does it five times and shows the last
//! - `a`: admit and hold; `s0 f1 z0 t0 n0` settle what was held first, second …; `d0` drops it,
//!   `l0` loses it (`mem::forget`)
//! - `+30s -1s +5ms +1ns`: move the clock
//! - `F D O A R`: force open, disable, observe only, auto, reset
//!
//! Letters: `c o h` closed, open, half-open; `F D O` held by hand; `x` rejected.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ft_breaker::{Breaker, BreakerConfig, FailureRatio, Outcome, OwnedPermit, Phase, Transition};
use ft_core::{Clock, ManualClock, Tick};

/// Five failures in a row, 30 s, three probes, two to close; no window, no jitter.
pub(crate) fn plain() -> BreakerConfig {
    BreakerConfig { failure_ratio: None, jitter: 0.0, stats: false, ..BreakerConfig::default() }
}

/// A ratio alone.
pub(crate) fn ratio(over: f64, of_at_least: u32, within: u64) -> BreakerConfig {
    BreakerConfig {
        consecutive_failures: None,
        failure_ratio: Some(FailureRatio {
            over,
            of_at_least,
            within: Duration::from_secs(within),
        }),
        stats: true,
        ..plain()
    }
}

pub(crate) struct Bench {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) events: Arc<Mutex<Vec<Transition>>>,
    held: Vec<Option<OwnedPermit>>,
}

impl Bench {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self::with(config, |breaker| breaker)
    }

    pub(crate) fn with(config: BreakerConfig, build: impl FnOnce(Breaker) -> Breaker) -> Self {
        let clock = Arc::new(ManualClock::at(Tick::from_secs(1_000)));
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let breaker = Breaker::new(config, Arc::clone(&clock) as Arc<dyn Clock>)
            .unwrap()
            .with_listener(move |event| heard.lock().unwrap().push(*event));
        Self { clock, breaker: Arc::new(build(breaker)), events, held: Vec::new() }
    }

    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }

    pub(crate) fn run(&mut self, script: &str) -> String {
        let shown: Vec<_> = script.split_whitespace().filter_map(|word| self.word(word)).collect();
        shown.join(" ")
    }

    fn word(&mut self, word: &str) -> Option<String> {
        let (head, rest) = word.split_at(1);
        match head {
            "+" => {
                self.clock.advance(span(rest));
                return None;
            }
            "-" => {
                self.clock.set(self.now().before(span(rest)));
                return None;
            }
            "F" => self.breaker.force_open(),
            "D" => self.breaker.disable(),
            "O" => self.breaker.observe_only(),
            "A" => self.breaker.auto(),
            "R" => self.breaker.reset(),
            "a" => {
                let Ok(permit) = self.breaker.acquire_owned() else { return Some("x".into()) };
                self.held.push(Some(permit));
            }
            "d" => drop(self.take(rest)),
            "l" => std::mem::forget(self.take(rest)),
            verdict if rest.is_empty() || rest.starts_with('*') => {
                let times = rest.trim_start_matches('*').parse().unwrap_or(1);
                for turn in 1..=times {
                    match self.breaker.acquire() {
                        Ok(permit) => permit.settle(outcome(verdict)),
                        Err(_) if turn == times => return Some("x".into()),
                        Err(_) => {}
                    }
                }
            }
            verdict => self.take(rest).settle(outcome(verdict)),
        }
        Some(letter(self.breaker.phase()).into())
    }

    fn take(&mut self, index: &str) -> OwnedPermit {
        self.held[index.parse::<usize>().unwrap()].take().unwrap()
    }

    pub(crate) fn reasons(&self) -> Vec<&'static str> {
        self.events.lock().unwrap().iter().map(|event| event.reason.as_str()).collect()
    }
}

pub(crate) fn check(config: BreakerConfig, script: &str, expected: &str) {
    assert_eq!(Bench::new(config).run(script), expected, "script: {script}");
}

fn outcome(letter: &str) -> Outcome {
    match letter {
        "s" => Outcome::Success,
        "f" => Outcome::Failure,
        "z" => Outcome::Slow,
        "t" => Outcome::Throttled,
        "n" => Outcome::Neutral,
        other => panic!("no such verdict: {other}"),
    }
}

fn span(text: &str) -> Duration {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let number = digits.parse().unwrap();
    match &text[digits.len()..] {
        "s" => Duration::from_secs(number),
        "ms" => Duration::from_millis(number),
        "ns" => Duration::from_nanos(number),
        other => panic!("no such unit: {other}"),
    }
}

fn letter(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed => "c",
        Phase::Open => "o",
        Phase::HalfOpen => "h",
        Phase::ForcedOpen => "F",
        Phase::Disabled => "D",
        Phase::ObserveOnly => "O",
    }
}
