//! Callers: who is let in, for what, how often, and what a reload keeps.

use std::time::Duration;

use ft_client::cost::{Pico, SpendConfig, SpendPer};
use ft_core::{Clock, ManualClock, UnixMillis};
use http::HeaderValue;

use super::*;

const WALL: UnixMillis = UnixMillis(1_800_000_000_000);

fn caller(name: &str, key: &str) -> CallerSettings {
    CallerSettings {
        name: name.to_owned(),
        keys: vec![KeyHash::of(key.as_bytes())],
        scope: Scope::All,
        requests_per_minute: None,
        spend: None,
        cache: CacheScope::Own,
    }
}

fn callers(settings: impl IntoIterator<Item = CallerSettings>) -> Callers {
    Callers::new(settings).unwrap()
}

fn with_key(key: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {key}")).unwrap();
    HeaderMap::from_iter([(http::header::AUTHORIZATION, value)])
}

fn named(callers: &Callers, key: &str) -> Arc<Caller> {
    callers.identify(&with_key(key)).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::at(Tick::from_secs(1_000))
}

#[test]
fn with_nobody_configured_everybody_may_ask_for_everything() {
    let callers = callers([]);
    let anybody = callers.identify(&HeaderMap::new()).unwrap();
    assert_eq!(anybody.name, "");
    assert!(anybody.may_ask(&Way::Chain("default".to_owned())));
    assert_eq!(callers.identify(&with_key("whatever")).unwrap().name, "");
}

#[test]
fn each_key_is_its_callers_and_several_may_be_one_callers() {
    let mut a = caller("a", "key-a");
    a.keys.push(KeyHash::of(b"key-a-new"));
    let callers = callers([a, caller("b", "key-b")]);
    assert_eq!(named(&callers, "key-a").name, "a");
    assert_eq!(named(&callers, "key-a-new").name, "a");
    assert_eq!(named(&callers, "key-b").name, "b");
}

#[test]
fn a_missing_and_a_wrong_key_are_refused_without_repeating_it() {
    let callers = callers([caller("a", "key-a")]);
    for headers in [HeaderMap::new(), with_key("key-wrong")] {
        let refusal = callers.identify(&headers).unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
        let body = refusal.body();
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert_eq!(body["error"]["code"], "invalid_api_key");
        assert!(!body.to_string().contains("key-wrong"), "{body}");
    }
    let mut text = String::new();
    callers.render(&mut text);
    assert!(text.contains("ai_api_caller_refused_total{caller=\"\",reason=\"key\"} 2"), "{text}");
}

#[test]
fn a_caller_may_ask_for_its_own_chains_and_models_only() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let scope = Scope::Only { chains: names(&["cheap"]), models: names(&["small", "x/large"]) };
    let callers = callers([CallerSettings { scope, ..caller("a", "key-a") }]);
    let a = named(&callers, "key-a");
    let target = |provider: &str, model: &str| Way::Target {
        provider: provider.to_owned(),
        model: model.to_owned(),
    };
    assert!(a.may_ask(&Way::Chain("cheap".to_owned())));
    assert!(!a.may_ask(&Way::Chain("default".to_owned())));
    assert!(a.may_ask(&target("x", "small")) && a.may_ask(&target("y", "small")));
    assert!(a.may_ask(&target("x", "large")) && !a.may_ask(&target("y", "large")));
    let refusal = a.not_allowed("default");
    assert_eq!(refusal.status, StatusCode::FORBIDDEN);
    assert_eq!(refusal.code(), Some("model_not_allowed"));
}

#[test]
fn one_request_too_many_in_a_minute_is_told_when_to_come_back() {
    let limited = CallerSettings { requests_per_minute: Some(2), ..caller("a", "key-a") };
    let callers = callers([limited, caller("b", "key-b")]);
    let a = named(&callers, "key-a");
    let now = Tick::from_secs(1_000);
    a.admit(now, WALL).unwrap();
    a.admit(now, WALL).unwrap();
    let refusal = a.admit(now, WALL).unwrap_err();
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refusal.code(), Some("rate_limit_exceeded"));
    let response = refusal.response();
    assert_eq!(response.headers()["retry-after"], "61");
    assert!(!response.headers().contains_key("x-should-retry"), "waiting helps");
    named(&callers, "key-b").admit(now, WALL).unwrap();
    a.admit(now + Duration::from_secs(61), WALL).unwrap();
}

#[test]
fn an_empty_purse_refuses_until_its_window_ends() {
    let spend = SpendConfig::new(Pico::from_dollars(5));
    let poor = CallerSettings { spend: Some(spend), ..caller("a", "key-a") };
    let callers = callers([poor]);
    let a = named(&callers, "key-a");
    a.admit(Tick::ZERO, WALL).unwrap();
    a.purse().unwrap().budget().record(Pico::from_dollars(5), WALL);
    let refusal = a.admit(Tick::ZERO, WALL).unwrap_err();
    assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refusal.code(), Some("budget_exceeded"));
    assert_eq!(refusal.body()["error"]["type"], "insufficient_quota");
    let message = refusal.body()["error"]["message"].to_string();
    assert!(message.contains("$5.00 per day"), "{message}");
    assert!(refusal.response().headers().contains_key("retry-after"));
    a.admit(Tick::ZERO, UnixMillis(WALL.0 + 86_400_000)).unwrap();
}

#[test]
fn cached_answers_are_a_callers_own_unless_they_share() {
    let sharing = CallerSettings { cache: CacheScope::Shared, ..caller("b", "key-b") };
    let callers = callers([caller("a", "key-a"), sharing]);
    assert_eq!(named(&callers, "key-a").options(CallOptions::new()).tenant, "a");
    assert_eq!(named(&callers, "key-b").options(CallOptions::new()).tenant, "");
}

#[test]
fn a_call_brings_its_callers_purse() {
    let spend = SpendConfig::new(Pico::from_dollars(5));
    let paying = CallerSettings { spend: Some(spend), ..caller("a", "key-a") };
    let callers = callers([paying, caller("b", "key-b")]);
    let a = named(&callers, "key-a");
    let brought = a.options(CallOptions::new()).spend.unwrap();
    assert!(Arc::ptr_eq(&brought, &a.purse().unwrap().budget()));
    assert!(named(&callers, "key-b").options(CallOptions::new()).spend.is_none());
}

#[test]
fn a_reload_keeps_the_minute_and_the_money_of_who_stays() {
    let limited = |most, dollars| CallerSettings {
        requests_per_minute: Some(most),
        spend: Some(SpendConfig::new(Pico::from_dollars(dollars))),
        ..caller("a", "key-a")
    };
    let clock = clock();
    let old = callers([limited(1, 5)]);
    let a = named(&old, "key-a");
    a.admit(clock.now(), clock.wall()).unwrap();
    a.purse().unwrap().budget().record(Pico::from_dollars(3), clock.wall());

    let new = callers([limited(1, 4), caller("b", "key-b")]).inherit(&old);
    new.take_over();
    let a = named(&new, "key-a");
    assert_eq!(a.purse().unwrap().left(clock.wall()), Pico::from_dollars(1));
    assert_eq!(a.admit(clock.now(), clock.wall()).unwrap_err().code(), Some("rate_limit_exceeded"));
    assert_eq!(a.tally().requests(), 1);
    assert_eq!(named(&new, "key-b").tally().requests(), 0);

    let newer = callers([limited(9, 2)]).inherit(&new);
    newer.take_over();
    let a = named(&newer, "key-a");
    assert_eq!(a.admit(clock.now(), clock.wall()).unwrap_err().code(), Some("budget_exceeded"));
    assert!(newer.identify(&with_key("key-b")).is_err());
}

#[test]
fn an_unchanged_purse_is_the_same_one_so_that_calls_under_way_settle_in_it() {
    let settings = || CallerSettings {
        spend: Some(SpendConfig::new(Pico::from_dollars(5))),
        ..caller("a", "key-a")
    };
    let clock = clock();
    let old = callers([settings()]);
    let new = callers([settings()]).inherit(&old);
    let reserved = named(&old, "key-a").purse().unwrap().budget();
    let reserved = reserved.reserve(Pico::from_dollars(2), clock.wall()).unwrap();
    assert_eq!(named(&new, "key-a").purse().unwrap().left(clock.wall()), Pico::from_dollars(3));
    reserved.release();
    assert_eq!(named(&new, "key-a").purse().unwrap().left(clock.wall()), Pico::from_dollars(5));
}

/// A caller with so many dollars per window, or with no budget.
fn paying(spend: Option<(u64, SpendPer)>) -> CallerSettings {
    let spend = spend.map(|(limit, per)| SpendConfig::new(Pico::from_dollars(limit)).with_per(per));
    CallerSettings { spend, ..caller("a", "key-a") }
}

#[test]
fn no_reload_gives_a_caller_back_what_it_spent_or_takes_what_it_reserved() {
    let (day, month) = (SpendPer::Day, SpendPer::Month);
    let clock = clock();
    let wall = clock.wall();
    let first = callers([paying(Some((10, day)))]);
    let budget = named(&first, "key-a").purse().unwrap().budget();
    budget.record(Pico::from_dollars(2), wall);
    let under_way = budget.reserve(Pico::from_dollars(5), wall).unwrap();
    let mut live = first;
    for settings in [
        vec![paying(Some((11, day)))],
        vec![paying(Some((10, month)))],
        vec![paying(Some((10, day)))],
        vec![paying(None)],
        vec![paying(Some((10, day)))],
        vec![caller("z", "key-z")],
        vec![],
        vec![paying(Some((9, SpendPer::Total)))],
        vec![paying(Some((10, day)))],
    ] {
        let new = if settings.is_empty() { Callers::open() } else { callers(settings) };
        let new = new.inherit(&live);
        new.take_over();
        if let Some(purse) = new.iter().find_map(Caller::purse) {
            assert_eq!(purse.spent(wall), Pico::from_dollars(2));
            assert_eq!(purse.reserved(wall), Pico::from_dollars(5));
            assert_eq!(
                purse.left(wall),
                Pico::from_dollars(purse.limit().as_u64() / 1_000_000_000_000 - 7)
            );
        }
        live = new;
    }
    under_way.settle(Pico::from_dollars(1));
    let purse = live.iter().find_map(Caller::purse).unwrap();
    assert_eq!((purse.spent(wall), purse.reserved(wall)), (Pico::from_dollars(3), Pico::ZERO));
    assert_eq!(purse.spent(UnixMillis(wall.0 + 86_400_000)), Pico::ZERO, "the next day is new");
}

#[test]
fn a_configuration_that_does_not_take_over_changes_no_budget() {
    let clock = clock();
    let old = callers([paying(Some((10, SpendPer::Day)))]);
    let new = callers([paying(Some((1, SpendPer::Day)))]).inherit(&old);
    assert_eq!(named(&old, "key-a").purse().unwrap().left(clock.wall()), Pico::from_dollars(10));
    new.take_over();
    assert_eq!(named(&old, "key-a").purse().unwrap().left(clock.wall()), Pico::from_dollars(1));
}

#[test]
fn callers_that_cannot_be_told_apart_or_let_in_are_refused() {
    let keyless = CallerSettings { keys: Vec::new(), ..caller("a", "") };
    let none = CallerSettings { requests_per_minute: Some(0), ..caller("a", "k") };
    let broke = CallerSettings { spend: Some(SpendConfig::new(Pico::ZERO)), ..caller("a", "k") };
    for wrong in [
        vec![keyless],
        vec![none],
        vec![broke],
        vec![caller("", "k")],
        vec![caller("a", "k"), caller("b", "k")],
        vec![caller("a", "k"), caller("a", "l")],
    ] {
        assert!(Callers::new(wrong.clone()).is_err(), "{wrong:?}");
    }
}

#[test]
fn what_is_counted_is_rendered_with_names_escaped() {
    let callers = callers([caller("a \"b\"", "key-a")]);
    let a = named(&callers, "key-a");
    a.admit(Tick::ZERO, WALL).unwrap();
    a.not_allowed("default");
    let mut text = String::new();
    callers.render(&mut text);
    for line in [
        "ai_api_caller_requests_total{caller=\"a \\\"b\\\"\"} 1\n",
        "ai_api_caller_refused_total{caller=\"a \\\"b\\\"\",reason=\"scope\"} 1\n",
        "ai_api_caller_cost_usd_total{caller=\"a \\\"b\\\"\"} 0.00\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
