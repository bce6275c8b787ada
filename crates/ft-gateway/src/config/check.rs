//! What a gateway's configuration must hold, beside what its client checks.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use ft_client::config::{
    ClientConfig, InvalidConfig, Mistakes, SpendSettings, TargetConfig, UnknownPriceSetting,
};
use ft_client::cost::Catalogue;

use super::{CallerConfig, GatewayConfig, KeyHash, ServerConfig};

type Checked = Result<(), InvalidConfig>;

pub(super) fn check(found: &mut Mistakes, config: &GatewayConfig) {
    server(found, &config.server);
    listeners(found, config);
    origins(found, config);
    providers(found, &config.client);
    for name in config.client.chains.keys() {
        let taken = targets(&config.client).any(|target| named(target) == *name);
        let advice =
            "is also the name of a target, and callers could not ask for both; rename the chain";
        found.add(rule(!taken, &format!("chains.{name}"), advice));
    }
    let budgets = config.callers.values().any(|caller| caller.spend.is_some());
    let catalogue = match budgets {
        true => found
            .keep(config.client.catalogue(Catalogue::builtin()))
            .unwrap_or_else(Catalogue::builtin),
        false => Catalogue::builtin(),
    };
    let known = Known::of(&config.client);
    let mut keys = Keys::default();
    for (at, hash) in config.server.admin_key_sha256.iter().enumerate() {
        keys.add(found, *hash, format!("server.admin_key_sha256[{at}]"));
    }
    for (name, each) in &config.callers {
        let field = format!("callers.{name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        found.add(rule(
            (1..=64).contains(&name.len()) && name.chars().all(plain),
            &field,
            "must have a name of 1 to 64 letters, digits, `.`, `_` or `-`: it is a label in metrics",
        ));
        caller(found, &field, each, &config.client, &catalogue, &known);
        for (at, hash) in each.key_sha256.iter().enumerate() {
            keys.add(found, *hash, format!("{field}.key_sha256[{at}]"));
        }
    }
}

/// Each target's provider must be there. Building the client would tell the first only.
fn providers(found: &mut Mistakes, client: &ClientConfig) {
    let known: Vec<_> = client.providers.keys().map(String::as_str).collect();
    for (name, chain) in &client.chains {
        for (at, tier) in chain.tiers.iter().enumerate() {
            for (place, target) in tier.targets.iter().enumerate() {
                let field = format!("chains.{name}.tiers[{at}].targets[{place}].provider");
                let there = client.providers.contains_key(&target.provider);
                let (given, known) = (&target.provider, known.join(", "));
                let advice = format!("names the provider `{given}`; there are: {known}");
                found.add(rule(there, &field, &advice));
            }
        }
    }
}

/// Who can reach it must have a key.
fn listeners(found: &mut Mistakes, config: &GatewayConfig) {
    let GatewayConfig { server, callers, .. } = config;
    found.add(rule(
        !callers.is_empty() || server.listen.ip().is_loopback(),
        "server.listen",
        "would serve whoever reaches it, as there are no callers: run `ft key new NAME` and add [callers.NAME], or \
         listen on 127.0.0.1",
    ));
    let Some(admin) = server.admin else {
        let advice = "has no effect: admin is false";
        found.add(rule(server.admin_key_sha256.is_empty(), "server.admin_key_sha256", advice));
        return;
    };
    found.add(rule(
        admin.ip().is_loopback() || !server.admin_key_sha256.is_empty(),
        "server.admin",
        "would obey whoever reaches it: run `ft key new` and set admin_key_sha256, or use 127.0.0.1",
    ));
    // Port 0 is a free one, another for each.
    found.add(rule(
        admin != server.listen || admin.port() == 0,
        "server.admin",
        "must differ from listen",
    ));
}

/// Which pages may ask: as browsers write them, or they would never be met.
fn origins(found: &mut Mistakes, config: &GatewayConfig) {
    let listed = &config.server.cors_origins;
    for (at, origin) in listed.iter().enumerate() {
        let field = format!("server.cors_origins[{at}]");
        if origin == "*" {
            found.add(rule(listed.len() == 1, &field, "is every page; leave the others out"));
            let advice = "would let every page of the web spend the money of this machine, as there are no callers: run \
                          `ft key new NAME` and add [callers.NAME], or list the pages";
            found.add(rule(!config.callers.is_empty(), &field, advice));
            continue;
        }
        let plain = origin.parse::<http::Uri>().is_ok_and(|uri| {
            let whole = uri.scheme_str().zip(uri.authority().map(http::uri::Authority::as_str));
            whole.is_some_and(|(scheme, host)| {
                *origin == format!("{scheme}://{host}").to_lowercase()
            })
        });
        let advice = "must be an origin in small letters and without a path, such as \"https://chat.example.com\"";
        found.add(rule(plain, &field, advice));
    }
}

fn server(found: &mut Mistakes, server: &ServerConfig) {
    for (field, value, range, advice) in [
        ("max_body", server.max_body, 1 << 10..=64 << 20, "must be from 1KiB to 64MiB"),
        // Less than what an HTTP/1 reader begins with.
        (
            "max_header_bytes",
            server.max_header_bytes,
            8 << 10..=1 << 20,
            "must be from 8KiB to 1MiB",
        ),
        (
            "max_connections",
            server.max_connections.into(),
            1..=1_000_000,
            "must be from 1 to 1000000",
        ),
        ("max_streams", server.max_streams.into(), 1..=10_000, "must be from 1 to 10000"),
        ("backlog", server.backlog.into(), 1..=65_535, "must be from 1 to 65535"),
        ("worker_threads", server.worker_threads.into(), 0..=1_024, "must be from 0 to 1024"),
        ("recent", server.recent.into(), 0..=10_000, "must be from 0 to 10000"),
    ] {
        found.add(rule(range.contains(&value), &format!("server.{field}"), advice));
    }
    found.add(rule(
        (server.max_body..=1 << 40).contains(&server.max_buffered),
        "server.max_buffered",
        "must be from max_body to 1TiB, or its largest body would never be taken",
    ));
    const HOUR: Duration = Duration::from_secs(3_600);
    let some: RangeInclusive<Duration> = Duration::from_millis(1)..=HOUR;
    let any = Duration::ZERO..=HOUR;
    for (field, value, range, advice) in [
        ("header_timeout", server.header_timeout, &some, "must be longer than zero and at most 1h"),
        ("idle_timeout", server.idle_timeout, &some, "must be longer than zero and at most 1h"),
        ("body_timeout", server.body_timeout, &some, "must be longer than zero and at most 1h"),
        ("write_timeout", server.write_timeout, &some, "must be longer than zero and at most 1h"),
        ("drain", server.drain, &any, "must be at most 1h"),
    ] {
        found.add(rule(range.contains(&value), &format!("server.{field}"), advice));
    }
    let blank = server.trace.as_ref().is_some_and(|path| path.as_os_str().is_empty());
    found.add(rule(!blank, "server.trace", "is empty; leave it out to write no trace"));
}

/// Whether what is written has a place.
pub(super) fn folders(server: &ServerConfig) -> Checked {
    let Some(path) = &server.trace else { return Ok(()) };
    // A bare name is in the working directory.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let there = folder.is_none_or(std::path::Path::is_dir);
    rule(there, "server.trace", "is in a folder that is not there; make it, or name another")?;
    rule(!path.is_dir(), "server.trace", "is a folder; name a file in it")
}

/// What callers may be allowed, gathered once for all of them.
struct Known {
    chains: Vec<String>,
    models: Vec<String>,
}

impl Known {
    fn of(client: &ClientConfig) -> Self {
        let chains = client.chains.keys().cloned().collect();
        let mut models: Vec<_> = targets(client).map(named).collect();
        models.extend(targets(client).map(|target| target.model.clone()));
        models.sort();
        models.dedup();
        Self { chains, models }
    }
}

fn caller(
    found: &mut Mistakes,
    field: &str,
    caller: &CallerConfig,
    client: &ClientConfig,
    catalogue: &Catalogue,
    known: &Known,
) {
    let part = |part: &str| format!("{field}.{part}");
    found.add(rule(
        !caller.key_sha256.is_empty(),
        &part("key_sha256"),
        "is empty; without a key nobody can be this caller. `ft key new` prints one",
    ));
    for (part, listed, known) in
        [("chains", &caller.chains, &known.chains), ("models", &caller.models, &known.models)]
    {
        let field = format!("{field}.{part}");
        let Some(listed) = listed else { continue };
        found.add(rule(
            !listed.is_empty(),
            &field,
            "is empty; leave it out, or list what may be asked",
        ));
        for (at, name) in listed.iter().enumerate() {
            let field = format!("{field}[{at}]");
            let advice =
                format!("names `{name}`, which is not configured; there are: {}", known.join(", "));
            found.add(rule(known.contains(name), &field, &advice));
            found.add(rule(!listed[..at].contains(name), &field, "is listed twice"));
        }
    }
    let rate = caller.requests_per_minute.is_none_or(|rate| (1..=1_000_000).contains(&rate));
    found.add(rule(rate, &part("requests_per_minute"), "must be from 1 to 1000000"));
    let Some(spend) = &caller.spend else { return };
    found.add(rule(!spend.limit.is_zero(), &part("spend.limit"), "must be above zero"));
    let above =
        client.spend.as_ref().is_some_and(|all| all.per == spend.per && all.limit < spend.limit);
    found.add(rule(
        !above,
        &part("spend.limit"),
        "has no effect: [spend] allows less in the same time to all callers together",
    ));
    found.add(rule(
        pays(caller, client, catalogue),
        &part("spend"),
        "pays for nothing: no target that this caller may ask has a price, and a budget skips what it cannot count; \
         add rows to [[models]]",
    ));
}

/// Whether a caller's budget can pay for any target that the caller may ask.
fn pays(caller: &CallerConfig, client: &ClientConfig, catalogue: &Catalogue) -> bool {
    let warns = |spend: &SpendSettings| spend.unknown_price == UnknownPriceSetting::Warn;
    if client.spend.as_ref().is_some_and(warns) {
        return true;
    }
    let priced = |target: &TargetConfig| {
        let row = catalogue.row(client.profile_of(target), &target.model);
        row.is_some_and(|row| !row.prices.is_empty())
    };
    let CallerConfig { chains, models, .. } = caller;
    let all = chains.is_none() && models.is_none();
    let in_chain = |name: &String| all || chains.as_ref().is_some_and(|its| its.contains(name));
    let alone = |target: &TargetConfig| {
        let is = |name: &String| *name == named(target) || *name == target.model;
        models.as_ref().is_some_and(|models| models.iter().any(is))
    };
    client.chains.iter().any(|(name, chain)| {
        let mut targets = chain.tiers.iter().flat_map(|tier| &tier.targets);
        targets.any(|target| (in_chain(name) || alone(target)) && priced(target))
    })
}

/// Which key belongs to whom.
#[derive(Default)]
struct Keys {
    seen: BTreeMap<KeyHash, String>,
}

impl Keys {
    fn add(&mut self, found: &mut Mistakes, hash: KeyHash, field: String) {
        let empty = hash == KeyHash::of(b"");
        found.add(rule(
            !empty,
            &field,
            "is the hash of an empty key; was the key lost on its way?",
        ));
        if let Some(other) = self.seen.get(&hash) {
            let advice = format!("is the same as {other}; whose key would it be?");
            found.add(Err(InvalidConfig::new(field, advice)));
            return;
        }
        self.seen.insert(hash, field);
    }
}

fn targets(client: &ClientConfig) -> impl Iterator<Item = &TargetConfig> {
    client.chains.values().flat_map(|chain| &chain.tiers).flat_map(|tier| &tier.targets)
}

fn named(target: &TargetConfig) -> String {
    format!("{}/{}", target.provider, target.model)
}

fn rule(holds: bool, field: &str, rule: &str) -> Checked {
    if holds { Ok(()) } else { Err(InvalidConfig::new(field, rule)) }
}
