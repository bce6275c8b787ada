//! The log, under concurrency and as evidence.

use std::sync::Arc;

use ft_core::{Call, ChatRequest, ManualClock, Provider};
use ft_sim::{Log, Outcome, Reply, Script, Scripts, SimProvider};

fn sim(name: &str, scripts: impl Into<Scripts>, log: &Log) -> SimProvider {
    SimProvider::with_log(name, scripts, Arc::new(ManualClock::default()), 1, log.clone())
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_written_down_with_all_that_was_sent() {
    let log = Log::with_requests();
    let sim = sim("here", Reply::ok(), &log).with_credentials(2);
    assert_eq!(sim.credentials(), 2);
    let call = Call {
        request_id: "r-1".to_owned(),
        attempt: 3,
        idempotency_key: Some("k-1".to_owned()),
        credential: 1,
        ..Call::new("m")
    };
    let request = ChatRequest::user("12345678").with_system("1").with_max_tokens(9);
    let _ = sim.chat_stream(&call, &request).await.unwrap();
    let seen = log.last().unwrap();
    assert_eq!((seen.number, &*seen.provider, &*seen.model), (1, "here", "m"));
    assert_eq!((seen.credential.as_str(), seen.attempt), ("credential 1", Some(3)));
    assert_eq!(seen.idempotency_key.as_deref(), Some("k-1"));
    assert_eq!(seen.request_id.as_deref(), Some("r-1"));
    assert_eq!((seen.messages, seen.prompt_tokens, seen.output_limit), (2, 3, Some(9)));
    assert!(seen.stream);
    assert_eq!(seen.request.as_deref(), Some(&request));
}

#[tokio::test(start_paused = true)]
async fn providers_that_share_a_log_show_the_order_over_all() {
    let log = Log::new();
    let (a, b) = (sim("a", Reply::status(500), &log), sim("b", Reply::ok(), &log));
    let request = ChatRequest::user("x");
    let _ = a.chat(&Call::new("one"), &request).await;
    let _ = b.chat(&Call::new("two"), &request).await;
    let _ = a.chat(&Call::new("one"), &request).await;
    assert_eq!(log.models(), ["one", "two", "one"]);
    assert_eq!((log.count("one"), log.count("two"), log.total()), (2, 1, 3));
    log.clear();
    assert_eq!((log.count("one"), log.total()), (0, 0));
    let _ = b.chat(&Call::new("two"), &request).await;
    assert_eq!((log.total(), log.last().unwrap().outcome), (1, Outcome::Answered));
}

#[test]
fn counts_are_exact_when_many_threads_call() {
    for log in [Log::new(), Log::counting()] {
        let mut turn = 0;
        let every_third_fails = Script::from_fn(move |seen| {
            turn += 1;
            assert_eq!(seen.nth, turn, "a script is called once an attempt, in order");
            if turn % 3 == 0 { Reply::status(500) } else { Reply::ok() }
        });
        let sim = sim("s", Scripts::new().model("m", every_third_fails), &log);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let (call, request) = (Call::new("m"), ChatRequest::user("x"));
                    for _ in 0..750 {
                        // Nothing waits in this script, so that the call is ready at once.
                        let done = futures_util::FutureExt::now_or_never(sim.chat(&call, &request));
                        assert!(done.is_some());
                    }
                });
            }
        });
        assert_eq!((log.total(), log.count("m"), log.open()), (3_000, 3_000, 0));
        assert_eq!(log.count_of("m", Outcome::Answered), 2_000);
        assert_eq!(log.count_of("m", Outcome::Status(500)), 1_000);
        let numbers: Vec<_> = log.attempts().iter().map(|seen| seen.number).collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u64));
    }
}

#[tokio::test]
async fn waiting_for_the_log_ends_with_the_change() {
    let log = Log::new();
    let sim = sim("s", Reply::ok(), &log);
    let (call, request) = (Call::new("m"), ChatRequest::user("x"));
    let (waited, answer) = tokio::join!(
        log.until(|log| log.count_of("m", Outcome::Answered) == 1),
        sim.chat(&call, &request)
    );
    assert_eq!(waited, ());
    assert!(answer.is_ok());
}
