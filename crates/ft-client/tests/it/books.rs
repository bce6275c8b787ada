//! Every book says the same: budget, report, the model's sum; and none says what cannot be.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ft_client::config::{HedgeSettings, SpendSettings};
use ft_client::cost::{Pico, SpendBudget, SpendConfig};
use ft_client::{CallOptions, FailKind, Outcome, Report};
use ft_core::chat::Part;
use ft_core::{ChatRequest, ErrorKind, Message, Usage};
use ft_sim::{Reply, Scripts};
use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::trial::{Setup, Trial, WAYS, Way, millis, secs, setup};

/// Dollars 2 in and 8 out per million, a window of 128,000 tokens, and no stated limit of an answer.
const DEAR: &str = "gpt-4.1";
/// Dollars 0.25 in and 2.50 out.
const CHEAP: &str = "gemini-2.5-flash";

fn dollars(text: &str) -> Pico {
    text.parse().unwrap()
}

/// A chain of these models under a budget of a day.
fn limited(shape: &str, scripts: impl Into<Scripts>, limit: &str) -> Setup {
    let limit = dollars(limit);
    setup(shape, scripts.into())
        .prices("holysheep")
        .config(move |config| config.spend = Some(SpendSettings::per_day(limit)))
        .chain(|chain| chain.cache.stale_for = secs(0))
}

fn usage(fields: Value) -> Usage {
    serde_json::from_value(fields).unwrap()
}

/// What the client's budget has booked.
fn spent(trial: &Trial) -> Pico {
    let budget = trial.client.budget().unwrap();
    assert_eq!(budget.reserved, Pico::ZERO, "nothing is under way");
    budget.spent
}

/// What the models' own sums have booked.
fn models(trial: &Trial) -> Pico {
    trial.client.costs().into_values().sum()
}

/// What is reserved while a request is under way, of which then nothing is left.
fn reserved_for(trial: &Trial, request: ChatRequest) -> Pico {
    let mut call = Box::pin(trial.client.chat(request));
    assert!((&mut call).now_or_never().is_none(), "it is under way");
    trial.client.budget().unwrap().reserved
}

fn with_part(part: Value) -> ChatRequest {
    let part: Part = serde_json::from_value(part).unwrap();
    let mut request = ChatRequest::user("hi").with_max_tokens(1);
    request.messages.push(Message::user(ft_core::chat::Content::Parts(vec![part])));
    request
}

#[tokio::test(start_paused = true)]
async fn whichever_of_two_limits_a_provider_reads_the_money_is_reserved() {
    let trial = limited(DEAR, Reply::ok().hang(), "$100").build();
    for (max_tokens, max_completion_tokens) in [(10_000, 1), (1, 10_000)] {
        let mut request = ChatRequest::user("hi").with_max_tokens(max_tokens);
        request.max_completion_tokens = Some(max_completion_tokens);
        let reserved = reserved_for(&trial, request);
        assert!(reserved >= dollars("$0.08"), "{reserved} for {max_tokens}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_limits_are_lowered_when_only_a_short_answer_can_be_paid() {
    let trial = limited(DEAR, Reply::text("well"), "$0.004").build();
    let mut request = ChatRequest::user("hi").with_max_tokens(10_000);
    request.max_completion_tokens = Some(20_000);
    let answer = trial.client.chat(request).await.unwrap();
    assert_eq!(answer.report.fit.unwrap().max_output, Some(256));
    assert_eq!(trial.log.last().unwrap().output_limit, Some(256));
}

#[tokio::test(start_paused = true)]
async fn what_is_elsewhere_or_unknown_may_fill_the_window_and_its_money_is_reserved() {
    let trial = limited(DEAR, Reply::ok().hang(), "$100").build();
    let window = dollars("$0.256");
    for part in [
        json!({"type": "video_url", "video_url": {"url": "https://x/film.mp4"}}),
        json!({"type": "audio_url", "audio_url": {"url": "https://x/a.mp3"}}),
        json!({"type": "document_url", "document_url": "https://x/book.pdf"}),
        json!({"type": "image_file", "image_file": {"file_id": "f"}}),
        json!({"type": "input_file", "file_id": "f"}),
        json!({"type": "file", "file": {"file_id": "f"}}),
        json!({"type": "file", "file": {"url": "https://x/book.pdf"}}),
        json!({"type": "file", "file": {"file_data": "https://x/book.pdf"}}),
        json!({"type": "file", "file": {"file_data": "JVBERi0xLjQ="}}),
        json!({"type": "input_audio", "input_audio": {"data": "https://x/a.mp3"}}),
        json!({"type": "of_next_year", "words": 3}),
        json!({"video": "https://x/film.mp4"}),
    ] {
        let reserved = reserved_for(&trial, with_part(part.clone()));
        assert!(reserved >= window && reserved < window.saturating_mul(2), "{reserved} for {part}");
    }
    for part in [json!({"type": "text", "text": "hi"}), json!({"type": "refusal", "refusal": "no"})]
    {
        let reserved = reserved_for(&trial, with_part(part.clone()));
        assert!(reserved < dollars("$0.001"), "{reserved} for {part}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_to_choose_from_and_reasoning_beside_the_limit_are_reserved() {
    let trial = limited(DEAR, Reply::ok().hang(), "$100").build();
    let with = |name: &str, value: Value| {
        let mut request = ChatRequest::user("hi").with_max_tokens(1_000);
        request.extra.insert(name.to_owned(), value);
        request
    };
    let plain = reserved_for(&trial, ChatRequest::user("hi").with_max_tokens(1_000));
    assert!(plain < dollars("$0.009"), "{plain}");
    let twenty = reserved_for(&trial, with("best_of", json!(20)));
    assert!(twenty >= dollars("$0.16"), "{twenty}");
    let thought = reserved_for(&trial, with("thinking_budget", json!(9_000)));
    assert!(thought >= dollars("$0.08"), "{thought}");
    let before_others = reserved_for(&trial, with("service_tier", json!("priority")));
    assert_eq!(before_others, plain.saturating_mul(2));
    let unbounded = reserved_for(&trial, with("reasoning_effort", json!("low")));
    assert!(unbounded >= dollars("$1.024"), "nothing but the window: {unbounded}");
}

#[tokio::test(start_paused = true)]
async fn tokens_that_only_the_total_has_are_billed_as_output() {
    for (told, cost, estimated) in [
        (
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}),
            "$0.0006",
            false,
        ),
        (
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 5_150,
                "completion_tokens_details": {"reasoning_tokens": 5_000}}),
            "$0.0406",
            false,
        ),
        (
            json!({"prompt_tokens": 100, "completion_tokens": 50,
                "completion_tokens_details": {"reasoning_tokens": 5_000}}),
            "$0.0406",
            false,
        ),
    ] {
        for way in WAYS {
            let reply = Reply::text("well").usage(usage(told.clone()));
            let trial = limited(DEAR, reply, "$1").build();
            let report = trial.ask(way).await.unwrap().report;
            assert_eq!(report.cost, Some(dollars(cost)), "{told}");
            assert_eq!(report.cost_is_estimate, estimated);
            assert_eq!((spent(&trial), models(&trial)), (dollars(cost), dollars(cost)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_sum_alone_every_token_is_billed() {
    for way in WAYS {
        let reply = Reply::text("well").usage(usage(json!({"total_tokens": 150})));
        let trial = limited(DEAR, reply, "$1").build();
        let report = trial.ask(way).await.unwrap().report;
        assert_eq!(report.tokens.input + report.tokens.output, 150);
        assert!(report.cost_is_estimate, "what of it was the question is counted here");
        assert_eq!(report.cost, Some(spent(&trial)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_absurd_figure_is_not_believed_and_costs_no_more_than_what_was_read() {
    let most = u64::MAX;
    for told in [
        json!({"prompt_tokens": most, "completion_tokens": 50}),
        json!({"prompt_tokens": 100, "completion_tokens": most}),
        json!({"prompt_tokens": most, "completion_tokens": most, "total_tokens": most}),
        json!({"total_tokens": most}),
        json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": most}),
        json!({"prompt_tokens": 100, "completion_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": most}}),
        json!({"prompt_tokens": 100, "completion_tokens": 50,
            "completion_tokens_details": {"reasoning_tokens": most}}),
    ] {
        for way in WAYS {
            let reply = Reply::text("well").usage(usage(told.clone()));
            let trial = limited(DEAR, reply, "$1").build();
            let report = trial.ask(way).await.unwrap().report;
            assert!(report.cost_is_estimate, "{told}");
            let cost = report.cost.unwrap();
            assert!(!cost.is_zero() && cost < dollars("$0.001"), "{cost} for {told}");
            assert_eq!((spent(&trial), models(&trial)), (cost, cost));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_far_past_what_was_reserved_is_cut_and_settled_at_what_was_read() {
    let endless = || Reply::chunks((0..50_000).map(|_| "word ")).per_chunk(millis(1));
    let trial = limited(DEAR, endless(), "$1").build();
    let request = ChatRequest::user("hi").with_max_tokens(100);
    let mut stream = trial.client.chat_stream(request.clone()).await.unwrap();
    let mut pieces = 0;
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(_) => pieces += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), FailKind::MidStream);
    assert!((1_000..3_000).contains(&pieces), "{pieces} words where 100 were asked for");
    let report = error.report().unwrap();
    assert_eq!(report.attempts[0].outcome, Outcome::Failed(ErrorKind::Garbled));
    assert_eq!(report.attempts[0].code.as_deref(), Some("output_limit_exceeded"));
    let cost = report.cost.unwrap();
    assert!(cost >= dollars("$0.008") && cost < dollars("$0.04"), "{cost}");
    assert_eq!((spent(&trial), models(&trial)), (cost, cost));
    assert!(stream.next().await.is_none());
    drop(stream);
    trial.assert_idle();

    // Without money nobody is in danger, and the answer is the provider's affair.
    let free = setup(DEAR, Scripts::from(endless())).build();
    let answer = free.client.chat_stream(request).await.unwrap().collect().await.unwrap();
    assert!(answer.text().len() > 200_000);
}

#[tokio::test(start_paused = true)]
async fn an_answer_as_long_as_its_limit_is_not_cut() {
    let reply = Reply::chunks((0..1_000).map(|_| "word ")).per_chunk(millis(1));
    let trial = limited(DEAR, reply, "$1").build();
    let request = ChatRequest::user("hi").with_max_tokens(1_000);
    let answer = trial.ask_with(Way::Streamed, request, CallOptions::new()).await.unwrap();
    assert_eq!(answer.text().len(), 5_000);
}

/// Lets ten answers of so many tokens pass, each within a second.
async fn learn(trial: &Trial, way: Way) {
    for _ in 0..10 {
        trial.ask(way).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_brought_nothing_is_booked_as_long_as_answers_usually_are() {
    let well = Reply::text("well").usage(Usage::new(10, 60)).latency(secs(1));
    let hangs = Scripts::new().model(DEAR, crate::trial::then_hang(vec![well; 10]));
    let trial = limited(DEAR, hangs, "$1").build();
    learn(&trial, Way::Plain).await;
    let before = spent(&trial);
    let options = CallOptions::new().with_deadline(secs(20));
    let error = trial.client.chat_with(ChatRequest::user("hi"), options).await.unwrap_err();
    let cost = error.report().unwrap().cost.unwrap();
    assert!(
        cost >= dollars("$0.00048") && cost < dollars("$0.0006"),
        "60 tokens and the question: {cost}"
    );
    assert_eq!(spent(&trial), before.saturating_add(cost));
    assert_eq!(models(&trial), spent(&trial));
}

#[tokio::test(start_paused = true)]
async fn a_stream_cut_after_20_ms_is_booked_for_20_ms() {
    let trial = limited(DEAR, Reply::ok().hang(), "$1").build();
    for _ in 0..5 {
        let options = CallOptions::new().with_deadline(millis(20));
        let request = ChatRequest::user("hi").with_max_tokens(1_000);
        let error = trial.client.chat_stream_with(request, options).await.unwrap_err();
        let report = error.report().unwrap();
        assert!(report.cost_is_estimate);
        let cost = report.cost.unwrap();
        assert!(cost < dollars("$0.0006"), "no model writes 1,000 tokens in 20 ms: {cost}");
    }
    assert!(spent(&trial) < dollars("$0.003"));
    assert_eq!(models(&trial), spent(&trial));
}

/// The report of a call that is dropped by `drop_after`, and the trial.
async fn dropped(way: Way, reply: Reply, drop_after: Duration) -> (Report, Trial) {
    let trial = limited(DEAR, reply, "$1").build();
    let kept = Arc::new(OnceLock::new());
    let options = CallOptions::new().with_report_on_drop(Arc::clone(&kept));
    let request = ChatRequest::user("hi").with_max_tokens(1_000);
    let call = trial.ask_with(way, request, options);
    assert!(tokio::time::timeout(drop_after, call).await.is_err());
    (kept.get().expect("the caller left").clone(), trial)
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_who_left_has_cost_is_the_same_in_every_book() {
    let slow = || Reply::chunks((0..100).map(|_| "one word after another ")).per_chunk(millis(100));
    for (way, reply, output) in [
        (Way::Streamed, slow(), 40..90),
        (Way::Streamed, Reply::ok().hang(), 1..1_001),
        (Way::Plain, Reply::ok().hang(), 1_000..1_001),
    ] {
        let (report, trial) = dropped(way, reply, millis(1_050)).await;
        assert!(output.contains(&report.tokens.output), "{way:?}: {:?}", report.tokens);
        assert!(report.tokens.input > 0 && report.cost_is_estimate);
        let cost = report.cost.unwrap();
        assert!(!cost.is_zero());
        assert_eq!((spent(&trial), models(&trial)), (cost, cost), "{way:?}");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_left_says_who_served_it() {
    let slow = Reply::chunks(["one ", "two ", "three "]).per_chunk(secs(1));
    let (report, _) = dropped(Way::Streamed, slow, millis(1_500)).await;
    assert_eq!(report.served_by.unwrap().model, DEAR);
    assert_eq!(report.tier.name(), "tier-0");
    assert_eq!(report.attempts[0].outcome, Outcome::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ended_leaves_no_second_report() {
    let kept = Arc::new(OnceLock::new());
    let options = CallOptions::new().with_report_on_drop(Arc::clone(&kept));
    let trial = limited(DEAR, Reply::text("well"), "$1").build();
    trial.ask_with(Way::Streamed, ChatRequest::user("hi"), options).await.unwrap();
    assert!(kept.get().is_none());
}

/// One of a walk's requests.
#[derive(Clone, Debug)]
struct Walker {
    reply: u8,
    streamed: bool,
    caller: bool,
    max_tokens: Option<u64>,
    /// In milliseconds, after which its caller leaves.
    patience: u64,
    /// Before it the client takes another's place, under this limit in tenths of a cent.
    reload: Option<u64>,
}

fn walker() -> impl Strategy<Value = Walker> {
    // Fewer than the words of an answer are more than some honest provider would say.
    let limit = prop_oneof![1 => Just(None), 6 => (100_u64..400).prop_map(Some)];
    let reload = prop_oneof![4 => Just(None), 1 => (5_u64..20).prop_map(Some)];
    (0_u8..8, any::<bool>(), any::<bool>(), limit, 1_u64..20_000, reload).prop_map(
        |(reply, streamed, caller, max_tokens, patience, reload)| Walker {
            reply,
            streamed,
            caller,
            max_tokens,
            patience,
            reload,
        },
    )
}

fn of_number(number: u8) -> Reply {
    let words = || Reply::chunks((0..30).map(|_| "some words ")).per_chunk(millis(50));
    match number {
        0 => words(),
        1 => words().without_usage(),
        2 => words().cut_after(7),
        3 => words().stall_after(5),
        4 => Reply::ok().hang(),
        5 => Reply::status(500).latency(millis(30)),
        6 => words().latency(secs(3)),
        _ => words().reset_after(3),
    }
}

async fn walk(walkers: Vec<Walker>) {
    let replies: Vec<_> = walkers.iter().map(|walker| of_number(walker.reply)).collect();
    let shape = format!("{DEAR} | other/{CHEAP}");
    let first = replies.clone();
    let build = move |limit: u64, before: Option<&Trial>| {
        let replies = first.clone();
        let scripts = || {
            let mut at = 0;
            let replies = replies.clone();
            ft_sim::Script::from_fn(move |_| {
                at += 1;
                replies[at % replies.len()].clone()
            })
        };
        let limit = format!("$0.{limit:03}");
        let mut setup = limited(&shape, Scripts::from(scripts()), &limit)
            .provider("other", Scripts::from(scripts()))
            .config(|config| config.hedge = Some(HedgeSettings::default()))
            .chain(|chain| chain.max_tokens = Some(1_000));
        if let Some(before) = before {
            let client = before.client.clone();
            setup = setup.builder(move |builder| builder.inherit(&client));
        }
        setup.build()
    };
    let mut trial = build(10, None);
    let caller = SpendBudget::new(SpendConfig::new(dollars("$0.004"))).unwrap();
    let reports: Arc<std::sync::Mutex<Vec<Report>>> = Arc::default();
    let mut under_way = Vec::new();
    let mut most = dollars("$0.01");
    for walker in walkers {
        if let Some(limit) = walker.reload {
            trial = build(limit, Some(&trial));
            most = most.max(trial.client.budget().unwrap().limit);
        }
        let client = trial.client.clone();
        let (kept, reports) = (Arc::new(OnceLock::new()), Arc::clone(&reports));
        let mut options = CallOptions::new().with_report_on_drop(Arc::clone(&kept));
        if walker.caller {
            options = options.with_spend(Arc::clone(&caller));
        }
        #[expect(clippy::disallowed_methods, reason = "callers go beside each other")]
        under_way.push(tokio::spawn(async move {
            let mut request = ChatRequest::user("a question");
            request.max_tokens = walker.max_tokens;
            let call = async {
                match walker.streamed {
                    false => client.chat_with(request, options).await,
                    true => client.chat_stream_with(request, options).await?.collect().await,
                }
            };
            let ended = tokio::time::timeout(millis(walker.patience), call).await;
            let report = match ended {
                Ok(Ok(answer)) => Some(answer.report),
                Ok(Err(error)) => error.report().cloned(),
                Err(_) => kept.get().cloned(),
            };
            reports.lock().unwrap().extend(report);
        }));
        tokio::time::sleep(millis(100)).await;
        let budget = trial.client.budget().unwrap();
        let wall = trial.client.clock().wall();
        assert!(budget.spent.saturating_add(budget.reserved) <= most, "{budget:?}");
        let its = caller.spent(wall).saturating_add(caller.reserved(wall));
        assert!(its <= dollars("$0.004"), "{its} of the caller's");
    }
    for task in under_way {
        task.await.unwrap();
    }
    let reported: Pico = reports
        .lock()
        .unwrap()
        .iter()
        .flat_map(|report| &report.attempts)
        .filter_map(|it| it.cost)
        .sum();
    assert_eq!((spent(&trial), models(&trial)), (reported, reported));
    let wall = trial.client.clock().wall();
    assert_eq!(caller.reserved(wall), Pico::ZERO);
    trial.assert_idle();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Callers who leave, hedges, retries, reloads under other limits, every kind of fault.
    #[test]
    fn on_any_walk_no_limit_is_passed_and_all_books_agree(
        walkers in prop::collection::vec(walker(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(walk(walkers));
    }
}
