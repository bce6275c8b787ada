//! What a configuration will do, for people.

use ft_client::config::units::{bytes, duration};
use ft_client::config::{
    ChainConfig, ClientConfig, Commit, Order, TargetConfig, UnknownPriceSetting,
};
use ft_core::UnixMillis;
use ft_core::decide::MidStream;
use ft_cost::{Catalogue, SpendPer};
use ft_gateway::config::{CacheScope, CallerConfig, GatewayConfig};

use super::notes::{Note, profile};
use crate::figures::{grouped, short};
use crate::ink::{Ink, Line};
use crate::output::for_terminal;
use crate::table::{Side, Table};

pub(super) fn of(
    name: &str,
    config: &GatewayConfig,
    catalogue: &Catalogue,
    wall: UnixMillis,
    notes: &[Note],
) -> Vec<Line> {
    let mut lines = vec![Line::of(Ink::Good, for_terminal(name)).and(Ink::Good, " can be used")];
    for (name, each) in &config.client.chains {
        lines.push(Line::new());
        lines.push(Line::of(Ink::Plain, "chain ").and(Ink::Bold, for_terminal(name)));
        lines.extend(about(each).into_iter().map(|text| Line::of(Ink::Plain, text)));
        lines.extend(targets(&config.client, each, catalogue, wall));
    }
    lines.push(Line::new());
    lines.extend(common(&config.client));
    lines.extend(listeners(config));
    lines.extend(callers(config));
    if !notes.is_empty() {
        lines.push(Line::new());
        lines.push(Line::of(Ink::Warn, "to look at"));
    }
    for note in notes {
        let target = format!("  {}: ", for_terminal(&note.target));
        lines.push(Line::of(Ink::Plain, target).and(Ink::Warn, for_terminal(&note.says)));
    }
    lines
}

fn about(chain: &ChainConfig) -> Vec<String> {
    let targets: usize = chain.tiers.iter().map(|tier| tier.targets.len()).sum();
    let rounds =
        if chain.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", chain.rounds) };
    let attempts = match chain.max_attempts {
        Some(most) => format!("at most {most} attempts"),
        None if targets == 1 => "1 target".to_owned(),
        None => format!("{targets} targets"),
    };
    let mut first = format!("  deadline {}, {rounds}, {attempts}", duration::show(chain.deadline));
    if !chain.throttle_patience.is_zero() {
        let patience = duration::show(chain.throttle_patience);
        first.push_str(&format!("; a throttled target is waited for up to {patience}"));
    }
    let usual = ChainConfig::new([]);
    if chain.patience != usual.patience {
        let patience = duration::show(chain.patience);
        first.push_str(&format!("; waits end after {patience} where something stands in"));
    }
    match chain.same_target_retries {
        same if same == usual.same_target_retries => {}
        0 => first.push_str("; no second try after a quick failure"),
        more => first.push_str(&format!("; {more} second tries after quick failures")),
    }
    let streams = match (chain.commit, chain.mid_stream) {
        (Commit::Complete, _) => "held until they ended well",
        (Commit::FirstContent, MidStream::Fail) => {
            "passed on from their first content; one that breaks is an error"
        }
        (Commit::FirstContent, MidStream::Continue) => {
            "passed on from their first content; another target goes on when one breaks"
        }
    };
    let cache = &chain.cache;
    let fresh = match (cache.fresh_for.is_zero(), cache.stale_for.is_zero()) {
        (true, true) => "none".to_owned(),
        (true, false) => {
            format!("stands in for {} when every target fails", duration::show(cache.stale_for))
        }
        (false, true) => format!("answers for {}", duration::show(cache.fresh_for)),
        (false, false) => format!(
            "answers for {}, then stands in for {}",
            duration::show(cache.fresh_for),
            duration::show(cache.stale_for)
        ),
    };
    let room =
        if fresh == "none" { String::new() } else { format!(", {}", bytes::show(cache.capacity)) };
    let last = if chain.emergency.is_some() { "an emergency text" } else { "an error" };
    vec![
        first,
        format!("  streams are {streams}"),
        format!("  cache: {fresh}{room}; at the end {last}"),
    ]
}

fn targets(
    config: &ClientConfig,
    chain: &ChainConfig,
    catalogue: &Catalogue,
    wall: UnixMillis,
) -> Vec<Line> {
    let mut table = Table::new(&[
        ("TIER", Side::Left),
        ("TARGET", Side::Left),
        ("IN $/M", Side::Right),
        ("OUT", Side::Right),
        ("WINDOW", Side::Right),
        ("FIRST", Side::Right),
        ("IDLE", Side::Right),
        ("WHOLE", Side::Right),
    ]);
    for tier in &chain.tiers {
        for (at, target) in tier.targets.iter().enumerate() {
            let row = catalogue.row(profile(config, target), &target.model);
            let price = row.and_then(|row| row.price(wall));
            let window = target.context_window.or(row.map(|row| row.card.context_window));
            let unknown = || "?".to_owned();
            let cells = [
                (Ink::Plain, if at == 0 { tier.name.clone() } else { String::new() }),
                (Ink::Bold, format!("{}/{}", target.provider, target.model)),
                (
                    Ink::Plain,
                    price.map_or_else(unknown, |price| format!("{:.2}", price.rates.input)),
                ),
                (
                    Ink::Plain,
                    price.map_or_else(unknown, |price| format!("{:.2}", price.rates.output)),
                ),
                (Ink::Plain, window.map_or_else(unknown, short)),
                (
                    Ink::Plain,
                    target.first_token_timeout.map_or_else(|| "–".to_owned(), duration::show),
                ),
                (Ink::Plain, duration::show(target.idle_timeout)),
                (Ink::Plain, duration::show(target.attempt_timeout)),
            ];
            table.row(cells);
        }
    }
    let mut lines = table.lines(2);
    for tier in &chain.tiers {
        let order = match tier.order {
            Order::Ordered => continue,
            Order::Cheapest => "the cheapest for the request first",
            Order::Fastest => "the fastest first",
            Order::Weighted => "by chance, in proportion to their weights",
        };
        lines.push(Line::of(Ink::Plain, format!("  {}: {order}", for_terminal(&tier.name))));
    }
    for target in chain.tiers.iter().flat_map(|tier| &tier.targets) {
        let special = special(target);
        if !special.is_empty() {
            let name = for_terminal(&format!("{}/{}", target.provider, target.model));
            lines.push(Line::of(Ink::Plain, format!("  {name}: {}", special.join(", "))));
        }
    }
    lines
}

/// What of a target is not as usual, and not in the table.
fn special(target: &TargetConfig) -> Vec<String> {
    let usual = TargetConfig::new("", "");
    let mut special = Vec::new();
    if target.max_attempts != usual.max_attempts {
        special.push(format!("asked up to {} times", target.max_attempts));
    }
    if target.in_flight != usual.in_flight {
        special.push(format!("at most {} calls in flight", target.in_flight));
    }
    if target.weight != usual.weight {
        special.push(format!("weight {}", target.weight));
    }
    if let Some(slow) = target.slow_after {
        special.push(format!("slow from {}", duration::show(slow)));
    }
    match target.prefill {
        Some(true) => special.push("goes on from an assistant message".to_owned()),
        Some(false) => special.push("does not go on from an assistant message".to_owned()),
        None => {}
    }
    special
}

fn common(config: &ClientConfig) -> Vec<Line> {
    let breaker = &config.breaker;
    let mut trips = Vec::new();
    if let Some(failures) = breaker.consecutive_failures {
        let over = match breaker.consecutive_over {
            over if over.is_zero() || failures == 1 => String::new(),
            over => format!(" over {}", duration::show(over)),
        };
        trips.push(format!("{failures} failures in a row{over}"));
    }
    if let Some(ratio) = &breaker.failure_ratio {
        let within = duration::show(ratio.within);
        let share = ratio.over * 100.0;
        trips.push(format!("{share:.0} % failures of {} calls in {within}", ratio.of_at_least));
    }
    if let Some(slow) = &breaker.slow {
        let (threshold, within) = (duration::show(slow.threshold), duration::show(slow.within));
        let share = slow.over * 100.0;
        trips.push(format!(
            "{share:.0} % slower than {threshold} of {} calls in {within}",
            slow.of_at_least
        ));
    }
    let opens = if trips.is_empty() { "never".to_owned() } else { trips.join(",\n         or ") };
    let mut lines = vec![
        format!("breaker  opens on {opens}"),
        format!(
            "         for {}; closes after {} good probes, {} at once",
            duration::show(breaker.open_for),
            breaker.successes_to_close,
            breaker.max_concurrent_probes
        ),
    ];
    lines.push(match &config.spend {
        None => "spend    no limit".to_owned(),
        Some(spend) => format!(
            "spend    {:.2} {}; cheaper targets first from {:.0} %; unknown prices are {}",
            spend.limit,
            per(spend.per),
            spend.soft * 100.0,
            match spend.unknown_price {
                UnknownPriceSetting::Deny => "skipped",
                UnknownPriceSetting::Warn => "asked",
            }
        ),
    });
    if let Some(hedge) = &config.hedge {
        lines.push(format!(
            "hedge    {:.0} % of requests, after the {}th percentile of the first token",
            hedge.share * 100.0,
            hedge.percentile
        ));
    }
    lines.into_iter().map(|line| Line::of(Ink::Plain, line)).collect()
}

fn listeners(config: &GatewayConfig) -> Vec<Line> {
    let server = &config.server;
    let keys = |none: bool| if none { "no key" } else { "with a key" };
    let admin = match server.admin {
        None => "none".to_owned(),
        Some(at) => format!("http://{at}/, {}", keys(server.admin_key_sha256.is_empty())),
    };
    vec![
        Line::of(
            Ink::Plain,
            format!("callers  http://{}/v1, {}", server.listen, keys(config.callers.is_empty())),
        ),
        Line::of(Ink::Plain, format!("admin    {admin}")),
    ]
}

fn callers(config: &GatewayConfig) -> Vec<Line> {
    if config.callers.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[
        ("CALLER", Side::Left),
        ("KEYS", Side::Left),
        ("MAY ASK", Side::Left),
        ("A MINUTE", Side::Right),
        ("SPEND", Side::Left),
        ("CACHE", Side::Left),
    ]);
    for (name, caller) in &config.callers {
        let keys: Vec<_> =
            caller.key_sha256.iter().map(|hash| hash.to_string()[..8].to_owned()).collect();
        let cache = match caller.cache {
            CacheScope::Own => "own",
            CacheScope::Shared => "shared",
        };
        let spend = caller.spend.as_ref();
        table.row([
            (Ink::Bold, name.clone()),
            (Ink::Plain, keys.join(" ")),
            (Ink::Plain, may_ask(caller)),
            (
                Ink::Plain,
                caller.requests_per_minute.map_or_else(|| "–".to_owned(), |n| grouped(n.into())),
            ),
            (
                Ink::Plain,
                spend.map_or_else(|| "–".to_owned(), |s| format!("{:.2} {}", s.limit, per(s.per))),
            ),
            (Ink::Plain, cache.to_owned()),
        ]);
    }
    std::iter::once(Line::new()).chain(table.lines(0)).collect()
}

fn may_ask(caller: &CallerConfig) -> String {
    let names: Vec<_> =
        caller.chains.iter().flatten().chain(caller.models.iter().flatten()).cloned().collect();
    if names.is_empty() { "everything".to_owned() } else { names.join(" ") }
}

pub(super) const fn per(window: SpendPer) -> &'static str {
    match window {
        SpendPer::Hour => "an hour",
        SpendPer::Day => "a day",
        SpendPer::Month => "a month",
        SpendPer::Total => "in all",
    }
}
