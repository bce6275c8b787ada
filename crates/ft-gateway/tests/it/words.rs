//! A provider's own words: the caller gets them at every status, log and page only what it says to everybody, and
//! nobody a key.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ft_client::config::{ChainConfig, ProviderConfig, TargetConfig, TierConfig};
use ft_gateway::config::GatewayConfig;
use ft_gateway::{Gateway, Outlets};
use ft_sim::{Reply, Scripts, Upstream};
use futures_util::future::join_all;
use http::Request;
use serde_json::{Value, json};

use crate::stand::{Stand, question};

const KEY: &str = "sk-upstream-0123456789ab";
const FIXED: &str = "You exceeded your current quota, please check your plan and billing details";

fn sole(provider: &str, model: &str) -> ChainConfig {
    let target = TargetConfig::new(provider, model);
    let mut chain = ChainConfig::new([TierConfig::new("only", [target])]);
    chain.rounds = 1;
    chain.same_target_retries = 0;
    chain
}

/// A stand at which each of these models fails as its reply says, under a provider and a chain of its name.
async fn failing(replies: Vec<(String, Reply)>) -> Stand {
    let names: Vec<_> = replies.iter().map(|(name, _)| name.clone()).collect();
    let scripts = replies
        .into_iter()
        .fold(Scripts::new(), |scripts, (name, reply)| scripts.model(name, reply));
    Stand::with(scripts, |config| {
        let url = config.providers["sim"].base_url.clone();
        for name in names {
            let provider = ProviderConfig::new(url.clone()).with_key(KEY);
            config.providers.insert(name.clone(), provider);
            config.chains.insert(name.clone(), sole(&name, &name));
        }
    })
    .await
}

/// What a recorded body says first; nothing of a page, of which only the title is told.
fn said(body: &Value) -> Option<&str> {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    let error = body.get("error").unwrap_or(body);
    [&error["message"], error, &error["detail"]]
        .into_iter()
        .find_map(Value::as_str)
        .filter(|said| !said.starts_with('<'))
}

#[tokio::test]
async fn what_forty_vendors_say_of_their_failures_reaches_the_caller_without_names_of_accounts() {
    let rows: Vec<Value> = include_str!("../../../ft-holysheep/tests/data/error-bodies.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["status"] != 200)
        .collect();
    let replies = rows.iter().map(|row| {
        let body = row["body"].as_str().map_or_else(|| row["body"].to_string(), str::to_owned);
        let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
        let reply = Reply::ok().raw("application/json", body).with_status(status);
        (row["id"].as_str().unwrap().to_owned(), reply)
    });
    let stand = failing(replies.collect()).await;
    let mut told = 0;
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        let text = stand.chat(&question(id)).await.text().await.unwrap();
        for hidden in
            ["org-FAKE", "org_FAKE", "fake-account", "team FAKE", "number:000000000000", "[12345]"]
        {
            assert!(!text.contains(hidden), "{id}: {text}");
        }
        let Some(said) = said(&row["body"]).filter(|said| !said.trim().is_empty()) else {
            continue;
        };
        let body: Value = serde_json::from_str(&text).unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        let words: Vec<_> = said.split_whitespace().collect();
        let come = words.iter().filter(|word| message.contains(**word)).count();
        assert!(come * 10 >= words.len() * 7, "{id}: of `{said}` came `{message}`");
        told += 1;
    }
    assert!(told > 120, "{told}");
}

#[tokio::test]
async fn words_arrive_at_every_status_plain_and_in_a_stream_and_the_key_never() {
    let error = || json!({"message": format!("Purple hamsters; key {KEY} of org-AbC123xyz"), "code": "hamsters"});
    let statuses = [400_u16, 401, 402, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529];
    let mut replies: Vec<_> = statuses
        .iter()
        .map(|&status| {
            let body = json!({"error": error()}).to_string();
            let reply = Reply::ok().raw("application/json", body).with_status(status);
            (format!("s{status}"), reply)
        })
        .collect();
    replies.push(("broken".to_owned(), Reply::text("one two three").error_after(2, error())));
    let names: Vec<_> = replies.iter().map(|(name, _)| name.clone()).collect();
    let stand = failing(replies).await;
    let asked = names.iter().flat_map(|name| [(name, false), (name, true)]);
    let asked = asked.filter(|(name, stream)| *stream || *name != "broken");
    let answers = asked.map(|(name, stream)| {
        let stand = &stand;
        async move {
            let mut body = question(name);
            body["stream"] = json!(stream);
            (name, stream, stand.chat(&body).await.text().await.unwrap())
        }
    });
    for (name, stream, text) in join_all(answers).await {
        // The key may have been put out by the one before it, which says so too.
        let out =
            text.contains("is out") || text.contains("was refused") || text.contains("skipped");
        assert!(text.contains("Purple hamsters") || out, "{name}, streamed: {stream}: {text}");
        assert!(!text.contains("0123456789ab") && !text.contains("AbC123"), "{name}: {text}");
    }
}

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The line of the access log and the list of requests after one that failed with these words.
async fn told_of(message: &str, server: &str) -> (Value, Value) {
    let (answer, line, list) = told(Reply::error(500, "odd_code", message), server).await;
    assert!(answer.contains(message), "{answer}");
    (line, list)
}

/// The answer, the line of the access log and the list of requests where the provider replies so.
async fn told(reply: Reply, server: &str) -> (String, Value, Value) {
    let upstream = Upstream::start(Scripts::new().model("m", reply)).unwrap();
    let text = format!(
        "[server]\n{server}\n[providers.sim]\nbase_url = \"{}\"\nkeys = [\"{KEY}\"]\n\
         [[chains.default.tiers]]\nname = \"only\"\ntargets = [{{ provider = \"sim\", model = \"m\" }}]",
        upstream.base_url()
    );
    let config = GatewayConfig::from_toml("", &text, |_| None).unwrap();
    let log = Written::default();
    let outlets = Outlets { access_log: Some(Box::new(log.clone())), trace: None };
    let gateway = Gateway::new(config, outlets).unwrap();
    let request = Request::post("/v1/chat/completions")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(question("default").to_string()));
    let answer = crate::office::ask(gateway.public(), request.unwrap()).await;
    let list =
        Request::get("/admin/requests").header("host", "localhost").body(axum::body::Body::empty());
    let list = crate::office::ask(gateway.admin(), list.unwrap()).await.json();
    assert!(gateway.write_out(std::time::Duration::from_secs(60)));
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (answer.text, serde_json::from_str(&text).unwrap(), list)
}

#[tokio::test]
async fn the_providers_id_of_an_answer_is_told_where_its_failures_are() {
    let (_, line, list) = told(Reply::text("well"), "").await;
    assert_eq!(line["upstream_request_id"], "sim-1");
    assert!(list.to_string().contains(r#""upstream_request_id":"sim-1""#), "{list}");
}

#[tokio::test]
async fn log_and_page_have_code_and_type_and_only_a_sentence_that_everybody_gets() {
    let (line, list) = told_of("you asked: what is my PIN", "").await;
    assert_eq!(line["upstream_status"], 500);
    assert_eq!(line["upstream_code"], "odd_code");
    assert!(line["upstream_wording"].is_null() && line["failure"] == "server_error", "{line}");
    assert!(
        !line.to_string().contains("PIN") && !list.to_string().contains("PIN"),
        "{line} {list}"
    );

    let (line, list) = told_of(&format!("{FIXED}. You asked: what is my PIN"), "").await;
    assert_eq!(line["upstream_wording"], FIXED);
    assert!(list.to_string().contains(FIXED), "{list}");
    assert!(
        !line.to_string().contains("PIN") && !list.to_string().contains("PIN"),
        "{line} {list}"
    );
}

#[tokio::test]
async fn a_log_without_texts_of_providers_has_their_status_alone() {
    let (line, list) = told_of(FIXED, "log_provider_text = false").await;
    assert_eq!(line["upstream_status"], 500);
    for text in [line.to_string(), list.to_string()] {
        assert!(!text.contains("odd_code") && !text.contains("exceeded"), "{text}");
    }
}

#[tokio::test]
async fn what_else_the_error_of_a_request_has_is_passed_on_scrubbed() {
    let inner = json!({"code": "ResponsibleAIPolicyViolation", "note": KEY,
        "content_filter_result": {"hate": {"filtered": true, "severity": "high"}}});
    let body = |status| {
        json!({"error": {"message": "filtered", "type": null, "param": "prompt", "code": "content_filter",
            "status": status, "innererror": inner}})
    };
    let reply =
        |status| Reply::ok().raw("application/json", body(status).to_string()).with_status(status);
    let replies = vec![("bad".to_owned(), reply(400)), ("down".to_owned(), reply(500))];
    let stand = failing(replies).await;
    let told: Value = stand.chat(&question("bad")).await.json().await.unwrap();
    assert_eq!(told["error"]["status"], 400);
    assert_eq!(told["error"]["innererror"]["content_filter_result"]["hate"]["severity"], "high");
    assert_eq!(told["error"]["innererror"]["note"], "***");
    assert_eq!(told["error"]["code"], "content_filter");
    let told: Value = stand.chat(&question("down")).await.json().await.unwrap();
    assert!(told["error"].get("innererror").is_none(), "{told}");
}
