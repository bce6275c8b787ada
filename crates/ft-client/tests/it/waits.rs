//! Waits through the whole path: worth more than the last resort, in line, and told once.

use std::sync::Arc;
use std::time::Duration;

use ft_client::{Answer, Outcome};
use ft_core::ChatRequest;
use ft_core::decide::Skip;
use ft_sim::{Reply, Script, Scripts};
use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;

use crate::trial::{Trial, Way, a_gives, millis, secs, setup, then_well, trail};

/// Two targets dead, one throttling with a hint of two seconds, an emergency text, a deadline of 30 s.
fn dead_dead_throttling() -> Trial {
    let down = || Scripts::from(Reply::status(500).latency(millis(5)));
    setup("x/a | y/b | z/c", Scripts::new())
        .provider("x", down())
        .provider("y", down())
        .provider("z", Scripts::from(Reply::throttled(secs(2)).latency(millis(5))))
        .chain(|chain| {
            chain.same_target_retries = 1;
            chain.deadline = secs(30);
            chain.emergency = Some("later".to_owned());
        })
        .build()
}

/// So many requests, one every `every`, each as its answer.
async fn traffic(trial: &Trial, requests: u32, every: Duration) -> Vec<Answer> {
    let mut under_way: FuturesUnordered<_> = (0..requests)
        .map(|number| async move {
            tokio::time::sleep(every * number).await;
            (number, trial.ask(Way::Plain).await.unwrap())
        })
        .collect();
    let mut answers = Vec::new();
    while let Some(answer) = under_way.next().await {
        answers.push(answer);
    }
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test(start_paused = true)]
async fn an_emergency_text_is_not_kept_back_for_longer_than_the_patience() {
    let trial = dead_dead_throttling();
    let answers = traffic(&trial, 600, millis(50)).await;
    let mut took: Vec<_> = answers.iter().map(|answer| answer.report.latency).collect();
    took.sort();
    assert!(answers.iter().all(Answer::is_emergency));
    assert!(took[took.len() / 2] <= millis(2_100), "p50 {:?}", took[took.len() / 2]);
    assert!(took[took.len() * 99 / 100] <= millis(2_500), "p99 {:?}", took[took.len() * 99 / 100]);
    let open = |answer: &&Answer| {
        answer.report.attempts.iter().all(|attempt| {
            !matches!(attempt.outcome, Outcome::Failed(ft_core::ErrorKind::ServerError))
        })
    };
    let later: Vec<_> = answers.iter().filter(open).collect();
    assert!(later.len() > 400, "{} of 600 found the breakers open", later.len());
    for answer in later {
        let trail = trail(&answer.report);
        assert!(trail.len() <= 4, "{trail:?}");
    }
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn without_a_last_resort_a_gate_is_waited_for_up_to_the_deadline() {
    let trial = setup("a", a_gives(then_well([Reply::throttled(secs(12))]))).build();
    assert_eq!(trial.ask(Way::Plain).await.unwrap().report.latency, secs(12));
    let resort = |chain: &mut ft_client::config::ChainConfig| {
        chain.emergency = Some("later".to_owned());
    };
    let trial = setup("a", a_gives(then_well([Reply::throttled(secs(12))]))).chain(resort).build();
    let answer = trial.ask(Way::Plain).await.unwrap();
    assert!(answer.is_emergency());
    assert_eq!(answer.report.latency, secs(0));
}

#[tokio::test(start_paused = true)]
async fn patience_is_a_setting() {
    let asked = |patience| async move {
        let scripts = a_gives(then_well([Reply::throttled(secs(12))]));
        let setup = setup("a", scripts).chain(move |chain| {
            chain.emergency = Some("later".to_owned());
            chain.patience = patience;
        });
        let answer = setup.build().ask(Way::Plain).await.unwrap();
        (answer.is_emergency(), answer.report.latency)
    };
    assert_eq!(asked(secs(12)).await, (false, secs(12)));
    assert_eq!(asked(secs(11)).await, (true, secs(0)));
}

/// The numbers of the requests that reached the model, in the order in which they did.
fn order(trial: &Trial) -> Vec<String> {
    let text = |request: Option<Arc<ChatRequest>>| {
        request.unwrap().messages[0].content.text().into_owned()
    };
    trial.log.attempts().into_iter().map(|attempt| text(attempt.request)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_opens_lets_those_who_wait_through_in_order_each_after_one_look() {
    let well = Reply::text("well").latency(millis(300));
    let script = Script::sequence([Reply::throttled(secs(12))]).then(well);
    let trial = setup("a", a_gives(script)).build();
    let ask = |number: usize| {
        trial.ask_with(
            Way::Plain,
            ChatRequest::user(number.to_string()),
            ft_client::CallOptions::new(),
        )
    };
    let first = ask(0);
    let others = async {
        let mut waiting: FuturesUnordered<_> = (1..=40)
            .map(|number| {
                let ask = &ask;
                async move {
                    tokio::time::sleep(millis(100) * u32::try_from(number).unwrap()).await;
                    ask(number).await.unwrap()
                }
            })
            .collect();
        let mut answers = Vec::new();
        while let Some(answer) = waiting.next().await {
            answers.push(answer);
        }
        answers
    };
    let (first, others) = join(first, others).await;
    first.unwrap();
    let arrived: Vec<String> = order(&trial);
    // The first one's refusal, its second call as the pilot, and then everybody by arrival.
    let expected: Vec<String> = ["0".to_owned(), "0".to_owned()]
        .into_iter()
        .chain((1..=40).map(|n| n.to_string()))
        .collect();
    assert_eq!(arrived, expected);
    let mut looked_again = 0;
    for answer in &others {
        assert_eq!(trail(&answer.report), ["a skipped gate", "a answered"]);
        looked_again += answer.report.attempts[0].times - 1;
    }
    assert_eq!(looked_again, 1, "when the time is over, the first in line looks, and nobody else");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn places_in_flight_are_taken_in_order_as_they_are_given_back() {
    let slow = Scripts::from(Reply::text("well").latency(secs(3)));
    let trial = setup("a", slow).targets(|a| a.in_flight = 2).build();
    let mut under_way: FuturesUnordered<_> = (0..10_u32)
        .map(|number| {
            let trial = &trial;
            async move {
                tokio::time::sleep(millis(10) * number).await;
                let request = ChatRequest::user(number.to_string());
                trial.ask_with(Way::Plain, request, ft_client::CallOptions::new()).await.unwrap()
            }
        })
        .collect();
    let mut longest = secs(0);
    while let Some(answer) = under_way.next().await {
        longest = longest.max(answer.report.latency);
        assert!(answer.report.attempts.len() <= 2, "{:?}", trail(&answer.report));
    }
    let expected: Vec<String> = (0..10).map(|number: u32| number.to_string()).collect();
    assert_eq!(order(&trial), expected);
    assert!(longest <= secs(15), "five batches of three seconds: {longest:?}");
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_the_line_stops_nobody_behind() {
    let well = Reply::text("well").latency(millis(300));
    let script = Script::sequence([Reply::throttled(secs(12))]).then(well);
    let trial = setup("a | b", a_gives(script)).build();
    trial.ask(Way::Plain).await.unwrap();
    let only_a = || ft_client::CallOptions::new().with_target("sim", "a");
    let impatient = trial.ask_with(Way::Plain, ChatRequest::user("1"), only_a());
    let leaves = async {
        assert!(tokio::time::timeout(secs(6), impatient).await.is_err());
    };
    let patient = async {
        tokio::time::sleep(secs(1)).await;
        trial.ask_with(Way::Plain, ChatRequest::user("2"), only_a()).await.unwrap()
    };
    let ((), answer) = join(leaves, patient).await;
    assert_eq!(answer.report.latency, secs(11) + millis(300));
    trial.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_target_passed_over_again_for_the_same_reason_is_told_once_with_a_count() {
    let script = Script::from(Reply::throttled(secs(1)));
    let trial = setup("b | a", Scripts::new().model("a", script).otherwise(Reply::status(401)))
        .chain(|chain| {
            chain.emergency = Some("later".to_owned());
            chain.patience = secs(20);
        })
        .build();
    trial.ask(Way::Plain).await.unwrap();
    let answers = traffic(&trial, 20, millis(100)).await;
    for answer in answers {
        let skips =
            answer.report.attempts.iter().filter(|attempt| {
                matches!(attempt.outcome, Outcome::Skipped(Skip::Out | Skip::Gate))
            });
        assert!(skips.count() <= 3, "{:?}", trail(&answer.report));
    }
}
