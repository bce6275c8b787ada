//! Scripts inside the process, in paused time.

use std::sync::Arc;
use std::time::Duration;

use ft_core::chat::EmbeddingRequest;
use ft_core::{Call, ChatRequest, Clock, ErrorKind, Provider, ProviderError, Tick};
use ft_sim::{Log, Outcome, Reply, Script, Scripts, SimProvider};
use futures_util::{FutureExt, StreamExt};
use serde_json::{json, to_value};

use crate::cases::{PROMPT, cases, pieces};
use crate::clock::TokioClock;

const HOUR: Duration = Duration::from_secs(3_600);

fn sim(scripts: impl Into<Scripts>) -> (SimProvider, Arc<TokioClock>) {
    let clock = Arc::new(TokioClock::new());
    (SimProvider::new("sim", scripts, Arc::clone(&clock) as Arc<dyn Clock>, 1), clock)
}

fn word(error: &ProviderError) -> String {
    let wait = error.retry_after().map(|wait| format!("({wait:?})"));
    format!("{}{}", error.kind().as_str(), wait.unwrap_or_default())
}

async fn plain(sim: &SimProvider) -> String {
    let (call, request) = (Call::new("m"), ChatRequest::user(PROMPT));
    match tokio::time::timeout(HOUR, sim.chat(&call, &request)).await {
        Err(_) => "silent".to_owned(),
        Ok(Err(error)) => word(&error),
        Ok(Ok(answer)) => format!("{} end", pieces(&to_value(&answer).unwrap()).join(" ")),
    }
}

async fn streamed(sim: &SimProvider) -> String {
    let (call, request) = (Call::new("m"), ChatRequest::user(PROMPT));
    let mut chunks = match tokio::time::timeout(HOUR, sim.chat_stream(&call, &request)).await {
        Err(_) => return "silent".to_owned(),
        Ok(Err(error)) => return word(&error),
        Ok(Ok(chunks)) => chunks,
    };
    let mut words = Vec::new();
    loop {
        match tokio::time::timeout(HOUR, chunks.next()).await {
            Err(_) => words.push("silent".to_owned()),
            Ok(None) => words.push("end".to_owned()),
            Ok(Some(Err(error))) => {
                words.push(word(&error));
                assert!(
                    chunks.next().now_or_never().unwrap().is_none(),
                    "something follows an error"
                );
            }
            Ok(Some(Ok(chunk))) => {
                words.extend(pieces(&to_value(&chunk).unwrap()));
                continue;
            }
        }
        return words.join(" ");
    }
}

#[tokio::test(start_paused = true)]
async fn every_reply_is_met_as_written() {
    for case in cases() {
        let (sim, _) = sim(case.reply);
        assert_eq!(plain(&sim).await, case.here[0], "{}, plain", case.name);
        assert_eq!(streamed(&sim).await, case.here[1], "{}, streamed", case.name);
        let outcomes: Vec<_> = sim.log().attempts().iter().map(|seen| seen.outcome).collect();
        assert_eq!(outcomes, [case.outcome; 2], "{}", case.name);
    }
}

#[tokio::test(start_paused = true)]
async fn waits_add_up_and_a_plain_answer_takes_as_long_as_its_stream() {
    let ms = Duration::from_millis;
    let reply = Reply::text("a b c").latency(ms(100)).first_token(ms(50)).per_chunk(ms(10));
    let (sim, clock) = sim(reply);
    let request = ChatRequest::user("x");
    let _ = sim.chat(&Call::new("m"), &request).await.unwrap();
    assert_eq!(clock.now(), Tick::from_millis(170));

    let mut chunks = sim.chat_stream(&Call::new("m"), &request).await.unwrap();
    let mut seen = vec![clock.now().as_millis() - 170];
    while let Some(chunk) = chunks.next().await {
        if chunk.unwrap().has_content() {
            seen.push(clock.now().as_millis() - 170);
        }
    }
    assert_eq!(seen, [100, 150, 160, 170]);
}

#[tokio::test(start_paused = true)]
async fn a_dripped_event_takes_eight_waits() {
    let (sim, clock) = sim(Reply::text("a").drip(Duration::from_millis(5)).without_usage());
    let chunks: Vec<_> =
        sim.chat_stream(&Call::new("m"), &ChatRequest::user("x")).await.unwrap().collect().await;
    // Role, text, finish and [DONE].
    assert_eq!(chunks.len(), 3);
    assert_eq!(clock.now(), Tick::from_millis(4 * 8 * 5));
}

#[tokio::test(start_paused = true)]
async fn a_sequence_goes_on_with_what_follows_it() {
    let script = Script::sequence([Reply::status(500), Reply::text("second")])
        .then(Script::from_fn(|seen| Reply::text(format!("number {}", seen.nth))));
    let (sim, _) = sim(script);
    let mut met = Vec::new();
    for _ in 0..4 {
        met.push(plain(&sim).await);
    }
    assert_eq!(met[0], "server_error");
    let texts: Vec<_> = met[1..].iter().map(|text| text.split(" finish").next().unwrap()).collect();
    assert_eq!(texts, ["second", "number 3", "number 4"]);
}

#[tokio::test(start_paused = true)]
async fn each_model_has_its_own_script_and_an_unlisted_one_is_not_found() {
    let scripts = Scripts::new().model("a", Reply::text("from a")).model("b", Reply::status(500));
    let (sim, _) = sim(scripts);
    let request = ChatRequest::user("x");
    assert_eq!(sim.chat(&Call::new("a"), &request).await.unwrap().text(), "from a");
    let kind = async |model: &str| sim.chat(&Call::new(model), &request).await.unwrap_err().kind();
    assert_eq!(kind("b").await, ErrorKind::ServerError);
    assert_eq!(kind("c").await, ErrorKind::ModelNotFound);
    sim.set_script("c", Reply::status(401));
    assert_eq!(kind("c").await, ErrorKind::Auth);
    sim.outage("a", true);
    assert_eq!(kind("a").await, ErrorKind::Overloaded);
    sim.outage("a", false);
    assert_eq!(sim.chat(&Call::new("a"), &request).await.unwrap().text(), "from a");
}

#[tokio::test(start_paused = true)]
async fn a_script_may_look_at_the_log_and_change_the_scripts() {
    let log = Log::new();
    let clock = Arc::new(TokioClock::new());
    let sim = SimProvider::with_log("sim", Scripts::new(), clock, 1, log.clone());
    let handle = sim.clone();
    sim.set_script(
        "m",
        Script::from_fn(move |seen| {
            handle.set_script("m", Reply::text("replaced"));
            Reply::text(format!("{} of {}", seen.number, log.count("m")))
        }),
    );
    let request = ChatRequest::user("x");
    assert_eq!(sim.chat(&Call::new("m"), &request).await.unwrap().text(), "1 of 1");
    assert_eq!(sim.chat(&Call::new("m"), &request).await.unwrap().text(), "replaced");
}

#[tokio::test(start_paused = true)]
async fn vectors_follow_from_their_text() {
    let (sim, _) = sim(Reply::ok());
    let request = |input| EmbeddingRequest { input, ..EmbeddingRequest::default() };
    let two = sim.embed(&Call::new("m"), &request(json!(["a", "b"]))).await.unwrap();
    let one = sim.embed(&Call::new("m"), &request(json!("b"))).await.unwrap();
    assert_eq!(two.data.len(), 2);
    assert_ne!(two.data[0]["embedding"], two.data[1]["embedding"]);
    assert_eq!(two.data[1]["embedding"], one.data[0]["embedding"]);
    sim.set_script("m", Reply::status(503));
    let error = sim.embed(&Call::new("m"), &request(json!("b"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_and_a_dropped_stream_are_written_down() {
    let (sim, clock) = sim(Reply::text("a b c").latency(Duration::from_secs(5)));
    let request = ChatRequest::user("x");
    let limit = Duration::from_secs(1);
    let call = Call::new("m");
    assert!(tokio::time::timeout(limit, sim.chat(&call, &request)).await.is_err());
    let mut chunks = sim.chat_stream(&call, &request).await.unwrap();
    let _ = chunks.next().await;
    assert_eq!(sim.log().last().unwrap().outcome, Outcome::Open);
    drop(chunks);
    let attempts = sim.log().attempts();
    assert_eq!(attempts[0].outcome, Outcome::CallerLeft);
    assert_eq!(attempts[0].ended, Some(Tick::from_secs(1)));
    assert_eq!(attempts[1].outcome, Outcome::CallerLeft);
    assert_eq!(attempts[1].ended, Some(clock.now()));
}
