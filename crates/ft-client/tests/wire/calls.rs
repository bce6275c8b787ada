//! What each attempt carries, and what a caller who leaves means upstream.

use ft_client::CallOptions;
use ft_core::ChatRequest;
use ft_sim::{Outcome, Reply, Scripts};
use futures_util::StreamExt;

use crate::world::{WAYS, WELL, Way, World, a_gives, secs, setup, trail, within};

#[tokio::test]
async fn every_attempt_carries_the_calls_ids_and_the_targets_own_model() {
    for way in WAYS {
        let scripts = Scripts::new()
            .model("a", Reply::status(500))
            .model("b", Reply::ok().reset())
            .otherwise(Reply::text(WELL));
        let world = setup(way, "one/a | two/b | two/c", scripts).build();
        let mut options = CallOptions::new().with_idempotency_key("order-7");
        options.request_id = Some("req-42".to_owned());
        let request = ChatRequest::user("hi").with_model("what the caller wrote");
        let answer = world.ask_with(request, options).await.unwrap();
        assert_eq!(answer.report.request_id, "req-42");
        assert_eq!(world.log.models(), ["a", "b", "c"]);
        for attempt in world.log.attempts() {
            assert_eq!(attempt.idempotency_key.as_deref(), Some("order-7"));
            assert_eq!(attempt.request_id.as_deref(), Some("req-42"));
            assert_eq!(attempt.request.unwrap().model, *attempt.model);
            assert_eq!(attempt.stream, way != Way::Plain);
        }
        assert_eq!(answer.response.model, "c", "the answer names the model that served");
        world.settled().await;
    }
}

#[tokio::test]
async fn a_request_id_is_made_up_when_none_is_given_and_no_key_is() {
    let world = setup(Way::Plain, "one/a | two/b", a_gives(Reply::status(500))).build();
    let answer = world.ask().await.unwrap();
    for attempt in world.log.attempts() {
        assert_eq!(attempt.request_id.as_deref(), Some(answer.report.request_id.as_str()));
        assert_eq!(attempt.idempotency_key, None);
    }
    let other = world.ask().await.unwrap();
    assert_ne!(other.report.request_id, answer.report.request_id);
}

/// The caller leaves as soon as the upstream has this many attempts.
async fn leave_after(world: &World, attempts: u64) {
    within(async {
        tokio::select! {
            biased;
            () = world.log.until(|log| log.total() == attempts) => {}
            _ = world.ask() => panic!("there was an answer"),
        }
    })
    .await;
    world.settled().await;
}

#[tokio::test]
async fn dropping_the_call_closes_the_connection_upstream_and_blames_nobody() {
    for way in WAYS {
        for reply in [Reply::ok().hang(), Reply::ok().first_token(secs(600))] {
            let world = setup(way, "one/a | two/b", a_gives(reply)).trip_at_once().build();
            leave_after(&world, 1).await;
            let attempts = world.log.attempts();
            assert_eq!(attempts.len(), 1, "{way:?}");
            assert_eq!(attempts[0].outcome, Outcome::CallerLeft);
            assert_eq!(world.health("a").breaker, "closed");
            assert_eq!(world.health("a").retry_in, None);
        }
        // Also at the second target.
        let scripts = Scripts::new().model("a", Reply::status(500)).otherwise(Reply::ok().hang());
        let world = setup(way, "one/a | two/b", scripts).build();
        leave_after(&world, 2).await;
        assert_eq!(world.log.count_of("b", Outcome::CallerLeft), 1);
    }
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection_upstream_and_blames_nobody() {
    for reply in [
        Reply::chunks(["one ", "two ", "three "]).stall_after(1),
        Reply::chunks(["one ", "two ", "three "]).per_chunk(secs(600)),
    ] {
        let world = setup(Way::Streamed, "one/a | two/b", a_gives(reply)).trip_at_once().build();
        let request = ChatRequest::user("hi");
        let mut stream = within(world.client.chat_stream(request)).await.unwrap();
        loop {
            let chunk = within(stream.next()).await.unwrap().unwrap();
            if chunk.text() == "one " {
                break;
            }
        }
        assert_eq!(world.log.open(), 1);
        drop(stream);
        world.settled().await;
        assert_eq!(world.log.attempts()[0].outcome, Outcome::CallerLeft);
        assert_eq!(world.log.models(), ["a"]);
        assert_eq!(world.health("a").breaker, "closed");
    }
}

#[tokio::test]
async fn a_deadline_ends_the_call_and_cancels_upstream() {
    for way in WAYS {
        let world = setup(way, "one/a", a_gives(Reply::ok().hang())).trip_at_once().build();
        let options = CallOptions::new().with_deadline(secs(1));
        let error = world.ask_with(ChatRequest::user("hi"), options).await.unwrap_err();
        assert_eq!(error.kind(), ft_client::FailKind::Deadline);
        assert_eq!(trail(error.report().unwrap()), ["a deadline_exceeded"]);
        world.settled().await;
        assert_eq!(world.log.count_of("a", Outcome::CallerLeft), 1);
        assert_eq!(world.health("a").breaker, "closed", "one impatient caller opens no breaker");
    }
}
