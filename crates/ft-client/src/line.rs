//! Those who wait for a gate of a provider or for a place among its calls, each target's in order of arrival.
//!
//! Gates and limits queue nobody: they say when to come back, and who comes back together finds one of them through.
//! So whoever has waited longest looks alone, when the gate's time is over or something has changed, and calls the
//! next one on leaving. A pilot that opens a gate thus lets them through one after the other, and one that is refused
//! costs the first in line a look and the others nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The lines of a provider, one for each of its targets that is waited for.
#[derive(Default)]
pub(crate) struct Lines {
    /// How many stand there, so that nobody else needs the lock.
    waiting: AtomicUsize,
    lines: Mutex<Standing>,
}

#[derive(Default)]
struct Standing {
    /// Counts arrivals.
    next: u64,
    /// By the target's number.
    of: BTreeMap<u32, VecDeque<(u64, Arc<Notify>)>>,
}

impl Lines {
    /// A place at the end of this target's line. `bell` rings when it is the first one's turn to look.
    pub(crate) fn join(self: &Arc<Self>, target: u32, bell: &Arc<Notify>) -> Place {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // What the one who waits looks at next, it sees after it can be called, and `call` the other way round.
        fence(Ordering::SeqCst);
        let mut standing = self.lock();
        standing.next += 1;
        let ticket = standing.next;
        standing.of.entry(target).or_default().push_back((ticket, Arc::clone(bell)));
        Place { lines: Arc::clone(self), target, ticket, bell: Arc::clone(bell) }
    }

    /// What calls the first of each line when it is dropped, and in between.
    pub(crate) fn caller(self: &Arc<Self>) -> Caller {
        Caller(Arc::clone(self))
    }

    /// Something has changed: the first of each line had better look.
    fn call(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        let first =
            |line: &VecDeque<(u64, Arc<Notify>)>| line.front().map(|(_, bell)| bell.clone());
        let firsts: Vec<_> = self.lock().of.values().filter_map(first).collect();
        firsts.iter().for_each(|bell| bell.notify_one());
    }

    /// Whoever held the lock only moved tickets, so a poisoned one guards sound lines.
    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls those who wait when an attempt has settled a gate, and when it gives its place back.
#[derive(Clone)]
pub(crate) struct Caller(Arc<Lines>);

impl Caller {
    pub(crate) fn call(&self) {
        self.0.call();
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.call();
    }
}

/// A place in a line. Dropped, it calls the next one if it was the first.
pub(crate) struct Place {
    lines: Arc<Lines>,
    target: u32,
    ticket: u64,
    bell: Arc<Notify>,
}

impl Place {
    pub(crate) fn is_of(&self, lines: &Arc<Lines>, target: u32) -> bool {
        self.target == target && Arc::ptr_eq(&self.lines, lines)
    }

    pub(crate) fn is_first(&self) -> bool {
        let standing = self.lines.lock();
        let line = standing.of.get(&self.target);
        line.and_then(VecDeque::front).is_some_and(|(ticket, _)| *ticket == self.ticket)
    }

    pub(crate) fn bell(&self) -> &Arc<Notify> {
        &self.bell
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut standing = self.lines.lock();
        let mut next = None;
        // What is taken out of the line is dropped after its lock.
        let mut out = None;
        if let Some(line) = standing.of.get_mut(&self.target)
            && let Ok(at) = line.binary_search_by_key(&self.ticket, |(ticket, _)| *ticket)
        {
            out = line.remove(at);
            if at == 0 {
                next = line.front().map(|(_, bell)| Arc::clone(bell));
            }
            if line.is_empty() {
                standing.of.remove(&self.target);
            }
        }
        drop(standing);
        drop(out);
        self.lines.waiting.fetch_sub(1, Ordering::Relaxed);
        if let Some(next) = next {
            next.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn rings(bell: &Notify) -> bool {
        bell.notified().now_or_never().is_some()
    }

    fn three(lines: &Arc<Lines>) -> Vec<(Arc<Notify>, Option<Place>)> {
        let each = (0..3).map(|_| Arc::new(Notify::new()));
        each.map(|bell| (Arc::clone(&bell), Some(lines.join(7, &bell)))).collect()
    }

    fn rung(waiting: &[(Arc<Notify>, Option<Place>)]) -> Vec<bool> {
        waiting.iter().map(|(bell, _)| rings(bell)).collect()
    }

    #[test]
    fn only_the_first_of_a_line_is_called() {
        let lines = Arc::new(Lines::default());
        let waiting = three(&lines);
        assert_eq!(rung(&waiting), [false; 3]);
        lines.call();
        assert_eq!(rung(&waiting), [true, false, false]);
        drop(lines.caller());
        assert_eq!(rung(&waiting), [true, false, false]);
    }

    #[test]
    fn whoever_leaves_as_the_first_calls_the_next() {
        let lines = Arc::new(Lines::default());
        let mut waiting = three(&lines);
        waiting[1].1 = None;
        assert_eq!(rung(&waiting), [false; 3]);
        waiting[0].1 = None;
        assert_eq!(rung(&waiting), [false, false, true]);
        assert!(waiting[2].1.as_ref().unwrap().is_first());
        waiting[2].1 = None;
        assert_eq!(rung(&waiting), [false; 3]);
        assert_eq!(lines.waiting.load(Ordering::SeqCst), 0);
        assert!(lines.lock().of.is_empty());
    }

    #[test]
    fn each_target_has_a_line_of_its_own() {
        let lines = Arc::new(Lines::default());
        let (a, b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let places = [lines.join(1, &a), lines.join(2, &b)];
        assert!(places.iter().all(Place::is_first));
        assert!(places[0].is_of(&lines, 1) && !places[0].is_of(&lines, 2));
        lines.call();
        assert!(rings(&a) && rings(&b));
    }
}
