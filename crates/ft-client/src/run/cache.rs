//! What the cache and identical calls under way can do for a request.

use std::sync::Arc;

use ft_cache::{
    Entry, Fill, FlightKey, FollowEnd, Follower, Key, Lookup, News, Quality, Role, Scope, ServedBy,
    cacheable,
};
use ft_core::{ChatRequest, ChatResponse, Tick};
use ft_cost::Pico;

use super::{Run, Want};
use crate::answer::{Answer, CacheStatus, Report, Tier};
use crate::config::Commit;
use crate::shared::{Following, Found, Shared, Start};

/// How joining an identical call ended.
pub(super) enum Joined {
    /// This call goes on by itself, leading the others if there are any.
    Go,
    /// The other call's end is this one's too.
    Shared(Shared),
    /// Its stream is this one's too, from here on.
    Along(Following, Arc<Start>),
    /// The deadline passed while waiting.
    TimedOut,
}

/// From where the call reads along with the one that it joined, if that is a stream and it wants one; else how its
/// waiting ended.
///
/// As long as it waits the other call goes on, whatever becomes of whoever made it.
async fn joined(
    follower: &mut Follower<Shared, Found>,
    along: bool,
) -> Result<(Following, Arc<Start>), FollowEnd<Shared, Found>> {
    let mut following: Option<Following> = None;
    loop {
        let start = async {
            let start = match &following {
                Some(following) => following.start().await,
                None => None,
            };
            match start {
                Some(start) => start,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            news = follower.news() => match news {
                News::Shown(call) => following = call.follow(along),
                News::Ended(end) => return Err(end),
            },
            start = start => if let Some(following) = following {
                return Ok((following, start));
            },
        }
    }
}

impl Run {
    /// The fresh answer, if there is one. Remembers the key, and a stale answer for later.
    pub(super) fn fresh(&mut self, now: Tick) -> Option<Answer> {
        let lifetime = self.chain.cache.config().lifetime();
        let used = !lifetime.is_zero() || self.chain.cache.coalesces();
        let request = self.request.chat()?;
        if self.options.no_cache || !used || cacheable(request).is_err() {
            return None;
        }
        let key = self.key_of(request);
        self.key = Some(key);
        match self.chain.cache.lookup(&key, now) {
            Lookup::Fresh(entry) => Some(self.entry_answer(&entry, CacheStatus::Hit, now)),
            Lookup::Stale(entry) => {
                self.stale = Some(entry);
                None
            }
            Lookup::Miss => None,
        }
    }

    pub(super) fn key_of(&self, request: &ChatRequest) -> Key {
        match &self.options.target {
            // One target's answers are not the chain's: another one may have given those.
            Some((provider, model)) => {
                let chain = format!("{}\0{provider}\0{model}", self.chain.name);
                Key::of(&Scope { tenant: &self.options.tenant, chain: &chain }, request)
            }
            None => Key::of(&self.scope(), request),
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope { tenant: &self.options.tenant, chain: &self.chain.name }
    }

    /// Joins an identical call that is under way, or becomes the one that others join.
    ///
    /// # Cancel safety
    /// A dropped wait strands nobody; a dropped lead is passed on to those who wait.
    pub(super) async fn join(&mut self) -> Joined {
        let Some(key) = self.key.filter(|_| self.chain.cache.coalesces()) else {
            return Joined::Go;
        };
        let overrides = (
            (self.options.no_fallback, self.options.no_emergency, self.options.max_attempts),
            (
                (self.options.deadline, self.options.first_content_timeout),
                self.options.idempotency_key.as_deref(),
                self.options.mid_stream,
            ),
            // The tenant parts callers, but one tenant may have several budgets, and what one of them cannot pay
            // for must not decide who answers the other. A live budget's address is its own.
            self.options.spend.as_ref().map(|budget| Arc::as_ptr(budget).addr()),
        );
        let mut follower =
            match self.client.flights.join(FlightKey::with_overrides(key, &overrides)) {
                Role::Lead(lead) => {
                    self.lead = Some(lead);
                    return Joined::Go;
                }
                Role::Follow(follower) => follower,
            };
        let since = self.now();
        let along = self.want == Want::Stream && self.commit() == Commit::FirstContent;
        let joined = tokio::time::timeout(self.remaining(), joined(&mut follower, along)).await;
        self.waited_since(since);
        match joined {
            Ok(Ok((following, start))) => Joined::Along(following, start),
            Ok(Err(FollowEnd::Shared(end))) => Joined::Shared(end),
            Ok(Err(FollowEnd::Lead(lead))) => {
                self.lead = Some(lead);
                Joined::Go
            }
            Err(_) => Joined::TimedOut,
        }
    }

    /// An answer from the cache.
    pub(super) fn entry_answer(&self, entry: &Entry, cache: CacheStatus, now: Tick) -> Answer {
        let served_by = crate::answer::ServedBy {
            provider: entry.served_by.provider.clone(),
            model: entry.served_by.model.clone(),
        };
        let report = Report {
            served_by: Some(served_by),
            tier: Tier::Cache,
            fallback_level: if cache == CacheStatus::Stale {
                self.chain.targets(&self.options)
            } else {
                0
            },
            cache,
            ..self.report_so_far(now)
        };
        Answer { response: ChatResponse::clone(&entry.response), report }
    }

    /// The answer of an identical call, as this call's: it cost this call nothing.
    pub(super) fn coalesced(&self, shared: &Answer, now: Tick) -> Answer {
        let report = self.coalesced_report(&shared.report, now);
        Answer { response: shared.response.clone(), report }
    }

    fn coalesced_report(&self, its: &Report, now: Tick) -> Report {
        Report {
            served_by: its.served_by.clone(),
            tier: its.tier.clone(),
            fallback_level: its.fallback_level,
            fit: its.fit,
            continued: its.continued,
            cache: CacheStatus::Coalesced,
            cost: Some(Pico::ZERO),
            ..self.report_so_far(now)
        }
    }

    /// This call reads along with another one, whose report this is so far.
    pub(crate) fn reads_along(&mut self, its: &Report) {
        let now = self.now();
        self.own = Some(self.own_time());
        let first_token = Some(now.since(self.began));
        self.along = Some(Box::new(Report { first_token, ..self.coalesced_report(its, now) }));
    }

    /// The stream that it read along with ended well, with this report.
    pub(crate) fn read_along(&mut self, its: Option<&Report>) -> Report {
        let now = self.now();
        if let (Some(its), Some(along)) = (its, &mut self.along) {
            along.continued = its.continued;
            along.served_by.clone_from(&its.served_by);
            along.tier = its.tier.clone();
            along.fallback_level = its.fallback_level;
            along.fit = its.fit;
        }
        let report = self.own_report(now);
        self.tell(&report, None);
        report
    }

    /// What is known of the request so far, without an answer of its own.
    pub(crate) fn own_report(&self, now: Tick) -> Report {
        match &self.along {
            Some(along) => Report { latency: now.since(self.began), ..Report::clone(along) },
            None => self.report_so_far(now),
        }
    }

    /// Keeps a complete answer of a live target.
    pub(super) fn fill(&self, response: &Arc<ChatResponse>, report: &Report, now: Tick) {
        let (Some(key), Some(served_by)) = (self.key, &report.served_by) else { return };
        let first_tier = self.chain.tiers.first().map(|tier| tier.name.as_str());
        let wanted = self.options.target.is_some() || first_tier == Some(report.tier.name());
        let full = wanted && report.fit.is_none() && !report.continued;
        let fill = Fill {
            response: Arc::clone(response),
            usage: response.usage.clone(),
            served_by: ServedBy {
                provider: served_by.provider.clone(),
                model: served_by.model.clone(),
            },
            tier: report.tier.name().to_owned(),
            quality: if full { Quality::Full } else { Quality::StaleOnly },
        };
        // What is not kept is not an error: truncated answers, tool calls, a better one that is fresh.
        let _ = self.chain.cache.fill(key, &self.scope(), fill, now);
    }
}
