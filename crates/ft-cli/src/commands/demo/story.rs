//! What happened when, in sentences: the outage, and what the breakers made of it.

use std::time::Duration;

use ft_client::breaker::Phase;

use super::scenario::{MODELS, OPEN_FOR, Scenario};
use crate::figures::seconds;
use crate::ink::Ink;

/// A breaker changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The model's place in the chain.
    pub(crate) place: usize,
    pub(crate) from: Phase,
    pub(crate) to: Phase,
    pub(crate) at: Duration,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    WentDown,
    CameUp,
    /// The breaker of the model in this place opened.
    Opened(usize),
    /// A probe failed, so it opened again.
    ProbeFailed(usize),
    /// It closed.
    Closed(usize),
}

/// Everything that happened so far, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    told: Vec<(Duration, Happening)>,
}

impl Story {
    /// The outage begins and ends by the clock; nobody else says so.
    pub(crate) fn advance(&mut self, scenario: &Scenario, now: Duration) {
        let (down, up) = scenario.outage;
        for (at, what) in [(down, Happening::WentDown), (up, Happening::CameUp)] {
            if now >= at && !self.told.iter().any(|(_, told)| *told == what) {
                self.told.push((at, what));
            }
        }
    }

    pub(crate) fn changed(&mut self, scenario: &Scenario, changed: Changed) {
        self.advance(scenario, changed.at);
        let Changed { place, from, to, at } = changed;
        let what = match (from, to) {
            (Phase::HalfOpen, Phase::Open) => Happening::ProbeFailed(place),
            (_, Phase::Open) => Happening::Opened(place),
            (_, Phase::Closed) => Happening::Closed(place),
            // That a probe is let through is seen by how it ends.
            _ => return,
        };
        self.told.push((at, what));
    }

    pub(crate) fn all(&self) -> &[(Duration, Happening)] {
        &self.told
    }

    /// From the beginning of the outage to the first model's breaker opening.
    pub(crate) fn opened_after(&self, scenario: &Scenario) -> Option<Duration> {
        self.first(Happening::Opened(0), scenario.outage.0)
    }

    /// From the end of the outage to the first model's breaker closing.
    pub(crate) fn back_after(&self, scenario: &Scenario) -> Option<Duration> {
        self.first(Happening::Closed(0), scenario.outage.1)
    }

    fn first(&self, what: Happening, from: Duration) -> Option<Duration> {
        let mut times = self.told.iter().filter(|(at, told)| *told == what && *at >= from);
        times.next().map(|(at, _)| *at - from)
    }
}

impl Happening {
    pub(crate) const fn ink(self) -> Ink {
        match self {
            Self::WentDown => Ink::Bad,
            Self::Opened(_) | Self::ProbeFailed(_) => Ink::Warn,
            Self::CameUp | Self::Closed(_) => Ink::Good,
        }
    }

    /// A stable name, for machines.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WentDown => "outage_began",
            Self::CameUp => "outage_ended",
            Self::Opened(_) => "breaker_opened",
            Self::ProbeFailed(_) => "probe_failed",
            Self::Closed(_) => "breaker_closed",
        }
    }

    /// The model that it is about.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::WentDown | Self::CameUp => MODELS[0],
            Self::Opened(place) | Self::ProbeFailed(place) | Self::Closed(place) => MODELS[place],
        }
    }

    pub(crate) fn sentence(self) -> String {
        let model = self.model();
        let open_for = OPEN_FOR.as_secs();
        match self {
            Self::WentDown => format!("{model} goes down: every call to it gets a 503"),
            Self::CameUp => format!("{model} is up again; the next probe will find out"),
            Self::Opened(_) => {
                format!("breaker of {model} opens: it is skipped for {open_for} s")
            }
            Self::ProbeFailed(_) => {
                format!("a probe of {model} fails: skipped for another {open_for} s")
            }
            Self::Closed(_) => format!("breaker of {model} closes: it answered its probes"),
        }
    }

    /// The sentence with its time in front.
    pub(crate) fn told(self, at: Duration) -> String {
        format!("{:>6}  {}", seconds(at), self.sentence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(at: u64, from: Phase, to: Phase) -> Changed {
        Changed { place: 0, from, to, at: Duration::from_millis(at) }
    }

    #[test]
    fn the_story_is_told_in_order_and_once() {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let mut story = Story::default();
        story.advance(&scenario, Duration::from_secs(1));
        assert!(story.all().is_empty());
        // The breaker is heard before the next tick of the board, and its news still come second.
        story.changed(&scenario, changed(4_850, Phase::Closed, Phase::Open));
        story.advance(&scenario, Duration::from_secs(5));
        story.changed(&scenario, changed(6_900, Phase::Open, Phase::HalfOpen));
        story.changed(&scenario, changed(6_910, Phase::HalfOpen, Phase::Open));
        story.changed(&scenario, changed(9_900, Phase::HalfOpen, Phase::Closed));
        let told: Vec<_> = story.all().iter().map(|(_, what)| *what).collect();
        assert_eq!(
            told,
            [
                Happening::WentDown,
                Happening::Opened(0),
                Happening::ProbeFailed(0),
                Happening::CameUp,
                Happening::Closed(0)
            ]
        );
        assert_eq!(story.opened_after(&scenario), Some(Duration::from_millis(50)));
        assert_eq!(story.back_after(&scenario), Some(Duration::from_millis(620)));
    }

    #[test]
    fn every_sentence_fits_a_terminal_of_eighty_columns() {
        for what in [
            Happening::WentDown,
            Happening::CameUp,
            Happening::Opened(1),
            Happening::ProbeFailed(1),
            Happening::Closed(1),
        ] {
            let line = what.told(Duration::from_secs(599));
            assert!(line.chars().count() <= 76, "{line}");
        }
    }
}
