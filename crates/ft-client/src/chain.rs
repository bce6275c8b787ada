//! A chain as it runs, and the order in which one request will ask its targets.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use ft_cache::Cache;
use ft_core::decide::{Plan, PlannedTarget};
use ft_core::{Entropy, Tick};
use ft_cost::Pico;
use ft_limit::Backoff;

use crate::config::{ChainConfig, Order, TargetConfig};
use crate::emergency::Emergency;
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
        let mut members: Vec<Member> =
            Vec::with_capacity(self.tiers.iter().map(|tier| tier.members.len()).sum());
        let asked = |member: &&Member| match &facts.options.target {
            Some((provider, model)) => member.target.is(provider, model),
            None => facts.model.is_none_or(|model| member.target.model() == model),
        };
        let mut level = 0;
        for tier in &self.tiers {
            let from = members.len();
            // The levels are those of the targets that may be asked: the only one falls back from none.
            members.extend(tier.members.iter().filter(asked).map(|member| {
                level += 1;
                Member { level: level - 1, ..member.clone() }
            }));
            rank(&mut members[from..], tier.order, facts, draw);
        }
        if facts.saving {
            // Past the soft mark money counts more than quality.
            members.sort_by_cached_key(|member| {
                (!member.target.keeps_its_place(facts.now, facts.look), expense(member, facts))
            });
        }
        if facts.options.no_fallback {
            members.truncate(1);
        }
        Route { plan: self.plan(&members, facts, draw), members }
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

fn rank(members: &mut [Member], order: Order, facts: &Facts<'_>, draw: &mut Entropy) {
    match order {
        Order::Ordered => {}
        Order::Cheapest => members.sort_by_cached_key(|member| expense(member, facts)),
        Order::Fastest => {
            members.sort_by_cached_key(|member| {
                member.target.speed.mean(facts.now).unwrap_or_default()
            });
        }
        Order::Weighted => shuffle_by_weight(members, draw),
    }
    if members.len() > 1 {
        members.sort_by_cached_key(|member| !member.target.keeps_its_place(facts.now, facts.look));
    }
}

/// Without a price comes last: unknown is not cheap.
fn expense(member: &Member, facts: &Facts<'_>) -> (bool, Option<Pico>) {
    let cost = (facts.cost)(&member.target);
    (cost.is_none(), cost)
}

/// Each place goes to one of those left, in proportion to its weight.
fn shuffle_by_weight(members: &mut [Member], draw: &mut Entropy) {
    for place in 0..members.len() {
        let weight = |member: &Member| u64::from(member.target.config.weight);
        let total: u64 = members[place..].iter().map(weight).sum();
        let mut drawn = draw.below(total);
        let at = members[place..].iter().position(|member| {
            let weight = weight(member);
            let here = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            here
        });
        members[place..=place + at.unwrap_or(0)].rotate_right(1);
    }
    members.sort_by_key(|member| Reverse(member.target.config.weight > 0));
}
