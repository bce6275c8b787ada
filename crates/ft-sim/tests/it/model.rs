//! The model: measured figures, limits that count, outages by the clock.

use std::sync::Arc;
use std::time::Duration;

use ft_core::chat::FinishReason;
use ft_core::{Call, ChatRequest, ErrorKind, ManualClock, Provider, ProviderError, Tick};
use ft_sim::{
    Faults, Latency, Log, Model, Outage, Outcome, Profile, Rate, Reply, SimProvider, Size,
};
use futures_util::StreamExt;

fn sim(profile: Profile, seed: u64) -> (SimProvider, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let model = Model::new(profile).unwrap();
    let sim = SimProvider::new("sim", model, Arc::<ManualClock>::clone(&clock), seed);
    (sim, clock)
}

fn exact(tokens: u64) -> Profile {
    let mut profile = Profile::default();
    profile.answer_tokens = Size::fixed(tokens);
    profile
}

async fn ask(sim: &SimProvider, prompt: &str) -> Result<String, ProviderError> {
    let answer = sim.chat(&Call::new("m"), &ChatRequest::user(prompt)).await?;
    Ok(answer.text().into_owned())
}

/// What each of many attempts met, in one line each.
async fn run(seed: u64, attempts: usize) -> Vec<String> {
    let (sim, _) = sim(Profile::article_anthropic(), seed);
    let mut met = Vec::new();
    for n in 0..attempts {
        let prompt = format!("question {n}");
        let answer = tokio::time::timeout(Duration::from_secs(60), ask(&sim, &prompt)).await;
        met.push(match answer {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "silent".to_owned(),
        });
    }
    met
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_run() {
    let first = run(7, 400).await;
    assert_eq!(first, run(7, 400).await);
    assert_ne!(first, run(8, 400).await);
}

#[tokio::test(start_paused = true)]
async fn the_articles_success_rates_are_met() {
    for (profile, share) in
        [(Profile::article_openai(), 0.942), (Profile::article_anthropic(), 0.918)]
    {
        let clock = Arc::new(ManualClock::default());
        let model = Model::new(profile).unwrap();
        let sim = SimProvider::with_log("sim", model, clock, 3, Log::counting());
        let (call, request) = (Call::new("m"), ChatRequest::user("x"));
        let limit = Duration::from_secs(60);
        for _ in 0..10_000 {
            let _ = tokio::time::timeout(limit, sim.chat(&call, &request)).await;
        }
        let answered = sim.log().count_of("m", Outcome::Answered) as f64 / 10_000.0;
        // Three standard errors of 10,000 draws.
        assert!((answered - share).abs() < 0.0085, "{answered}, not {share}");
        assert_eq!(sim.log().open(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn faults_come_in_their_shares_and_under_their_kinds() {
    let mut profile = exact(4);
    let mut faults = Faults::default();
    (faults.server_error, faults.overloaded, faults.rate_limited) = (0.1, 0.1, 0.1);
    (faults.refused, faults.reset, faults.cut) = (0.1, 0.1, 0.1);
    (faults.malformed, faults.error_inside) = (0.1, 0.1);
    profile.faults = faults;
    let (sim, _) = sim(profile, 5);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..5_000 {
        let met = ask(&sim, "x").await.map_or_else(|error| error.kind().as_str(), |_| "answer");
        *counts.entry(met).or_insert(0) += 1;
    }
    // Server errors and errors inside share a kind, and so do resets and cuts.
    for (met, expected) in [
        ("answer", 1_000),
        ("server_error", 1_000),
        ("overloaded", 500),
        ("rate_limited", 500),
        ("connect", 500),
        ("interrupted", 1_000),
        ("garbled", 500),
    ] {
        let got: i32 = counts[met];
        assert!((got - expected).abs() < 120, "{met}: {got}, not about {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_follows_from_the_question_and_is_counted_at_four_bytes_a_token() {
    let (sim, _) = sim(exact(10), 1);
    let answer = sim.chat(&Call::new("m"), &ChatRequest::user("123456789")).await.unwrap();
    assert_eq!(answer.text().len(), 40);
    let usage = answer.usage.clone().unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (3, 10, 13));
    assert_eq!(ask(&sim, "123456789").await.unwrap(), answer.text());
    assert_ne!(ask(&sim, "123456780").await.unwrap(), answer.text());

    let short = ChatRequest::user("123456789").with_max_tokens(4);
    let cut = sim.chat(&Call::new("m"), &short).await.unwrap();
    assert_eq!(cut.finish_reason(), Some(&FinishReason::Length));
    assert_eq!(cut.text(), answer.text()[..16]);
}

#[tokio::test(start_paused = true)]
async fn the_request_limit_counts_every_request() {
    let mut profile = exact(1);
    profile.requests = Some(Rate::per_second(5));
    let (sim, clock) = sim(profile, 1);
    for _ in 0..5 {
        ask(&sim, "x").await.unwrap();
    }
    let refused = ask(&sim, "x").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RateLimited);
    assert_eq!(refused.retry_after(), Some(Duration::from_millis(200)));
    clock.advance(Duration::from_nanos(199_999_999));
    assert!(ask(&sim, "x").await.is_err());
    clock.advance(Duration::from_nanos(1));
    assert!(ask(&sim, "x").await.is_ok(), "the hint is exact, and a refusal costs nothing");
    assert!(ask(&sim, "x").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_token_limit_counts_both_ways_and_per_credential() {
    let mut profile = exact(8);
    profile.tokens = Some(Rate::per_minute(40));
    let (sim, clock) = sim(profile, 1);
    let sim = sim.with_credentials(2);
    let ask = async |credential, prompt: &str, limit| {
        let call = Call { credential, ..Call::new("m") };
        let request = ChatRequest { max_tokens: limit, ..ChatRequest::user(prompt) };
        sim.chat(&call, &request).await
    };
    // Two tokens in and eight out: four requests fill forty exactly.
    for _ in 0..4 {
        assert!(ask(0, "12345678", None).await.is_ok());
    }
    let refused = ask(0, "12345678", None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RateLimited);
    assert_eq!(
        refused.retry_after(),
        Some(Duration::from_secs(15)),
        "ten tokens of forty a minute"
    );
    assert!(ask(1, "12345678", None).await.is_ok(), "the other credential has its own bucket");
    clock.advance(Duration::from_millis(4_500));
    assert!(ask(0, "12345678", Some(1)).await.is_ok(), "three tokens have flowed in");
    let too_large = ask(1, &"x".repeat(200), None).await.unwrap_err();
    assert_eq!((too_large.kind(), too_large.retry_after()), (ErrorKind::RateLimited, None));
}

#[tokio::test(start_paused = true)]
async fn outages_begin_and_end_by_the_clock() {
    let mut profile = exact(1);
    profile.latency = Latency::fixed(Duration::from_millis(10));
    profile.outages = vec![
        Outage::hard(Tick::from_secs(10), Tick::from_secs(20)),
        Outage::slow(Tick::from_secs(30), Tick::from_secs(40), 50.0),
        Outage::replying(Tick::from_secs(50), Tick::from_secs(60), Reply::status(500)),
    ];
    let (sim, clock) = sim(profile, 1);
    let mut met = Vec::new();
    let time = crate::clock::TokioClock::new();
    for second in [0, 9, 10, 19, 20, 30, 39, 40, 50, 60] {
        clock.set(Tick::from_secs(second));
        let before = ft_core::Clock::now(&time);
        let answer = ask(&sim, "x").await;
        let took = ft_core::Clock::now(&time).since(before).as_millis();
        met.push((second, answer.err().map(|error| error.kind()), took));
    }
    let (down, failed) = (Some(ErrorKind::Overloaded), Some(ErrorKind::ServerError));
    assert_eq!(
        met,
        [
            (0, None, 10),
            (9, None, 10),
            (10, down, 1),
            (19, down, 1),
            (20, None, 10),
            (30, None, 500),
            (39, None, 500),
            (40, None, 10),
            (50, failed, 0),
            (60, None, 10),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_longer_than_the_window_is_refused() {
    let mut profile = exact(1);
    profile.context_window = Some(4);
    let (sim, _) = sim(profile, 1);
    assert!(ask(&sim, &"x".repeat(16)).await.is_ok());
    let error = ask(&sim, &"x".repeat(17)).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ContextLength, Some(400)));
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_a_chunk_a_token_at_the_drawn_pace() {
    let mut profile = exact(6);
    profile.per_token = Latency::fixed(Duration::from_millis(20));
    let (sim, _) = sim(profile, 1);
    let time = crate::clock::TokioClock::new();
    let chunks = sim.chat_stream(&Call::new("m"), &ChatRequest::user("x")).await.unwrap();
    let content = chunks.filter(|chunk| {
        let content = chunk.as_ref().is_ok_and(ft_core::ChatChunk::has_content);
        std::future::ready(content)
    });
    assert_eq!(content.count().await, 6);
    assert_eq!(ft_core::Clock::now(&time), Tick::from_millis(100));
}

/// The text that came before the fault, of each of many streams that all break.
async fn broken_after(tokens: u64, break_at: fn(&mut Faults)) -> Vec<u64> {
    let mut profile = exact(tokens);
    profile.chunk_tokens = 128;
    profile.per_token = Latency::fixed(Duration::from_millis(10));
    break_at(&mut profile.faults);
    let (sim, _) = sim(profile, 11);
    let mut came = Vec::new();
    for _ in 0..4_000 {
        let mut chunks = sim.chat_stream(&Call::new("m"), &ChatRequest::user("x")).await.unwrap();
        let mut bytes = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            bytes += chunk.choices[0].delta.content.as_ref().map_or(0, |text| text.len() as u64);
        }
        came.push(bytes / 4);
    }
    came
}

#[tokio::test(start_paused = true)]
async fn a_stream_breaks_after_any_of_its_tokens_as_often_as_after_any_other() {
    for break_at in [|f: &mut Faults| f.cut = 1.0, |f: &mut Faults| f.malformed = 1.0] {
        let came = broken_after(80, break_at).await;
        // Three standard errors of 4,000 draws: one in eighty comes before the first word.
        let before = came.iter().filter(|tokens| **tokens == 0).count();
        assert!((29..=71).contains(&before), "{before} of 4,000 before the first word");
        let mean = came.iter().sum::<u64>() as f64 / 4_000.0;
        assert!((mean - 39.5).abs() < 1.1, "{mean} tokens on average, not 39.5");
        assert_eq!(came.iter().max(), Some(&79));
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_of_a_simulation_are_no_silence_for_an_idle_timer() {
    let mut profile = exact(400);
    profile.chunk_tokens = 128;
    profile.per_token = Latency::fixed(Duration::from_millis(150));
    let (sim, _) = sim(profile, 1);
    let time = crate::clock::TokioClock::new();
    let mut chunks = sim.chat_stream(&Call::new("m"), &ChatRequest::user("x")).await.unwrap();
    let mut last = Tick::ZERO;
    while chunks.next().await.is_some() {
        let now = ft_core::Clock::now(&time);
        assert!(now.since(last) <= Duration::from_millis(500), "{last:?} to {now:?}");
        last = now;
    }
    assert_eq!(last, Tick::from_millis(150 * 399));
}

#[test]
fn impossible_figures_are_refused_by_field() {
    let refused = |change: fn(&mut Profile)| {
        let mut profile = Profile::default();
        change(&mut profile);
        Model::new(profile).unwrap_err().field()
    };
    assert_eq!(refused(|p| p.faults.hang = f64::NAN), "faults.hang");
    assert_eq!(refused(|p| p.faults.reset = -0.1), "faults.reset");
    assert_eq!(refused(|p| (p.faults.cut, p.faults.stall) = (0.6, 0.6)), "faults");
    assert_eq!(refused(|p| p.requests = Some(Rate::per_minute(0))), "requests");
    assert_eq!(refused(|p| p.tokens = Some(Rate { amount: 1, per: Duration::ZERO })), "tokens");
    assert_eq!(refused(|p| p.context_window = Some(0)), "context_window");
    assert_eq!(refused(|p| p.answer_tokens = Size::evenly(2, 1)), "answer_tokens");
    assert_eq!(refused(|p| p.answer_tokens = Size::evenly(0, 1_000_001)), "answer_tokens");
    assert_eq!(refused(|p| p.latency = Latency::fixed(Duration::from_secs(86_401))), "latency");
    assert_eq!(
        refused(|p| p.outages = vec![Outage::hard(Tick::from_secs(1), Tick::from_secs(1))]),
        "outages"
    );
    assert_eq!(
        refused(|p| p.outages = vec![Outage::slow(Tick::ZERO, Tick::MAX, f64::NAN)]),
        "outages"
    );
    assert_eq!(Model::new(Profile::default()).map(|_| ()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn draws_by_request_do_not_depend_on_the_order_of_requests_and_differ_when_asked_again() {
    let sim = || {
        let clock = Arc::new(ManualClock::default());
        let model = Model::new(Profile::article_anthropic()).unwrap();
        SimProvider::new("sim", model, clock, 7).drawing_by_request()
    };
    let ask = async |sim: &SimProvider, request: u32| {
        let call = Call { request_id: request.to_string(), ..Call::new("m") };
        let question = ChatRequest::user("x");
        let answer =
            tokio::time::timeout(Duration::from_secs(60), sim.chat(&call, &question)).await;
        answer.map_or_else(|_| "silent".to_owned(), |answer| format!("{answer:?}"))
    };
    let (forth, back) = (sim(), sim());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for request in 0..200 {
        first.push(ask(&forth, request).await.replace(|c: char| c.is_ascii_digit(), ""));
    }
    for request in (0..200).rev() {
        second.push(ask(&back, request).await.replace(|c: char| c.is_ascii_digit(), ""));
    }
    second.reverse();
    assert_eq!(first, second);
    let mut again = Vec::new();
    for request in 0..200 {
        again.push(ask(&forth, request).await.replace(|c: char| c.is_ascii_digit(), ""));
    }
    assert_ne!(first, again, "a second attempt of a request has luck of its own");
}
