//! The story of the breakers: when each was open, and why.

use std::time::Duration;

use ft_client::breaker::{Phase, Transition};

use crate::clock::SimClock;

/// The story of all breakers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers {
    /// By target, in the order in which they first opened.
    pub(crate) targets: Vec<Story>,
}

/// The story of one target's breaker.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) provider: String,
    pub(crate) model: String,
    /// Every change, in order.
    pub(crate) changes: Vec<Change>,
    /// How often it left the closed state.
    pub(crate) opened: u64,
    /// When it rejected or probed.
    pub(crate) open: Vec<(Duration, Duration)>,
    /// When its time was over and nobody asked it: the next request would have been its probe.
    pub(crate) due: Vec<(Duration, Duration)>,
}

/// One change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) at: Duration,
    pub(crate) to: &'static str,
    pub(crate) why: &'static str,
}

impl Breakers {
    pub(crate) fn new(
        clock: &SimClock,
        transitions: Vec<(String, String, Transition)>,
        until: Duration,
    ) -> Self {
        let mut targets: Vec<Story> = Vec::new();
        // Since when each is not closed, and from when on a probe is due.
        let mut since: Vec<Option<(Duration, Duration)>> = Vec::new();
        for (provider, model, transition) in transitions {
            let known =
                targets.iter().position(|story| story.model == model && story.provider == provider);
            let at = known.unwrap_or_else(|| {
                targets.push(Story {
                    provider,
                    model,
                    changes: Vec::new(),
                    opened: 0,
                    open: Vec::new(),
                    due: Vec::new(),
                });
                since.push(None);
                targets.len() - 1
            });
            let moment = clock.at(transition.at);
            let (story, since) = (&mut targets[at], &mut since[at]);
            story.changes.push(Change {
                at: moment,
                to: word(transition.to),
                why: transition.reason.as_str(),
            });
            match *since {
                Some((from, due)) => story.was_open(from, due, moment),
                None => story.opened += u64::from(transition.to == Phase::Open),
            }
            *since = match transition.to {
                Phase::Open => {
                    Some((moment, transition.retry_at.map_or(Duration::MAX, |due| clock.at(due))))
                }
                Phase::HalfOpen | Phase::ForcedOpen => Some((moment, Duration::MAX)),
                Phase::Closed | Phase::Disabled | Phase::ObserveOnly => None,
            };
        }
        for (story, since) in targets.iter_mut().zip(since) {
            if let Some((from, due)) = since {
                story.was_open(from, due, until.max(from));
            }
        }
        Self { targets }
    }
}

impl Story {
    /// It was not closed from this moment to that one, and a probe was due from `due` on.
    fn was_open(&mut self, from: Duration, due: Duration, until: Duration) {
        let over = due.clamp(from, until);
        add(&mut self.open, from, over);
        add(&mut self.due, over, until);
    }
}

/// One more interval, or more of the last one.
fn add(intervals: &mut Vec<(Duration, Duration)>, from: Duration, until: Duration) {
    match intervals.last_mut() {
        _ if from >= until => {}
        Some(last) if last.1 == from => last.1 = until,
        _ => intervals.push((from, until)),
    }
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed => "closed",
        Phase::Open => "open",
        Phase::HalfOpen => "half_open",
        Phase::ForcedOpen => "forced_open",
        Phase::Disabled => "disabled",
        Phase::ObserveOnly => "observe_only",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_nobody_asks_is_due_and_not_open() {
        let secs = Duration::from_secs;
        let mut story = Story {
            provider: String::new(),
            model: String::new(),
            changes: Vec::new(),
            opened: 1,
            open: Vec::new(),
            due: Vec::new(),
        };
        // It opens for 30 s, is asked after 100, probes for 1 s and opens again, until the end.
        story.was_open(secs(10), secs(40), secs(110));
        story.was_open(secs(110), Duration::MAX, secs(111));
        story.was_open(secs(111), secs(141), secs(120));
        assert_eq!(story.open, [(secs(10), secs(40)), (secs(110), secs(120))]);
        assert_eq!(story.due, [(secs(40), secs(110))]);
    }
}
