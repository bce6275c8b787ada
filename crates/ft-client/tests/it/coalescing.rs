//! Identical calls at the same time are one call, whatever becomes of the one that makes it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use ft_client::{CacheStatus, CallOptions, FailKind};
use ft_core::ChatRequest;
use ft_sim::{Reply, Script, Scripts};
use futures_util::StreamExt;
use futures_util::future::join_all;

use crate::trial::{Setup, WAYS, Way, a_gives, secs, setup};

fn coalescing(shape: &str, scripts: Scripts) -> Setup {
    setup(shape, scripts).chain(|chain| {
        chain.cache.coalesce = Some(true);
        chain.cache.stale_for = secs(0);
    })
}

fn slow() -> Reply {
    Reply::chunks(["one ", "two"]).latency(secs(1)).per_chunk(secs(1))
}

#[tokio::test(start_paused = true)]
async fn fifty_identical_calls_are_one() {
    for way in WAYS {
        let trial = coalescing("a", a_gives(slow())).build();
        let answers = join_all((0..50).map(|_| trial.ask(way))).await;
        let status = |status| {
            let each = answers.iter().map(|answer| answer.as_ref().unwrap().report.cache);
            each.filter(|&cache| cache == status).count()
        };
        assert_eq!(trial.log.total(), 1, "{way:?}");
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().text() == "one two"));
        assert_eq!((status(CacheStatus::Miss), status(CacheStatus::Coalesced)), (1, 49));
        let free =
            |answer: &ft_client::Answer| answer.report.cost.is_some_and(|cost| cost.is_zero());
        assert_eq!(answers.iter().filter(|answer| free(answer.as_ref().unwrap())).count(), 49);
    }
}

#[tokio::test(start_paused = true)]
async fn different_tenants_and_overrides_are_different_calls() {
    let trial = coalescing("a", a_gives(slow())).build();
    let ask = |options| trial.ask_with(Way::Plain, ChatRequest::user("hi"), options);
    let calls = [
        CallOptions::new(),
        CallOptions::new().with_tenant("other"),
        CallOptions::new().without_fallback(),
        CallOptions::new().without_emergency(),
        CallOptions::new().with_deadline(secs(30)),
        CallOptions::new().with_idempotency_key("k"),
    ];
    let count = calls.len() as u64;
    for answer in join_all(calls.map(ask)).await {
        answer.unwrap();
    }
    assert_eq!(trial.log.total(), count);
}

#[tokio::test(start_paused = true)]
async fn one_failure_of_the_whole_chain_is_everybodys() {
    let trial = coalescing("a | b", Scripts::from(Reply::status(401).latency(secs(1)))).build();
    for answer in join_all((0..20).map(|_| trial.ask(Way::Plain))).await {
        assert_eq!(answer.unwrap_err().kind(), FailKind::Exhausted);
    }
    assert_eq!(trial.log.total(), 1, "the key is out after the first refusal");
}

#[tokio::test(start_paused = true)]
async fn the_call_of_a_leader_who_leaves_goes_on_for_those_who_wait() {
    for way in WAYS {
        let trial = coalescing("a", a_gives(slow())).build();
        let leader = tokio::time::timeout(secs(1) / 2, trial.ask(way));
        let followers = join_all((0..20).map(|_| trial.ask(way)));
        let (left, answers) = tokio::join!(leader, followers);
        assert!(left.is_err());
        assert!(answers.iter().all(Result::is_ok), "{way:?}");
        assert_eq!(trial.log.total(), 1, "{way:?}: what was begun is not begun again");
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_deadline_passes_hands_the_lead_on() {
    // The same deadline is part of the key, so the leader began earlier.
    let script = Script::sequence([Reply::ok().hang()]).then(slow());
    let trial = coalescing("a", a_gives(script))
        .chain(|chain| chain.emergency = Some("sorry".into()))
        .build();
    let ask = || {
        let options = CallOptions::new().with_deadline(secs(10));
        trial.ask_with(Way::Plain, ChatRequest::user("hi"), options)
    };
    let late = async {
        tokio::time::sleep(secs(5)).await;
        join_all((0..10).map(|_| ask())).await
    };
    let (leader, followers) = tokio::join!(ask(), late);
    assert!(leader.unwrap().is_emergency(), "its own time is up");
    for answer in followers {
        assert_eq!(answer.unwrap().text(), "one two", "theirs is not");
    }
    assert_eq!(trial.log.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_follower_waits_no_longer_than_its_deadline() {
    let trial = coalescing("a", a_gives(Reply::ok().hang()))
        .chain(|chain| chain.deadline = secs(10))
        .build();
    let began = trial.now();
    let late = async {
        tokio::time::sleep(secs(4)).await;
        trial.ask(Way::Plain).await
    };
    let (leader, follower) = tokio::join!(trial.ask(Way::Plain), late);
    assert_eq!(leader.unwrap_err().kind(), FailKind::Deadline);
    assert_eq!(follower.unwrap_err().kind(), FailKind::Deadline);
    assert!(trial.now().since(began) <= secs(14));
}

/// What a leader does with its call once two others wait for it.
#[derive(Clone, Copy, Debug)]
enum Leader {
    Leaves,
    Stalls,
    IsSlow,
    IsDropped,
}

const LEADERS: [Leader; 4] = [Leader::Leaves, Leader::Stalls, Leader::IsSlow, Leader::IsDropped];

async fn polled<F: Future>(call: &mut Pin<Box<F>>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await
}

#[tokio::test(start_paused = true)]
async fn followers_of_a_plain_call_do_not_depend_on_its_caller() {
    for leader in LEADERS {
        for way in WAYS {
            let trial = coalescing("a", a_gives(slow())).build();
            let mut call = Box::pin(trial.client.chat(ChatRequest::user("hi")));
            assert!(polled(&mut call).await.is_pending());
            let began = trial.now();
            let followers = join_all((0..2).map(|_| trial.ask(way)));
            let its = async {
                tokio::task::yield_now().await;
                match leader {
                    Leader::Leaves => drop(call),
                    Leader::IsDropped => {
                        assert!(polled(&mut call).await.is_pending());
                        drop(call);
                    }
                    Leader::Stalls => std::mem::forget(call),
                    Leader::IsSlow => {
                        tokio::time::sleep(secs(30)).await;
                        assert_eq!(call.await.unwrap().text(), "one two");
                    }
                }
                trial.now()
            };
            let at = async {
                let answers = followers.await;
                (answers, trial.now())
            };
            let (_, (answers, at)) = tokio::join!(its, at);
            for answer in answers {
                assert_eq!(answer.unwrap().text(), "one two", "{leader:?} {way:?}");
            }
            assert!(at.since(began) <= secs(2), "{leader:?} {way:?}");
            assert_eq!(trial.log.total(), 1, "{leader:?} {way:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn followers_of_a_stream_do_not_depend_on_its_reader() {
    for leader in LEADERS {
        for way in WAYS {
            // Much more than what is read ahead of a reader.
            let long = Reply::chunks(vec!["word ".repeat(2_000); 100]).latency(secs(1));
            let trial = coalescing("a", a_gives(long)).build();
            let mut stream = trial.client.chat_stream(ChatRequest::user("hi")).await.unwrap();
            let began = trial.now();
            let followers = async {
                let answers = join_all((0..2).map(|_| trial.ask(way))).await;
                (answers, trial.now())
            };
            let its = async {
                tokio::task::yield_now().await;
                match leader {
                    Leader::Leaves => drop(stream),
                    Leader::IsDropped => {
                        stream.next().await.unwrap().unwrap();
                        drop(stream);
                    }
                    Leader::Stalls => std::mem::forget(stream),
                    Leader::IsSlow => {
                        tokio::time::sleep(secs(30)).await;
                        assert_eq!(stream.collect().await.unwrap().text().len(), 1_000_000);
                    }
                }
            };
            let ((), (answers, at)) = tokio::join!(its, followers);
            for answer in answers {
                assert_eq!(answer.unwrap().text().len(), 1_000_000, "{leader:?} {way:?}");
            }
            assert!(at.since(began) <= secs(1), "{leader:?} {way:?}");
            assert_eq!(trial.log.total(), 1, "{leader:?} {way:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_call_ends_when_everybody_has_left() {
    for way in WAYS {
        let trial = coalescing("a", a_gives(slow())).build();
        let leader = tokio::time::timeout(secs(1) / 4, trial.ask(way));
        let follower = tokio::time::timeout(secs(1) / 2, trial.ask(way));
        let (leader, follower) = tokio::join!(leader, follower);
        assert!(leader.is_err() && follower.is_err());
        // Its task ends by itself.
        tokio::time::sleep(secs(1) / 100).await;
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_whom_nobody_follows_ends_the_call_by_leaving() {
    let trial = coalescing("a", a_gives(slow())).build();
    let mut stream = trial.client.chat_stream(ChatRequest::user("hi")).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    trial.assert_idle();
}
