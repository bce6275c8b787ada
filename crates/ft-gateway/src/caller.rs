//! Who asks, and what they may.

mod key;
mod minute;
mod money;
mod scope;
mod settings;
mod tally;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_client::config::DEFAULT_CHAIN;
use ft_client::{CallOptions, Report};
use ft_core::{Tick, UnixMillis};
use http::{HeaderMap, StatusCode};

pub(crate) use self::key::presented;
pub use self::key::{InvalidKeyHash, KeyHash};
use self::minute::MinuteWindow;
use self::money::Books;
pub(crate) use self::money::Purse;
pub(crate) use self::scope::Scope;
pub(crate) use self::settings::{CallerSettings, InvalidCaller};
pub(crate) use self::tally::{Refused, Tally};
use crate::answer::Refusal;
pub(crate) use crate::config::CacheScope;
use crate::names::{Names, Way};

/// Everybody who may ask.
#[derive(Debug)]
pub(crate) struct Callers {
    /// Who asks where no keys are configured.
    anybody: Option<Arc<Caller>>,
    by_name: BTreeMap<String, Arc<Caller>>,
    /// Every key's hash with its caller, in no order that a key has a say in.
    keys: Vec<(KeyHash, Arc<Caller>)>,
    /// Requests whose key was missing or wrong; who sent them is not known.
    strangers: Arc<Tally>,
    /// Also of those who are here no more.
    books: Books,
}

/// One who asks.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The name in configuration; empty where no keys are configured.
    pub(crate) name: String,
    scope: Scope,
    cache: CacheScope,
    requests_per_minute: Option<u32>,
    minute: Mutex<MinuteWindow>,
    purse: Option<Purse>,
    /// Outlives a reload: who still serves an older configuration counts here too.
    tally: Arc<Tally>,
}

impl Callers {
    /// Nobody needs a key.
    pub(crate) fn open() -> Self {
        let anybody = Caller {
            name: String::new(),
            scope: Scope::All,
            cache: CacheScope::Shared,
            requests_per_minute: None,
            minute: Mutex::default(),
            purse: None,
            tally: Arc::default(),
        };
        Self {
            anybody: Some(Arc::new(anybody)),
            by_name: BTreeMap::new(),
            keys: Vec::new(),
            strangers: Arc::default(),
            books: Books::default(),
        }
    }

    /// These and nobody else; without any, everybody.
    ///
    /// # Errors
    /// A caller without a key, a name or a key that stands twice, and limits that allow nothing.
    pub(crate) fn new(
        settings: impl IntoIterator<Item = CallerSettings>,
    ) -> Result<Self, InvalidCaller> {
        let mut callers = Self {
            anybody: None,
            by_name: BTreeMap::new(),
            keys: Vec::new(),
            strangers: Arc::default(),
            books: Books::default(),
        };
        for settings in settings {
            callers.add(settings)?;
        }
        if callers.by_name.is_empty() {
            return Ok(Self::open());
        }
        Ok(callers)
    }

    fn add(&mut self, settings: CallerSettings) -> Result<(), InvalidCaller> {
        let CallerSettings { name, keys, scope, requests_per_minute, spend, cache } = settings;
        let invalid = |rule| InvalidCaller { name: name.clone(), rule };
        if name.is_empty() {
            return Err(invalid("a caller needs a name"));
        }
        if keys.is_empty() {
            return Err(invalid("a caller needs the hash of a key"));
        }
        if requests_per_minute == Some(0) {
            return Err(invalid("requests_per_minute must be at least 1"));
        }
        let purse = spend.map(Purse::new).transpose().map_err(|error| invalid(error.rule))?;
        if let Some(purse) = &purse {
            self.books.add(&name, purse);
        }
        let caller = Arc::new(Caller {
            name: name.clone(),
            scope,
            cache,
            requests_per_minute,
            minute: Mutex::default(),
            purse,
            tally: Arc::default(),
        });
        for key in keys {
            if self.keys.iter().any(|(known, _)| *known == key) {
                return Err(invalid("the hash of a key stands in the configuration twice"));
            }
            self.keys.push((key, Arc::clone(&caller)));
        }
        match self.by_name.insert(name.clone(), caller) {
            Some(_) => Err(invalid("two callers have this name")),
            None => Ok(()),
        }
    }

    /// Takes over what must survive a reload: of each caller whose name stays, the minute's requests and all counts;
    /// of each who has or had a budget its books, in which requests under way still settle. What the books allow is the older configuration's until [`take_over`](Self::take_over).
    pub(crate) fn inherit(self, old: &Self) -> Self {
        let Self { anybody, by_name, keys, strangers: _, mut books } = self;
        books.inherit(&old.books);
        let mut renewed = BTreeMap::new();
        for (name, caller) in by_name {
            let caller = Arc::new(caller.after(old.by_name.get(&name).map(|old| &**old), &books));
            renewed.insert(name, caller);
        }
        let keys = keys
            .into_iter()
            .map(|(key, caller)| {
                let caller = renewed.get(&caller.name).cloned().unwrap_or(caller);
                (key, caller)
            })
            .collect();
        let anybody = match (anybody, &old.anybody) {
            (Some(_), Some(old)) => Some(Arc::clone(old)),
            (anybody, _) => anybody,
        };
        Self { anybody, by_name: renewed, keys, strangers: Arc::clone(&old.strangers), books }
    }

    /// From now on these callers' budgets hold, with what is written in their books.
    pub(crate) fn take_over(&self) {
        self.iter().filter_map(Caller::purse).for_each(Purse::take_over);
    }

    /// Who sent these headers.
    ///
    /// The presented key is hashed and compared with every key there is, each in constant time: how long it takes
    /// says neither whether a key is nearly right nor whose it is.
    pub(crate) fn identify(&self, headers: &HeaderMap) -> Result<Arc<Caller>, Refusal> {
        if let Some(anybody) = &self.anybody {
            return Ok(Arc::clone(anybody));
        }
        let refuse = |message: &str| {
            self.strangers.refused(Refused::Key);
            Refusal::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
                .with_code("invalid_api_key")
        };
        let Some(presented) = presented(headers) else {
            return Err(refuse(
                "no API key was given: send it as `Authorization: Bearer …` or `x-api-key`",
            ));
        };
        let hash = KeyHash::of(presented);
        match hash.find(self.keys.iter().map(|(known, _)| known)) {
            Some(at) => Ok(Arc::clone(&self.keys[at].1)),
            None => {
                Err(refuse("the API key is not known here: ask whoever runs this gateway for one"))
            }
        }
    }

    /// Whether nobody needs a key.
    pub(crate) fn are_open(&self) -> bool {
        self.anybody.is_some()
    }

    /// Who sent these headers, without a word about who is not known.
    pub(crate) fn recognise(&self, headers: &HeaderMap) -> Option<Arc<Caller>> {
        if let Some(anybody) = &self.anybody {
            return Some(Arc::clone(anybody));
        }
        let hash = KeyHash::of(presented(headers)?);
        hash.find(self.keys.iter().map(|(known, _)| known)).map(|at| Arc::clone(&self.keys[at].1))
    }

    /// Those of the configuration, by name; nobody where no keys are configured.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Caller> {
        self.by_name.values().map(|caller| &**caller)
    }

    /// How many requests came with a missing or a wrong key.
    pub(crate) fn wrong_keys(&self) -> u64 {
        self.strangers.refusals_for(Refused::Key)
    }

    /// What was counted, in Prometheus' text format.
    pub(crate) fn render(&self, text: &mut String) {
        let callers: Vec<_> = self.iter().map(|caller| (&*caller.name, &*caller.tally)).collect();
        // Writing to a string does not fail.
        let _ = tally::render(text, &callers, &self.strangers);
    }
}

impl Caller {
    /// Whether they may go this way at all.
    pub(crate) fn may_ask(&self, way: &Way) -> bool {
        self.scope.allows(way)
    }

    /// The names to list for them, each with its way.
    pub(crate) fn listed<'a>(&self, names: &'a Names) -> impl Iterator<Item = (&'a str, &'a Way)> {
        let first = |name: &'a str| Some((name, names.find(name).first()?));
        names.listed().filter_map(first).filter(|(_, way)| self.may_ask(way))
    }

    /// The way by this name that they may go; the empty name is a request's that names no model.
    pub(crate) fn way<'a>(&self, names: &'a Names, name: &str) -> Result<&'a Way, Refusal> {
        match names.find(name) {
            [] if name.is_empty() => {
                Err(Refusal::no_name(self.listed(names).map(|(name, _)| name)))
            }
            [] => Err(Refusal::no_model(name)),
            ways => ways.iter().find(|way| self.may_ask(way)).ok_or_else(|| {
                self.not_allowed(if name.is_empty() { DEFAULT_CHAIN } else { name })
            }),
        }
    }

    /// The refusal for a way that they may not go.
    fn not_allowed(&self, name: &str) -> Refusal {
        self.tally.refused(Refused::Scope);
        let message =
            format!("this API key may not ask for `{name}`; GET /v1/models lists what it may");
        Refusal::new(StatusCode::FORBIDDEN, "invalid_request_error", message)
            .with_code("model_not_allowed")
            .with_param("model")
    }

    /// Counts a request, unless the caller has had this minute's or this window's share.
    ///
    /// Money is only looked at here; each attempt reserves its own.
    pub(crate) fn admit(&self, now: Tick, wall: UnixMillis) -> Result<(), Refusal> {
        if let Some(most) = self.requests_per_minute {
            let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(wait) = minute.admit(most, now) {
                drop(minute);
                self.tally.refused(Refused::Rate);
                let message = format!("this API key may send {most} requests a minute");
                return Err(Refusal::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "rate_limit_error",
                    message,
                )
                .with_code("rate_limit_exceeded")
                .with_retry_after(wait)
                .worth_repeating());
            }
        }
        if let Some((purse, next)) = self.used_up(wall) {
            self.tally.refused(Refused::Spend);
            let message = format!("this API key's budget of {purse} is used up");
            let refusal =
                Refusal::new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", message)
                    .with_code("budget_exceeded");
            return Err(match next {
                Some(wait) => refusal.with_retry_after(wait),
                None => refusal,
            });
        }
        self.tally.admitted();
        Ok(())
    }

    /// The overrides of a call, with what this caller brings: whose cache, whose money.
    pub(crate) fn options(&self, options: CallOptions) -> CallOptions {
        let options = match self.cache {
            CacheScope::Own => options.with_tenant(&*self.name),
            CacheScope::Shared => options,
        };
        match &self.purse {
            Some(purse) => options.with_spend(purse.budget()),
            None => options,
        }
    }

    /// Counts a request that was let through, and then needed more money than was left.
    pub(crate) fn could_not_pay(&self) {
        self.tally.refused(Refused::Spend);
    }

    /// Books what a request cost, however it ended.
    pub(crate) fn charge(&self, report: &Report) {
        self.tally.charge(report);
    }

    pub(crate) fn purse(&self) -> Option<&Purse> {
        self.purse.as_ref()
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn requests_per_minute(&self) -> Option<u32> {
        self.requests_per_minute
    }

    /// The purse, if nothing is left in it, and in how long it is filled again.
    fn used_up(&self, wall: UnixMillis) -> Option<(&Purse, Option<Duration>)> {
        let purse = self.purse.as_ref()?;
        purse.used_up(wall).map(|next| (purse, next))
    }

    fn after(&self, old: Option<&Self>, books: &Books) -> Self {
        let minute = |old: &Self| {
            Mutex::new(old.minute.lock().unwrap_or_else(PoisonError::into_inner).clone())
        };
        let purse = |purse: &Purse| match books.of(&self.name) {
            Some(budget) => purse.clone().with_books(budget),
            None => purse.clone(),
        };
        Self {
            name: self.name.clone(),
            scope: self.scope.clone(),
            cache: self.cache,
            requests_per_minute: self.requests_per_minute,
            minute: old.map(minute).unwrap_or_default(),
            purse: self.purse.as_ref().map(purse),
            tally: Arc::clone(old.map_or(&self.tally, |old| &old.tally)),
        }
    }
}

#[cfg(test)]
mod tests;
