//! The waits of a request: for a back-off, a gate, a place among the calls in flight.

use std::sync::Arc;

use ft_core::Tick;
use ft_core::decide::{As, Event, Wait};
use tokio::sync::Notify;

use super::Run;
use crate::clock::sleep_until;
use crate::target::Target;

impl Run {
    /// Waits, holding nothing but its places in line. What was used up before may be free afterwards: the gates know.
    ///
    /// # Cancel safety
    /// Dropping it ends the wait, and the places go with the run.
    pub(super) async fn wait(&mut self, wait: &Wait, now: Tick) -> Event {
        self.ledger.begin_wait(wait, now);
        let as_it_was = self.join_lines(wait, now);
        if as_it_was {
            let look = wait.opens.filter(|_| self.is_first_in_line());
            let until = look.map_or(wait.until, |opens| opens.min(wait.until));
            let clock = &*self.client.world.clock;
            match self.places.first() {
                None => sleep_until(clock, until).await,
                Some(place) => tokio::select! {
                    () = place.bell().notified() => {}
                    () = sleep_until(clock, until) => {}
                },
            }
            self.waited_since(now);
        }
        if !matches!(wait.resume, Some((_, As::QuickRetry))) {
            self.progress.iter_mut().for_each(|progress| progress.used.clear());
        }
        Event::Woke
    }

    /// Takes a place in the line of each target that is waited for, and keeps those it has.
    ///
    /// False when one of them stands otherwise than the decision saw it: nobody calls for what was over before.
    fn join_lines(&mut self, wait: &Wait, now: Tick) -> bool {
        if wait.opens.is_none() {
            self.places.clear();
            return true;
        }
        let targets = || self.ledger.waits_for().map(|at| (at, &self.members[at].target));
        let kept = |target: &Target| {
            self.places.iter().position(|place| place.is_of(&target.provider.lines, target.number))
        };
        let bell = self.places.first().map(|place| Arc::clone(place.bell()));
        let bell = bell.unwrap_or_else(|| Arc::new(Notify::new()));
        let mut missing = Vec::new();
        let mut keep = vec![false; self.places.len()];
        for (_, target) in targets() {
            match kept(target) {
                Some(at) => keep[at] = true,
                None => missing.push(target.provider.lines.join(target.number, &bell)),
            }
        }
        let as_it_was = targets().all(|(at, target)| {
            let gates = target.view(&self.progress[at].used, now).ready_at;
            gates.max(self.rested_at(at)) > now
                || target.in_flight.current() >= target.in_flight.limit()
        });
        let mut keep = keep.into_iter();
        self.places.retain(|_| keep.next().unwrap_or(true));
        self.places.extend(missing);
        as_it_was
    }

    fn is_first_in_line(&self) -> bool {
        self.places.iter().any(crate::line::Place::is_first)
    }

    /// It waits no longer: the next in line may look.
    pub(super) fn leave_line(&mut self) {
        self.places.clear();
    }
}
