//! One target of a chain, a budget of the caller's own, and what an error says to an HTTP server.

use std::sync::Arc;

use ft_client::config::{ChainConfig, SpendSettings, TargetConfig, TierConfig};
use ft_client::cost::{Pico, SpendBudget, SpendConfig};
use ft_client::{CacheStatus, CallOptions, Error, FailKind};
use ft_core::{ChatRequest, Usage};
use ft_sim::{Reply, Scripts};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::trial::{Setup, Trial, WAYS, Way, a_gives, secs, setup, trail, trial};

/// Dollars 2 in and 8 out per million.
const DEAR: &str = "gpt-4.1";
/// Dollars 0.25 in and 2.50 out.
const CHEAP: &str = "gemini-2.5-flash";

fn dollars(text: &str) -> Pico {
    text.parse().unwrap()
}

fn budget(limit: Pico) -> Arc<SpendBudget> {
    SpendBudget::new(SpendConfig::new(limit)).unwrap()
}

fn left(trial: &Trial, budget: &SpendBudget) -> Pico {
    budget.left(trial.client.clock().wall())
}

fn request() -> ChatRequest {
    ChatRequest::user("hi").with_max_tokens(1_000)
}

fn well() -> Scripts {
    Scripts::from(Reply::text("well"))
}

fn priced(shape: &str, scripts: Scripts) -> Setup {
    setup(shape, scripts).prices("holysheep")
}

async fn ask_b(trial: &Trial, way: Way) -> Result<ft_client::Answer, Error> {
    trial.ask_with(way, request(), CallOptions::new().with_target("sim", "b")).await
}

#[tokio::test(start_paused = true)]
async fn a_named_target_alone_is_asked_and_is_a_fallback_from_nothing() {
    for way in WAYS {
        let trial = trial("a | b | c", well());
        let answer = ask_b(&trial, way).await.unwrap();
        assert_eq!(trail(&answer.report), ["b answered"]);
        assert_eq!(answer.report.fallback_level, 0);
        assert_eq!(answer.report.tier.name(), "tier-1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_named_target_is_the_chains_own_with_its_breaker_and_its_emergency_answer() {
    let scripts = Scripts::new().model("b", Reply::status(500)).otherwise(Reply::text("well"));
    let trial = setup("a | b", scripts)
        .chain(|chain| chain.rounds = 1)
        .builder(|builder| builder.emergency("sorry"))
        .build();
    for _ in 0..5 {
        assert!(ask_b(&trial, Way::Plain).await.unwrap().is_emergency());
    }
    assert_eq!(trial.breaker("b"), "open");
    let answer = ask_b(&trial, Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["b skipped breaker", "b server_error"]);
    assert_eq!(trial.log.count("a"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_named_targets_answers_are_cached_apart_from_the_chains() {
    let scripts = Scripts::new()
        .model("a", Reply::text("of a"))
        .model("b", Reply::text("of b"))
        .otherwise(Reply::status(404));
    let trial = setup("a | b", scripts).chain(|chain| chain.cache.fresh_for = secs(60)).build();
    for expected in [CacheStatus::Miss, CacheStatus::Hit] {
        let of_chain = trial.ask_with(Way::Plain, request(), CallOptions::new()).await.unwrap();
        let of_b = ask_b(&trial, Way::Plain).await.unwrap();
        assert_eq!((of_chain.text().as_ref(), of_b.text().as_ref()), ("of a", "of b"));
        assert_eq!((of_chain.report.cache, of_b.report.cache), (expected, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_chains_target_goes_before_another_chains() {
    let tier = |name: &str, model: &str| TierConfig::new(name, [TargetConfig::new("sim", model)]);
    let trial = setup("b", well())
        .builder(move |builder| {
            builder
                .named_chain("alpha", ChainConfig::new([tier("of-alpha", "b")]))
                .named_chain("beta", ChainConfig::new([tier("of-beta", "c")]))
        })
        .build();
    let tier_of = async |model: &str, chain: Option<&str>| {
        let options = CallOptions::new().with_target("sim", model);
        let options = chain.into_iter().fold(options, |options, name| options.with_chain(name));
        let answer = trial.ask_with(Way::Plain, request(), options).await.unwrap();
        answer.report.tier.name().to_owned()
    };
    assert_eq!(tier_of("b", None).await, "tier-0");
    assert_eq!(tier_of("b", Some("alpha")).await, "of-alpha");
    assert_eq!(tier_of("b", Some("beta")).await, "tier-0", "beta does not have it");
    assert_eq!(tier_of("c", None).await, "of-beta");
    let targets = trial.client.targets();
    let told: Vec<_> = targets.iter().map(|each| (each.model.as_str(), &each.chains[..])).collect();
    assert_eq!(
        told,
        [("b", &["alpha".to_owned(), "default".to_owned()][..]), ("c", &["beta".to_owned()][..])]
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_target_is_refused_with_those_there_are() {
    let trial = trial("a | b", well());
    let options = CallOptions::new().with_target("sim", "nobody");
    let error = trial.ask_with(Way::Plain, request(), options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Invalid);
    let told = error.to_string();
    assert!(told.contains("`sim/nobody`") && told.contains("sim/a, sim/b"), "{told}");
    let error = trial.ask_with(Way::Plain, request(), options.with_chain("none")).await;
    assert!(error.unwrap_err().to_string().contains("there is no chain `none`"));
}

#[tokio::test(start_paused = true)]
async fn the_callers_budget_is_charged_beside_the_clients() {
    for way in WAYS {
        let reply = Reply::text("well").usage(Usage::new(100, 50));
        let trial = priced(DEAR, Scripts::from(reply))
            .config(|config| config.spend = Some(SpendSettings::per_day(dollars("$1"))))
            .build();
        let own = budget(dollars("$0.5"));
        let options = CallOptions::new().with_spend(Arc::clone(&own));
        trial.ask_with(way, request(), options).await.unwrap();
        assert_eq!(left(&trial, &own), dollars("$0.4994"));
        assert_eq!(trial.client.budget_left(), Some(dollars("$0.9994")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_callers_budget_holds_where_the_client_has_none() {
    let trial = priced(&format!("{DEAR} | {CHEAP}"), well()).build();
    let own = budget(dollars("$0.001"));
    let options = CallOptions::new().with_spend(Arc::clone(&own));
    let answer = trial.ask_with(Way::Plain, request(), options).await.unwrap();
    assert_eq!(
        trail(&answer.report),
        [format!("{DEAR} skipped caller_spend"), format!("{CHEAP} answered")]
    );
    assert_eq!(trial.client.budget_left(), None);
}

#[tokio::test(start_paused = true)]
async fn refused_by_either_budget_the_other_keeps_its_money() {
    for (clients, callers, his) in [("$1", "$0.0001", true), ("$0.0001", "$1", false)] {
        let trial = priced(DEAR, well())
            .config(|config| config.spend = Some(SpendSettings::per_day(dollars(clients))))
            .build();
        let own = budget(dollars(callers));
        let options = CallOptions::new().with_spend(Arc::clone(&own));
        let error = trial.ask_with(Way::Plain, request(), options).await.unwrap_err();
        assert_eq!((error.kind(), error.is_callers_budget()), (FailKind::Spend, his));
        assert_eq!(left(&trial, &own), dollars(callers));
        assert_eq!(trial.client.budget_left(), Some(dollars(clients)));
        assert_eq!(trial.log.total(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_as_short_as_the_smaller_budget_needs() {
    let trial = priced(DEAR, well())
        .config(|config| config.spend = Some(SpendSettings::per_day(dollars("$1"))))
        .build();
    let options = CallOptions::new().with_spend(budget(dollars("$0.004")));
    let answer = trial.ask_with(Way::Plain, request(), options).await.unwrap();
    assert_eq!(answer.report.fit.unwrap().max_output, Some(256));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_paid_from_both_budgets() {
    let trial = priced(DEAR, Scripts::from(Reply::ok().hang()))
        .config(|config| config.spend = Some(SpendSettings::per_day(dollars("$1"))))
        .build();
    let own = budget(dollars("$1"));
    let options = CallOptions::new().with_spend(Arc::clone(&own));
    let call = trial.ask_with(Way::Plain, request(), options);
    assert!(tokio::time::timeout(secs(1), call).await.is_err());
    assert!(left(&trial, &own) < dollars("$1"));
    assert_eq!(trial.client.budget_left(), Some(left(&trial, &own)));
}

#[tokio::test(start_paused = true)]
async fn callers_with_different_budgets_are_not_one_call_and_with_the_same_are() {
    let slow = || Scripts::from(Reply::text("well").latency(secs(1)));
    let coalescing = || priced(DEAR, slow()).chain(|chain| chain.cache.coalesce = Some(true));
    let own = budget(dollars("$1"));
    let with = |budget: &Arc<SpendBudget>| CallOptions::new().with_spend(Arc::clone(budget));

    let same = coalescing().build();
    let calls = (0..10).map(|_| same.ask_with(Way::Plain, request(), with(&own)));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(same.log.total(), 1);

    // What the first can pay for decides who answers the first, and nobody else.
    let shape = format!("{DEAR} | {CHEAP}");
    let apart = priced(&shape, slow()).chain(|chain| chain.cache.coalesce = Some(true)).build();
    let poor = budget(dollars("$0.001"));
    let calls = [&poor, &own].map(|budget| apart.ask_with(Way::Plain, request(), with(budget)));
    let served = join_all(calls).await.into_iter().map(|end| end.unwrap().report.served_by);
    let models: Vec<_> = served.map(|served| served.unwrap().model).collect();
    assert_eq!(models, [CHEAP, DEAR]);
}

#[tokio::test(start_paused = true)]
async fn the_request_id_is_the_callers() {
    let trial = trial("a", well());
    let options = CallOptions::new().with_request_id("req-7");
    let answer = trial.ask_with(Way::Plain, request(), options).await.unwrap();
    assert_eq!(answer.report.request_id, "req-7");
    assert_eq!(trial.log.last().unwrap().request_id.as_deref(), Some("req-7"));
}

#[tokio::test(start_paused = true)]
async fn all_gated_is_throttled_and_says_when_to_come_back() {
    for way in WAYS {
        let trial = trial("a | b", Scripts::from(Reply::throttled(secs(100))));
        let options = || CallOptions::new().with_deadline(secs(5));
        let first = trial.ask_with(way, request(), options()).await.unwrap_err();
        let later = trial.ask_with(way, request(), options()).await.unwrap_err();
        for error in [first, later] {
            assert_eq!((error.kind(), error.is_throttled()), (FailKind::Exhausted, true));
            let wait = error.retry_after().unwrap();
            assert!(wait > secs(90) && wait <= secs(100), "{wait:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn open_breakers_are_no_throttling_but_say_when_to_come_back() {
    let trial = trial("a", a_gives(Reply::status(500)));
    while trial.breaker("a") != "open" {
        trial.ask(Way::Plain).await.unwrap_err();
    }
    let error = trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!((error.kind(), error.is_throttled()), (FailKind::Exhausted, false));
    assert!(error.retry_after().is_some_and(|wait| wait <= secs(36)));
}

#[tokio::test(start_paused = true)]
async fn one_ill_target_among_throttled_ones_is_no_throttling() {
    let scripts =
        Scripts::new().model("a", Reply::throttled(secs(100))).model("b", Reply::status(500));
    let trial = trial("a | b", scripts);
    let error = trial.ask(Way::Plain).await.unwrap_err();
    assert!(!error.is_throttled());
    assert_eq!(error.retry_after(), None, "b is free now");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_a_deadline_and_a_refusal_keeps_its_status() {
    let silent = trial("a", a_gives(Reply::ok().hang()));
    let options = CallOptions::new().with_deadline(secs(2));
    let error = silent.ask_with(Way::Plain, request(), options).await.unwrap_err();
    assert_eq!((error.kind(), error.is_throttled()), (FailKind::Deadline, false));

    let strict = trial("a | b", a_gives(Reply::status(422)));
    let error = strict.ask(Way::Plain).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind(), FailKind::Refused);
    assert_eq!(error.cause().and_then(ft_core::ProviderError::status), Some(422));
}
