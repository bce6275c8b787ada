//! Who leads and who waits, as a pure table.

use std::collections::btree_map::IntoValues;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::FlightKey;

/// A follower's place. Never given twice by one table, so that a place in a flight that is over frees none in
/// the next one under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Flights by key. `W` is how a follower is told.
///
/// A flight is in the table as long as somebody leads it; the leader alone ends it or passes it on. So the
/// leader needs no ticket: there is one for each flight in the table, and none without.
#[derive(Debug)]
pub(super) struct Table<W> {
    flights: HashMap<FlightKey, BTreeMap<Ticket, W>>,
    next: u64,
}

/// What joining came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined<W> {
    /// There was no flight: it is now, and the caller leads it. What it would have been told by comes back.
    Lead(W),
    /// It waits at this place.
    Follow(Ticket),
}

impl<W> Table<W> {
    /// Follows the flight of this key, or starts it.
    pub(super) fn join(&mut self, key: FlightKey, follower: W) -> Joined<W> {
        match self.flights.entry(key) {
            Entry::Vacant(place) => {
                place.insert(BTreeMap::new());
                Joined::Lead(follower)
            }
            Entry::Occupied(mut flight) => {
                let ticket = Ticket(self.next);
                self.next += 1;
                flight.get_mut().insert(ticket, follower);
                Joined::Follow(ticket)
            }
        }
    }

    /// A follower leaves; nothing when it was told already.
    pub(super) fn leave(&mut self, key: &FlightKey, ticket: Ticket) -> Option<W> {
        self.flights.get_mut(key)?.remove(&ticket)
    }

    /// The leader's own end: who has waited longest leads from here on. With nobody waiting the flight is over.
    pub(super) fn pass_on(&mut self, key: &FlightKey) -> Option<W> {
        let successor = self.flights.get_mut(key)?.pop_first();
        if successor.is_none() {
            self.flights.remove(key);
        }
        successor.map(|(_, follower)| follower)
    }

    /// The chain's end: the flight is over, and all who wait are to be told.
    pub(super) fn finish(&mut self, key: &FlightKey) -> IntoValues<Ticket, W> {
        self.flights.remove(key).unwrap_or_default().into_values()
    }

    /// How many wait for the leader of this key.
    pub(super) fn waiting(&self, key: &FlightKey) -> usize {
        self.flights.get(key).map_or(0, BTreeMap::len)
    }

    /// How many flights are under way.
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }
}

impl<W> Default for Table<W> {
    fn default() -> Self {
        Self { flights: HashMap::new(), next: 0 }
    }
}
