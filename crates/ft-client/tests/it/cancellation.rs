//! Every future dropped at every await: nothing is held, nothing is counted, nobody is stranded.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use ft_client::Report;
use ft_client::config::SpendSettings;
use ft_core::ChatRequest;
use ft_core::decide::MidStream;
use ft_sim::{Reply, Scripts};
use futures_util::StreamExt;

use crate::trial::{Trial, WAYS, Way, secs, setup, then_well, trail};

/// A future that is given up after so many polls.
struct Polls<F> {
    future: Pin<Box<F>>,
    left: u32,
}

fn polls<F: Future>(future: F, left: u32) -> Polls<F> {
    Polls { future: Box::pin(future), left }
}

impl<F: Future> Future for Polls<F> {
    /// `None`: given up.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        match self.future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// A way with every kind of await on it: a failure, a throttle, a back-off, a slow stream that breaks and is
/// continued.
fn long_way() -> Trial {
    let slow = || Reply::chunks(["one ", "two ", "three "]).latency(secs(1)).per_chunk(secs(1));
    let scripts = Scripts::new()
        .model("gpt-4.1", then_well([Reply::status(500).latency(secs(1))]))
        .model("claude-sonnet-4.5", then_well([Reply::throttled(secs(2)).latency(secs(1))]))
        .model("gemini-2.5-flash", then_well([slow().cut_after(2), slow()]));
    setup("gpt-4.1 | claude-sonnet-4.5 | gemini-2.5-flash", scripts)
        .prices("holysheep")
        .first_token(secs(10))
        .targets(|target| target.prefill = Some(true))
        .chain(|chain| chain.mid_stream = MidStream::Continue)
        .config(|config| {
            config.spend = Some(SpendSettings::per_day("$100".parse().unwrap()));
            config.breaker.consecutive_failures = Some(3);
        })
        .build()
}

fn request() -> ChatRequest {
    ChatRequest::user("hi").with_max_tokens(100)
}

/// What must hold after a call that was given up.
async fn assert_clean(trial: &Trial, at: u32) {
    trial.assert_idle();
    for target in trial.client.health() {
        assert_eq!(target.breaker, "closed", "{} after {at} polls", target.model);
    }
    // Nothing stays reserved: what is gone from the budget is no more than the estimates of the attempts made.
    let limit: ft_client::cost::Pico = "$100".parse().unwrap();
    let gone = limit.checked_sub(trial.client.budget_left().unwrap()).unwrap();
    let most: ft_client::cost::Pico = "$0.02".parse().unwrap();
    assert!(gone <= most, "{gone} is gone after {at} polls");
    for way in WAYS {
        trial.ask_with(way, request(), ft_client::CallOptions::new()).await.unwrap();
    }
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_plain_call_may_be_dropped_at_every_await() {
    for at in 0.. {
        let trial = long_way();
        let done = polls(trial.client.chat(request()), at).await;
        assert_clean(&trial, at).await;
        if done.is_some() {
            assert!(at > 5, "the way has more awaits than {at}");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_be_dropped_at_every_await_before_and_after_its_head() {
    for at in 0.. {
        let trial = long_way();
        let whole = async {
            let mut stream = trial.client.chat_stream(request()).await.unwrap();
            let mut items = 0;
            while let Some(chunk) = stream.next().await {
                chunk.unwrap();
                items += 1;
                // An await of the reader's own, so that the stream is also dropped between two chunks.
                tokio::task::yield_now().await;
            }
            items
        };
        let done = polls(whole, at).await;
        assert_clean(&trial, at).await;
        if let Some(items) = done {
            assert!(items > 3 && at > 10, "{items} chunks, {at} awaits");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn followers_are_not_stranded_when_their_leader_is_dropped_at_any_await() {
    for way in WAYS {
        for at in 1.. {
            let slow = Reply::chunks(["one ", "two "]).latency(secs(1)).per_chunk(secs(1));
            let scripts = Scripts::new().model("a", then_well([Reply::status(500), slow.clone()]));
            let trial =
                setup("a", scripts).chain(|chain| chain.cache.coalesce = Some(true)).build();
            let leader = async {
                match way {
                    Way::Plain => drop(trial.client.chat(request()).await),
                    Way::Streamed => {
                        let stream = trial.client.chat_stream(request()).await.unwrap();
                        drop(stream.collect().await);
                    }
                }
            };
            let follower = || async {
                tokio::task::yield_now().await;
                let options = ft_client::CallOptions::new();
                trial.ask_with(Way::Plain, request(), options).await
            };
            let (done, one, two) = tokio::join!(polls(leader, at), follower(), follower());
            assert!(one.is_ok(), "{way:?} at {at}: {one:?}");
            assert!(two.is_ok(), "{way:?} at {at}: {two:?}");
            assert!(trial.log.total() <= 4, "followers became callers: {}", trial.log.total());
            trial.assert_idle();
            if done.is_some() {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_late_was_kept_waiting_and_that_counts() {
    let trial = setup("a", Scripts::from(Reply::ok().hang()))
        .first_token(secs(10))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    let early = tokio::time::timeout(secs(9), trial.ask(Way::Plain)).await;
    assert!(early.is_err());
    assert_eq!(trial.breaker("a"), "closed", "the caller may leave");
    let trial = setup("a", Scripts::from(Reply::ok().hang()))
        .targets(|target| target.attempt_timeout = secs(10))
        .config(|config| config.breaker.consecutive_failures = Some(1))
        .build();
    for _ in 0..20 {
        assert!(tokio::time::timeout(secs(1), trial.ask(Way::Plain)).await.is_err());
    }
    assert_eq!(trial.breaker("a"), "closed");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn what_was_done_for_a_caller_who_left_is_told_once() {
    let told: Arc<Mutex<Vec<Report>>> = Arc::default();
    let hears = Arc::clone(&told);
    let trial = setup("a", Scripts::from(Reply::chunks(["one ", "two "]).per_chunk(secs(5))))
        .builder(move |builder| {
            builder.on_left(move |report| {
                hears.lock().unwrap().push(report.clone());
                panic!("a listener's panic is its own");
            })
        })
        .build();
    assert!(tokio::time::timeout(secs(1), trial.ask(Way::Plain)).await.is_err());
    let mut stream = trial.client.chat_stream(request()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(told.lock().unwrap().len(), 1, "a stream is left when it is dropped");
    drop(stream);
    trial.client.chat(request()).await.unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 2);
    for report in told.iter() {
        assert_eq!(trail(report), ["a cancelled"]);
    }
}
