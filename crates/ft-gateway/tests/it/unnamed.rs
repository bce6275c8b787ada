//! Names: requests without one, and bare models under a scope.

use axum::body::Body;
use ft_core::Usage;
use ft_sim::{Reply, Scripts};
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::office::{Office, Told, ask};
use crate::stand::question;

/// Two chains that begin with the same model.
fn chains(first: &str) -> String {
    format!(
        r#"
        [[chains.{first}.tiers]]
        name = "one"
        targets = [{{ provider = "sim", model = "gpt-4.1" }}]

        [[chains.{first}.tiers]]
        name = "two"
        targets = [{{ provider = "sim", model = "gemini-2.5-flash" }}]

        [[chains.other.tiers]]
        name = "only"
        targets = [{{ provider = "sim", model = "gpt-4.1" }}]
        "#
    )
}

fn office(toml: &str) -> Office {
    let reply = Reply::text("Hi.").usage(Usage::new(10, 5));
    Office::of(Scripts::new().otherwise(reply), toml)
}

async fn post(office: &Office, path: &str, body: &Value) -> Told {
    let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
    ask(office.gateway.public(), request).await
}

/// The same request without a model, with null and with an empty one.
fn unnamed(rest: &Value) -> [Value; 3] {
    let with = |model: Value| {
        let mut body = rest.clone();
        body["model"] = model;
        body
    };
    [rest.clone(), with(Value::Null), with(json!(""))]
}

#[tokio::test]
async fn a_request_that_names_no_model_is_the_default_chains() {
    let office = office(&chains("default"));
    for body in unnamed(&json!({"messages": [{"role": "user", "content": "Hello?"}]})) {
        let told = post(&office, "/v1/chat/completions", &body).await;
        assert_eq!(told.status, 200, "{body}: {told:?}");
        assert_eq!(told.headers["x-ft-tier"], "one");
        let told = office.turn("/admin/explain", &body.to_string()).await;
        assert_eq!(told.json()["targets"][0]["model"], "gpt-4.1", "{body}: {told:?}");
    }
    for body in unnamed(&json!({"input": ["one"]})) {
        let told = post(&office, "/v1/embeddings", &body).await;
        assert_eq!(told.status, 200, "{body}: {told:?}");
        assert_eq!(told.headers["x-ft-served-by"], "sim/gpt-4.1");
    }
}

#[tokio::test]
async fn without_a_default_chain_it_is_told_what_may_be_named() {
    let office = office(&chains("first"));
    for body in unnamed(&json!({"messages": [{"role": "user", "content": "Hello?"}]})) {
        for told in [
            post(&office, "/v1/chat/completions", &body).await,
            office.turn("/admin/explain", &body.to_string()).await,
        ] {
            assert_eq!((told.status.as_u16(), &*told.code()), (404, "model_not_found"), "{body}");
            for words in ["names no model", "`first`, `other`, `sim/"] {
                assert!(told.text.contains(words), "{told:?}");
            }
        }
    }
    for body in unnamed(&json!({"input": ["one"]})) {
        let told = post(&office, "/v1/embeddings", &body).await;
        assert!(told.status == 404 && told.text.contains("names no model"), "{body}: {told:?}");
    }
    assert_eq!(office.upstream.log().total(), 0);
}

/// An office with one caller of this scope, whose key is `key`.
fn scoped(scope: &str) -> Office {
    let hash: String = Sha256::digest("key").iter().map(|byte| format!("{byte:02x}")).collect();
    let caller = format!("[callers.a]\nkey_sha256 = [\"{hash}\"]\n{scope}\n");
    office(&format!("{}{caller}", chains("default")))
}

#[tokio::test]
async fn a_bare_model_in_the_scope_is_asked_past_the_chain_that_begins_with_it() {
    for model in ["gpt-4.1", "gemini-2.5-flash"] {
        for scope in [model.to_owned(), format!("sim/{model}")] {
            let office = scoped(&format!("models = [\"{scope}\"]"));
            for name in [model.to_owned(), format!("sim/{model}")] {
                let told = office.chat("key", &question(&name)).await;
                assert_eq!(told.status, 200, "{scope}, {name}: {told:?}");
                assert_eq!(told.headers["x-ft-served-by"], format!("sim/{model}").as_str());
                assert_eq!(office.get("key", &format!("/v1/models/{name}")).await.status, 200);
            }
            for name in ["default", "other", ""] {
                assert_eq!(
                    office.chat("key", &question(name)).await.status,
                    403,
                    "{scope}, {name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_bare_model_is_whichever_of_its_chains_is_in_the_scope() {
    let office = scoped("chains = [\"other\"]");
    let told = office.chat("key", &question("gpt-4.1")).await;
    assert_eq!(told.headers["x-ft-tier"], "only", "{told:?}");
    for name in ["gemini-2.5-flash", "sim/gpt-4.1", "default"] {
        assert_eq!(office.chat("key", &question(name)).await.status, 403, "{name}");
    }
    assert_eq!(office.chat("key", &question("none")).await.status, 404);
}
