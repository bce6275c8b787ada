//! The seed article's first error, a cascade of throttles: everybody is served, and nothing is multiplied.

use std::collections::BTreeMap;

use ft_core::ChatRequest;
use ft_sim::{Attempt, Model, Outcome, Profile, Rate, Reply, Scripts};
use futures_util::future::join_all;

use crate::world::{WELL, Way, World, secs, setup, trail, within};

/// The most attempts at a model that were open at once, as the upstream saw it.
fn most_at_once(attempts: &[Attempt], model: &str) -> i64 {
    let mut changes = BTreeMap::<_, i64>::new();
    for attempt in attempts.iter().filter(|attempt| *attempt.model == *model) {
        *changes.entry((attempt.at, 1)).or_default() += 1;
        // Ends count before beginnings of the same moment.
        *changes.entry((attempt.ended.unwrap(), 0)).or_default() -= 1;
    }
    let mut open = 0;
    changes
        .into_values()
        .map(|change| {
            open += change;
            open
        })
        .max()
        .unwrap_or(0)
}

/// It serves this many, and then so few that none of them falls into a test.
fn throttling_primary(amount: u64) -> Scripts {
    let mut profile = Profile::default();
    profile.requests = Some(Rate { amount, per: secs(24 * 3600) });
    Scripts::new().model("a", Model::new(profile).unwrap()).otherwise(Reply::text(WELL))
}

/// This many calls at once, all of which must be served.
async fn wave(world: &World, calls: usize) -> Vec<ft_client::Answer> {
    let call = |n: usize| world.client.chat(ChatRequest::user(format!("question {n}")));
    let answers = within(join_all((0..calls).map(call))).await;
    answers.into_iter().map(|answer| answer.unwrap_or_else(|error| panic!("{error}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_calls_against_a_throttling_primary_are_all_served() {
    let world = setup(Way::Plain, "one/a | two/b", throttling_primary(100)).build();
    let answers = wave(&world, 500).await;
    world.settled().await;

    let by_a = world.log.count_of("a", Outcome::Answered);
    assert_eq!(by_a, 100, "the primary gives what its limit allows");
    assert_eq!(world.log.count("b"), 400, "and each of the others costs one call");
    assert_eq!(world.log.count_of("b", Outcome::Answered), 400);
    let primary = world.log.count("a");
    assert!(primary <= 500, "nobody asks the throttled primary twice: {primary}");
    let most = most_at_once(&world.log.attempts(), "b");
    assert!(most <= 256, "above the in-flight limit: {most}");
    assert_eq!(answers.iter().filter(|answer| answer.report.fallback_level == 1).count(), 400);
    // A throttle is no failure of the target.
    assert_eq!(world.health("a").breaker, "closed");

    // Whoever comes later does not ask the primary before its gate opens.
    world.log.clear();
    for answer in wave(&world, 50).await {
        assert_eq!(trail(&answer.report), ["a skipped gate", "b answered"]);
    }
    assert_eq!(world.log.count("a"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secondarys_in_flight_limit_holds_and_everybody_is_served() {
    let world = setup(Way::Plain, "one/a | two/b", throttling_primary(20))
        .targets(|target| {
            if target.model == "b" {
                target.in_flight = 16;
            }
        })
        .build();
    wave(&world, 200).await;
    world.settled().await;
    let secondary = world.log.count("b");
    assert!(secondary <= 200, "{secondary}");
    let most = most_at_once(&world.log.attempts(), "b");
    assert!(most <= 16, "above the in-flight limit: {most}");
    assert_eq!(world.log.count_of("a", Outcome::Answered), 20);
}
