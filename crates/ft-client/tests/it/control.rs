//! What an operator sees, and takes by hand.

use ft_client::CallOptions;
use ft_client::config::{ChainConfig, SpendSettings, TargetConfig, TierConfig};
use ft_core::{ChatRequest, Usage};
use ft_sim::{Reply, Scripts};

use crate::trial::{Trial, Way, a_gives, secs, setup, trail, trial};

/// `a` and `b` in the default chain, and `a` under another timer in a chain of its own.
fn two_chains(scripts: Scripts) -> Trial {
    let patient = TargetConfig::new("sim", "a").with_attempt_timeout(secs(90));
    let chain = ChainConfig::new([TierConfig::new("alone", [patient])]);
    setup("a | b", scripts).builder(move |builder| builder.named_chain("patient", chain)).build()
}

fn well() -> Scripts {
    Scripts::from(Reply::text("well"))
}

async fn asked(trial: &Trial) -> Vec<String> {
    trail(&trial.ask(Way::Plain).await.unwrap().report)
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_forced_open_is_asked_in_no_chain_until_it_is_given_back() {
    let trial = two_chains(well());
    let control = trial.client.control("sim", "a").unwrap();
    control.force_open();
    tokio::time::sleep(secs(3_600)).await;
    assert_eq!(asked(&trial).await, ["a skipped breaker", "b answered"]);
    let patient = CallOptions::new().with_chain("patient");
    let error = trial.ask_with(Way::Plain, ChatRequest::user("hi"), patient).await.unwrap_err();
    assert_eq!(error.retry_after(), None, "nobody knows when");
    assert_eq!(trial.log.count("a"), 0);
    assert_eq!(trial.transitions(), ["a: ForcedOpen"]);
    control.automatic();
    assert_eq!(asked(&trial).await, ["a answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_breaker_lets_every_failure_through() {
    let trial = trial("a | b", a_gives(Reply::status(500)));
    let control = trial.client.control("sim", "a").unwrap();
    control.disable();
    for _ in 0..20 {
        assert_eq!(asked(&trial).await, ["a server_error", "b answered"]);
    }
    assert_eq!(trial.breaker("a"), "disabled");
    control.observe_only();
    for _ in 0..20 {
        assert_eq!(asked(&trial).await, ["a server_error", "b answered"]);
    }
    assert_eq!(trial.breaker("a"), "observe_only");
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_what_was_held_against_one_target_only() {
    let trial = trial("a | b | c", Scripts::new().otherwise(Reply::status(404)));
    trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(trial.health("a").gates[0].reason, "out");
    let control = trial.client.control("sim", "a").unwrap();
    control.force_open();
    control.reset();
    let health = trial.health("a");
    assert!(health.gates.is_empty() && health.retry_in.is_none());
    assert_eq!(health.breaker, "closed");
    assert_eq!(trial.health("b").gates[0].reason, "out");
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_a_target_that_no_chain_has() {
    let trial = trial("a", well());
    assert!(trial.client.control("sim", "b").is_none());
    assert!(trial.client.control("other", "a").is_none());
}

#[tokio::test(start_paused = true)]
async fn health_tells_what_a_status_page_needs() {
    let trial = setup("gpt-4.1 | b", Scripts::new().model("b", Reply::text("well")))
        .prices("holysheep")
        .build();
    for _ in 0..3 {
        trial.ask(Way::Plain).await.unwrap();
    }
    let health = trial.health("gpt-4.1");
    assert_eq!(health.stands[0].chain, "default");
    assert_eq!(health.stands[0].tier, "tier-0");
    assert!(health.priced && !trial.health("b").priced);
    assert_eq!(health.in_flight_limit, 256);
    let b = trial.health("b");
    assert_eq!((b.calls, b.failures, b.success_rate), (3, 0, Some(1.0)));
    let told = serde_json::to_value(trial.client.health()).unwrap();
    assert_eq!(told[0]["gates"][0]["reason"], "out");
    assert_eq!(told[0]["retry_in_seconds"], 60.0);
    assert_eq!(told[1]["window_seconds"], 30.0);
}

#[tokio::test(start_paused = true)]
async fn a_model_configured_twice_is_told_of_twice_with_its_places() {
    let trial = two_chains(well());
    let health = trial.client.health();
    let of_a = health.iter().filter(|target| target.model == "a");
    let chains: Vec<_> =
        of_a.flat_map(|target| &target.stands).map(|place| place.chain.as_str()).collect();
    assert_eq!(chains, ["default", "patient"]);
}

#[tokio::test(start_paused = true)]
async fn a_purge_empties_the_cache_of_every_chain() {
    let keeping = ChainConfig {
        cache: ft_client::config::CacheSettings { fresh_for: secs(60), ..Default::default() },
        ..ChainConfig::new([TierConfig::new("alone", [TargetConfig::new("sim", "a")])])
    };
    let trial = setup("a", well())
        .chain(|chain| chain.cache.fresh_for = secs(60))
        .builder(move |builder| builder.named_chain("other", keeping))
        .build();
    let ask = async || {
        for chain in ["default", "other"] {
            let options = CallOptions::new().with_chain(chain);
            trial.ask_with(Way::Plain, ChatRequest::user("hi"), options).await.unwrap();
        }
        trial.log.total()
    };
    assert_eq!((ask().await, ask().await), (2, 2));
    trial.client.purge_cache();
    assert_eq!(ask().await, 4);
}

#[tokio::test(start_paused = true)]
async fn the_budget_tells_its_limit_its_window_and_what_is_left() {
    let reply = Reply::text("well").usage(Usage::new(100, 50));
    let trial = setup("gpt-4.1", Scripts::from(reply))
        .prices("holysheep")
        .config(|config| config.spend = Some(SpendSettings::per_day("$1".parse().unwrap())))
        .build();
    trial.ask(Way::Plain).await.unwrap();
    let budget = serde_json::to_value(trial.client.budget().unwrap()).unwrap();
    let told = serde_json::json!({
        "limit_usd": "1.00", "spent_usd": "0.0006", "reserved_usd": "0.00", "left_usd": "0.9994",
        "per": "day", "soft": 0.8, "is_soft": false,
    });
    assert_eq!(budget, told);
    assert!(crate::trial::trial("a", well()).client.budget().is_none());
}
