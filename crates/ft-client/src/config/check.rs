//! What a configuration must hold, beside what each mechanism checks of its own part.

use std::time::Duration;

use super::{
    ChainConfig, ClientConfig, InvalidConfig, Mistakes, ProviderConfig, TargetConfig, UpstreamMode,
};

impl ClientConfig {
    /// What can be said before anything is built.
    pub(crate) fn check(&self) -> Result<(), InvalidConfig> {
        let rule = "is empty; a client needs at least one chain with one tier of one target";
        let mut found = Mistakes::default();
        found.add(self::rule(!self.chains.is_empty(), "chains", rule));
        parts(&mut found, self);
        found.end()
    }
}

/// What must hold of each part, also while a builder may still add others.
pub(super) fn parts(found: &mut Mistakes, config: &ClientConfig) {
    for (name, each) in &config.providers {
        provider(found, name, each);
    }
    for (name, each) in &config.chains {
        found.add(rule(!name.trim().is_empty(), "chains", "has a chain without a name"));
        chain(found, &format!("chains.{name}"), each);
    }
    if let Some(hedge) = &config.hedge {
        let holds = hedge.share > 0.0 && hedge.share <= 0.5;
        found.add(rule(holds, "hedge.share", "must be a number above 0 and at most 0.5"));
        found.add(rule(
            (1..=99).contains(&hedge.percentile),
            "hedge.percentile",
            "must be from 1 to 99",
        ));
    }
}

fn provider(found: &mut Mistakes, name: &str, provider: &ProviderConfig) {
    found.add(rule(!name.trim().is_empty(), "providers", "has a provider without a name"));
    let field = format!("providers.{name}");
    // Callers ask for `provider/model`, and a model's name may have a slash.
    found.add(rule(!name.contains('/'), &field, "must not have a slash in its name"));
    span(found, &format!("{field}.connect_timeout"), provider.connect_timeout);
    for (at, key) in provider.keys.iter().enumerate() {
        let again = provider.keys[..at].contains(key);
        let advice = "is the same as an earlier one; a key that is out twice is no help";
        found.add(rule(!again, &format!("{field}.keys[{at}]"), advice));
    }
}

fn chain(found: &mut Mistakes, field: &str, chain: &ChainConfig) {
    found.add(rule(
        !chain.tiers.is_empty(),
        &format!("{field}.tiers"),
        "is empty; a chain needs at least one tier",
    ));
    span(found, &format!("{field}.deadline"), chain.deadline);
    found.add(rule(
        (1..=10).contains(&chain.rounds),
        &format!("{field}.rounds"),
        "must be from 1 to 10",
    ));
    found.add(rule(
        chain.max_attempts != Some(0),
        &format!("{field}.max_attempts"),
        "must be at least 1",
    ));
    found.add(rule(
        chain.max_tokens != Some(0),
        &format!("{field}.max_tokens"),
        "must be at least 1",
    ));
    let patience = chain.throttle_patience < chain.deadline || chain.deadline.is_zero();
    found.add(rule(
        patience,
        &format!("{field}.throttle_patience"),
        "must be shorter than the deadline",
    ));
    let retries = format!("{field}.same_target_retries");
    found.add(rule(chain.same_target_retries <= 10, &retries, "must be from 0 to 10"));
    let blank = chain.emergency.as_deref().is_some_and(|text| text.trim().is_empty());
    found.add(rule(
        !blank,
        &format!("{field}.emergency"),
        "is empty; leave it out to get an error instead",
    ));
    let mut names = Vec::new();
    for (at, tier) in chain.tiers.iter().enumerate() {
        let field = format!("{field}.tiers[{at}]");
        found.add(rule(!tier.name.trim().is_empty(), &format!("{field}.name"), "is empty"));
        let reserved = matches!(tier.name.as_str(), "cache" | "emergency" | "none");
        found.add(rule(
            !reserved,
            &format!("{field}.name"),
            "must not be `cache`, `emergency` or `none`",
        ));
        found.add(rule(
            !names.contains(&&tier.name),
            &format!("{field}.name"),
            "is given to an earlier tier",
        ));
        names.push(&tier.name);
        found.add(rule(
            !tier.targets.is_empty(),
            &format!("{field}.targets"),
            "is empty; a tier needs a target",
        ));
        for (place, each) in tier.targets.iter().enumerate() {
            target(found, &format!("{field}.targets[{place}]"), each);
            let same =
                |other: &TargetConfig| other.provider == each.provider && other.model == each.model;
            let earlier = chain.tiers[..at].iter().flat_map(|tier| &tier.targets);
            let twice = earlier.chain(&tier.targets[..place]).any(same);
            found.add(rule(
                !twice,
                &format!("{field}.targets[{place}].model"),
                "stands in this chain already",
            ));
        }
    }
}

fn target(found: &mut Mistakes, field: &str, target: &TargetConfig) {
    found.add(rule(!target.model.trim().is_empty(), &format!("{field}.model"), "is empty"));
    span(found, &format!("{field}.attempt_timeout"), target.attempt_timeout);
    span(found, &format!("{field}.idle_timeout"), target.idle_timeout);
    span(found, &format!("{field}.stream_timeout"), target.stream_timeout);
    if let Some(first) = target.first_token_timeout {
        span(found, &format!("{field}.first_token_timeout"), first);
        let shorter = first <= target.attempt_timeout;
        found.add(rule(
            shorter,
            &format!("{field}.first_token_timeout"),
            "must not be longer than attempt_timeout",
        ));
        // A plain answer has no first token that could be seen.
        let seen = target.upstream == UpstreamMode::Stream;
        found.add(rule(
            seen,
            &format!("{field}.first_token_timeout"),
            "cannot hold for plain answers; set upstream = \"stream\" as well",
        ));
    }
    if let Some(slow) = target.slow_after {
        span(found, &format!("{field}.slow_after"), slow);
    }
    found.add(rule(
        (1..=10).contains(&target.max_attempts),
        &format!("{field}.max_attempts"),
        "must be from 1 to 10",
    ));
    found.add(rule(
        target.context_window != Some(0),
        &format!("{field}.context_window"),
        "must be at least 1",
    ));
    found.add(rule(
        target.weight > 0,
        &format!("{field}.weight"),
        "must be at least 1; leave the target out instead",
    ));
}

fn span(found: &mut Mistakes, field: &str, span: Duration) {
    found.add(rule(!span.is_zero(), field, "must be longer than zero"));
    found.add(rule(
        span <= Duration::from_secs(24 * 60 * 60),
        field,
        "must not be longer than 24 hours",
    ));
}

fn rule(holds: bool, field: &str, rule: &str) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(field, rule)) }
}
