//! An end is decided once: what a provider says under a success status, through every path of the client. One oracle:
//! the whole truth, or an error with its row's breaker, gate and bill.

use ft_client::config::Commit;
use ft_client::cost::Pico;
use ft_client::{Answer, CacheStatus, CallOptions, Error, FailKind, Outcome};
use ft_core::decide::MidStream;
use ft_core::{Bill, ChatRequest, ErrorKind, Mark, Out, Rule, rule};
use ft_sim::{Reply, Scripts};
use serde_json::json;

use crate::faults::{self, Fault, HALF, MORE, PLACES, Place};
use crate::world::{WELL, Way, World, a_gives, secs, setup, trail};

fn streamed(body: String) -> Reply {
    Reply::ok().raw("text/event-stream", body)
}

fn plain(body: String) -> Reply {
    Reply::ok().raw("application/json", body)
}

fn kind(fault: &Fault) -> ErrorKind {
    ErrorKind::from_name(fault.kind).unwrap()
}

fn row(fault: &Fault) -> Rule {
    rule(kind(fault), kind(fault).default_scope())
}

/// A chain of `a`, which gives this reply, and of `b`, which is well.
fn world(way: Way, reply: Reply) -> World {
    setup(way, "one/a | two/b", a_gives(reply)).trip_at_once().build()
}

/// The other target answers, unseen, or the refusal is told; what `a` failed with is held against it as its row says.
async fn is_unseen(world: &World, options: CallOptions, fault: &Fault, said: bool, what: &str) {
    let ask = || world.ask_with(ChatRequest::user("hi"), options.clone());
    let outcome = ask().await;
    let kind = kind(fault);
    let report = match &outcome {
        Ok(answer) => {
            assert_eq!(answer.text(), WELL, "{what}");
            let failed = format!("a {}", fault.kind);
            assert_eq!(trail(&answer.report), [&failed, "b answered"], "{what}");
            &answer.report
        }
        Err(error) => {
            assert_eq!(kind, ErrorKind::ContentFiltered, "{what}: {error}");
            assert_eq!(error.kind(), FailKind::Refused, "{what}");
            assert_eq!(error.cause().unwrap().kind(), kind, "{what}");
            error.report().unwrap()
        }
    };
    let attempt = &report.attempts[0];
    match row(fault).bill {
        Bill::Nothing if !said => assert_eq!(attempt.cost, Some(Pico::ZERO), "{what}"),
        Bill::Nothing | Bill::Estimate => assert!(attempt.cost_is_estimate, "{what}"),
    }
    is_held_against_it(world, fault, said, what).await;
}

async fn is_held_against_it(world: &World, fault: &Fault, said: bool, what: &str) {
    world.settled().await;
    let opens = matches!(row(fault).breaker, Mark::Failure | Mark::Slow);
    assert_eq!(world.health("a").breaker, if opens { "open" } else { "closed" }, "{what}");
    // Content has opened the gates: a key whose call it answers is no refused one.
    if row(fault).out == Out::Out && !said {
        assert_eq!(world.health("a").health, ft_client::Health::Unavailable, "{what}");
    }
}

#[tokio::test]
async fn a_fault_in_a_plain_answer_falls_through_as_its_row_says() {
    for fault in faults::all().iter().filter(|fault| fault.is_plain()) {
        let world = world(Way::Plain, plain(fault.body()));
        is_unseen(&world, CallOptions::new(), fault, false, &fault.name).await;
    }
}

#[tokio::test]
async fn a_fault_in_a_stream_that_nobody_has_seen_falls_through_as_its_row_says() {
    for fault in faults::all() {
        for place in PLACES.into_iter().filter(|&place| fault.fits(place)) {
            let what = format!("{}, {place:?}", fault.name);
            let reply = || streamed(fault.stream(place, true));
            let said = place != Place::First;
            let assembled = world(Way::Assembled, reply());
            is_unseen(&assembled, CallOptions::new(), &fault, said, &what).await;
            let complete = CallOptions::new().with_commit(Commit::Complete);
            is_unseen(&world(Way::Streamed, reply()), complete, &fault, said, &what).await;
            if place == Place::First {
                let first = world(Way::Streamed, reply());
                is_unseen(&first, CallOptions::new(), &fault, said, &what).await;
            }
        }
    }
}

/// A plain call to a server that streams all the same.
#[tokio::test]
async fn a_fault_in_a_stream_that_nobody_asked_for_falls_through() {
    for fault in faults::all() {
        let world = world(Way::Plain, streamed(fault.stream(Place::AfterFinish, true)));
        is_unseen(&world, CallOptions::new(), &fault, false, &fault.name).await;
    }
}

fn seen_places(fault: &Fault) -> impl Iterator<Item = Place> {
    PLACES.into_iter().filter(|&place| place != Place::First && fault.fits(place))
}

#[tokio::test]
async fn a_fault_after_content_that_the_caller_has_seen_is_an_error_with_that_content() {
    for fault in faults::all() {
        for place in seen_places(&fault) {
            let what = format!("{}, {place:?}", fault.name);
            let world = world(Way::Streamed, streamed(fault.stream(place, true)));
            let error = world.ask().await.expect_err(&what);
            assert_eq!(error.kind(), FailKind::MidStream, "{what}");
            assert_eq!(error.cause().unwrap().kind(), kind(&fault), "{what}");
            let partial = error.partial().unwrap().text().into_owned();
            assert!([HALF.to_owned(), format!("{HALF}{MORE}")].contains(&partial), "{what}");
            assert!(error.report().unwrap().attempts[0].cost_is_estimate, "{what}");
            is_held_against_it(&world, &fault, true, &what).await;
        }
    }
}

#[tokio::test]
async fn an_answer_goes_on_elsewhere_unless_the_caller_has_seen_its_end() {
    for fault in faults::all() {
        for place in seen_places(&fault) {
            let what = format!("{}, {place:?}", fault.name);
            let reply = streamed(fault.stream(place, true));
            let world = setup(Way::Streamed, "one/a | two/b", a_gives(reply))
                .targets(|target| target.prefill = Some(true))
                .chain(|chain| {
                    chain.rounds = 1;
                    chain.mid_stream = MidStream::Continue;
                })
                .build();
            match (world.ask().await, place) {
                (Err(error), Place::AfterFinish | Place::AfterUsage) => {
                    assert_eq!(error.kind(), FailKind::MidStream, "{what}");
                }
                (Ok(answer), _) => {
                    let text = answer.text().into_owned();
                    assert!(text.starts_with(HALF) && text.ends_with(WELL), "{what}: {text}");
                    assert_eq!(trail(&answer.report).last().unwrap(), "b answered", "{what}");
                }
                (Err(error), _) => {
                    // What a filter refused is refused.
                    assert_eq!(kind(&fault), ErrorKind::ContentFiltered, "{what}: {error}");
                }
            }
        }
    }
}

fn failed(answer: Result<Answer, Error>, what: &str) {
    let error = answer.expect_err(what);
    let outcomes = error.report().unwrap().attempts.iter().map(|attempt| attempt.outcome);
    assert!(outcomes.into_iter().all(|it| it != Outcome::Answered), "{what}");
}

#[tokio::test]
async fn what_failed_is_neither_cached_nor_shared_as_an_answer() {
    for fault in faults::all() {
        for (way, reply) in [
            (Way::Plain, fault.is_plain().then(|| plain(fault.body()))),
            (Way::Assembled, Some(streamed(fault.stream(Place::AfterFinish, true)))),
            (Way::Streamed, Some(streamed(fault.stream(Place::AfterFinish, true)))),
        ] {
            let Some(reply) = reply else { continue };
            let what = format!("{}, {way:?}", fault.name);
            let world = setup(way, "one/a", a_gives(reply))
                .chain(|chain| {
                    chain.rounds = 1;
                    chain.cache.fresh_for = secs(3_600);
                    chain.cache.stale_for = secs(3_600);
                    chain.cache.coalesce = Some(true);
                })
                .build();
            let (one, two) = tokio::join!(world.ask(), world.ask());
            failed(one, &what);
            failed(two, &what);
            match world.ask().await {
                Err(_) => {}
                Ok(answer) => panic!("{what}: {:?}", answer.report.cache),
            }
        }
    }
}

/// A server that does not know `n` is no broken one; one that breaks off is.
#[tokio::test]
async fn fewer_choices_than_were_asked_for_are_not_whole() {
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
    let choice = json!({"index": 0, "message": {"role": "assistant", "content": "one"},
        "finish_reason": "stop"});
    let whole = json!({"choices": [choice], "usage": usage}).to_string();
    let delta = json!({"index": 0, "delta": {"content": "one"}, "finish_reason": "stop"});
    let event = format!("data: {}\n\n", json!({"choices": [delta], "usage": usage}));
    let done = format!("{event}data: [DONE]\n\n");
    for (way, reply, outcome) in [
        (Way::Plain, plain(whole), "unsupported"),
        (Way::Assembled, streamed(done.clone()), "unsupported"),
        (Way::Assembled, streamed(event.clone()), "interrupted"),
    ] {
        let world = world(way, reply);
        let mut two = ChatRequest::user("hi");
        two.n = Some(2);
        let error = world.ask_with(two, CallOptions::new().without_fallback()).await.unwrap_err();
        let report = error.report().unwrap();
        assert_eq!(trail(report), [format!("a {outcome}")], "{way:?}");
        assert!(report.attempts[0].cost_is_estimate, "it was made, and is billed");
        let breaker = if outcome == "interrupted" { "open" } else { "closed" };
        assert_eq!(world.health("a").breaker, breaker, "{way:?}");
    }
    let mut two = ChatRequest::user("hi");
    two.n = Some(2);
    let world = world(Way::Streamed, streamed(done));
    let error = world.ask_with(two, CallOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
    assert_eq!(error.cause().unwrap().param(), Some("n"));
}

/// What makes a good answer of the same forms: the oracle does not refuse everything.
#[tokio::test]
async fn the_same_answer_without_a_fault_is_whole_on_every_path() {
    let stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half of it\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    for way in [Way::Plain, Way::Streamed, Way::Assembled] {
        let world = setup(way, "one/a", Scripts::from(streamed(stream.to_owned()))).build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.text(), HALF);
        assert_ne!(answer.report.cache, CacheStatus::Stale);
    }
}
