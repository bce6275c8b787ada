//! A stream that joins an identical one reads along with it.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use ft_client::{AnswerStream, CacheStatus, CallOptions, Error, FailKind, Outcome};
use ft_core::ChatRequest;
use ft_core::chat::Assembler;
use ft_sim::{Reply, Script, Scripts};
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use crate::trial::{Setup, Trial, Way, a_gives, millis, secs, setup, then_well};

fn coalescing(shape: &str, scripts: Scripts) -> Setup {
    setup(shape, scripts).chain(|chain| {
        chain.cache.coalesce = Some(true);
        chain.cache.stale_for = secs(0);
    })
}

/// The first word after a second, then one each second.
fn slow(words: usize) -> Reply {
    let words: Vec<_> = (0..words).map(|word| format!("w{word} ")).collect();
    Reply::chunks(words).latency(secs(1)).per_chunk(secs(1))
}

fn whole(words: usize) -> String {
    (0..words).map(|word| format!("w{word} ")).collect()
}

async fn open(trial: &Trial) -> Result<AnswerStream, Error> {
    trial.client.chat_stream(ChatRequest::user("hi")).await
}

/// Each text as it comes, in seconds since the beginning of the trial, and how the stream ended.
async fn read(trial: &Trial, mut stream: AnswerStream) -> (Vec<(u64, String)>, Result<(), Error>) {
    let mut texts = Vec::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => {
                let text = chunk.choices.first().and_then(|choice| choice.delta.content.clone());
                let at = trial.now().as_nanos() / 1_000_000_000;
                texts.extend(text.filter(|text| !text.is_empty()).map(|text| (at, text)));
            }
            Err(error) => return (texts, Err(error)),
        }
    }
    (texts, Ok(()))
}

fn joined(texts: &[(u64, String)]) -> String {
    texts.iter().map(|(_, text)| text.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn each_piece_comes_to_all_as_it_comes() {
    let trial = coalescing("a", a_gives(slow(3))).build();
    let each = (0..20).map(|_| async { read(&trial, open(&trial).await.unwrap()).await });
    let all = join_all(each).await;
    let began = all[0].0[0].0;
    let expected: Vec<_> = (0..3).map(|word| (began + word, format!("w{word} "))).collect();
    for (texts, end) in all {
        assert_eq!(texts, expected);
        assert!(end.is_ok());
    }
    assert_eq!(trial.log.total(), 1);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn who_comes_in_the_middle_has_at_once_what_has_come() {
    let trial = coalescing("a", a_gives(slow(6))).build();
    let leader = async { read(&trial, open(&trial).await.unwrap()).await };
    let late = async {
        sleep(millis(3_500)).await;
        let asked = trial.now();
        let stream = open(&trial).await.unwrap();
        assert_eq!(trial.now(), asked, "nothing is waited for");
        let report = stream.report();
        assert_eq!((report.cache, report.tier.name()), (CacheStatus::Coalesced, "tier-0"));
        assert!(report.cost.is_some_and(|cost| cost.is_zero()));
        read(&trial, stream).await
    };
    let ((led, _), (texts, end)) = tokio::join!(leader, late);
    assert_eq!(texts[0].1, whole(3), "in one");
    assert_eq!(texts[1..], led[3..], "and then as for the leader");
    assert!(end.is_ok());
    assert_eq!(trial.log.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_flow_for_longer_than_the_deadline_of_those_who_join_it() {
    let trial = coalescing("a", a_gives(slow(60))).chain(|chain| chain.deadline = secs(10)).build();
    let leader = async { read(&trial, open(&trial).await.unwrap()).await };
    let late = |after| {
        let trial = &trial;
        async move {
            sleep(millis(after)).await;
            open(trial).await.unwrap().collect().await.unwrap()
        }
    };
    let late = join_all([500, 5_500, 45_500].map(late));
    let plain = async {
        sleep(secs(5)).await;
        trial.ask(Way::Plain).await
    };
    let ((led, end), late, plain) = tokio::join!(leader, late, plain);
    assert!(end.is_ok());
    for answer in late {
        assert_eq!(answer.text(), joined(&led));
        assert_eq!(answer.report.cache, CacheStatus::Coalesced);
        assert!(answer.report.attempts.is_empty());
        assert!(answer.report.cost.is_some_and(|cost| cost.is_zero()));
    }
    assert_eq!(plain.unwrap_err().kind(), FailKind::Deadline, "it wants the whole");
    assert_eq!(trial.log.total(), 1);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_anybody_else_to_read() {
    let trial = coalescing("a", a_gives(slow(5))).build();
    let began = trial.now();
    let mut leader = Box::pin(open(&trial));
    assert!(poll_fn(|cx| Poll::Ready(leader.as_mut().poll(cx))).await.is_pending());
    let streams = join_all((0..3).map(|_| open(&trial)));
    let (leader, streams) = tokio::join!(leader, streams);
    let mut streams = streams.into_iter().map(Result::unwrap);
    let (mut stalls, mut leaves) = (streams.next().unwrap(), streams.next().unwrap());
    // The leader does not read at all.
    let _leader = leader.unwrap();
    stalls.next().await.unwrap().unwrap();
    leaves.next().await.unwrap().unwrap();
    drop(leaves);
    let (texts, end) = read(&trial, streams.next().unwrap()).await;
    assert!(end.is_ok());
    assert_eq!(joined(&texts), whole(5));
    assert_eq!(trial.now().since(began), secs(5));
    sleep(secs(600)).await;
    let mut rest = Assembler::new();
    while let Some(chunk) = stalls.next().await {
        rest.push(&chunk.unwrap());
    }
    assert!(whole(5).ends_with(&*rest.finish().text()), "what it had not read was kept for it");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn who_has_left_takes_nothing_from_those_who_read_along() {
    let trial = coalescing("a", a_gives(slow(5))).build();
    let leader = async {
        let mut stream = open(&trial).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
    };
    let others = join_all((0..2).map(|_| async { open(&trial).await?.collect().await }));
    let ((), others) = tokio::join!(leader, others);
    for answer in others {
        assert_eq!(answer.unwrap().text(), whole(5));
    }
    assert_eq!(trial.log.total(), 1);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_ends_for_all_with_the_same_truth() {
    let trial = coalescing("a", a_gives(then_well([slow(5).cut_after(3)]))).build();
    let ask = |after| {
        let trial = &trial;
        async move {
            sleep(after).await;
            read(trial, open(trial).await.unwrap()).await
        }
    };
    let all = join_all([0, 100, 2_500].map(Duration::from_millis).map(ask)).await;
    for (nth, (texts, end)) in all.into_iter().enumerate() {
        let error = end.unwrap_err();
        assert_eq!(error.kind(), FailKind::MidStream, "{nth}");
        assert_eq!(error.partial().unwrap().text(), joined(&texts), "{nth}");
        assert_eq!(joined(&texts), whole(3), "{nth}");
        let report = error.report().unwrap();
        let is_leader = nth == 0;
        assert_eq!(report.cache == CacheStatus::Coalesced, !is_leader, "{nth}");
        assert_eq!(report.attempts.len(), usize::from(is_leader), "{nth}");
    }
    assert_eq!(trial.log.total(), 1);
    let next = trial.ask(Way::Streamed).await.unwrap();
    assert_eq!(next.text(), "well", "whoever comes after it begins anew");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn before_its_first_content_a_call_that_ends_for_itself_hands_the_lead_on() {
    // The first call's time is up before it has anything; the next one's stream outlasts everybody's deadline.
    let script = Script::sequence([Reply::ok().hang()]).then(slow(60));
    let trial = coalescing("a", a_gives(script)).chain(|chain| chain.deadline = secs(10)).build();
    let leader = open(&trial);
    let others = async {
        sleep(secs(5)).await;
        join_all((0..3).map(|_| async { open(&trial).await?.collect().await })).await
    };
    let (leader, others) = tokio::join!(leader, others);
    assert_eq!(leader.unwrap_err().kind(), FailKind::Deadline);
    let others: Vec<_> = others.into_iter().map(Result::unwrap).collect();
    assert!(others.iter().all(|answer| answer.text() == whole(60)));
    let made = |answer: &&ft_client::Answer| !answer.report.attempts.is_empty();
    assert_eq!(others.iter().filter(made).count(), 1, "one leads, and the others read along");
    assert_eq!(trial.log.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_another_target_continues_goes_on_for_all() {
    let trial = coalescing("a | b", {
        let rest = Reply::chunks(["and ", "more"]).latency(secs(1)).per_chunk(secs(1));
        Scripts::new().model("a", slow(5).cut_after(3)).model("b", rest)
    })
    .targets(|target| target.prefill = Some(true))
    .chain(|chain| chain.mid_stream = ft_core::decide::MidStream::Continue)
    .build();
    // One from the beginning, one in the middle, one while another target is looked for, and one after that.
    let ask = |after| {
        let trial = &trial;
        async move {
            sleep(Duration::from_millis(after)).await;
            open(trial).await.unwrap().collect().await.unwrap()
        }
    };
    for answer in join_all([0, 100, 2_500, 3_500, 4_500].map(ask)).await {
        assert_eq!(answer.text(), whole(3) + "and more");
        assert!(answer.report.continued);
    }
    assert_eq!(trial.log.total(), 2);
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn the_usage_comes_to_who_asked_for_it() {
    let asks = |wants: bool| {
        let mut request = ChatRequest::user("hi");
        request.stream_options = wants.then(|| json!({"include_usage": true}));
        request
    };
    for leader_wants in [true, false] {
        let trial = coalescing("a", a_gives(slow(2))).build();
        let wants = [leader_wants, !leader_wants, leader_wants];
        let trial = &trial;
        let calls = wants.map(|wants| async move {
            let stream = trial.client.chat_stream(asks(wants)).await.unwrap();
            stream.collect().await.unwrap().response.usage.is_some()
        });
        for (got, wanted) in join_all(calls).await.into_iter().zip(wants) {
            assert_eq!(got, wanted, "led by one who wants it: {leader_wants}");
        }
        assert_eq!(trial.log.total(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_whole_answers_is_not_given_pieces() {
    let trial = coalescing("a", a_gives(slow(5).cut_after(3))).build();
    let whole_only = CallOptions::new().with_commit(ft_client::config::Commit::Complete);
    let second = trial.client.chat_stream_with(ChatRequest::user("hi"), whole_only);
    let (first, second) = tokio::join!(trial.ask(Way::Streamed), second);
    assert_eq!(first.unwrap_err().kind(), FailKind::MidStream);
    assert!(second.unwrap_err().partial().is_none(), "it saw nothing of what broke off");
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_along_may_leave_at_each_await() {
    for polls in 0..12 {
        let trial = coalescing("a", a_gives(slow(4))).build();
        let leader = async { open(&trial).await.unwrap().collect().await };
        let follower = async {
            sleep(millis(1_500)).await;
            let mut asked = Box::pin(async { open(&trial).await.unwrap().collect().await });
            for _ in 0..polls {
                if poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx))).await.is_ready() {
                    break;
                }
                sleep(millis(500)).await;
            }
        };
        let (led, ()) = tokio::join!(leader, follower);
        let led = led.unwrap();
        assert_eq!(led.text(), whole(4), "after {polls} polls");
        assert_eq!(led.report.attempts[0].outcome, Outcome::Answered);
        assert_eq!(trial.log.total(), 1);
        trial.assert_idle();
    }
}

#[tokio::test(start_paused = true)]
async fn the_report_of_who_leaves_says_that_it_joined() {
    let trial = coalescing("a", a_gives(slow(4))).build();
    let kept = std::sync::Arc::default();
    let options = CallOptions::new().with_report_on_drop(std::sync::Arc::clone(&kept));
    let leader = open(&trial);
    let follower = trial.client.chat_stream_with(ChatRequest::user("hi"), options);
    let (leader, follower) = tokio::join!(leader, follower);
    drop(follower.unwrap());
    let report: &ft_client::Report = kept.get().unwrap();
    assert_eq!(report.cache, CacheStatus::Coalesced);
    assert!(report.cost.is_some_and(|cost| cost.is_zero()) && report.attempts.is_empty());
    assert_eq!(leader.unwrap().collect().await.unwrap().text(), whole(4));
    trial.assert_idle();
}
