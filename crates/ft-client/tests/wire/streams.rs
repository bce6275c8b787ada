//! Streams that break: before content nobody sees it, after content it is told, and no text comes twice.

use ft_client::config::Commit;
use ft_client::{AnswerStream, CallOptions, FailKind};
use ft_core::chat::Role;
use ft_core::decide::MidStream;
use ft_core::{ChatRequest, ErrorKind};
use ft_sim::{Outcome, Reply};
use serde_json::json;

use crate::world::{
    WELL, Way, World, a_gives, millis, read, secs, setup, text_of, then_well, trail, within,
};

async fn open(world: &World) -> AnswerStream {
    within(world.client.chat_stream(ChatRequest::user("hi"))).await.unwrap()
}

/// The ways in which a stream can break after its second chunk, or later.
fn breaks() -> Vec<(&'static str, Reply, ErrorKind)> {
    let words = || Reply::chunks(["one ", "two ", "three "]);
    let inside = json!({"message": "Overloaded", "code": "overloaded_error"});
    vec![
        ("cut", words().cut_after(2), ErrorKind::Interrupted),
        ("cut inside an event", words().cut_inside(3), ErrorKind::Interrupted),
        ("reset", words().reset_after(2), ErrorKind::Interrupted),
        ("stalled", words().stall_after(2), ErrorKind::Stalled),
        ("malformed", words().malformed_at(3), ErrorKind::Garbled),
        ("an error inside", words().error_after(2, inside), ErrorKind::Overloaded),
        (
            "neither finish nor done",
            words().without_finish().without_done(),
            ErrorKind::Interrupted,
        ),
    ]
}

/// The idle timer is short, since a stall is among the breaks.
fn world(way: Way, shape: &str, reply: Reply) -> crate::world::Setup {
    setup(way, shape, a_gives(then_well([reply]))).targets(|target| {
        if target.model == "a" {
            target.idle_timeout = secs(1);
        }
    })
}

#[tokio::test]
async fn a_break_after_content_is_told_with_what_had_come() {
    for (what, reply, kind) in breaks() {
        let world = world(Way::Streamed, "one/a | two/b", reply).build();
        let mut stream = open(&world).await;
        let (chunks, error) = read(&mut stream).await;
        let text = text_of(&chunks);
        let error = error.unwrap_or_else(|| panic!("{what} was told as a success: {text}"));
        assert_eq!(error.kind(), FailKind::MidStream, "{what}");
        assert_eq!(error.cause().unwrap().kind(), kind, "{what}");
        assert!(text.starts_with("one two "), "{what}: {text}");
        assert_eq!(error.partial().unwrap().text(), text, "{what}");
        assert_eq!(trail(&stream.report()), [format!("a {}", kind.as_str())], "{what}");
        assert_eq!(world.log.models(), ["a"], "{what}: no second answer may begin");
        world.settled().await;
    }
}

#[tokio::test]
async fn a_plain_caller_sees_nothing_of_a_stream_that_broke() {
    for (what, reply, kind) in breaks() {
        let world = world(Way::Assembled, "one/a | two/b", reply).build();
        let answer = world.ask().await.unwrap();
        assert_eq!(answer.text(), WELL, "{what}");
        assert_eq!(trail(&answer.report), [&format!("a {}", kind.as_str()), "b answered"]);
        assert_eq!(world.log.models(), ["a", "b"], "{what}");
        world.settled().await;
    }
}

#[tokio::test]
async fn a_stream_that_commits_when_complete_fails_over_unseen() {
    for (what, reply, kind) in breaks() {
        let world = world(Way::Streamed, "one/a | two/b", reply)
            .chain(|chain| chain.commit = Commit::Complete)
            .build();
        let mut stream = open(&world).await;
        let (chunks, error) = read(&mut stream).await;
        assert!(error.is_none(), "{what}: {error:?}");
        assert_eq!(text_of(&chunks), WELL, "{what}");
        assert_eq!(trail(&stream.report()), [&format!("a {}", kind.as_str()), "b answered"]);
        world.settled().await;
    }
}

#[tokio::test]
async fn a_broken_stream_is_continued_from_what_the_caller_has() {
    for (what, reply, kind) in breaks() {
        let world = world(Way::Streamed, "one/a | two/b", reply)
            .targets(|target| target.prefill = Some(target.model == "b"))
            .chain(|chain| chain.mid_stream = MidStream::Continue)
            .build();
        let rest = "and the rest.";
        world.upstream.set_script("b", Reply::text(rest));
        let mut stream = open(&world).await;
        let (chunks, error) = read(&mut stream).await;
        assert!(error.is_none(), "{what}: {error:?}");
        let text = text_of(&chunks);
        let delivered = text.strip_suffix(rest).unwrap_or_else(|| panic!("{what}: {text}"));
        assert!(delivered.starts_with("one two "), "{what}: {text}");
        assert!(stream.report().continued);
        assert_eq!(trail(&stream.report()), [&format!("a {}", kind.as_str()), "b answered"]);
        let second = world.log.last().unwrap().request.unwrap();
        let last = second.messages.last().unwrap();
        assert_eq!((&last.role, last.content.text().as_ref()), (&Role::Assistant, delivered));
        world.settled().await;
    }
}

#[tokio::test]
async fn a_finish_reason_or_done_is_a_good_end() {
    for (what, reply) in [
        ("both", Reply::text(WELL)),
        ("no done", Reply::text(WELL).without_done()),
        ("no finish", Reply::text(WELL).without_finish()),
        ("no usage", Reply::text(WELL).without_usage()),
    ] {
        for way in [Way::Streamed, Way::Assembled] {
            let world = setup(way, "one/a | two/b", a_gives(reply.clone())).build();
            let answer = world.ask().await.unwrap();
            assert_eq!(answer.text(), WELL, "{what}");
            assert_eq!(trail(&answer.report), ["a answered"], "{what}");
            world.settled().await;
        }
    }
}

#[tokio::test]
async fn a_stream_in_drops_is_the_same_stream() {
    for way in [Way::Plain, Way::Streamed, Way::Assembled] {
        let reply = Reply::text("żółw 你好 🐢 done").drip(millis(1));
        let world = setup(way, "one/a | two/b", a_gives(reply)).build();
        assert_eq!(world.ask().await.unwrap().text(), "żółw 你好 🐢 done", "{way:?}");
        world.settled().await;
    }
}

#[tokio::test]
async fn breaks_are_held_against_the_target_also_after_content() {
    let reply = Reply::chunks(["one ", "two "]).cut_after(1);
    let world = setup(Way::Streamed, "one/a", a_gives(reply)).trip_at_once().build();
    let error = world.ask().await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
    within(world.log.until(|log| log.count_of("a", Outcome::Cut) == 1)).await;
    assert_eq!(world.health("a").breaker, "open");
}

#[tokio::test]
async fn an_option_of_the_call_overrides_the_chain() {
    let reply = Reply::chunks(["one ", "two "]).cut_after(1);
    let world = setup(Way::Streamed, "one/a | two/b", a_gives(reply)).build();
    let options = CallOptions::new().with_commit(Commit::Complete);
    let answer = world.ask_with(ChatRequest::user("hi"), options).await.unwrap();
    assert_eq!(answer.text(), WELL);
}
