//! A chain as it runs, and the order in which one request will ask its targets.

use std::sync::Arc;
use std::time::Duration;

use ft_cache::Cache;
use ft_core::decide::{Plan, PlannedTarget};
use ft_core::rank::{Order, Standing, rank};
use ft_core::{Entropy, Tick};
use ft_cost::Pico;
use ft_limit::Backoff;

use crate::config::{ChainConfig, TargetConfig};
use crate::emergency::Emergency;
use crate::health::Place;
use crate::options::CallOptions;
use crate::target::Target;

/// A chain with its targets in configured order.
pub(crate) struct Chain {
    pub(crate) name: String,
    pub(crate) config: ChainConfig,
    pub(crate) tiers: Vec<Tier>,
    pub(crate) cache: Cache,
    pub(crate) emergency: Option<Emergency>,
}

/// Targets that are as good as each other.
pub(crate) struct Tier {
    pub(crate) name: String,
    pub(crate) order: Order,
    pub(crate) members: Vec<Member>,
}

/// A target in its place.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) target: Arc<Target>,
    /// The tier's number, from 0.
    pub(crate) tier: usize,
    /// How many targets of the chain stand above it.
    pub(crate) level: u32,
    /// A number that targets of the same provider share.
    pub(crate) provider: usize,
}

/// The targets of one request in the order in which they will be asked, and the plan over them.
pub(crate) struct Route {
    pub(crate) members: Vec<Member>,
    /// How the targets stood when the order was made, as configured, and their places in the order.
    pub(crate) standings: Vec<Standing>,
    pub(crate) ranked: Vec<usize>,
    pub(crate) plan: Plan,
}

/// What ordering needs to know of a request.
pub(crate) struct Facts<'a> {
    pub(crate) now: Tick,
    pub(crate) deadline: Tick,
    pub(crate) options: &'a CallOptions,
    /// Whether the spend budget is past its soft mark.
    pub(crate) saving: bool,
    pub(crate) hedge: bool,
    /// Whether this is only to see the order, so that it must change nothing.
    pub(crate) look: bool,
    /// The only model that may be asked, where only one may.
    pub(crate) model: Option<&'a str>,
    /// The cost of this request at a target.
    pub(crate) cost: &'a dyn Fn(&Target) -> Option<Pico>,
}

impl Facts<'_> {
    /// How a target stands for this request. Where it has its tier for itself there is no place to lose.
    ///
    /// A target that is put back for being slow takes a turn, and is asked first at every so many of them. This is the
    /// one place that counts turns, once for each request that makes its order in earnest.
    fn standing(&self, member: &Member, order: Order, contested: bool) -> Standing {
        let target = &*member.target;
        let needs_cost = self.saving || order == Order::Cheapest;
        let keeps_place = match contested.then(|| target.place(self.now)) {
            None | Some(Place::Kept) => true,
            Some(Place::Lost) => false,
            Some(Place::ByTurns) if self.look => target.speed.turn_due(),
            Some(Place::ByTurns) => target.speed.takes_turn(),
        };
        Standing {
            tier: member.tier,
            order,
            keeps_place,
            weight: target.config.weight,
            cost: needs_cost.then(|| (self.cost)(target)).flatten().map(Pico::as_pico),
            first_token: (order == Order::Fastest).then(|| target.speed.mean(self.now)).flatten(),
        }
    }
}

impl Chain {
    /// All its targets, in configured order.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.tiers.iter().flat_map(|tier| &tier.members)
    }

    pub(crate) fn has(&self, provider: &str, model: &str) -> bool {
        self.members().any(|member| member.target.is(provider, model))
    }

    /// How many live targets a call with these options may ask.
    pub(crate) fn targets(&self, options: &CallOptions) -> u32 {
        if options.target.is_some() {
            return 1;
        }
        u32::try_from(self.members().count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn route(&self, facts: &Facts<'_>, draw: &mut Entropy) -> Route {
        let asked = |member: &&Member| match &facts.options.target {
            Some((provider, model)) => member.target.is(provider, model),
            None => facts.model.is_none_or(|model| member.target.model() == model),
        };
        let mut configured: Vec<(&Member, u32)> = Vec::with_capacity(self.members().count());
        let mut standings: Vec<Standing> = Vec::with_capacity(configured.capacity());
        let mut level = 0;
        for tier in &self.tiers {
            let contested =
                facts.look || facts.saving || tier.members.iter().filter(asked).count() > 1;
            for member in tier.members.iter().filter(asked) {
                standings.push(facts.standing(member, tier.order, contested));
                // The levels are those of the targets that may be asked: the only one falls back from none.
                configured.push((member, level));
                level += 1;
            }
        }
        let mut ranked = rank(&standings, facts.saving, draw);
        if facts.options.no_fallback {
            ranked.truncate(1);
        }
        let member = |&at: &usize| {
            let (member, level) = configured[at];
            Member { level, ..member.clone() }
        };
        let members: Vec<Member> = ranked.iter().map(member).collect();
        Route { plan: self.plan(&members, facts, draw), members, standings, ranked }
    }

    fn plan(&self, members: &[Member], facts: &Facts<'_>, draw: &mut Entropy) -> Plan {
        let config = &self.config;
        let targets = members.iter().map(|member| PlannedTarget {
            provider: member.provider,
            tier: member.tier,
            max_attempts: member.target.config.max_attempts,
            credentials: u32::try_from(member.target.provider.credentials.len()).unwrap_or(1),
            prefill: member.target.takes_prefill(),
        });
        let targets: Vec<_> = targets.collect();
        // Every further credential is a further way to the same target.
        let spare = targets.iter().map(|target| target.credentials.saturating_sub(1)).sum::<u32>();
        let twice = u32::try_from(targets.len()).unwrap_or(u32::MAX).saturating_mul(2);
        let backoff = Backoff::transient();
        let repeats = members.iter().map(|member| member.target.config.max_attempts).max();
        let rounds = config.rounds.max(repeats.unwrap_or(1));
        Plan {
            targets,
            rounds: config.rounds,
            max_attempts: facts
                .options
                .max_attempts
                .or(config.max_attempts)
                .unwrap_or(twice.max(rounds).saturating_add(spare)),
            deadline: facts.deadline,
            throttle_patience: config.throttle_patience,
            patience: config.patience,
            same_target_retries: config.same_target_retries,
            filtered_falls_through: config.content_filter_falls_through,
            mid_stream: facts.options.mid_stream.unwrap_or(config.mid_stream),
            hedge: facts.hedge,
            last_resorts: !facts.options.no_fallback,
            emergency: self.emergency.is_some() && !facts.options.no_emergency,
            backoff: (1..rounds).map(|round| backoff.delay(round - 1, None, draw)).collect(),
            quick_backoff: backoff.delay(0, None, draw),
        }
    }
}

/// How much of the deadline is kept for the tiers that are asked after the target at `at`, so that the last one
/// has its turn.
///
/// Each is given the time in which its first content is due, and at most an equal share of what remains.
pub(crate) fn reserve_after(members: &[Member], at: usize, remaining: Duration) -> Duration {
    let rest = &members[at..];
    // The first of each tier below. Gone through twice rather than gathered: there are few, and every attempt asks.
    let firsts = || {
        let first = |&(nth, member): &(usize, &Member)| {
            nth > 0 && rest[..nth].iter().all(|above| above.tier != member.tier)
        };
        rest.iter().enumerate().filter(first).map(|(_, member)| &member.target.config)
    };
    let tiers = 1 + firsts().count();
    let share = remaining / u32::try_from(tiers).unwrap_or(u32::MAX);
    let due = |config: &TargetConfig| config.first_token_timeout.unwrap_or(config.attempt_timeout);
    firsts().fold(Duration::ZERO, |sum, config| sum + due(config).min(share))
}
