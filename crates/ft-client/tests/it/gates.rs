//! "Not before …" through the whole path: herds, pilots, and what a reload clears.

use ft_sim::{Reply, Script, Scripts};
use futures_util::future::join_all;

use crate::trial::{WAYS, Way, a_gives, millis, secs, setup, then_well, trail, trial};

#[tokio::test(start_paused = true)]
async fn a_gate_reopens_through_one_pilot_and_not_a_herd() {
    for way in WAYS {
        let throttled = Reply::throttled(secs(5));
        let slow = Reply::text("well").latency(secs(1));
        let scripts = a_gives(Script::sequence([throttled]).then(slow));
        let trial = trial("a | b", scripts);
        trial.ask(way).await.unwrap();
        tokio::time::sleep(secs(5)).await;
        trial.log.clear();
        let answers = join_all((0..100).map(|_| trial.ask(way))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!((trial.log.count("a"), trial.log.count("b")), (1, 99), "{way:?}");
        join_all((0..10).map(|_| trial.ask(way))).await;
        assert_eq!(trial.log.count("a"), 11, "what the pilot found opens it for all");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pilot_that_is_throttled_again_shuts_the_gate_for_longer() {
    let trial = trial("a | b", a_gives(Reply::status(429)));
    let began = trial.now();
    let mut asked = Vec::new();
    for _ in 0..2_000 {
        let before = trial.log.count("a");
        trial.ask(Way::Plain).await.unwrap();
        if trial.log.count("a") > before {
            asked.push(trial.now().since(began).as_secs());
        }
        tokio::time::sleep(millis(10)).await;
    }
    assert_eq!(asked, [0, 1, 3, 7, 15], "one second, doubling");
}

#[tokio::test(start_paused = true)]
async fn a_pilot_who_leaves_gives_its_place_back() {
    let then =
        Script::sequence([Reply::throttled(secs(5)), Reply::ok().hang()]).then(Reply::text("well"));
    let trial = trial("a | b", a_gives(then));
    trial.ask(Way::Plain).await.unwrap();
    tokio::time::sleep(secs(5)).await;
    assert!(tokio::time::timeout(millis(100), trial.ask(Way::Plain)).await.is_err());
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(trail(&answer.report), ["a answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_reload_opens_what_was_shut() {
    for reply in [Reply::throttled(secs(300)), Reply::status(401), Reply::status(404)] {
        let trial = trial("a", a_gives(then_well([reply])));
        let options = ft_client::CallOptions::new().with_deadline(secs(1));
        let request = ft_core::ChatRequest::user("hi");
        trial.ask_with(Way::Plain, request, options).await.unwrap_err();
        trial.ask(Way::Plain).await.unwrap_err();
        trial.client.reset();
        trial.ask(Way::Plain).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn two_throttled_models_shut_the_key_for_a_third() {
    let throttled = Reply::throttled(secs(20));
    let scripts = Scripts::new()
        .model("a", throttled.clone())
        .model("b", throttled)
        .otherwise(Reply::text("well"));
    let trial = setup("a | b | c | other/d", scripts)
        .provider("other", Scripts::from(Reply::text("elsewhere")))
        .build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(
        trail(&answer.report),
        ["a rate_limited", "b rate_limited", "c skipped gate", "d answered"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_target_is_passed_over_and_waited_for_when_it_is_the_only_one() {
    let slow = || Reply::text("well").latency(secs(1));
    let two = setup("a | b", Scripts::from(slow())).target("a", |a| a.in_flight = 3).build();
    for answer in join_all((0..10).map(|_| two.ask(Way::Plain))).await {
        assert_eq!(answer.unwrap().report.latency, secs(1), "nobody waits beside a free target");
    }
    assert_eq!((two.log.count("a"), two.log.count("b")), (3, 7));

    let one = setup("a", Scripts::from(slow())).targets(|a| a.in_flight = 3).build();
    let answers = join_all((0..9).map(|_| one.ask(Way::Plain))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    one.assert_idle();
}
