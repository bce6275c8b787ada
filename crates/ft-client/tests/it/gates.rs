//! "Not before …" through the whole path: herds, pilots, and what a reload clears.

use ft_sim::{Reply, Script, Scripts};
use futures_util::future::join_all;

use crate::trial::{Trial, WAYS, Way, a_gives, millis, secs, setup, then_well, trail, trial};

#[tokio::test(start_paused = true)]
async fn a_gate_reopens_through_one_pilot_and_not_a_herd() {
    for way in WAYS {
        let throttled = Reply::throttled(secs(15));
        let slow = Reply::text("well").latency(secs(1));
        let scripts = a_gives(Script::sequence([throttled]).then(slow));
        let trial = trial("a | b", scripts);
        trial.ask(way).await.unwrap();
        tokio::time::sleep(secs(15)).await;
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
    assert_eq!(asked, [0, 0, 1, 3, 7, 15], "two in a row, then one second, doubling");
}

#[tokio::test(start_paused = true)]
async fn a_pilot_who_leaves_gives_its_place_back() {
    let then = Script::sequence([Reply::throttled(secs(15)), Reply::ok().hang()])
        .then(Reply::text("well"));
    let trial = trial("a | b", a_gives(then));
    trial.ask(Way::Plain).await.unwrap();
    tokio::time::sleep(secs(15)).await;
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

#[tokio::test(start_paused = true)]
async fn one_refusal_moves_its_own_request_on_and_shuts_nothing() {
    for refusal in
        [Reply::status(429), Reply::throttled(secs(2)), Reply::status(503).retry_after(secs(9))]
    {
        let trial = trial("a | b", a_gives(then_well([refusal.clone()])));
        for (asked, served) in [("b", "a was refused"), ("a", "one refusal is no drought")] {
            let answer = trial.ask(Way::Plain).await.unwrap();
            assert_eq!(answer.report.served_by.unwrap().model, asked, "{served}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_refusal_in_a_row_shuts_the_gate_as_its_hint_says() {
    for refusal in [Reply::throttled(secs(2)), Reply::status(503).retry_after(secs(2))] {
        let trial = trial("a | b", a_gives(refusal));
        trial.ask(Way::Plain).await.unwrap();
        trial.ask(Way::Plain).await.unwrap();
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(trail(&answer.report), ["a skipped gate", "b answered"]);
        tokio::time::sleep(secs(2)).await;
        let before = trial.log.count("a");
        trial.ask(Way::Plain).await.unwrap();
        assert_eq!(trial.log.count("a"), before + 1, "the pilot");
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(trail(&answer.report), ["a skipped gate", "b answered"], "refused as well");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_between_two_refusals_keeps_the_gate_open() {
    let no = || Reply::throttled(secs(2));
    let script =
        Script::sequence([no(), Reply::text("well"), no(), Reply::text("well")]).then(no());
    let trial = trial("a | b", a_gives(script));
    for served in ["b", "a", "b", "a"] {
        let answer = trial.ask(Way::Plain).await.unwrap();
        assert_eq!(answer.report.served_by.unwrap().model, served);
    }
}

/// A key that was refused once; under it a model that hangs and one that is well.
fn shared_key(hangs: Reply) -> Trial {
    let scripts = Scripts::new()
        .model("hangs", Script::sequence([Reply::status(401)]).then(hangs))
        .model("well", Reply::text("well"));
    let targets = |config: &mut ft_client::config::ClientConfig| {
        let alone = |name: &str| {
            let target = ft_client::config::TargetConfig::new("sim", name);
            let tier = ft_client::config::TierConfig::new("only", [target]);
            ft_client::config::ChainConfig::new([tier])
        };
        config.chains.insert("hangs".to_owned(), alone("hangs"));
        config.chains.insert("well".to_owned(), alone("well"));
    };
    setup("hangs | well", scripts).config(targets).build()
}

async fn ask_chain(trial: &Trial, chain: &str) -> Result<ft_client::Answer, ft_client::Error> {
    let options = ft_client::CallOptions::new().with_chain(chain);
    trial.ask_with(Way::Plain, ft_core::ChatRequest::user("hi"), options).await
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_does_not_starve_its_siblings_of_the_keys_pilot() {
    let trial = shared_key(Reply::ok().hang());
    ask_chain(&trial, "hangs").await.unwrap_err();
    ask_chain(&trial, "well").await.unwrap_err();
    tokio::time::sleep(secs(60)).await;
    let hanging = join_all((0..100).map(async |nth| {
        tokio::time::sleep(millis(500 * nth)).await;
        ask_chain(&trial, "hangs").await
    }));
    let well = async {
        tokio::time::sleep(millis(250)).await;
        let mut lost = 0;
        for _ in 0..100 {
            let deadline =
                ft_client::CallOptions::new().with_chain("well").with_deadline(millis(400));
            let request = ft_core::ChatRequest::user("hi");
            lost += usize::from(trial.ask_with(Way::Plain, request, deadline).await.is_err());
            tokio::time::sleep(millis(500)).await;
        }
        lost
    };
    let (_, lost) = tokio::join!(hanging, well);
    assert!(lost <= 2, "{lost} of 100 were lost, where a second without a refusal opens the gate");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_lets_its_siblings_be_the_next_pilot() {
    let trial = shared_key(Reply::status(500).latency(millis(300)));
    ask_chain(&trial, "hangs").await.unwrap_err();
    tokio::time::sleep(secs(60)).await;
    let short = |chain: &str| {
        let options = ft_client::CallOptions::new().with_chain(chain).with_deadline(millis(200));
        trial.ask_with(Way::Plain, ft_core::ChatRequest::user("hi"), options)
    };
    let (failing, turned_away) = tokio::join!(ask_chain(&trial, "hangs"), short("well"));
    assert!(failing.is_err() && turned_away.is_err());
    let (_, answered) = tokio::join!(ask_chain(&trial, "hangs"), short("well"));
    assert!(answered.is_ok(), "{answered:?}");
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_pilots_answer_opens_the_gate_for_all() {
    let slow = Reply::text("well").latency(millis(100)).first_token(secs(20));
    let then = Script::sequence([Reply::throttled(secs(15))]).then(slow);
    let trial = trial("a | b", a_gives(then));
    trial.ask(Way::Streamed).await.unwrap();
    tokio::time::sleep(secs(15)).await;
    let second = async {
        tokio::time::sleep(millis(200)).await;
        trial.ask(Way::Streamed).await.unwrap()
    };
    let (pilot, second) = tokio::join!(trial.ask(Way::Streamed), second);
    assert_eq!(trail(&pilot.unwrap().report), ["a answered"]);
    assert_eq!(trail(&second.report), ["a answered"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_in_the_middle_of_a_stream_is_out_as_before_its_content() {
    for code in ["invalid_api_key", "insufficient_quota"] {
        let refusal = serde_json::json!({"message": "no", "code": code});
        let broken = Reply::text("one two three").error_after(2, refusal);
        let trial = trial("a", a_gives(then_well([broken])));
        trial.ask(Way::Streamed).await.unwrap_err();
        let error = trial.ask(Way::Plain).await.unwrap_err();
        assert_eq!(trail(error.report().unwrap()), ["a skipped out"], "{code}");
    }
}
