//! Every attempt that a modelled provider saw.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ft_core::{ChatRequest, Clock, Tick};
use tokio::sync::Notify;

use crate::Seen;

/// Every attempt that was seen, in the order of arrival. Clones share it, and so may several providers: then
/// it tells the order over all of them.
#[derive(Clone, Debug, Default)]
pub struct Log {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    detail: Detail,
    book: Mutex<Book>,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Detail {
    Counts,
    #[default]
    Attempts,
    Requests,
}

#[derive(Debug, Default)]
struct Book {
    total: u64,
    /// The number of the first attempt that is kept, less one: those before were cleared.
    cleared: u64,
    /// By model. There are few, so a list beats a map.
    counts: Vec<(Arc<str>, Counts)>,
    attempts: Vec<Attempt>,
}

impl Book {
    fn of(&self, model: &str) -> &[(Outcome, u64)] {
        let found = self.counts.iter().find(|(known, _)| **known == *model);
        found.map_or(&[], |(_, counts)| counts)
    }
}

/// The outcomes of one model; few kinds occur, so a list beats a map.
type Counts = Vec<(Outcome, u64)>;

/// How an attempt ended, as far as the provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Not yet.
    Open,
    /// The whole answer was given.
    Answered,
    /// This status was given, and its body.
    Status(u16),
    /// The connection was reset.
    Reset,
    /// The connection ended too early.
    Cut,
    /// An answer was given that cannot be read.
    Malformed,
    /// An error was given inside a `200`.
    ErrorInside,
    /// An answer without choices was given.
    Empty,
    /// The caller left before the end, or the provider was stopped. Hangs and stalls end so.
    CallerLeft,
}

/// One attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1, over all models and providers of this log.
    pub number: u64,
    /// When it arrived, on the provider's clock.
    pub at: Tick,
    /// When it ended.
    pub ended: Option<Tick>,
    /// The provider that it arrived at.
    pub provider: Arc<str>,
    /// The model asked for.
    pub model: Arc<str>,
    /// Who asked: `credential 0` in-process, the masked key over HTTP, `none` without one.
    pub credential: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The attempt's number within the caller's request, where the caller said so (in-process).
    pub attempt: Option<u32>,
    /// The idempotency key.
    pub idempotency_key: Option<String>,
    /// The caller's request id.
    pub request_id: Option<String>,
    /// How many messages were sent.
    pub messages: usize,
    /// Tokens of the messages, at four bytes a token.
    pub prompt_tokens: u64,
    /// The most tokens that the answer was to have.
    pub output_limit: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// The request itself, in a log that was made [`with_requests`](Log::with_requests).
    pub request: Option<Arc<ChatRequest>>,
}

impl Log {
    /// Keeps every attempt, some 250 bytes each, without its request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps every attempt and its request.
    #[must_use]
    pub fn with_requests() -> Self {
        Self::of(Detail::Requests)
    }

    /// Counts attempts by model and outcome and keeps none, for runs of millions.
    #[must_use]
    pub fn counting() -> Self {
        Self::of(Detail::Counts)
    }

    fn of(detail: Detail) -> Self {
        Self { inner: Arc::new(Inner { detail, ..Inner::default() }) }
    }

    /// How many attempts at this model were seen, open ones included, at all providers of this log.
    #[must_use]
    pub fn count(&self, model: &str) -> u64 {
        self.book().of(model).iter().map(|(_, n)| n).sum()
    }

    /// How many attempts at this model ended so.
    #[must_use]
    pub fn count_of(&self, model: &str, outcome: Outcome) -> u64 {
        let book = self.book();
        book.of(model).iter().filter(|(ended, _)| *ended == outcome).map(|(_, n)| n).sum()
    }

    /// How many attempts were seen, open ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        let book = self.book();
        book.total - book.cleared
    }

    /// How many attempts are open.
    #[must_use]
    pub fn open(&self) -> u64 {
        let book = self.book();
        let all = book.counts.iter().flat_map(|(_, counts)| counts);
        all.filter(|(outcome, _)| *outcome == Outcome::Open).map(|(_, n)| n).sum()
    }

    /// All attempts in the order of arrival; none in a log that only counts.
    #[must_use]
    pub fn attempts(&self) -> Vec<Attempt> {
        self.book().attempts.clone()
    }

    /// The last attempt that arrived; `None` in a log that only counts.
    #[must_use]
    pub fn last(&self) -> Option<Attempt> {
        self.book().attempts.last().cloned()
    }

    /// The models asked, in the order of arrival; none in a log that only counts.
    #[must_use]
    pub fn models(&self) -> Vec<String> {
        self.book().attempts.iter().map(|attempt| attempt.model.to_string()).collect()
    }

    /// Forgets all attempts. Those still open are not counted when they end.
    pub fn clear(&self) {
        let mut book = self.book();
        book.cleared = book.total;
        book.counts.clear();
        book.attempts.clear();
    }

    /// Waits until this is true of the log. It is asked now, and after every arrival and end.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    pub async fn until(&self, mut condition: impl FnMut(&Self) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.inner.changed.notified());
            changed.as_mut().enable();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }

    /// Writes an arrival down; the answer is its number and its time.
    pub(crate) fn begin(&self, seen: &Seen<'_>, names: Names, clock: Arc<dyn Clock>) -> Entry {
        let mut book = self.book();
        let at = clock.now();
        book.total += 1;
        let number = book.total;
        tally(&mut book, &names.model, Outcome::Open, true);
        if self.inner.detail != Detail::Counts {
            let wanted = seen.chat().filter(|_| self.inner.detail == Detail::Requests);
            book.attempts.push(Attempt {
                number,
                at,
                ended: None,
                provider: names.provider,
                model: Arc::clone(&names.model),
                credential: seen.credential.to_owned(),
                stream: seen.stream,
                attempt: seen.attempt,
                idempotency_key: seen.idempotency_key.map(str::to_owned),
                request_id: seen.request_id.map(str::to_owned),
                messages: seen.messages(),
                prompt_tokens: seen.prompt_tokens(),
                output_limit: seen.output_limit(),
                outcome: Outcome::Open,
                request: wanted.map(|request| Arc::new(request.clone())),
            });
        }
        drop(book);
        self.inner.changed.notify_waiters();
        Entry { log: self.clone(), clock, model: names.model, number, at, open: true }
    }

    fn end(&self, entry: &Entry, outcome: Outcome) {
        let mut book = self.book();
        if entry.number <= book.cleared {
            return;
        }
        tally(&mut book, &entry.model, Outcome::Open, false);
        tally(&mut book, &entry.model, outcome, true);
        let index = usize::try_from(entry.number - book.cleared - 1).unwrap_or(usize::MAX);
        if let Some(attempt) = book.attempts.get_mut(index) {
            attempt.outcome = outcome;
            attempt.ended = Some(entry.clock.now());
        }
        drop(book);
        self.inner.changed.notify_waiters();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tally(book: &mut Book, model: &Arc<str>, outcome: Outcome, more: bool) {
    let known = book.counts.iter().position(|(known, _)| Arc::ptr_eq(known, model));
    let known = known.or_else(|| book.counts.iter().position(|(known, _)| known == model));
    let at = known.unwrap_or_else(|| {
        book.counts.push((Arc::clone(model), Counts::new()));
        book.counts.len() - 1
    });
    let counts = &mut book.counts[at].1;
    match counts.iter_mut().find(|(counted, _)| *counted == outcome) {
        Some((_, n)) if more => *n += 1,
        Some((_, n)) => *n -= 1,
        None => counts.push((outcome, 1)),
    }
}

/// The names of an arrival, shared so that a known model is not copied for every attempt.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) provider: Arc<str>,
    pub(crate) model: Arc<str>,
}

/// An attempt that has not ended. Dropped without a word, the caller left.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Log,
    clock: Arc<dyn Clock>,
    model: Arc<str>,
    pub(crate) number: u64,
    pub(crate) at: Tick,
    open: bool,
}

impl Entry {
    /// Writes the end down, the first time.
    pub(crate) fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.open, false) {
            self.log.end(self, outcome);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end(Outcome::CallerLeft);
    }
}
