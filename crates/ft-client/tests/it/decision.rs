//! Rows of the decision table, through the whole path, plain and streamed.

use ft_client::Outcome;
use ft_core::ChatRequest;
use ft_sim::{Reply, Scripts};

use crate::bench_of_tests::{bench, secs, then_ok};

#[tokio::test(start_paused = true)]
async fn the_first_target_answers() {
    let bench = bench("a | b", Scripts::new().otherwise(Reply::text("hello")));
    let answer = bench.client.generate("hi").await.unwrap();
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.report.fallback_level, 0);
    assert_eq!(answer.report.attempts.len(), 1);
    assert_eq!(bench.log.count("b"), 0);
}

#[tokio::test(start_paused = true)]
async fn failures_fall_through_at_once_plain_and_streamed() {
    let replies = [Reply::down(), Reply::throttled(secs(30)), Reply::ok().refuse(), Reply::ok().reset(), Reply::ok().cut_after(0)];
    for reply in replies {
        for streamed in [false, true] {
            let bench = bench("a | b", Scripts::new().model("a", reply.clone()).otherwise(Reply::text("well")));
            let before = bench.client.clock().now();
            let answer = if streamed {
                bench.client.chat_stream(ChatRequest::user("hi")).await.unwrap().collect().await.unwrap()
            } else {
                bench.client.generate("hi").await.unwrap()
            };
            assert_eq!(answer.text(), "well");
            assert_eq!(answer.report.tier.name(), "tier-1");
            assert_eq!(answer.report.fallback_level, 1);
            assert_eq!(answer.report.attempts.len(), 2, "{:?}", answer.report);
            assert!(matches!(answer.report.attempts[0].outcome, Outcome::Failed(_)));
            assert!(bench.client.clock().now().since(before) < secs(1), "it waited: {:?}", answer.report);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_round_follows_a_round_of_transient_failures() {
    let bench = bench("a", Scripts::new().model("a", then_ok([Reply::down()])));
    let answer = bench.client.generate("hi").await.unwrap();
    assert_eq!(answer.report.attempts.len(), 2);
}
