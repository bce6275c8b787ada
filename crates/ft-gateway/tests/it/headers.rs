//! Which headers an answer has: a snapshot, so that none comes or goes unseen.

use std::fmt::Write as _;

use ft_sim::{Reply, Scripts};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stand::{Stand, chain, question};

/// An exchange: what it shows, and how it is asked.
type Exchange = (&'static str, Method, &'static str, Vec<(&'static str, &'static str)>, Value);

fn exchanges() -> Vec<Exchange> {
    let chat = "/v1/chat/completions";
    let mut streamed = question("good");
    streamed["stream"] = json!(true);
    vec![
        ("a plain answer", Method::POST, chat, vec![], question("good")),
        ("the same from the cache", Method::POST, chat, vec![], question("good")),
        ("a stream", Method::POST, chat, vec![("x-ft-no-cache", "true")], streamed),
        ("an answer of the second tier", Method::POST, chat, vec![], question("default")),
        ("a failure of the provider", Method::POST, chat, vec![], question("failing")),
        ("a refusal of the provider", Method::POST, chat, vec![], question("throttled")),
        ("a request that is wrong", Method::POST, chat, vec![], json!({"model": "good"})),
        ("a model that there is not", Method::POST, chat, vec![], question("nobody")),
        ("the models", Method::GET, "/v1/models", vec![], Value::Null),
        ("a path that there is not", Method::GET, "/v1/nothing", vec![], Value::Null),
        ("a method that there is not", Method::DELETE, chat, vec![], Value::Null),
        ("alive", Method::GET, "/healthz", vec![], Value::Null),
        ("ready", Method::GET, "/readyz", vec![], Value::Null),
    ]
}

/// The names of its headers, and the values that do not differ from run to run.
async fn shown(stand: &Stand, exchange: Exchange) -> String {
    let (what, method, path, headers, body) = exchange;
    let mut request = stand.http.request(method, stand.url(path));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let mut text = format!("{what}: {}\n", response.status().as_u16());
    let mut names: Vec<_> = response.headers().iter().collect();
    names.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in names {
        match name.as_str() {
            "content-type" | "cache-control" | "allow" => {
                writeln!(text, "  {name}: {}", value.to_str().unwrap()).unwrap();
            }
            _ => writeln!(text, "  {name}").unwrap(),
        }
    }
    let _ = response.bytes().await;
    text
}

#[tokio::test]
async fn the_headers_of_each_answer_are_those_that_are_kept() {
    let scripts = Scripts::new()
        .model("good", Reply::text("Hi."))
        .model("bad", Reply::status(500))
        .model("throttled", Reply::status(429).header("retry-after", "7"))
        .otherwise(Reply::text("Hi."));
    let stand = Stand::with(scripts, |config| {
        for (name, models) in [
            ("default", &["bad", "good"][..]),
            ("failing", &["bad"]),
            ("throttled", &["throttled"]),
        ] {
            config.chains.insert(name.to_owned(), chain(models));
        }
    })
    .await;
    let mut now = String::new();
    for exchange in exchanges() {
        now.push_str(&shown(&stand, exchange).await);
    }
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/headers.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&kept, &now).unwrap();
    }
    let kept = std::fs::read_to_string(kept).unwrap();
    assert_eq!(now, kept, "if that is meant: UPDATE_SNAPSHOTS=1 cargo test -p ft-gateway headers");
}
