//! What would become of a request: the same as then becomes of it, and nothing changes by looking.

use ft_client::config::{HedgeSettings, Order, SpendSettings};
use ft_client::cost::SpendBudget;
use ft_client::explain::{Bypass, CacheExplained, Explanation, Next, Verdict};
use ft_client::{CallOptions, FailKind, Outcome};
use ft_core::decide::Skip;
use ft_core::{ChatRequest, Entropy, Message};
use ft_sim::{Reply, Script, Scripts};

use crate::trial::{Setup, Trial, Way, a_gives, millis, secs, setup, then_well, trial};

fn explain(trial: &Trial) -> Explanation {
    explain_with(trial, CallOptions::new())
}

fn explain_with(trial: &Trial, options: CallOptions) -> Explanation {
    trial.client.explain(&ChatRequest::user("hi"), &options).unwrap()
}

fn models(explanation: &Explanation) -> Vec<&str> {
    explanation.targets.iter().map(|target| target.model.as_str()).collect()
}

fn why(explanation: &Explanation, model: &str) -> Option<Skip> {
    let target = explanation.targets.iter().find(|target| target.model == model).unwrap();
    match target.verdict {
        Verdict::Skipped { why, .. } => Some(why),
        Verdict::WouldBeAsked => None,
    }
}

/// Models that answer well, throttle, fail, hang or refuse the key, as the draw has it.
fn fickle(seed: u64) -> Setup {
    let script = |model: u64| {
        let mut draw = Entropy::seeded(seed ^ model << 32);
        Script::from_fn(move |_| match draw.below(10) {
            0..=4 => Reply::text("well").latency(millis(200)),
            5 => Reply::throttled(secs(3)),
            6 | 7 => Reply::status(500),
            8 => Reply::status(401),
            _ => Reply::ok().hang(),
        })
    };
    let scripts = Scripts::new().model("a", script(1)).model("b", script(2)).model("c", script(3));
    setup("a b | c", scripts)
        .credentials(2)
        .first_token(secs(1))
        .chain(|chain| {
            chain.tiers[0].order = Order::Weighted;
            chain.deadline = secs(4);
            chain.cache.stale_for = secs(0);
        })
        .config(|config| config.breaker.consecutive_failures = Some(2))
}

#[tokio::test(start_paused = true)]
async fn what_is_foretold_is_what_happens() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let trial = fickle(seed).build();
        let mut draw = Entropy::seeded(seed);
        for nth in 0..60 {
            let foretold = explain(&trial);
            let end = trial.ask(Way::Plain).await;
            let report = match &end {
                Ok(answer) => &answer.report,
                Err(error) => error.report().unwrap(),
            };
            let at = format!("seed {seed}, request {nth}: {foretold:?} and then {report:?}");
            let skips: Vec<_> = foretold
                .targets
                .iter()
                .map_while(|target| match target.verdict {
                    Verdict::Skipped { why, .. } => Some((target.model.clone(), why)),
                    Verdict::WouldBeAsked => None,
                })
                .collect();
            let done: Vec<_> = report
                .attempts
                .iter()
                .take(skips.len())
                .map(|attempt| match attempt.outcome {
                    Outcome::Skipped(why) => (attempt.model.clone(), why),
                    outcome => panic!("{outcome:?} for a skip; {at}"),
                })
                .collect();
            assert_eq!(skips, done, "{at}");
            match foretold.next {
                Next::Asks { target } => {
                    let first = &report.attempts[skips.len()];
                    assert!(!matches!(first.outcome, Outcome::Skipped(_)), "{at}");
                    assert_eq!(first.model, foretold.targets[target].model, "{at}");
                }
                Next::Fails { kind } => assert_eq!(end.unwrap_err().kind(), kind, "{at}"),
                Next::Waits { until } => assert!(report.latency >= until, "{at}"),
                next => panic!("{next:?} without a cache; {at}"),
            }
            seen.insert(format!("{:?}", std::mem::discriminant(&foretold.next)));
            tokio::time::sleep(millis(draw.below(3_000))).await;
        }
    }
    assert_eq!(seen.len(), 3, "asked, waited and failed");
}

#[tokio::test(start_paused = true)]
async fn looking_changes_nothing_of_what_follows() {
    async fn story(looks: usize) -> Vec<String> {
        let trial = fickle(7)
            .config(|config| config.hedge = Some(HedgeSettings::default()))
            .targets(|target| target.slow_after = Some(millis(100)))
            .build();
        let mut told = Vec::new();
        for _ in 0..200 {
            for _ in 0..looks {
                explain(&trial);
            }
            let end = trial.ask(Way::Plain).await;
            let report = match &end {
                Ok(answer) => answer.report.clone(),
                Err(error) => error.report().unwrap().clone(),
            };
            told.push(format!("{report:?}"));
            tokio::time::sleep(millis(700)).await;
        }
        told.extend(trial.transitions());
        told
    }
    assert_eq!(story(0).await, story(3).await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_targets_turn_is_seen_and_not_taken() {
    let slow = Scripts::new()
        .model("a", Reply::text("slow").first_token(millis(900)))
        .otherwise(Reply::text("well"));
    let trial = setup("a b", slow).first_token(secs(1)).build();
    let mut turns = 0;
    for _ in 0..130 {
        let foretold = explain(&trial);
        assert_eq!(models(&foretold), models(&explain(&trial)));
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(answer.report.attempts[0].model, foretold.targets[0].model);
        turns += usize::from(foretold.targets[0].place.on_trial);
    }
    assert_eq!(turns, 2);
}

#[tokio::test(start_paused = true)]
async fn each_obstacle_has_its_name_and_its_end() {
    let throttled = trial("a | b", a_gives(Reply::throttled(secs(30))));
    throttled.ask(Way::Plain).await.unwrap();
    let foretold = explain(&throttled);
    assert_eq!(foretold.next, Next::Asks { target: 1 });
    let a = &foretold.targets[0];
    assert_eq!(a.verdict, Verdict::Skipped { why: Skip::Gate, retry_in: Some(secs(30)) });
    let [gate] = a.gates[..] else { panic!("one gate: {:?}", a.gates) };
    assert_eq!((gate.reason, gate.credential, gate.all_models), ("throttled", Some(0), false));

    let refused = trial("a | b", a_gives(Reply::status(404)));
    refused.ask(Way::Plain).await.unwrap();
    assert_eq!(why(&explain(&refused), "a"), Some(Skip::Out));

    let ill = trial("a | b", a_gives(Reply::status(500)));
    while ill.breaker("a") != "open" {
        ill.ask(Way::Plain).await.unwrap();
    }
    let foretold = explain(&ill);
    let a = &foretold.targets[0];
    assert_eq!((why(&foretold, "a"), a.breaker), (Some(Skip::Breaker), "open"));
    assert!(a.breaker_retry_in.is_some_and(|wait| wait <= secs(36)));

    let full =
        setup("a | b", Scripts::from(Reply::ok().hang())).targets(|a| a.in_flight = 1).build();
    let mut call = Box::pin(full.ask(Way::Plain));
    assert!(futures_util::FutureExt::now_or_never(&mut call).is_none());
    let foretold = explain(&full);
    assert_eq!(why(&foretold, "a"), Some(Skip::InFlight));
    assert_eq!((foretold.targets[0].in_flight, foretold.targets[0].in_flight_limit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_left_is_foretold_with_what_stands_in() {
    let dead = || setup("a", Scripts::from(Reply::status(401)));
    let bare = dead().build();
    bare.ask(Way::Plain).await.unwrap_err();
    assert_eq!(explain(&bare).next, Next::Fails { kind: FailKind::Exhausted });

    let kind = dead().builder(|builder| builder.emergency("sorry")).build();
    kind.ask(Way::Plain).await.unwrap();
    assert_eq!(explain(&kind).next, Next::Emergency);

    let gated = trial("a", a_gives(then_well([Reply::throttled(secs(500))])));
    gated.ask(Way::Plain).await.unwrap_err();
    tokio::time::sleep(secs(280)).await;
    assert_eq!(explain(&gated).next, Next::Waits { until: secs(20) }, "hints end at 300 s");

    let cached =
        trial("a", a_gives(Script::sequence([Reply::text("well")]).then(Reply::status(401))));
    cached.ask(Way::Plain).await.unwrap();
    cached.ask(Way::Plain).await.unwrap();
    let foretold = explain(&cached);
    assert_eq!((foretold.next, foretold.cache), (Next::Stale, CacheExplained::Stale));
}

#[tokio::test(start_paused = true)]
async fn the_cache_says_what_it_has_or_why_it_is_not_asked() {
    let keeps = setup("a", Scripts::from(Reply::text("well")))
        .chain(|chain| chain.cache.fresh_for = secs(60))
        .build();
    assert_eq!(explain(&keeps).cache, CacheExplained::Nothing);
    keeps.ask(Way::Plain).await.unwrap();
    let foretold = explain(&keeps);
    assert_eq!((foretold.cache, foretold.next), (CacheExplained::Fresh, Next::Cached));
    let bypass = explain_with(&keeps, CallOptions::new().without_cache());
    assert_eq!(bypass.cache, CacheExplained::Bypass(Bypass::Asked));
    assert_eq!(bypass.next, Next::Asks { target: 0 });

    let off = setup("a", Scripts::from(Reply::text("well")))
        .chain(|chain| chain.cache.stale_for = secs(0))
        .build();
    assert_eq!(explain(&off).cache, CacheExplained::Bypass(Bypass::Off));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_fitted_and_priced_for_each_target() {
    let trial = setup("gpt-4.1 | gemini-2.5-flash", Scripts::from(Reply::text("well")))
        .prices("holysheep")
        .target("gpt-4.1", |target| target.context_window = Some(2_000))
        .build();
    let long = "words and more words ".repeat(300);
    let request = ChatRequest::new([
        Message::user(long.clone()),
        Message::assistant(long),
        Message::user("And now?"),
    ])
    .with_max_tokens(500);
    let foretold = trial.client.explain(&request, &CallOptions::new()).unwrap();
    let [dear, cheap] = &foretold.targets[..] else { panic!("two targets") };
    assert_eq!(dear.fit.context_window, Some(2_000));
    assert!(dear.fit.dropped_messages > 0 && dear.fit.tokens > 2_000);
    assert_eq!(cheap.fit.dropped_messages, 0);
    let told = serde_json::to_value(&foretold).unwrap();
    assert_eq!(told["targets"][0]["price"]["input_per_million"], "2.00");
    assert_eq!(told["targets"][1]["price"]["output_per_million"], "2.50");
    assert!(cheap.estimated_cost.unwrap() <= cheap.most_cost.unwrap());
    assert_eq!(told["next"]["does"], "asks");

    let answer = trial.ask_with(Way::Plain, request, CallOptions::new()).await.unwrap();
    let fit = answer.report.fit.unwrap();
    assert_eq!(fit.dropped_messages, dear.fit.dropped_messages);
}

#[tokio::test(start_paused = true)]
async fn money_is_looked_at_and_not_taken() {
    let limit = "$0.004".parse().unwrap();
    let trial = setup("gpt-4.1 | gemini-2.5-flash", Scripts::from(Reply::text("well")))
        .prices("holysheep")
        .config(move |config| config.spend = Some(SpendSettings::per_day(limit)))
        .build();
    let request = ChatRequest::user("hi").with_max_tokens(1_000);
    let foretold = trial.client.explain(&request, &CallOptions::new()).unwrap();
    assert_eq!(foretold.targets[0].verdict, Verdict::WouldBeAsked);
    assert_eq!(foretold.targets[0].fit.max_output, Some(256));
    assert_eq!(trial.client.budget_left(), Some(limit));

    let own = ft_client::cost::SpendConfig::new("$0.0001".parse().unwrap());
    let options = CallOptions::new().with_spend(SpendBudget::new(own).unwrap());
    let foretold = trial.client.explain(&request, &options).unwrap();
    assert_eq!(why(&foretold, "gpt-4.1"), Some(Skip::CallerSpend));
    assert_eq!(foretold.next, Next::Fails { kind: FailKind::Spend });
}

#[tokio::test(start_paused = true)]
async fn overrides_are_heeded_and_nonsense_is_refused() {
    let trial = trial("a | b", Scripts::from(Reply::text("well")));
    assert_eq!(models(&explain(&trial)), ["a", "b"]);
    let only = explain_with(&trial, CallOptions::new().with_target("sim", "b"));
    assert_eq!(models(&only), ["b"]);
    let brief = explain_with(&trial, CallOptions::new().with_deadline(secs(8)));
    assert_eq!(brief.deadline, secs(8));
    let timers = brief.targets[0].timers.unwrap();
    assert!(timers.attempt <= secs(8) && timers.shortened);
    let nothing = ChatRequest::new([]);
    let refused = trial.client.explain(&nothing, &CallOptions::new()).unwrap_err();
    assert_eq!(refused.kind(), FailKind::Invalid);
    assert_eq!(trial.log.total(), 0);
}
