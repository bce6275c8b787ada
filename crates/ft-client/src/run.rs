//! The way of one request: the one function that everything else serves is [`Run::live`].

mod along;
mod begin;
mod body;
mod cache;
mod cost;
mod embed;
mod end;
mod explain;
mod failing;
mod leg;
mod legs;
mod live;
mod rest;
mod running;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use ft_cache::{Entry, Key, LeadGuard};
use ft_context::FitReport;
use ft_core::chat::Assembler;
use ft_core::decide::{Event, FailReason, Ledger, Plan, Step, TargetView, View, decide};
use ft_core::{Entropy, ProviderError, Tick};

use crate::answer::{Attempt, Report};
use crate::asked::Asked;
use crate::chain::{Chain, Member};
use crate::credentials::Credentials;
use crate::line::Place;
use crate::money::Budgets;
use crate::options::CallOptions;
use crate::shared::{Found, Shared};
use crate::state::Inner;
use body::Body;
use legs::Legs;

pub(crate) use along::Along;
pub(crate) use end::{Done, Served};
pub(crate) use leg::{Leg, Won};
pub(crate) use live::{Live, shaped};

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Plain,
    Stream,
}

/// One request on its way. Dropped, it cancels what is under way and settles it as cancelled.
pub(crate) struct Run {
    pub(crate) client: Arc<Inner>,
    pub(crate) chain: Arc<Chain>,
    pub(crate) options: CallOptions,
    pub(crate) request: Asked,
    pub(crate) want: Want,
    pub(crate) began: Tick,
    pub(crate) request_id: String,
    /// Until when the first content, or a whole answer, must be there.
    deadline: Tick,
    /// Until when all of a stream must be there, as the caller says.
    callers_deadline: Tick,
    draw: Entropy,
    plan: Plan,
    members: Vec<Member>,
    /// Beside each target how it stands, as of the last decision. Kept for its room.
    views: Vec<TargetView>,
    ledger: Ledger,
    legs: Legs,
    /// Its places among those who wait, kept from wait to wait.
    places: Vec<Place>,
    /// Beside each target: which credentials this call has used up since it last waited, and what was last sent.
    progress: Vec<Progress>,
    /// Every attempt and skip, in order.
    trail: Vec<Attempt>,
    /// The provider's failures, in order.
    pub(crate) failures: Vec<ProviderError>,
    won: Option<Won>,
    /// Whether an attempt was a fallback that counts as load.
    fell_back: bool,
    /// Attempts that a provider refused at no cost to anybody.
    free_refusals: u32,
    /// The stream that the caller is reading. Boxed as what follows, which few requests have and all would carry.
    pub(crate) streaming: Option<Box<Body>>,
    /// What the caller has of streams that broke off.
    pub(crate) delivered: Option<Box<Assembler>>,
    pub(crate) continued: bool,
    /// Which of the failures broke the caller's stream off, first.
    pub(crate) broke_at: Option<usize>,
    /// Whose content reached the caller before that, of several the last one's.
    pub(crate) broke: Option<usize>,
    pub(crate) budgets: Budgets,
    /// When the spend budgets may admit what they refused.
    paid_from: Option<Tick>,
    /// Whether it was the caller's own budget that refused.
    pub(crate) callers_money: bool,
    /// Whether a budget refused because nobody knows a target's price.
    pub(crate) unpriced: bool,
    key: Option<Key>,
    stale: Option<Arc<Entry>>,
    lead: Option<LeadGuard<Shared, Found>>,
    /// Of one that reads along with another: its report so far.
    along: Option<Box<Report>>,
    /// Set when the end was told to metrics; a drop before it is a caller who left.
    told: bool,
    pub(crate) span: tracing::Span,
    /// Time in which others worked: providers, back-off, an identical call.
    waited: Duration,
    /// This layer's own time, once the answer is on its way to the caller.
    own: Option<Duration>,
}

#[derive(Clone, Default)]
struct Progress {
    used: Credentials,
    /// The entries of the trail that say why it was passed over, since it was last asked.
    skips: Vec<usize>,
    rests: rest::Rests,
    sent: Option<Asked>,
    fit: Option<FitReport>,
}

/// How the live part ended.
pub(crate) enum End {
    /// A target answered.
    Live(Won),
    /// The cached answer stands in.
    Stale,
    /// The emergency answer stands in.
    Emergency,
    /// Nothing stands in.
    Fail(FailReason),
}

impl Run {
    /// From `event` to the end of everything live.
    ///
    /// # Cancel safety
    /// It can be dropped at each await: the legs are in `self`, and their guards say what a drop means.
    pub(crate) async fn live(&mut self, mut event: Event) -> End {
        loop {
            let now = self.now();
            self.ledger.note(&event, now);
            event = match self.decide(&event, now) {
                Step::Try { target, manner } => match self.admit(target, manner, now) {
                    Ok(admitted) => {
                        self.begin_leg(target, manner, admitted, now);
                        self.race().await
                    }
                    Err(refusal) => self.skip(target, manner, &refusal, now).await,
                },
                Step::Hold => self.race().await,
                Step::Wait(wait) => self.wait(&wait, now).await,
                Step::Answer => match self.won.take() {
                    Some(won) => return End::Live(won),
                    None => return End::Fail(FailReason::Exhausted),
                },
                Step::Stale => return End::Stale,
                Step::Emergency => return End::Emergency,
                Step::Fail(reason) => {
                    self.abandon_legs();
                    return End::Fail(reason);
                }
            }
        }
    }

    fn decide(&mut self, event: &Event, now: Tick) -> Step {
        self.see(event, now);
        if let Event::Failed { target, .. } = *event {
            self.views[target].retries = self.members[target].target.may_retry(now);
        }
        let mut step = self.step(event, now);
        if matches!(step, Step::Wait(_)) {
            // Looked up only where it could matter: it is made of samples.
            for (view, member) in self.views.iter_mut().zip(&self.members) {
                view.usual = member.target.speed.mean(now).unwrap_or_default();
            }
            step = self.step(event, now);
        }
        if !matches!(step, Step::Try { .. } | Step::Wait(_)) {
            self.leave_line();
        }
        step
    }

    /// How the targets stand. Nothing was waited for since one was passed over, so only that one is looked at again: a
    /// request that passes over a thousand would else look a million times.
    fn see(&mut self, event: &Event, now: Tick) {
        let view = |at: usize| {
            let member: &Member = &self.members[at];
            member.target.view(&self.progress[at].used, now)
        };
        match *event {
            Event::Skipped { target, .. } if self.views.len() == self.members.len() => {
                self.views[target] = view(target);
            }
            _ => {
                self.views.clear();
                self.views.extend((0..self.members.len()).map(view));
            }
        }
    }

    fn step(&self, event: &Event, now: Tick) -> Step {
        let view = View { targets: &self.views, stale: self.stale.is_some() };
        decide(&self.plan, &self.ledger, &view, event, now)
    }

    /// Everything since then was waiting.
    fn waited_since(&mut self, since: Tick) {
        self.waited += self.now().since(since);
    }

    pub(crate) fn now(&self) -> Tick {
        self.client.world.clock.now()
    }

    pub(crate) fn deadline(&self) -> Tick {
        self.deadline
    }

    /// The deadline that the caller brought; [`Tick::MAX`] without one.
    pub(crate) fn callers_deadline(&self) -> Tick {
        self.callers_deadline
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn sent(&self, target: usize) -> Option<&Asked> {
        self.progress[target].sent.as_ref()
    }

    pub(crate) fn fit_of(&self, target: usize) -> Option<FitReport> {
        self.progress[target].fit
    }

    pub(crate) fn has_used(&self, target: usize, credential: usize) -> bool {
        self.progress[target].used.contains(credential)
    }

    pub(crate) fn committed(&self) -> bool {
        self.delivered.is_some()
    }

    pub(crate) fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// Attempts that count as load.
    pub(crate) fn load(&self) -> u32 {
        self.ledger.attempts().saturating_sub(self.free_refusals)
    }

    /// Whether no target but this one may be asked now: none would be spared by asking this one less.
    pub(crate) fn is_alone(&self, at: usize, now: Tick) -> bool {
        let members = self.members.iter().enumerate().filter(|(other, _)| *other != at);
        let mut others = members.map(|(other, member)| (other, &member.target));
        others.all(|(other, target)| {
            self.ledger.is_barred(other) || target.view(&Credentials::NONE, now).ready_at > now
        })
    }

    /// A number from 0 to below 1.
    pub(crate) fn drawn(&mut self) -> f64 {
        self.draw.unit()
    }
}
