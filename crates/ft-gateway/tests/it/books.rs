//! What a request cost is the same in every book that the gateway keeps, also of callers who leave.

use std::time::Duration;

use axum::body::Body;
use ft_core::Usage;
use ft_sim::{Reply, Scripts};
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::office::Office;
use crate::stand::question;

const CHAIN: &str = r#"
    [chains.default]
    deadline = "20s"
    [[chains.default.tiers]]
    name = "only"
    targets = [{ provider = "sim", model = "gpt-4.1" }]
"#;

fn caller(rest: &str) -> String {
    let hash: String = Sha256::digest("key-a").iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[callers.a]\nkey_sha256 = [\"{hash}\"]\n{rest}\n")
}

fn office(reply: Reply) -> Office {
    let money = "[spend]\nlimit = \"$5\"\n";
    let caller = caller("spend = { limit = \"$4\" }");
    Office::of(Scripts::new().otherwise(reply), &format!("{CHAIN}{money}{caller}"))
}

/// Budget, caller's budget, the caller's series, the model's, the journal: in this order.
async fn books(office: &Office) -> Vec<String> {
    let budgets = office.look("/admin/budgets").await.json();
    let journal = office.look("/admin/requests").await.json();
    let caller = &budgets["callers"][0];
    let metrics = office.look("/metrics").await.text;
    let series = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
        Value::from(line.rsplit(' ').next().unwrap())
    };
    for budget in [&budgets["budget"], &caller["budget"]] {
        assert_eq!(budget["reserved_usd"], "0.00");
    }
    [
        &budgets["budget"]["spent_usd"],
        &caller["budget"]["spent_usd"],
        &caller["cost_usd"],
        &budgets["models"][0]["cost_usd"],
        &series("ai_api_caller_cost_usd_total{"),
        &series("ai_api_cost_usd_total{"),
        &journal["requests"][0]["report"]["cost_usd"],
    ]
    .map(|cost| cost.as_str().unwrap().to_owned())
    .to_vec()
}

#[tokio::test]
async fn a_stream_that_its_caller_stopped_costs_the_same_in_every_book() {
    let slow = Reply::chunks((0..1_000).map(|_| "word ")).per_chunk(Duration::from_millis(20));
    let office = office(slow);
    let mut body = question("default");
    body["stream"] = json!(true);
    let request = Request::post("/v1/chat/completions").header("authorization", "Bearer key-a");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = office.gateway.public().oneshot(request).await.unwrap();
    let mut body = response.into_body();
    for _ in 0..3 {
        body.frame().await.unwrap().unwrap();
    }
    drop(body);
    let books = books(&office).await;
    assert_ne!(books[0], "0.00");
    assert!(books.iter().all(|cost| *cost == books[0]), "{books:?}");
    let request = &office.look("/admin/requests").await.json()["requests"][0];
    assert_eq!(request["status"], 499);
    assert_eq!(request["report"]["served_by"]["model"], "gpt-4.1");
    assert!(request["report"]["tokens"]["output"].as_u64().unwrap() >= 3, "{request}");
    assert_eq!(request["report"]["cost_is_estimate"], true);
}

#[tokio::test]
async fn who_leaves_before_the_answer_pays_for_it_in_every_book() {
    let office = office(Reply::ok().hang());
    let request = Request::post("/v1/chat/completions").header("authorization", "Bearer key-a");
    let request = request.body(Body::from(question("default").to_string())).unwrap();
    let mut call = Box::pin(office.gateway.public().oneshot(request));
    tokio::select! {
        biased;
        _ = &mut call => panic!("nothing answers"),
        () = office.upstream.log().until(|log| log.open() == 1) => {}
    }
    drop(call);
    let books = books(&office).await;
    assert_ne!(books[0], "0.00");
    assert!(books.iter().all(|cost| *cost == books[0]), "{books:?}");
}

#[tokio::test]
async fn a_cost_that_is_an_estimate_is_marked_and_one_that_was_told_is_not() {
    let words = || Reply::text("a few words");
    for (reply, mark) in [
        (words().usage(Usage::new(10, 5)), None),
        (words().without_usage(), Some("true")),
        (words().usage(Usage::new(u64::MAX, 5)), Some("true")),
    ] {
        let office = office(reply);
        let told = office.chat("key-a", &question("default")).await;
        assert_eq!(told.status, 200);
        let header = told.headers.get("x-ft-cost-estimate").map(|value| value.to_str().unwrap());
        assert_eq!(header, mark);
        let books = books(&office).await;
        assert!(books.iter().all(|cost| *cost == books[0]), "{books:?}");
        assert_eq!(told.headers["x-ft-cost-usd"], books[0]);
    }
}

#[tokio::test]
async fn calls_under_way_while_a_callers_limit_changes_are_booked_at_what_they_cost() {
    let reply = Reply::text("Hi.").usage(Usage::new(10, 5)).latency(Duration::from_millis(200));
    let office = office(reply);
    let question = question("default");
    let calls = (0..10).map(|_| office.chat("key-a", &question));
    let calls = futures_util::future::join_all(calls);
    let reloads = async {
        office.upstream.log().until(|log| log.open() == 10).await;
        for limit in ["$3.5", "$3", "$3.5"] {
            let money = "[spend]\nlimit = \"$5\"\n";
            let caller = caller(&format!("spend = {{ limit = \"{limit}\" }}"));
            office.reload(&format!("{CHAIN}{money}{caller}")).unwrap();
        }
    };
    let (answers, ()) = tokio::join!(calls, reloads);
    assert!(answers.iter().all(|told| told.status == 200));
    let budgets = office.look("/admin/budgets").await.json();
    let budget = &budgets["callers"][0]["budget"];
    assert_eq!((&budget["spent_usd"], &budget["reserved_usd"]), (&json!("0.0006"), &json!("0.00")));
    assert_eq!(budget["limit_usd"], "3.50");
}

#[tokio::test]
async fn money_is_not_forgotten_when_a_budget_goes_away_and_comes_back() {
    let office = office(Reply::text("Hi.").usage(Usage::new(10, 5)));
    assert_eq!(office.chat("key-a", &question("default")).await.status, 200);
    let money = "[spend]\nlimit = \"$5\"\n";
    let day = caller("spend = { limit = \"$4\" }");
    let month = caller("spend = { limit = \"$4\", per = \"month\" }");
    for between in [format!("{money}{month}"), caller(""), money.to_owned()] {
        office.reload(&format!("{CHAIN}{between}")).unwrap();
        office.reload(&format!("{CHAIN}{money}{day}")).unwrap();
        let budgets = office.look("/admin/budgets").await.json();
        assert_eq!(budgets["budget"]["spent_usd"], "0.00006", "{between}");
        assert_eq!(budgets["callers"][0]["budget"]["spent_usd"], "0.00006", "{between}");
    }
}
