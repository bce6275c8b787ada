//! Files that can be used, and each way in which one cannot.

use std::time::Duration;

use ft_client::cost::SpendPer;

use super::*;
use crate::caller::Scope;

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn good() -> String {
    format!(
        r#"
[server]
listen = "0.0.0.0:8080"
admin = "0.0.0.0:8081"
admin_key_sha256 = ["{A}"]
max_body = "1MiB"
drain = "10s"

[callers.web]
key_sha256 = ["{B}"]
chains = ["default"]
models = ["one/large"]
requests_per_minute = 60
spend = {{ limit = "$5", per = "month" }}
cache = "shared"

[providers.one]
base_url = "https://one.example/v1"
keys = ["${{KEY}}"]

[[chains.default.tiers]]
name = "only"
targets = [{{ provider = "one", model = "large" }}]

[[models]]
profile = "one"
model = "large"
context_window = 100000
source = "a test"
as_of = "2026-11-22"
[[models.prices]]
input = "1"
output = "2"
"#
    )
}

fn read(text: &str) -> Result<GatewayConfig, InvalidConfig> {
    let lookup =
        |name: &str| (name == "KEY").then(|| "sk-a-key-that-is-long-enough-0123".to_owned());
    let config = GatewayConfig::from_toml("ft.toml", text, lookup)?;
    config.check()?;
    Ok(config)
}

#[test]
fn a_file_with_every_part_is_read() {
    let config = read(&good()).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!((config.server.max_body, config.server.drain), (1 << 20, Duration::from_secs(10)));
    assert_eq!(config.server.recent, 200);
    let caller = &config.callers["web"];
    assert!(caller.key_sha256[0].is_of(b"hello"));
    assert_eq!(caller.cache, CacheScope::Shared);
    let settings = caller.settings("web");
    let spend = settings.spend.unwrap();
    assert_eq!((spend.limit.to_string().as_str(), spend.per), ("$5.00", SpendPer::Month));
    let one = |name: &str| std::collections::BTreeSet::from([name.to_owned()]);
    assert_eq!(settings.scope, Scope::Only { chains: one("default"), models: one("one/large") });
    assert_eq!(CallerConfig::new(KeyHash::of(b"x")).settings("y").scope, Scope::All);
    assert_eq!(config.client.chains.len(), 1);
}

#[test]
fn durations_may_be_days_in_every_section() {
    let text =
        good().replace("[[chains", "[chains.default]\ncache = { stale_for = \"3d\" }\n[[chains");
    let config = read(&text).unwrap();
    let days = Duration::from_secs(3 * 24 * 60 * 60);
    assert_eq!(config.client.chains["default"].cache.stale_for, days);
    // A day is read, and is more than a drain may take.
    let wrong = read(&good().replace("drain = \"10s\"", "drain = \"1 day\"")).unwrap_err();
    assert!(wrong.to_string().contains("must be at most 1h"), "{wrong}");
}

#[test]
fn without_a_server_section_only_this_machine_is_served() {
    let text = good();
    let config = read(&text[text.find("[providers").unwrap()..]).unwrap();
    assert_eq!(config.server, ServerConfig::default());
    assert!(config.server.listen.ip().is_loopback());
    assert!(config.server.admin.unwrap().ip().is_loopback());
}

#[test]
fn each_mistake_is_named_with_its_line_field_and_rule() {
    let good = good();
    for (from, to, field, rule) in [
        ("0.0.0.0:8080", "example.com:80", "server.listen", "IP address"),
        ("0.0.0.0:8080", "8080", "server.listen", "IP address"),
        ("\"0.0.0.0:8081\"", "true", "server.admin", "false for none"),
        ("\"0.0.0.0:8081\"", "8081", "server.admin", "or false"),
        ("\"0.0.0.0:8081\"", "\"0.0.0.0:8080\"", "server.admin", "differ from listen"),
        ("\"0.0.0.0:8081\"", "false", "server.admin_key_sha256", "no effect"),
        ("max_body = \"1MiB\"", "max_body = \"65MiB\"", "server.max_body", "1KiB to 64MiB"),
        ("max_body = \"1MiB\"", "max_body = 5", "server.max_body", "a size and its unit"),
        ("max_body = \"1MiB\"", "max_header_bytes = \"1KiB\"", "server.max_header_bytes", "8KiB"),
        ("max_body = \"1MiB\"", "max_connections = 0", "server.max_connections", "from 1"),
        ("max_body = \"1MiB\"", "max_connections = -1", "server.max_connections", "not negative"),
        ("max_body = \"1MiB\"", "recent = 20000", "server.recent", "10000"),
        ("max_body = \"1MiB\"", "trace = \"\"", "server.trace", "empty"),
        ("max_body = \"1MiB\"", "watch = \"yes\"", "server.watch", "true or false"),
        ("max_body = \"1MiB\"", "header_timeout = \"0s\"", "server.header_timeout", "zero"),
        ("max_body = \"1MiB\"", "body_timeout = \"2h\"", "server.body_timeout", "1h"),
        ("max_body = \"1MiB\"", "write_timeout = \"nan\"", "server.write_timeout", "its unit"),
        ("max_body = \"1MiB\"", "adress = \"x\"", "server.adress", "unknown field"),
        ("drain = \"10s\"", "drian = \"10s\"", "server.drian", "did you mean `drain`?"),
        ("[server]", "[sever]", "sever", "did you mean `server`?"),
        ("[callers.web]", "[callers.\"my web\"]", "callers.my web", "letters"),
        (
            "requests_per_minute = 60",
            "requests_per_minute = 0",
            "web.requests_per_minute",
            "from 1",
        ),
        ("\"$5\"", "\"$0\"", "callers.web.spend.limit", "above zero"),
        ("\"$5\"", "5", "callers.web.spend.limit", "dollars"),
        ("\"month\"", "\"weak\"", "callers.web.spend.per", "known are"),
        ("\"shared\"", "\"all\"", "callers.web.cache", "unknown variant"),
        ("[\"default\"]", "[\"defualt\"]", "callers.web.chains[0]", "there are: default"),
        ("[\"default\"]", "[]", "callers.web.chains", "empty"),
        ("[\"one/large\"]", "[\"lager\"]", "callers.web.models[0]", "large, one/large"),
        ("[\"one/large\"]", "[\"one/large\", \"one/large\"]", "callers.web.models[1]", "twice"),
        (B, "sk-an-actual-key-by-mistake", "callers.web.key_sha256[0]", "ft key new"),
        (B, A, "callers.web.key_sha256[0]", "server.admin_key_sha256[0]"),
        (
            B,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "callers.web.key_sha256[0]",
            "empty key",
        ),
        ("chains.default", "chains.\"one/large\"", "chains.one/large", "name of a target"),
        // What only the client's own building finds.
        ("https://one", "http://one", "providers.one.base_url", ""),
        (
            "provider = \"one\"",
            "upstream = \"stream\", idle_timeout = \"48h\", provider = \"one\"",
            "targets[0].idle_timeout",
            "24 hours",
        ),
    ] {
        assert!(good.contains(from), "the sample has no {from}");
        let line = good[..good.find(from).unwrap()].matches('\n').count() + 1;
        let wrong = read(&good.replacen(from, to, 1)).expect_err(to);
        // What follows from it may be told beside it.
        let all = wrong.all().find(|it| it.field().contains(field));
        let wrong = all.unwrap_or_else(|| panic!("`{wrong}` should name {field}"));
        assert!(wrong.rule().contains(rule), "`{wrong}` should say {rule}");
        assert!(wrong.to_string().starts_with("ft.toml:"), "{wrong}");
        // The rule is broken elsewhere than where the change is.
        let elsewhere = to == "false";
        assert!(elsewhere || wrong.line() == Some(line), "`{wrong}` should say line {line}");
        assert!(!wrong.to_string().contains("sk-a"), "a key is shown: {wrong}");
    }
}

#[test]
fn strangers_are_not_served() {
    let good = good();
    let start = good.find("[callers").unwrap();
    let end = good.find("[providers").unwrap();
    let open = format!("{}{}", &good[..start], &good[end..]);
    let wrong = read(&open).unwrap_err();
    assert_eq!(wrong.field(), "server.listen");
    assert!(wrong.rule().contains("ft key new"), "{wrong}");
    read(&open.replace("0.0.0.0:8080", "127.0.0.1:8080")).unwrap();
    read(&open.replace("0.0.0.0:8080", "[::1]:8080")).unwrap();
    read(&open.replace("0.0.0.0:8080", "localhost:8080")).unwrap();

    let no_admin_key = good.replace(&format!("admin_key_sha256 = [\"{A}\"]"), "");
    let wrong = read(&no_admin_key).unwrap_err();
    assert_eq!(wrong.field(), "server.admin");
}

#[test]
fn a_callers_budget_that_can_pay_for_nothing_is_refused() {
    let good = good();
    let unpriced = &good[..good.find("[[models]]").unwrap()];
    let wrong = read(unpriced).unwrap_err();
    assert_eq!(wrong.field(), "callers.web.spend");
    assert!(wrong.rule().contains("[[models]]"), "{wrong}");
    read(&unpriced.replace("spend = ", "# ")).unwrap();
    let warned = "[spend]\nlimit = \"$9\"\nper = \"month\"\nunknown_price = \"warn\"\n";
    read(&format!("{unpriced}{warned}")).unwrap();
}

#[test]
fn a_budget_that_the_common_one_never_leaves_is_refused() {
    let text =
        format!("{}\n[spend]\nlimit = \"$4\"\nper = \"month\"\nunknown_price = \"warn\"\n", good());
    let wrong = read(&text).unwrap_err();
    assert_eq!(wrong.field(), "callers.web.spend.limit");
    read(&text.replace("$4", "$6")).unwrap();
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once_in_the_order_of_lines() {
    let text = "[server]\nmax_body = \"1B\"\nrecent = 99999\n[providers.a]\nbase_url = \"https://a.example/v1\"\n\
                connect_timeout = \"0s\"\n[chains.default]\nrounds = 99\ndeadline = \"0s\"\n\
                [[chains.default.tiers]]\nname = \"only\"\n\
                targets = [{ provider = \"b\", model = \"m\" }, { provider = \"c\", model = \"\" }]\n";
    let wrong = GatewayConfig::from_toml("ft.toml", text, |_| None).unwrap_err();
    let lines: Vec<_> = wrong.all().map(|it| it.line().unwrap()).collect();
    assert!(lines.is_sorted(), "{wrong}");
    for field in [
        "server.max_body",
        "server.recent",
        "providers.a.connect_timeout",
        "chains.default.rounds",
        "chains.default.deadline",
        "chains.default.tiers[0].targets[0].provider",
        "chains.default.tiers[0].targets[1].provider",
        "chains.default.tiers[0].targets[1].model",
    ] {
        assert!(wrong.all().any(|it| it.field() == field), "{field}: {wrong}");
    }
    let places: Vec<_> = wrong.to_string().lines().map(str::to_owned).collect();
    assert!(places.iter().all(|line| line.starts_with("ft.toml:")), "{wrong}");
}

#[test]
fn wrong_types_and_unknown_keys_are_told_of_each_section_and_entry() {
    let text = "[server]\nrecnt = 1\n[providers.a]\nbase_url = 7\n[providers.b]\nbase_url = \"https://b.example/v1\"\n\
                conect_timeout = \"1s\"\n[breaker]\nopen_for = \"no\"\n[callers.c]\nkey_sha256 = 1\n";
    let wrong = GatewayConfig::from_toml("", text, |_| None).unwrap_err();
    let lines: Vec<_> = wrong.all().map(|it| it.line().unwrap()).collect();
    assert_eq!(lines, [2, 4, 7, 9, 11], "{wrong}");
}
