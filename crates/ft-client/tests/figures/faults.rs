//! Everyday faults: each target fails now and then, in ten ways.

use std::time::Duration;

use ft_client::Outcome;
use ft_core::ChatRequest;
use ft_sim::{Log, Model, Profile, Reply, Script};

use crate::traffic::{End, Traffic, run};
use crate::world::{figure, full, ms, secs, world};

/// The article's fault rates, 5.8 % and 8.2 %, and 2 % of ours, with the article's latencies.
///
/// A million requests under `RUN_FULL_FIGURES=1`. By default fewer, against the same bounds, and they show less.
/// One failure in 10,000 allows two in 20,000: a true rate of 3 in 10,000 would pass one time in sixteen (Poisson
/// with mean 6), so the small run notices faults that are no longer survived, and the full run proves the rate.
/// The calls of a request have a standard deviation of a quarter (94 % are one, most others two), so the
/// mean of 20,000 is good to 0.0018, and the 0.005 of the bound is nearly three times that; of a million, twenty times.
#[tokio::test(start_paused = true)]
async fn everyday_faults_are_survived_at_a_twentieth_more_calls() {
    let requests = if full() { 1_000_000 } else { 20_000 };
    let log = Log::counting();
    let model = |profile| Script::from(Model::new(profile).unwrap());
    let targets = vec![
        ("gpt-4.1", model(Profile::article_openai())),
        ("claude-sonnet-4.5", model(Profile::article_anthropic())),
        ("gemini-2.5-flash", model(Profile::article_holysheep())),
    ];
    // Ten seconds are beyond the slowest in 10,000 of each.
    let timeout = |target: ft_client::config::TargetConfig| target.with_attempt_timeout(secs(10));
    let world = world(targets, 1, log.clone(), timeout, |_| {});
    let (mut served, mut emergency, mut failed) = (0_u64, 0_u64, 0_u64);
    let traffic = Traffic { every: ms(100), requests, streamed: false };
    run(&world.client, traffic, |call| match call.end {
        End::Live(_) | End::Cached => served += 1,
        End::Emergency => emergency += 1,
        End::Failed(_) => failed += 1,
    })
    .await;
    assert_eq!(served + emergency + failed, requests);
    #[expect(clippy::cast_precision_loss, reason = "counts of millions")]
    let (success, calls) = (served as f64 / requests as f64, log.total() as f64 / requests as f64);
    let what = format!("faults 5.8 %, 8.2 %, 2 %, {requests} requests");
    figure(&format!("{what}: success"), format!("{:.4} %", success * 100.0), ">= 99.99 %");
    figure(&format!("{what}: upstream calls a request"), format!("{calls:.4}"), "<= 1.063 + 0.005");
    figure(&format!("{what}: emergency answers"), emergency, "");
    assert!(success >= 0.9999);
    assert!(calls <= 1.063 + 0.005);
}

/// In virtual time the client's own work takes none, so that every wait it adds would show.
#[tokio::test(start_paused = true)]
async fn from_a_fault_to_the_next_target_no_time_passes() {
    let wait = ms(20);
    let faults = [
        Reply::status(500),
        Reply::status(502),
        Reply::down(),
        Reply::throttled(secs(30)),
        Reply::status(401),
        Reply::status(404),
        Reply::ok().refuse(),
        Reply::ok().reset(),
        Reply::ok().cut_after(0),
        Reply::ok().malformed_at(1),
        Reply::ok().empty_choices(),
        Reply::ok().error_in_200(serde_json::json!({"message": "no", "type": "server_error"})),
        Reply::ok().hang(),
    ];
    let (mut longest, mut second) = (Duration::ZERO, Duration::ZERO);
    for (seed, fault) in (0..).zip(faults) {
        for streamed in [false, true] {
            let targets =
                vec![("a", fault.clone().latency(wait).into()), ("b", Reply::ok().into())];
            let timeout =
                |target: ft_client::config::TargetConfig| target.with_attempt_timeout(secs(1));
            let world = world(targets, seed, Log::new(), timeout, |_| {});
            let request = ChatRequest::user("hi");
            let answer = if streamed {
                world.client.chat_stream(request).await.unwrap().collect().await.unwrap()
            } else {
                world.client.chat(request).await.unwrap()
            };
            let [failed @ .., answered] = &answer.report.attempts[..] else {
                panic!("no attempts")
            };
            assert_eq!((&*answered.model, answered.outcome), ("b", Outcome::Answered));
            let attempts = world.log.attempts();
            let mut before = None;
            for (seen, attempt) in attempts.iter().zip(failed) {
                assert!(matches!(attempt.outcome, Outcome::Failed(_)), "{attempt:?}");
                second = before.map_or(second, |ended| second.max(seen.at.since(ended)));
                before = seen.ended;
            }
            assert!(matches!(failed.len(), 1 | 2), "{failed:?}");
            let last = failed.last().unwrap();
            let at = attempts[failed.len()].at;
            longest = longest.max(at.since(before.unwrap()));
            longest = longest.max(answered.began - (last.began + last.took));
        }
    }
    figure("from a quick fault to the second try", format!("{second:?}"), "<= 250ms");
    assert!(second <= ms(250));
    figure(
        "from a fault to the next target's request, 13 faults",
        format!("{longest:?}"),
        "<= 1ms",
    );
    assert!(longest <= ms(1));
}
