//! Callers: whose key is it, what may be asked with it, how often and for how much.

use std::time::Duration;

use ft_core::Usage;
use ft_sim::{Reply, Scripts};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::office::{Office, Told};
use crate::stand::question;

const CHAINS: &str = r#"
    [[chains.default.tiers]]
    name = "only"
    targets = [{ provider = "sim", model = "gpt-4.1" }]

    [[chains.cheap.tiers]]
    name = "only"
    targets = [{ provider = "sim", model = "gemini-2.5-flash" }]
"#;

/// A caller whose key is `key-` and its name.
fn caller(name: &str, rest: &str) -> String {
    let hash: String =
        Sha256::digest(format!("key-{name}")).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("[callers.{name}]\nkey_sha256 = [\"{hash}\"]\n{rest}\n")
}

fn office(callers: &[String]) -> Office {
    let reply = Reply::text("Hi.").usage(Usage::new(10, 5));
    Office::of(Scripts::new().otherwise(reply), &format!("{CHAINS}{}", callers.concat()))
}

fn refused(told: &Told, status: u16, kind: &str, code: &str) {
    assert_eq!(told.status, status, "{told:?}");
    assert_eq!(told.json()["error"]["type"], kind, "{told:?}");
    assert_eq!(told.code(), code);
    // Its own rate alone is worth waiting for: nobody was asked.
    let retry = told.headers.get("x-should-retry").map(|value| value.to_str().unwrap());
    assert_eq!(retry, (code != "rate_limit_exceeded").then_some("false"));
}

#[tokio::test]
async fn without_the_right_key_nothing_is_asked_and_the_key_is_not_repeated() {
    let office = office(&[caller("a", "")]);
    for key in ["", "key-b", "key-a "] {
        let key = if key == "key-a " { "key-a1" } else { key };
        for told in
            [office.chat(key, &question("default")).await, office.get(key, "/v1/models").await]
        {
            refused(&told, 401, "invalid_request_error", "invalid_api_key");
            assert!(key.is_empty() || !told.text.contains(key), "{told:?}");
        }
    }
    assert_eq!(office.upstream.log().total(), 0);
    assert_eq!(office.look("/admin/budgets").await.json()["wrong_keys"], 6);
    assert_eq!(office.look("/admin/requests").await.json()["requests"], json!([]));
    assert_eq!(office.chat("key-a", &question("default")).await.status, 200);
}

#[tokio::test]
async fn a_caller_sees_and_asks_its_own_chains_and_models_only() {
    let rest = "chains = [\"cheap\"]\nmodels = [\"sim/gpt-4.1\"]";
    let office = office(&[caller("a", rest), caller("b", "")]);
    let names = |told: Told| -> Vec<String> {
        let rows = told.json()["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(office.get("key-a", "/v1/models").await), ["cheap", "sim/gpt-4.1"]);
    assert_eq!(names(office.get("key-b", "/v1/models").await).len(), 4);
    assert_eq!(office.chat("key-a", &question("cheap")).await.status, 200);
    assert_eq!(office.chat("key-a", &question("sim/gpt-4.1")).await.status, 200);
    let told = office.chat("key-a", &question("default")).await;
    refused(&told, 403, "invalid_request_error", "model_not_allowed");
    let told = office.get("key-a", "/v1/models/default").await;
    refused(&told, 403, "invalid_request_error", "model_not_allowed");
    assert_eq!(office.upstream.log().total(), 2);
}

#[tokio::test]
async fn one_request_too_many_in_a_minute_is_refused_and_told_when_to_come_back() {
    let office = office(&[caller("a", "requests_per_minute = 2"), caller("b", "")]);
    for _ in 0..2 {
        assert_eq!(office.chat("key-a", &question("default")).await.status, 200);
    }
    let told = office.chat("key-a", &question("default")).await;
    refused(&told, 429, "rate_limit_error", "rate_limit_exceeded");
    let wait: u64 = told.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((50..=61).contains(&wait), "{wait}");
    assert_eq!(office.chat("key-b", &question("default")).await.status, 200);
    assert_eq!(office.upstream.log().total(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_at_once_on_a_budget_for_ten_never_overspend_it() {
    // At 2 and 8 dollars per million: 10 tokens in and 5 out cost 60 micro-dollars; what is reserved for one,
    // with at most 5 tokens out, is a little more.
    let reply = Reply::text("Hi.").usage(Usage::new(10, 5)).latency(Duration::from_millis(20));
    let callers = caller("a", "spend = { limit = \"$0.0006\" }");
    let office = Office::of(Scripts::new().otherwise(reply), &format!("{CHAINS}{callers}"));
    let body = json!({
        "model": "default", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello?"}],
    });
    let answers = join_all((0..50).map(|_| office.chat("key-a", &body))).await;
    let served = answers.iter().filter(|told| told.status == 200).count();
    for told in answers.iter().filter(|told| told.status != 200) {
        refused(told, 429, "insufficient_quota", "budget_exceeded");
    }
    assert!((1..=10).contains(&served), "{served}");
    assert_eq!(office.upstream.log().total(), u64::try_from(served).unwrap());
    let budgets = office.look("/admin/budgets").await.json();
    let budget = &budgets["callers"][0]["budget"];
    let dollars = |field: &str| budget[field].as_str().unwrap().parse::<f64>().unwrap();
    assert!(dollars("spent_usd") <= dollars("limit_usd"), "{budget}");
    assert_eq!(budgets["callers"][0]["refused"]["spend"], 50 - served);
    let cost = budgets["callers"][0]["cost_usd"].as_str().unwrap();
    assert_eq!(budget["spent_usd"].as_str().unwrap(), cost);
}

#[tokio::test]
async fn cached_answers_are_given_to_their_own_caller_or_to_all_who_share() {
    for (rest, attempts) in [("", 2), ("cache = \"shared\"", 1)] {
        let caching = "[chains.default]\ncache = { fresh_for = \"60s\" }\n";
        let callers = [caller("a", rest), caller("b", rest)].concat();
        let scripts = Scripts::new().otherwise(Reply::text("Hi."));
        let office = Office::of(scripts, &format!("{caching}{CHAINS}{callers}"));
        for key in ["key-a", "key-b", "key-a", "key-b"] {
            assert_eq!(office.chat(key, &question("default")).await.status, 200);
        }
        assert_eq!(office.upstream.log().total(), attempts, "{rest}");
    }
}

#[tokio::test]
async fn what_callers_do_is_counted_under_their_names_alone() {
    let office = office(&[caller("a", "chains = [\"cheap\"]")]);
    office.chat("key-a", &question("cheap")).await;
    office.chat("key-a", &question("default")).await;
    office.chat("key-stranger", &question("cheap")).await;
    let metrics = office.look("/metrics").await.text;
    for line in [
        "ai_api_caller_requests_total{caller=\"a\"} 2",
        "ai_api_caller_refused_total{caller=\"a\",reason=\"scope\"} 1",
        "ai_api_caller_refused_total{caller=\"\",reason=\"key\"} 1",
        "ai_api_caller_cost_usd_total{caller=\"a\"} 0.000015",
    ] {
        assert!(metrics.lines().any(|had| had == line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("key-stranger"));
    let for_callers = office.get("key-a", "/metrics").await.text;
    assert!(for_callers.contains("ai_api_requests_total"));
    assert!(!for_callers.contains("ai_api_caller"), "{for_callers}");
    let told = office.look("/admin/budgets").await.json();
    assert_eq!(told["callers"][0]["refused"]["scope"], Value::from(1));
}

#[tokio::test]
async fn a_reload_keeps_the_minute_and_the_money() {
    let limits = "requests_per_minute = 1\nspend = { limit = \"$5\" }";
    let office = office(&[caller("a", limits)]);
    assert_eq!(office.chat("key-a", &question("default")).await.status, 200);
    let spent =
        office.look("/admin/budgets").await.json()["callers"][0]["budget"]["spent_usd"].clone();
    let limits = "requests_per_minute = 1\nspend = { limit = \"$4\" }";
    office.reload(&format!("{CHAINS}{}{}", caller("a", limits), caller("b", ""))).unwrap();
    let told = office.chat("key-a", &question("default")).await;
    refused(&told, 429, "rate_limit_error", "rate_limit_exceeded");
    assert_eq!(office.chat("key-b", &question("default")).await.status, 200);
    let budget = office.look("/admin/budgets").await.json()["callers"][0]["budget"].clone();
    assert_eq!((&budget["limit_usd"], &budget["spent_usd"]), (&json!("4.00"), &spent));
}

#[tokio::test]
async fn a_reload_does_not_open_a_socket_that_others_reach() {
    let hash = "0".repeat(64);
    let server = "[server]\nlisten = \"0.0.0.0:8080\"\nadmin = \"0.0.0.0:8081\"\n";
    let keyed = format!("{server}admin_key_sha256 = [\"{hash}\"]\n");
    let scripts = Scripts::new().otherwise(Reply::text("Hi."));
    let office = Office::of(scripts, &format!("{keyed}{CHAINS}{}", caller("a", "")));
    let admin_only = format!("[server]\nadmin_key_sha256 = [\"{hash}\"]\n{CHAINS}");
    // Each file may be served by a process that is started with it, and not by this one.
    for (file, field) in [
        (admin_only, "callers"),
        (format!("{CHAINS}{}", caller("a", "")), "server.admin_key_sha256"),
    ] {
        for _ in 0..2 {
            assert_eq!(office.reload(&file).unwrap_err().field(), field);
        }
    }
    let told = office.chat("", &question("default")).await;
    refused(&told, 401, "invalid_request_error", "invalid_api_key");
    assert_eq!(office.look("/admin/health").await.status, 401);
    let same_keys =
        format!("[server]\nadmin_key_sha256 = [\"{hash}\"]\n{CHAINS}{}", caller("a", ""));
    office.reload(&same_keys).unwrap();
    assert!(office.reload(CHAINS).is_err(), "its sockets are where they were");
}
