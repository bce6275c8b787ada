//! What answers cost, and a budget that is never overspent.

use ft_client::config::{SpendSettings, UnknownPriceSetting};
use ft_client::cost::Pico;
use ft_client::{CallOptions, FailKind, Health, Outcome};
use ft_core::{ChatRequest, Usage};
use ft_sim::{Reply, Scripts};
use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};

use crate::trial::{Setup, WAYS, Way, secs, setup, then_well, trail};

/// Dollars 2 in and 8 out per million.
const DEAR: &str = "gpt-4.1";
/// Dollars 0.25 in and 2.50 out.
const CHEAP: &str = "gemini-2.5-flash";

fn priced(shape: &str, scripts: Scripts) -> Setup {
    setup(shape, scripts).prices("holysheep")
}

fn dollars(text: &str) -> Pico {
    text.parse().unwrap()
}

fn limited(setup: Setup, limit: Pico) -> Setup {
    setup.config(move |config| config.spend = Some(SpendSettings::per_day(limit)))
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_usage_costs_exactly_its_tokens() {
    for way in WAYS {
        let reply = Reply::text("well").usage(Usage::new(100, 50));
        let trial = limited(priced(DEAR, Scripts::from(reply)), dollars("$1")).build();
        let answer = trial.ask(way).await.unwrap();
        // 100 × 2 + 50 × 8 millionths.
        assert_eq!(answer.report.cost, Some(dollars("$0.0006")));
        assert!(!answer.report.cost_is_estimate);
        assert_eq!(trial.client.budget_left(), Some(dollars("$0.9994")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_usage_is_estimated_and_says_so() {
    for way in WAYS {
        let reply = Reply::text("a few words of an answer").without_usage();
        let trial = priced(DEAR, Scripts::from(reply)).build();
        let answer = trial.ask(way).await.unwrap();
        assert!(answer.report.cost_is_estimate);
        assert!(answer.report.cost.is_some_and(|cost| !cost.is_zero()));
    }
}

#[tokio::test(start_paused = true)]
async fn output_that_is_there_and_was_not_counted_is_estimated() {
    for way in WAYS {
        let reply = Reply::text("a few words of an answer").usage(Usage::new(100, 0));
        let trial = priced(DEAR, Scripts::from(reply)).build();
        let report = trial.ask(way).await.unwrap().report;
        assert!(report.cost_is_estimate);
        // What it did count is taken from it: 100 × 2 millionths, and the words.
        let cost = report.cost.unwrap();
        assert!(cost > dollars("$0.0002") && cost < dollars("$0.0004"), "{cost}");
    }
}

#[tokio::test(start_paused = true)]
async fn failed_attempts_are_in_the_sum() {
    for way in WAYS {
        let scripts = Scripts::new()
            .model(DEAR, Reply::ok().hang())
            .model(CHEAP, Reply::text("well").usage(Usage::new(1_000, 1_000)));
        let trial = limited(priced(&format!("{DEAR} | {CHEAP}"), scripts), dollars("$1"))
            .first_token(secs(2))
            .build();
        let request = ChatRequest::user("hi").with_max_tokens(1_000);
        let answer = trial.ask_with(way, request, CallOptions::new()).await.unwrap();
        let [silent, served] = &answer.report.attempts[..] else { panic!("two attempts") };
        // The provider may have answered in full: 1000 × 8 millionths and a little for the question.
        assert!(silent.cost_is_estimate);
        let cost = silent.cost.unwrap();
        assert!(cost >= dollars("$0.008") && cost < dollars("$0.0081"), "{cost}");
        assert_eq!(served.cost, Some(dollars("$0.00275")));
        let sum = cost.checked_add(dollars("$0.00275")).unwrap();
        assert_eq!(answer.report.cost, Some(sum));
        assert_eq!(trial.client.budget_left(), dollars("$1").checked_sub(sum));
    }
}

#[tokio::test(start_paused = true)]
async fn refused_attempts_cost_nothing() {
    for reply in [Reply::status(500), Reply::status(429), Reply::status(401), Reply::ok().refuse()]
    {
        let scripts = Scripts::new().model(DEAR, reply);
        let trial = limited(priced(DEAR, scripts), dollars("$1")).build();
        let error = trial.ask(Way::Plain).await;
        let report = match &error {
            Ok(answer) => &answer.report,
            Err(error) => error.report().unwrap(),
        };
        assert_eq!(report.cost, Some(Pico::ZERO));
        assert_eq!(trial.client.budget_left(), Some(dollars("$1")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_costs_what_was_said() {
    let cut = Reply::chunks(["one ", "two "]).cut_after(2);
    let trial = limited(priced(DEAR, Scripts::from(cut)), dollars("$1")).build();
    let error = trial.ask(Way::Streamed).await.unwrap_err();
    let attempt = &error.report().unwrap().attempts[0];
    assert!(attempt.cost_is_estimate);
    let left = trial.client.budget_left();
    assert_eq!(left, dollars("$1").checked_sub(attempt.cost.unwrap()));
    assert!(attempt.cost.unwrap() < dollars("$0.0002"), "{:?}", attempt.cost);
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_leaves_pays_for_what_was_said() {
    let slow = Reply::chunks(["one ", "two ", "three "]).per_chunk(secs(5));
    let trial = limited(priced(DEAR, Scripts::from(slow)), dollars("$1")).build();
    let request = ChatRequest::user("hi").with_max_tokens(1_000);
    let mut stream = trial.client.chat_stream(request).await.unwrap();
    stream.next().await.unwrap().unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let gone = dollars("$1").checked_sub(trial.client.budget_left().unwrap()).unwrap();
    assert!(!gone.is_zero() && gone < dollars("$0.001"), "{gone}");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn an_unknown_price_is_no_number_and_is_denied_under_a_budget() {
    let trial = setup("a", Scripts::from(Reply::text("well"))).build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(answer.report.cost, None, "never nothing, never a guess");
    assert_eq!(trial.client.budget_left(), None);

    let denied = limited(setup("a", Scripts::from(Reply::text("well"))), dollars("$1")).build();
    let error = denied.ask(Way::Plain).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Spend);
    assert!(error.to_string().contains("a target has no price"), "{error}");
    assert_eq!(denied.log.total(), 0);

    let warned = limited(setup("a", Scripts::from(Reply::text("well"))), dollars("$1"))
        .config(|config| {
            config.spend.as_mut().unwrap().unknown_price = UnknownPriceSetting::Warn;
        })
        .build();
    assert_eq!(warned.ask(Way::Plain).await.unwrap().report.cost, None);
}

#[tokio::test(start_paused = true)]
async fn when_only_a_short_answer_can_be_paid_its_limit_is_sent_and_reported() {
    for way in WAYS {
        let trial =
            limited(priced(DEAR, Scripts::from(Reply::text("well"))), dollars("$0.004")).build();
        let request = ChatRequest::user("hi").with_max_tokens(1_000);
        let answer = trial.ask_with(way, request, CallOptions::new()).await.unwrap();
        assert_eq!(answer.report.fit.unwrap().max_output, Some(256));
        assert_eq!(trial.log.last().unwrap().output_limit, Some(256));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_paid_at_all_is_refused_or_asked_of_a_cheaper_target() {
    let well = || Scripts::from(Reply::text("well"));
    let request = || ChatRequest::user("hi").with_max_tokens(1_000);
    let poor = limited(priced(DEAR, well()), dollars("$0.001")).build();
    let error = poor.ask_with(Way::Plain, request(), CallOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Spend);
    assert_eq!(trail(error.report().unwrap()), [format!("{DEAR} skipped spend")]);
    assert_eq!(poor.log.total(), 0);

    let shape = format!("{DEAR} | {CHEAP}");
    let trial = limited(priced(&shape, well()), dollars("$0.001")).build();
    let answer = trial.ask_with(Way::Plain, request(), CallOptions::new()).await.unwrap();
    assert_eq!(
        trail(&answer.report),
        [format!("{DEAR} skipped spend"), format!("{CHEAP} answered")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_money_says_when_the_next_window_begins() {
    let large = Reply::text("well").usage(Usage::new(100, 80_000));
    let trial = limited(priced(DEAR, Scripts::from(large)), dollars("$0.5"))
        .chain(|chain| {
            chain.max_tokens = Some(100);
            chain.cache.stale_for = secs(0);
        })
        .build();
    trial.ask(Way::Plain).await.unwrap();
    let error = trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Spend);
    let wait = error.retry_after().unwrap();
    assert!(wait <= secs(24 * 3_600), "{wait:?}");
    tokio::time::sleep(wait).await;
    trial.ask(Way::Plain).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_at_once_never_overspend_a_budget_for_ten() {
    for way in WAYS {
        // Fewer tokens than the bound, which is exact where the encoding is at hand.
        let usage = Usage::new(5, 100);
        let slow = || Scripts::from(Reply::text("well").latency(secs(1)).usage(usage.clone()));
        let request = || ChatRequest::user("hi").with_max_tokens(100);
        let one = limited(priced(DEAR, slow()), dollars("$1")).build();
        let mut call = Box::pin(one.ask_with(way, request(), CallOptions::new()));
        assert!((&mut call).now_or_never().is_none(), "it is under way");
        let reserved = dollars("$1").checked_sub(one.client.budget_left().unwrap()).unwrap();
        drop(call);

        let limit = reserved.saturating_mul(10);
        let trial = limited(priced(DEAR, slow()), limit).build();
        let calls = (0..50).map(|_| trial.ask_with(way, request(), CallOptions::new()));
        let answers = join_all(calls).await;
        let served = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!((served, trial.log.total()), (10, 10), "{way:?}");
        for error in answers.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind(), FailKind::Spend);
        }
        let left = trial.client.budget_left().unwrap();
        let spent = dollars("$0.00081").saturating_mul(10);
        assert_eq!(limit.checked_sub(left), Some(spent), "settled at what the answers cost");
    }
}

#[tokio::test(start_paused = true)]
async fn past_the_soft_mark_cheaper_targets_come_first() {
    // The provider bills more than was reserved: that is booked as it is.
    let large = Reply::text("well").usage(Usage::new(100, 80_000));
    let scripts = Scripts::new().model(DEAR, then_well([large])).model(CHEAP, Reply::text("cheap"));
    let shape = format!("{DEAR} | {CHEAP}");
    let trial = limited(priced(&shape, scripts), dollars("$0.8"))
        .chain(|chain| chain.max_tokens = Some(100))
        .build();
    assert_eq!(trial.ask(Way::Plain).await.unwrap().report.fallback_level, 0);
    assert_eq!(trial.client.budget_left(), dollars("$0.8").checked_sub(dollars("$0.6402")));
    assert_eq!(trial.ask(Way::Plain).await.unwrap().text(), "cheap");
}

#[tokio::test(start_paused = true)]
async fn past_the_soft_mark_a_slow_target_has_its_turn_as_often_as_before_it() {
    let large = Reply::text("well").usage(Usage::new(100, 80_000));
    let slow = Reply::text("cheap").first_token(std::time::Duration::from_millis(1_800));
    let scripts = Scripts::new().model(DEAR, then_well([large])).model(CHEAP, slow);
    let trial = limited(priced(&format!("{DEAR} | {CHEAP}"), scripts), dollars("$0.8"))
        .first_token(secs(2))
        .chain(|chain| chain.max_tokens = Some(100))
        .build();
    for _ in 0..11 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.health(CHEAP).health, Health::Degraded);
    trial.log.clear();
    for _ in 0..100 {
        trial.ask(Way::Streamed).await.unwrap();
    }
    assert_eq!(trial.log.count(CHEAP), 2, "every fiftieth call");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_settled_at_its_estimate() {
    let trial = limited(priced(DEAR, Scripts::from(Reply::ok().hang())), dollars("$1")).build();
    let request = ChatRequest::user("hi").with_max_tokens(1_000);
    let call = trial.ask_with(Way::Plain, request, CallOptions::new());
    assert!(tokio::time::timeout(secs(1), call).await.is_err());
    let gone = dollars("$1").checked_sub(trial.client.budget_left().unwrap()).unwrap();
    assert!(gone >= dollars("$0.008") && gone < dollars("$0.009"), "{gone}");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_skipped_target_costs_nothing() {
    let trial =
        limited(priced(DEAR, Scripts::from(Reply::text("well"))), dollars("$0.0001")).build();
    let error = trial.ask(Way::Plain).await.unwrap_err();
    let attempt = &error.report().unwrap().attempts[0];
    assert!(matches!(attempt.outcome, Outcome::Skipped(_)));
    assert_eq!(error.report().unwrap().cost, Some(Pico::ZERO));
}
