//! What a configuration will do, as JSON. No key and no hash beyond its first eight digits is in it.

use std::path::Path;

use ft_client::config::{ChainConfig, ClientConfig, InvalidConfig, TargetConfig};
use ft_core::UnixMillis;
use ft_core::decide::MidStream;
use ft_cost::{Catalogue, SpendPer};
use ft_gateway::config::{CallerConfig, GatewayConfig};
use serde_json::{Map, Value, json};

use super::notes::{Note, profile};

/// What is wrong.
pub(super) fn wrong(wrong: &InvalidConfig) -> Value {
    let one = |wrong: &InvalidConfig| {
        json!({
            "file": wrong.file(),
            "line": wrong.line(),
            "field": wrong.field(),
            "rule": wrong.rule(),
        })
    };
    let all: Vec<_> = wrong.all().map(one).collect();
    json!({"ok": false, "error": all[0], "errors": all})
}

/// That the file cannot be read.
pub(super) fn unread(file: &Path, sentence: &str) -> Value {
    json!({
        "ok": false,
        "error": { "file": file.display().to_string(), "line": null, "field": null, "rule": sentence },
    })
}

/// What it will do.
pub(super) fn of(
    config: &GatewayConfig,
    catalogue: &Catalogue,
    wall: UnixMillis,
    notes: &[Note],
) -> Value {
    let GatewayConfig { client, server, callers, .. } = config;
    let chains: Map<_, _> = client
        .chains
        .iter()
        .map(|(name, each)| (name.clone(), chain(client, each, catalogue, wall)))
        .collect();
    let callers: Map<_, _> =
        callers.iter().map(|(name, each)| (name.clone(), caller(each))).collect();
    let notes: Vec<_> =
        notes.iter().map(|note| json!({ "target": note.target, "says": note.says })).collect();
    json!({
        "ok": true,
        "chains": chains,
        "breaker": client.breaker,
        "limits": client.limits,
        "hedge": client.hedge,
        "spend": client.spend.as_ref().map(|spend| json!({
            "limit": spend.limit,
            "per": per(spend.per),
            "soft": spend.soft,
            "unknown_price": spend.unknown_price,
        })),
        "server": {
            "listen": server.listen,
            "admin": server.admin,
            "admin_needs_a_key": !server.admin_key_sha256.is_empty(),
        },
        "callers": callers,
        "notes": notes,
    })
}

fn chain(
    config: &ClientConfig,
    chain: &ChainConfig,
    catalogue: &Catalogue,
    wall: UnixMillis,
) -> Value {
    let tiers: Vec<_> = chain
        .tiers
        .iter()
        .map(|tier| {
            let targets: Vec<_> =
                tier.targets.iter().map(|each| target(config, each, catalogue, wall)).collect();
            json!({ "name": tier.name, "order": tier.order, "targets": targets })
        })
        .collect();
    json!({
        "deadline_seconds": chain.deadline.as_secs_f64(),
        "rounds": chain.rounds,
        "max_attempts": chain.max_attempts,
        "commit": chain.commit,
        "mid_stream": match chain.mid_stream {
            MidStream::Fail => "fail",
            MidStream::Continue => "continue",
        },
        "throttle_patience_seconds": chain.throttle_patience.as_secs_f64(),
        "patience_seconds": chain.patience.as_secs_f64(),
        "same_target_retries": chain.same_target_retries,
        "cache": chain.cache,
        "emergency": chain.emergency.is_some(),
        "max_tokens": chain.max_tokens,
        "tiers": tiers,
    })
}

fn target(
    config: &ClientConfig,
    target: &TargetConfig,
    catalogue: &Catalogue,
    wall: UnixMillis,
) -> Value {
    let profile = profile(config, target);
    let row = catalogue.row(profile, &target.model);
    let price = row.and_then(|row| row.price(wall));
    json!({
        "provider": target.provider,
        "model": target.model,
        "prices": profile,
        "price_per_million": price.map(|price| json!({
            "input": price.rates.input,
            "output": price.rates.output,
            "cached_input": price.rates.cached_input,
            "as_of": price.as_of.to_string(),
        })),
        "context_window": target.context_window.or(row.map(|row| row.card.context_window)),
        "deprecated_on": row.and_then(|row| row.card.deprecated_on.clone()),
        "first_token_timeout_seconds": target.first_token_timeout.map(|time| time.as_secs_f64()),
        "idle_timeout_seconds": target.idle_timeout.as_secs_f64(),
        "attempt_timeout_seconds": target.attempt_timeout.as_secs_f64(),
        "stream_timeout_seconds": target.stream_timeout.as_secs_f64(),
        "max_attempts": target.max_attempts,
        "in_flight": target.in_flight,
        "upstream": target.upstream,
        "weight": target.weight,
    })
}

fn caller(caller: &CallerConfig) -> Value {
    let keys: Vec<_> =
        caller.key_sha256.iter().map(|hash| hash.to_string()[..8].to_owned()).collect();
    json!({
        "keys": keys,
        "chains": caller.chains,
        "models": caller.models,
        "requests_per_minute": caller.requests_per_minute,
        "spend": caller
            .spend
            .as_ref()
            .map(|spend| json!({ "limit": spend.limit, "per": per(spend.per) })),
        "cache": caller.cache,
    })
}

const fn per(window: SpendPer) -> &'static str {
    match window {
        SpendPer::Hour => "hour",
        SpendPer::Day => "day",
        SpendPer::Month => "month",
        SpendPer::Total => "total",
    }
}
