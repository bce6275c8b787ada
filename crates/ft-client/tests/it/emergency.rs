//! The answer when nothing else is left, and when it is not given.

use std::time::Duration;

use ft_client::cost::Pico;
use ft_client::{CallOptions, FailKind, Tier};
use ft_core::ChatRequest;
use ft_sim::{Reply, Scripts};

use crate::trial::{Setup, WAYS, Way, a_gives, millis, secs, setup};

fn template(scripts: Scripts) -> Setup {
    setup("a | b", scripts).chain(|chain| chain.emergency = Some("sorry".into()))
}

#[tokio::test(start_paused = true)]
async fn a_template_stands_in_marked_and_free() {
    for way in WAYS {
        for reply in [Reply::status(500), Reply::status(401), Reply::ok().refuse()] {
            let trial = template(Scripts::from(reply)).prices("holysheep").build();
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(answer.text(), "sorry");
            assert!(answer.is_emergency());
            assert_eq!(answer.report.tier, Tier::Emergency);
            assert_eq!(answer.response.id, answer.report.request_id, "typed clients need one");
            assert!(answer.response.created > 0);
            assert_eq!(answer.report.served_by, None);
            assert_eq!(answer.report.fallback_level, 3);
            assert_eq!(answer.report.cost, Some(Pico::ZERO));
            let again = trial.ask(way).await.unwrap();
            assert!(again.is_emergency(), "it is never kept");
            assert_eq!(again.report.cache, ft_client::CacheStatus::Miss);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_stands_in_when_the_deadline_passes_and_when_money_is_refused() {
    for way in WAYS {
        let trial = template(Scripts::from(Reply::ok().hang())).build();
        let options = CallOptions::new().with_deadline(secs(3));
        let began = trial.now();
        let answer = trial.ask_with(way, ChatRequest::user("hi"), options).await.unwrap();
        assert!(answer.is_emergency());
        assert_eq!(trial.now().since(began), secs(3));

        let unpriced = template(Scripts::from(Reply::ok()))
            .config(|config| {
                let limit = "$1".parse().unwrap();
                config.spend = Some(ft_client::config::SpendSettings::per_day(limit));
            })
            .build();
        assert!(unpriced.ask(way).await.unwrap().is_emergency());
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_is_told_why_and_may_take_its_time_up_to_a_quarter_second() {
    let function = |takes: Duration| {
        setup("a", Scripts::from(Reply::status(500))).builder(move |builder| {
            builder.emergency_with(move |context| async move {
                tokio::time::sleep(takes).await;
                Some(format!(
                    "{} messages, {}",
                    context.request.messages.len(),
                    context.why.as_str()
                ))
            })
        })
    };
    for way in WAYS {
        let trial = function(millis(249)).build();
        assert_eq!(trial.ask(way).await.unwrap().text(), "1 messages, exhausted");

        let slow = function(secs(60)).build();
        let began = slow.now();
        let error = slow.ask(way).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Exhausted);
        assert_eq!(error.cause().unwrap().status(), Some(500));
        let took = slow.now().since(began);
        assert!(took >= millis(250) && took <= millis(250 + 251), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_that_has_nothing_to_say_gives_the_error() {
    let trial = setup("a", Scripts::from(Reply::ok().hang()))
        .builder(|builder| builder.emergency_with(|_| async { None }))
        .build();
    let options = CallOptions::new().with_deadline(secs(1));
    let request = ChatRequest::user("hi");
    let error = trial.ask_with(Way::Plain, request, options).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Deadline);
}

#[tokio::test(start_paused = true)]
async fn it_never_hides_a_refusal_or_what_was_asked_to_be_seen() {
    let hi = || ChatRequest::user("hi");
    for way in WAYS {
        for reply in
            [Reply::status(400), Reply::status(422), Reply::error(400, "content_filter", "no")]
        {
            let error = template(a_gives(reply)).build().ask(way).await.unwrap_err();
            assert_eq!(error.kind(), FailKind::Refused);
        }
        let trial = template(Scripts::from(Reply::status(500))).build();
        for options in
            [CallOptions::new().without_fallback(), CallOptions::new().without_emergency()]
        {
            let error = trial.ask_with(way, hi(), options).await.unwrap_err();
            assert_eq!(error.kind(), FailKind::Exhausted);
        }
        let invalid = template(Scripts::from(Reply::ok())).build();
        let empty = ChatRequest::new(Vec::new());
        let error = invalid.ask_with(way, empty, CallOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), FailKind::Invalid);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_is_not_apologised_for() {
    let cut = Reply::chunks(["one ", "two "]).cut_after(1);
    let error = template(a_gives(cut)).build().ask(Way::Streamed).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::MidStream);
}
