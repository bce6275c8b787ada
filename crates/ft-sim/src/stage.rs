//! What both stages share: scripts by model, the clock, the seed and the log.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ft_core::{Clock, Entropy};

use crate::answer::hash;
use crate::log::{Entry, Names};
use crate::play::{Play, play};
use crate::{Asked, Log, Reply, Script, Scripts, Seen};

#[derive(Debug)]
pub(crate) struct Stage {
    name: Arc<str>,
    clock: Arc<dyn Clock>,
    seed: u64,
    log: Log,
    /// By model. There are few, so a list beats a map.
    lines: RwLock<Vec<Arc<Line>>>,
    otherwise: RwLock<Option<Arc<Line>>>,
    down: RwLock<Vec<String>>,
    /// Whether a stream tells its tokens unasked, as the adapter of a real provider makes it do.
    tells_usage: bool,
    /// Whether draws follow the request and not the order of attempts.
    pub(crate) by_request: bool,
}

#[derive(Debug)]
struct Line {
    name: Arc<str>,
    salt: u64,
    role: Mutex<Part>,
}

#[derive(Debug)]
struct Part {
    script: Script,
    asked: u64,
    again: Again,
}

/// How often each of the last requests asked, for draws that follow the request.
///
/// A request is forgotten when as many others as a set has places have come to its set since: some 16,000 requests
/// later. It would then meet what it met the first time.
#[derive(Debug, Default)]
struct Again {
    /// Sets of [`WAYS`](Self::WAYS) places, the latest request of each set first.
    places: Vec<(u64, u64)>,
}

impl Again {
    const SETS: usize = 1 << 11;
    const WAYS: usize = 8;

    /// How often this request has asked, this time included.
    fn nth(&mut self, request: u64) -> u64 {
        if self.places.is_empty() {
            self.places = vec![(0, 0); Self::SETS * Self::WAYS];
        }
        let set = usize::try_from(request % Self::SETS as u64).unwrap_or(0);
        let set = &mut self.places[set * Self::WAYS..][..Self::WAYS];
        let known = set.iter().position(|place| place.0 == request);
        let at = known.unwrap_or(Self::WAYS - 1);
        if known.is_none() {
            set[at] = (request, 0);
        }
        set[at].1 += 1;
        set[..=at].rotate_right(1);
        set[0].1
    }
}

impl Stage {
    pub(crate) fn new(
        name: &str,
        scripts: Scripts,
        clock: Arc<dyn Clock>,
        seed: u64,
        log: Log,
        tells_usage: bool,
    ) -> Self {
        let stage = Self {
            name: name.into(),
            clock,
            seed,
            log,
            lines: RwLock::default(),
            otherwise: RwLock::default(),
            down: RwLock::default(),
            tells_usage,
            by_request: false,
        };
        for (model, script) in scripts.models {
            stage.set_script(&model, script);
        }
        if let Some(script) = scripts.otherwise {
            *stage.otherwise.write().unwrap_or_else(PoisonError::into_inner) =
                Some(stage.line("*", script));
        }
        stage
    }

    fn line(&self, model: &str, script: Script) -> Arc<Line> {
        let salt = hash(hash(self.seed, self.name.as_bytes()), model.as_bytes());
        Arc::new(Line {
            name: model.into(),
            salt,
            role: Mutex::new(Part { script, asked: 0, again: Again::default() }),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn set_script(&self, model: &str, script: Script) {
        let line = self.line(model, script);
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|known| known.name != line.name);
        lines.push(line);
    }

    pub(crate) fn outage(&self, model: &str, on: bool) {
        let mut down = self.down.write().unwrap_or_else(PoisonError::into_inner);
        down.retain(|name| name != model);
        if on {
            down.push(model.to_owned());
        }
    }

    /// The models that are listed, in the order of their names.
    #[cfg(feature = "http")]
    pub(crate) fn models(&self) -> Vec<Arc<str>> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let mut models: Vec<_> = lines.iter().map(|line| Arc::clone(&line.name)).collect();
        models.sort();
        models
    }

    /// Writes the attempt down and says what it meets. `seen` lacks only number and time.
    pub(crate) fn enter<'a>(&'a self, mut seen: Seen<'a>) -> (Play, Entry) {
        seen.provider = &self.name;
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        let listed = lines.iter().find(|line| *line.name == *seen.model).cloned();
        drop(lines);
        let model =
            listed.as_ref().map_or_else(|| seen.model.into(), |line| Arc::clone(&line.name));
        let names = Names { provider: Arc::clone(&self.name), model };
        let line = listed
            .or_else(|| self.otherwise.read().unwrap_or_else(PoisonError::into_inner).clone());
        let mut part =
            line.as_ref().map(|line| line.role.lock().unwrap_or_else(PoisonError::into_inner));
        seen.nth = part.as_mut().map_or(1, |part| {
            part.asked += 1;
            part.asked
        });
        let entry = self.log.begin(&seen, names, Arc::clone(&self.clock));
        (seen.number, seen.at) = (entry.number, entry.at);
        let request = seen.request_id.filter(|_| self.by_request);
        seen.common = request.map(|id| hash(self.seed, id.as_bytes()));
        let reply = match (&line, &mut part) {
            _ if matches!(seen.asked, Asked::Unreadable) => Reply::status(400),
            _ if self.is_down(seen.model) => Reply::down(),
            (Some(line), Some(part)) => {
                // A seed for each attempt, so that none shifts the draws of the next.
                let mut entropy = match seen.common {
                    Some(common) => {
                        let nth = part.again.nth(common);
                        Entropy::seeded(hash(line.salt ^ common, &nth.to_le_bytes()))
                    }
                    None => Entropy::seeded(line.salt ^ seen.nth).split(),
                };
                part.script.next(&seen, seen.at, &mut entropy)
            }
            _ => Reply::status(404),
        };
        drop(part);
        let usage = self.tells_usage || seen.chat().is_some_and(ft_core::ChatRequest::wants_usage);
        (play(reply, &seen, self.clock.wall().0 / 1_000, usage), entry)
    }

    fn is_down(&self, model: &str) -> bool {
        let down = self.down.read().unwrap_or_else(PoisonError::into_inner);
        down.iter().any(|name| name == model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_remembered_while_thousands_of_others_ask() {
        let mut again = Again::default();
        let mut draw = Entropy::seeded(7);
        let requests: Vec<u64> = (0..4_000).map(|_| draw.next_u64()).collect();
        for nth in 1..=3 {
            let counts: Vec<u64> = requests.iter().map(|request| again.nth(*request)).collect();
            let right = counts.iter().filter(|count| **count == nth).count();
            // A set of eight has two of them on average; nine in one are one in four thousand sets.
            assert!(right >= 3_970, "{right} of 4,000 at the {nth}th time");
        }
    }
}
