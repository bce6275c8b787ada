//! A conversation that is too long for a target: shortened and told, or passed to a larger window.

use ft_client::{CallOptions, FailKind};
use ft_core::chat::{Content, Part, Tool};
use ft_core::{ChatRequest, Message};
use ft_sim::{Reply, Scripts};
use serde_json::json;

use crate::trial::{WAYS, Way, a_gives, setup, trail};

fn turns(count: usize) -> ChatRequest {
    let turn = |n: usize| {
        let words = format!("question {n} ").repeat(20);
        [Message::user(words), Message::assistant("an answer ".repeat(20))]
    };
    let turns: Vec<_> = (0..count).flat_map(turn).chain([Message::user("and now?")]).collect();
    ChatRequest::new(turns).with_system("be brief").with_max_tokens(50)
}

#[tokio::test(start_paused = true)]
async fn the_oldest_turns_are_dropped_and_that_is_reported() {
    for way in WAYS {
        let trial = setup("a", a_gives(Reply::text("well")))
            .targets(|target| target.context_window = Some(500))
            .build();
        let answer = trial.ask_with(way, turns(20), CallOptions::new()).await.unwrap();
        let fit = answer.report.fit.unwrap();
        assert!(fit.dropped_turns > 0 && fit.dropped_messages >= 2 * fit.dropped_turns);
        let sent = trial.log.last().unwrap().request.unwrap();
        assert_eq!(&*sent.messages.first().unwrap().content.text(), "be brief");
        assert_eq!(&*sent.messages.last().unwrap().content.text(), "and now?");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fits_is_sent_as_it_is() {
    let trial = setup("a", a_gives(Reply::text("well")))
        .targets(|target| target.context_window = Some(100_000))
        .build();
    let answer = trial.ask_with(Way::Plain, turns(20), CallOptions::new()).await.unwrap();
    assert_eq!(answer.report.fit, None);
    assert_eq!(trial.log.last().unwrap().messages, 42);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_shortened_goes_to_a_larger_window_or_is_told() {
    for way in WAYS {
        let trial = setup("a | b", a_gives(Reply::text("small")))
            .target("a", |target| target.context_window = Some(300))
            .target("b", |target| target.context_window = Some(100_000))
            .build();
        let long = ChatRequest::user("word ".repeat(2_000)).with_max_tokens(50);
        let answer = trial.ask_with(way, long.clone(), CallOptions::new()).await.unwrap();
        assert_eq!(trail(&answer.report), ["a skipped too_long", "b answered"]);
        assert_eq!(answer.report.fit, None);

        let alone = setup("a", a_gives(Reply::text("small")))
            .targets(|target| target.context_window = Some(300))
            .chain(|chain| chain.emergency = Some("sorry".into()))
            .build();
        let error = alone.ask_with(way, long, CallOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::TooLong);
        assert!(error.is_callers_fault());
        assert_eq!(alone.log.total(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_to_a_smaller_model_is_fitted_to_it() {
    let scripts = Scripts::new().model("a", Reply::status(500)).otherwise(Reply::text("well"));
    let trial = setup("a | b", scripts)
        .target("a", |target| target.context_window = Some(100_000))
        .target("b", |target| target.context_window = Some(500))
        .build();
    let answer = trial.ask_with(Way::Plain, turns(20), CallOptions::new()).await.unwrap();
    assert_eq!(trail(&answer.report), ["a server_error", "b answered"]);
    assert!(answer.report.fit.is_some());
    let sent = trial.log.attempts();
    assert!(sent[1].messages < sent[0].messages);
}

#[tokio::test(start_paused = true)]
async fn a_model_without_the_capability_is_passed_over() {
    let image = Content::Parts(vec![Part::image_url("https://example.org/a.png")]);
    let image = Message::user(image);
    let tool: Tool =
        serde_json::from_value(json!({"type": "function", "function": {"name": "f"}})).unwrap();
    let trial = setup("deepseek-v3.2 | gpt-4.1", Scripts::from(Reply::text("well")))
        .prices("holysheep")
        .build();
    let seen = ChatRequest::new(vec![image]);
    let answer = trial.ask_with(Way::Plain, seen, CallOptions::new()).await.unwrap();
    assert_eq!(trail(&answer.report), ["deepseek-v3.2 skipped unsupported", "gpt-4.1 answered"]);
    let called = ChatRequest::user("hi").with_tool(tool);
    let answer = trial.ask_with(Way::Plain, called, CallOptions::new()).await.unwrap();
    assert_eq!(trail(&answer.report), ["deepseek-v3.2 answered"]);
}
