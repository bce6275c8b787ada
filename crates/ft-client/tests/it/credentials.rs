//! Several keys of one provider: tried in turn, put out one by one.

use ft_client::FailKind;
use ft_sim::{Reply, Script, Scripts};

use crate::trial::{Setup, WAYS, Way, secs, setup, trail};

/// The key of each attempt in order, by its number.
fn keys(trial: &crate::trial::Trial) -> Vec<String> {
    let number = |name: &str| name.replace("credential ", "");
    trial.log.attempts().iter().map(|attempt| number(&attempt.credential)).collect()
}

/// Each key gives the reply of its place; `b` belongs to another provider.
fn keyed(shape: &str, replies: Vec<Reply>) -> Setup {
    let count = replies.len();
    let script = Script::from_fn(move |seen| {
        let key: usize = seen.credential.replace("credential ", "").parse().unwrap();
        replies[key].clone()
    });
    setup(shape, Scripts::new().otherwise(script))
        .provider("other", Scripts::from(Reply::text("elsewhere")))
        .credentials(count)
}

#[tokio::test(start_paused = true)]
async fn keys_are_tried_in_turn_when_one_is_out_or_throttled() {
    for way in WAYS {
        for refusal in [
            Reply::status(401),
            Reply::status(402),
            Reply::error(429, "insufficient_quota", "spent"),
            Reply::throttled(secs(60)),
        ] {
            let trial =
                keyed("a | other/b", vec![refusal.clone(), refusal, Reply::text("well")]).build();
            let answer = trial.ask(way).await.unwrap();
            assert_eq!(answer.text(), "well");
            assert_eq!(keys(&trial), ["0", "1", "2"], "{:?}", trail(&answer.report));
            trial.log.clear();
            trial.ask(way).await.unwrap();
            assert_eq!(keys(&trial), ["2"], "the others are still shut");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn many_keys_of_one_target_are_all_tried() {
    let mut replies = vec![Reply::status(401); 4];
    replies.push(Reply::text("well"));
    let trial = keyed("a", replies).build();
    assert_eq!(trial.ask(Way::Plain).await.unwrap().text(), "well");
    assert_eq!(keys(&trial), ["0", "1", "2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn seventy_keys_of_one_target_are_all_tried() {
    let mut replies = vec![Reply::status(401); 69];
    replies.push(Reply::text("well"));
    let trial = keyed("a", replies)
        .config(|config| {
            config.limits.amplification = 100.0;
            config.limits.retry_reserve = 100;
        })
        .build();
    assert_eq!(trial.ask(Way::Plain).await.unwrap().text(), "well");
    assert_eq!(keys(&trial), (0..70).map(|key| key.to_string()).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn when_all_keys_are_out_the_next_target_answers() {
    let trial = keyed("a c | other/b", vec![Reply::status(401), Reply::status(402)]).build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert_eq!(answer.text(), "elsewhere");
    let expected = ["a auth", "a quota_exhausted", "c skipped out", "b answered"];
    assert_eq!(trail(&answer.report), expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_out_comes_back_after_a_minute() {
    let script = Script::from_fn(|seen| match (seen.credential, seen.nth) {
        ("credential 0", 1) => Reply::status(401),
        _ => Reply::text("well"),
    });
    let trial = setup("a", Scripts::new().otherwise(script)).credentials(2).build();
    for (sleep, expected) in [(0, vec!["0", "1"]), (59, vec!["1"]), (1, vec!["0"])] {
        tokio::time::sleep(secs(sleep)).await;
        trial.log.clear();
        trial.ask(Way::Plain).await.unwrap();
        assert_eq!(keys(&trial), expected, "after {sleep} s more");
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_keys_are_throttled_the_first_that_is_free_again_is_used() {
    for way in WAYS {
        let script = Script::from_fn(|seen| match (seen.credential, seen.nth) {
            ("credential 0", 1) => Reply::throttled(secs(9)),
            ("credential 1", 2) => Reply::throttled(secs(4)),
            _ => Reply::text("well"),
        });
        let trial = setup("a", Scripts::new().otherwise(script)).credentials(2).build();
        let began = trial.now();
        trial.ask(way).await.unwrap();
        assert_eq!(keys(&trial), ["0", "1", "1"], "{way:?}");
        assert_eq!(trial.now().since(began), secs(4));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_told_as_such() {
    let trial = keyed("a", vec![Reply::status(401), Reply::status(401)]).build();
    let error = trial.ask(Way::Plain).await.unwrap_err();
    assert_eq!(error.kind(), FailKind::Exhausted);
    assert!(error.is_auth());
    assert_eq!(error.retry_after(), None, "a person must act first");
}
