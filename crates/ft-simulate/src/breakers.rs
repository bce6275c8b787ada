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
    /// From the first rejection to the closing, without the time in which a probe was due and nobody asked.
    pub(crate) open: Vec<(Duration, Duration)>,
    /// How often it opened, reopenings by a probe not counted.
    pub(crate) opened: u64,
}

/// A stretch of time in which a breaker is not closed.
#[derive(Clone, Copy)]
struct Stretch {
    from: Duration,
    /// When a probe is due, while it is open.
    due: Option<Duration>,
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
        let mut since: Vec<Option<Stretch>> = Vec::new();
        for (provider, model, transition) in transitions {
            let known =
                targets.iter().position(|story| story.model == model && story.provider == provider);
            let at = known.unwrap_or_else(|| {
                targets.push(Story {
                    provider,
                    model,
                    changes: Vec::new(),
                    open: Vec::new(),
                    opened: 0,
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
            match (transition.to, *since) {
                (Phase::Closed, Some(stretch)) => {
                    story.open.push((stretch.from, moment));
                    *since = None;
                }
                (Phase::Open, stretch) => {
                    story.opened += u64::from(stretch.is_none());
                    let from = stretch.map_or(moment, |stretch| stretch.from);
                    *since =
                        Some(Stretch { from, due: transition.retry_at.map(|at| clock.at(at)) });
                }
                (Phase::HalfOpen, Some(Stretch { from, due: Some(due) })) if due < moment => {
                    story.open.push((from, due));
                    *since = Some(Stretch { from: moment, due: None });
                }
                (Phase::HalfOpen, Some(stretch)) => *since = Some(Stretch { due: None, ..stretch }),
                _ => {}
            }
        }
        for (story, since) in targets.iter_mut().zip(since) {
            if let Some(Stretch { from, due }) = since {
                let to = due.map_or(until, |due| due.min(until));
                story.open.push((from, to.max(from)));
            }
        }
        Self { targets }
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
