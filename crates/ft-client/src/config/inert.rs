//! Settings in a file that could never have an effect, which are errors: whoever wrote them believes in them.
//!
//! Only what is written counts, and only when it says something else than its default: stating a default is
//! documentation. Settings made in code are not checked, since code may set them for another day.

use std::time::Duration;

use ft_core::decide::MidStream;
use ft_cost::Catalogue;

use super::{
    BreakerSettings, CacheSettings, ChainConfig, ClientConfig, Document, InvalidConfig, Mistakes,
    Order, ProviderConfig, SpendSettings, TargetConfig, TierConfig, UnknownPriceSetting,
};

type Checked = Result<(), InvalidConfig>;

pub(super) fn check(found: &mut Mistakes, config: &ClientConfig, document: &Document) {
    // Without prices nothing can be said of them.
    let Some(catalogue) = found.keep(config.catalogue(Catalogue::builtin())) else { return };
    let written = Written { document, config, catalogue };
    for (name, provider) in &config.providers {
        written.provider(found, &format!("providers.{name}"), name, provider);
    }
    for (name, chain) in &config.chains {
        written.chain(found, &format!("chains.{name}"), chain);
    }
    written.breaker(found);
    written.hedge(found);
    if let Some(spend) = &config.spend {
        written.spend(found, spend);
    }
}

struct Written<'a> {
    document: &'a Document,
    config: &'a ClientConfig,
    catalogue: Catalogue,
}

impl Written<'_> {
    /// `wrong` only counts for a field that is written down.
    fn refuse(&self, wrong: bool, field: String, rule: impl Into<String>) -> Checked {
        if wrong && self.document.has(&field) {
            return Err(InvalidConfig::new(field, rule));
        }
        Ok(())
    }

    fn provider(&self, found: &mut Mistakes, field: &str, name: &str, provider: &ProviderConfig) {
        let used = targets(self.config).any(|target| target.provider == name);
        // Without a target, or with one of a provider that is not here, that is what is wrong.
        let known = |target: &TargetConfig| self.config.providers.contains_key(&target.provider);
        let unused =
            !used && targets(self.config).next().is_some() && targets(self.config).all(known);
        found.add(self.refuse(
            unused,
            field.to_owned(),
            "no chain has a target of it; leave it out",
        ));
        let url = provider.base_url.as_str();
        let plain = url.starts_with("http://");
        let (local, part) = (is_loopback(url), |part: &str| format!("{field}.{part}"));
        found.add(self.refuse(
            provider.proxy.is_some() && local,
            part("proxy"),
            "has no effect: an endpoint on this machine is never reached through a proxy",
        ));
        found.add(self.refuse(
            provider.allow_plain_http && (!plain || local),
            part("allow_plain_http"),
            "has no effect: base_url is https://, or on this machine",
        ));
        found.add(self.refuse(
            provider.ca_file.is_some() && plain,
            part("ca_file"),
            "has no effect: base_url is http://, so no certificate is looked at",
        ));
        found.add(self.refuse(
            provider.auth_header.is_some() && provider.keys.is_empty(),
            part("auth_header"),
            "has no effect: there are no keys to put into it",
        ));
        let unknown = provider
            .prices
            .as_deref()
            .is_some_and(|profile| self.catalogue.profiles().all(|known| known != profile));
        let profiles: Vec<_> = self.catalogue.profiles().collect();
        let rule = format!(
            "names a profile that the catalogue does not have; there are: {}",
            profiles.join(", ")
        );
        found.add(self.refuse(unknown, part("prices"), rule));
    }

    fn chain(&self, found: &mut Mistakes, field: &str, chain: &ChainConfig) {
        let alone = chain.tiers.iter().map(|tier| tier.targets.len()).sum::<usize>() < 2;
        found.add(self.refuse(
            chain.content_filter_falls_through && alone,
            format!("{field}.content_filter_falls_through"),
            "has no effect: the chain has one target, and nothing to fall through to",
        ));
        let prefill = chain.tiers.iter().flat_map(|tier| &tier.targets).any(|t| self.prefills(t));
        found.add(self.refuse(
            chain.mid_stream == MidStream::Continue && !prefill,
            format!("{field}.mid_stream"),
            "has no effect: no target of the chain is known to go on from an assistant message; set prefill = true \
             on one that does",
        ));
        let stands_in = chain.emergency.is_some() || !chain.cache.stale_for.is_zero();
        found.add(self.refuse(
            chain.patience != ChainConfig::new([]).patience && !stands_in,
            format!("{field}.patience"),
            "has no effect: nothing stands in when no target answers (cache.stale_for is 0, and there is no emergency \
             text), so the deadline bounds the waits",
        ));
        found.add(self.refuse(
            chain.patience > chain.deadline,
            format!("{field}.patience"),
            "must not be longer than the chain's deadline, or it never ends a wait",
        ));
        let nothing = chain.cache.fresh_for.is_zero() && chain.cache.stale_for.is_zero();
        found.add(self.refuse(
            nothing && chain.cache.capacity != CacheSettings::default().capacity,
            format!("{field}.cache.capacity"),
            "has no effect: fresh_for and stale_for are 0, so no answer is kept",
        ));
        for (at, tier) in chain.tiers.iter().enumerate() {
            self.tier(found, &format!("{field}.tiers[{at}]"), chain, tier);
        }
    }

    fn tier(&self, found: &mut Mistakes, field: &str, chain: &ChainConfig, tier: &TierConfig) {
        found.add(self.refuse(
            tier.order != Order::Ordered && tier.targets.len() < 2,
            format!("{field}.order"),
            "has no effect: the tier has one target",
        ));
        for (at, target) in tier.targets.iter().enumerate() {
            let field = format!("{field}.targets[{at}]");
            found.add(self.refuse(
                target.weight != 1 && tier.order != Order::Weighted,
                format!("{field}.weight"),
                "has no effect: the tier's order is not \"weighted\"",
            ));
            self.target(found, &field, chain, target);
        }
    }

    fn target(
        &self,
        found: &mut Mistakes,
        field: &str,
        chain: &ChainConfig,
        target: &TargetConfig,
    ) {
        let part = |part: &str| format!("{field}.{part}");
        found.add(self.refuse(
            target.max_attempts > 1 && target.max_attempts <= chain.rounds,
            part("max_attempts"),
            format!("has no effect: the chain's {} rounds ask it as often already", chain.rounds),
        ));
        let usual = TargetConfig::new("", "");
        let never = |timer: Duration| timer > chain.deadline && !chain.deadline.is_zero();
        let rule = "must not be longer than the chain's deadline, or it never ends anything";
        found.add(self.refuse(
            never(target.attempt_timeout) && target.attempt_timeout != usual.attempt_timeout,
            part("attempt_timeout"),
            rule,
        ));
        found.add(self.refuse(
            target.first_token_timeout.is_some_and(never),
            part("first_token_timeout"),
            rule,
        ));
        found.add(self.refuse(
            target.idle_timeout >= target.stream_timeout
                && target.idle_timeout != usual.idle_timeout,
            part("idle_timeout"),
            "must be shorter than stream_timeout, or it never ends anything",
        ));
        let late = |slow| target.first_token_timeout.is_some_and(|first| slow > first);
        found.add(self.refuse(
            target.slow_after.is_some_and(late),
            part("slow_after"),
            "must not be longer than first_token_timeout, or no first token ever counts as slow",
        ));
    }

    /// Settings of a breaker that nothing opens.
    fn breaker(&self, found: &mut Mistakes) {
        let breaker = &self.config.breaker;
        let trips = breaker.consecutive_failures.is_some()
            || breaker.failure_ratio.is_some()
            || breaker.slow.is_some();
        let default = BreakerSettings::default();
        found.add(self.refuse(
            breaker.consecutive_failures.is_none()
                && breaker.consecutive_over != default.consecutive_over,
            "breaker.consecutive_over".to_owned(),
            "has no effect: consecutive_failures is off",
        ));
        for (part, same) in [
            ("open_for", breaker.open_for == default.open_for),
            ("growth", (breaker.growth - default.growth).abs() < f64::EPSILON),
            (
                "max_concurrent_probes",
                breaker.max_concurrent_probes == default.max_concurrent_probes,
            ),
            ("successes_to_close", breaker.successes_to_close == default.successes_to_close),
        ] {
            found.add(self.refuse(
                !trips && !same,
                format!("breaker.{part}"),
                "has no effect: consecutive_failures, failure_ratio and slow are all off, so nothing opens a breaker",
            ));
        }
    }

    fn hedge(&self, found: &mut Mistakes) {
        let apart = |chain: &ChainConfig| {
            let mut targets = chain.tiers.iter().flat_map(|tier| &tier.targets);
            let first = targets.next();
            targets.any(|target| first.is_some_and(|first| first.provider != target.provider))
        };
        found.add(self.refuse(
            self.config.hedge.is_some() && !self.config.chains.values().any(apart),
            "hedge".to_owned(),
            "has no effect: a hedge goes to another provider, and no chain has targets of two",
        ));
    }

    fn spend(&self, found: &mut Mistakes, spend: &SpendSettings) {
        let alone = |chain: &ChainConfig| {
            chain.tiers.iter().map(|tier| tier.targets.len()).sum::<usize>() < 2
        };
        found.add(self.refuse(
            spend.soft < 1.0 && self.config.chains.values().all(alone) && !is_default(spend.soft),
            "spend.soft".to_owned(),
            "has no effect: every chain has one target, and nothing cheaper to prefer",
        ));
        if spend.unknown_price == UnknownPriceSetting::Warn {
            return;
        }
        for (name, chain) in &self.config.chains {
            for (tier, config) in chain.tiers.iter().enumerate() {
                for (at, target) in config.targets.iter().enumerate() {
                    let field = format!("chains.{name}.tiers[{tier}].targets[{at}]");
                    let rule = format!(
                        "is never asked: [spend] skips a target without a price, and the profile `{}` has none for \
                         `{}`; add a row to [[models]], or set unknown_price = \"warn\"",
                        self.config.profile_of(target),
                        target.model
                    );
                    // Of a provider that is given in code the profile is not known here.
                    let known = self.config.providers.contains_key(&target.provider);
                    found.add(self.refuse(known && !self.has_price(target), field, rule));
                }
            }
        }
    }

    fn has_price(&self, target: &TargetConfig) -> bool {
        let row = self.catalogue.row(self.config.profile_of(target), &target.model);
        row.is_some_and(|row| !row.prices.is_empty())
    }

    fn prefills(&self, target: &TargetConfig) -> bool {
        let card = || self.catalogue.card(self.config.profile_of(target), &target.model);
        target.prefill.unwrap_or_else(|| card().is_some_and(|card| card.capabilities.prefill))
    }
}

fn targets(config: &ClientConfig) -> impl Iterator<Item = &TargetConfig> {
    config.chains.values().flat_map(|chain| &chain.tiers).flat_map(|tier| &tier.targets)
}

fn is_default(soft: f64) -> bool {
    (soft - super::spend::SOFT).abs() < f64::EPSILON
}

/// Whether a URL names this machine, as far as its text says so.
fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
