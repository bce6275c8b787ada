//! What a run came to, when it is over: both tallies, the story, and whether the promise was kept.

use std::time::Duration;

use super::scenario::{PROMISE, Scenario};
use super::story::Story;
use super::tally::Tally;

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) scenario: Scenario,
    pub(crate) chain: Tally,
    pub(crate) alone: Tally,
    pub(crate) story: Story,
    /// Attempts that arrived upstream, of the chain and of the provider alone.
    pub(crate) calls: (u64, u64),
    /// How long it had been played when it was over.
    pub(crate) elapsed: Duration,
    /// Whether it was stopped before its end.
    pub(crate) interrupted: bool,
}

impl Outcome {
    /// Whether as many requests got a real answer as the chain promises. Of none, all did.
    pub(crate) fn kept(&self) -> bool {
        self.chain.answered() * PROMISE.1 >= self.chain.ended() * PROMISE.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::load::{End, Record};

    fn kept(good: u64, end: End) -> bool {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let mut chain = Tally::new();
        for number in 0..=good {
            let end = if number == good { end } else { End::Live(0) };
            let at = Duration::ZERO;
            let record =
                Record { began: at, ended: at, streamed: true, end, latency: at, cost: None };
            chain.note(&record, &scenario);
        }
        let (alone, story) = (Tally::new(), Story::default());
        Outcome {
            scenario,
            chain,
            alone,
            story,
            calls: (0, 0),
            elapsed: Duration::from_secs(17),
            interrupted: false,
        }
        .kept()
    }

    #[test]
    fn one_in_a_thousand_may_go_without() {
        assert!(kept(999, End::Failed("reset")));
        assert!(!kept(998, End::Failed("reset")));
    }

    #[test]
    fn an_emergency_text_keeps_no_promise() {
        assert!(kept(999, End::Emergency));
        assert!(!kept(998, End::Emergency));
    }
}
