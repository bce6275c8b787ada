//! Who leads and who waits, as a pure table.

use std::collections::btree_map::IntoValues;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::FlightKey;

/// A follower's place. Never given twice by one table, so that a place in a flight that is over frees none in
/// the next one under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Flights by key. `W` is how a follower is told, and `C` what the leader shows of its call.
///
/// A flight is in the table as long as somebody leads it; the leader alone ends it or passes it on. So the
/// leader needs no ticket: there is one for each flight in the table, and none without.
#[derive(Debug)]
pub(super) struct Table<W, C = ()> {
    flights: HashMap<FlightKey, Flight<W, C>>,
    next: u64,
}

#[derive(Debug)]
struct Flight<W, C> {
    waiting: BTreeMap<Ticket, W>,
    call: Option<C>,
}

/// What joining came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined<W, C = ()> {
    /// There was no flight: it is now, and the caller leads it. What it would have been told by comes back.
    Lead(W),
    /// It waits at this place, for this call.
    Follow(Ticket, Option<C>),
}

impl<W, C: Clone> Table<W, C> {
    /// Follows the flight of this key, or starts it.
    pub(super) fn join(&mut self, key: FlightKey, follower: W) -> Joined<W, C> {
        match self.flights.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Flight { waiting: BTreeMap::new(), call: None });
                Joined::Lead(follower)
            }
            Entry::Occupied(mut flight) => {
                let ticket = Ticket(self.next);
                self.next += 1;
                let flight = flight.get_mut();
                flight.waiting.insert(ticket, follower);
                Joined::Follow(ticket, flight.call.clone())
            }
        }
    }

    /// Shows this call to those who follow from now on. What was shown before comes back, and each who waits already,
    /// who from now on is told by something new: that and what it had before.
    pub(super) fn carry<N>(
        &mut self,
        key: &FlightKey,
        call: &C,
        mut renew: impl FnMut() -> (W, N),
    ) -> (Option<C>, Vec<(W, N)>) {
        let Some(flight) = self.flights.get_mut(key) else { return (None, Vec::new()) };
        let before = flight.call.replace(call.clone());
        let renewed = flight.waiting.values_mut().map(|waiting| {
            let (new, next) = renew();
            (std::mem::replace(waiting, new), next)
        });
        let renewed = renewed.collect();
        (before, renewed)
    }

    /// A follower leaves; nothing when it was told already.
    pub(super) fn leave(&mut self, key: &FlightKey, ticket: Ticket) -> Option<W> {
        self.flights.get_mut(key)?.waiting.remove(&ticket)
    }

    /// The leader's own end: who has waited longest leads from here on. With nobody waiting the flight is over.
    /// The call that it made is shown to nobody any more, and comes back.
    pub(super) fn pass_on(&mut self, key: &FlightKey) -> (Option<W>, Option<C>) {
        let Some(flight) = self.flights.get_mut(key) else { return (None, None) };
        let call = flight.call.take();
        let successor = flight.waiting.pop_first();
        if successor.is_none() {
            self.flights.remove(key);
        }
        (successor.map(|(_, follower)| follower), call)
    }

    /// The chain's end: the flight is over, and all who wait are to be told.
    pub(super) fn finish(&mut self, key: &FlightKey) -> (IntoValues<Ticket, W>, Option<C>) {
        match self.flights.remove(key) {
            Some(flight) => (flight.waiting.into_values(), flight.call),
            None => (BTreeMap::new().into_values(), None),
        }
    }

    /// How many wait for the leader of this key.
    pub(super) fn waiting(&self, key: &FlightKey) -> usize {
        self.flights.get(key).map_or(0, |flight| flight.waiting.len())
    }

    /// How many flights are under way.
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }
}

impl<W, C> Default for Table<W, C> {
    fn default() -> Self {
        Self { flights: HashMap::new(), next: 0 }
    }
}
