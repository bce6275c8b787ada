//! Which clocks may cut a stream, and which only its beginning.

use std::sync::Arc;

use async_trait::async_trait;
use ft_client::config::{Commit, TargetConfig};
use ft_client::{CallOptions, Client, FailKind, TokioClock};
use ft_core::chat::{KeepAlives, Piece};
use ft_core::decide::MidStream;
use ft_core::{
    Call, ChatChunk, ChatRequest, ChatResponse, ChunkStream, ErrorKind, Provider, ProviderError,
};
use ft_sim::{Reply, Scripts};
use futures_util::{StreamExt, stream};

use crate::trial::{Way, a_gives, secs, setup, then_well, trial};

/// A chunk each second, for five minutes.
fn five_minutes() -> Reply {
    Reply::chunks(["one "; 301]).per_chunk(secs(1))
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_flows_is_cut_neither_by_its_attempt_nor_by_the_chains_deadline() {
    let trial = trial("a | b", a_gives(five_minutes()));
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "one ".repeat(301));
    assert_eq!(answer.report.latency, secs(300));
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn what_nobody_sees_flow_ends_with_its_attempt_and_the_chains_deadline() {
    for (way, commit) in [(Way::Plain, Commit::FirstContent), (Way::Streamed, Commit::Complete)] {
        let trial = setup("a", a_gives(five_minutes()))
            .targets(|target| target.attempt_timeout = secs(20))
            .first_token(secs(2))
            .chain(|chain| chain.rounds = 1)
            .build();
        let began = trial.now();
        let options = CallOptions::new().with_commit(commit);
        let error = trial.ask_with(way, ChatRequest::user("hi"), options).await.unwrap_err();
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::AttemptTimeout);
        assert_eq!(trial.now().since(began), secs(20));
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn the_stream_timeout_bounds_a_stream_as_a_whole() {
    let trial = setup("a | b", a_gives(five_minutes()))
        .targets(|target| target.stream_timeout = secs(200))
        .build();
    let began = trial.now();
    let error = trial.ask(Way::Streamed).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::AttemptTimeout);
    assert_eq!(trial.now().since(began), secs(200));
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_the_caller_brought_bounds_everything_and_the_chains_only_the_beginning() {
    let options = || CallOptions::new().with_deadline(secs(200));
    let request = || ChatRequest::user("hi");
    let flows = trial("a | b", a_gives(five_minutes()));
    let began = flows.now();
    let error = flows.ask_with(Way::Streamed, request(), options()).await.unwrap_err();
    assert_eq!(error.cause().unwrap().kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(flows.now().since(began), secs(200));

    let hangs =
        setup("a", a_gives(Reply::ok().hang())).chain(|chain| chain.deadline = secs(5)).build();
    let began = hangs.now();
    let error = hangs.ask_with(Way::Streamed, request(), options()).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Deadline);
    assert_eq!(hangs.now().since(began), secs(5));
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_head_may_be_bounded_without_the_stream() {
    let options = || CallOptions::new().with_first_content_timeout(secs(3));
    let request = || ChatRequest::user("hi");
    let flows = trial("a", a_gives(five_minutes()));
    let answer = flows.ask_with(Way::Streamed, request(), options()).await.unwrap();
    assert_eq!(answer.report.latency, secs(300));
    for way in crate::trial::WAYS {
        let late = trial("a", a_gives(Reply::text("late").latency(secs(9))));
        let began = late.now();
        let error = late.ask_with(way, request(), options()).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Deadline);
        assert_eq!(late.now().since(began), secs(3));
        assert_eq!(late.breaker("a"), "closed");
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_from_a_late_break_has_as_much_time_as_the_chain_gives_a_beginning() {
    let a = five_minutes().cut_after(250);
    let b = Reply::text("the end").latency(secs(20));
    let scripts = Scripts::new().model("a", a).model("b", then_well([b]));
    let trial = setup("a | b", scripts)
        .targets(|target| target.prefill = Some(true))
        .chain(|chain| chain.mid_stream = MidStream::Continue)
        .build();
    let answer = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(answer.text(), "one ".repeat(250) + "the end");
    assert!(answer.report.continued);
}

/// Says `one `, is quiet for so many turns of five seconds, each ended by a sign of life, and says `two`.
struct Pings {
    turns: u64,
    how: Sign,
}

#[derive(Clone, Copy, Debug)]
enum Sign {
    /// What the adapter counts: a comment, a ping event.
    Counted,
    /// A chunk that says nothing.
    EmptyChunk,
}

#[async_trait]
impl Provider for Pings {
    fn name(&self) -> &str {
        "own"
    }

    async fn chat(&self, _: &Call, _: &ChatRequest) -> Result<ChatResponse, ProviderError> {
        Err(ProviderError::new(ErrorKind::Unsupported))
    }

    async fn chat_stream(&self, _: &Call, _: &ChatRequest) -> Result<ChunkStream, ProviderError> {
        let keep_alives = KeepAlives::default();
        let (counted, how) = (keep_alives.clone(), self.how);
        let said = |chunk: &str| {
            let chunk: ChatChunk = serde_json::from_str(chunk).unwrap();
            stream::iter([Ok(Piece::from(chunk))])
        };
        let begin = said(r#"{"choices":[{"index":0,"delta":{"content":"one "}}]}"#);
        let end =
            said(r#"{"choices":[{"index":0,"delta":{"content":"two"},"finish_reason":"stop"}]}"#);
        let empty = r#"{"choices":[{"index":0,"delta":{}}]}"#;
        let quiet = stream::iter(0..self.turns).filter_map(move |_| {
            let counted = counted.clone();
            async move {
                tokio::time::sleep(secs(5)).await;
                match how {
                    Sign::Counted => {
                        counted.heard();
                        // It is the transport's turn again, which has nothing to say.
                        tokio::task::yield_now().await;
                        None
                    }
                    Sign::EmptyChunk => {
                        let chunk: ChatChunk = serde_json::from_str(empty).unwrap();
                        Some(Ok(Piece::from(chunk)))
                    }
                }
            }
        });
        let stream = ChunkStream::of_pieces(begin.chain(quiet).chain(end));
        Ok(stream.with_keep_alives(keep_alives))
    }
}

fn pinging(turns: u64, how: Sign) -> Client {
    Client::builder()
        .provider(Pings { turns, how })
        .tier("own", [TargetConfig::new("own", "m")])
        .clock(Arc::new(TokioClock::new()))
        .seed(1)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_keep_a_stream_that_says_nothing_for_ten_minutes_and_no_longer() {
    for how in [Sign::Counted, Sign::EmptyChunk] {
        let client = pinging(119, how);
        let stream = client.chat_stream(ChatRequest::user("hi")).await.unwrap();
        assert_eq!(stream.collect().await.unwrap().text(), "one two", "{how:?}");

        let client = pinging(10_000, how);
        let began = client.clock().now();
        let stream = client.chat_stream(ChatRequest::user("hi")).await.unwrap();
        let error = stream.collect().await.unwrap_err();
        assert_eq!(error.cause().unwrap().kind(), ErrorKind::Stalled, "{how:?}");
        assert_eq!(client.clock().now().since(began), secs(600), "{how:?}");
    }
}
