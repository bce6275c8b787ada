//! Who gets in and by which paths: pages in browsers, clients whose base URL is nearly right, scrapers.

use axum::body::Body;
use ft_sim::{Reply, Scripts};
use http::{Method, Request};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::office::{Office, Told, ask};
use crate::stand::question;

const CHAIN: &str = "[[chains.default.tiers]]\nname = \"only\"\n\
                     targets = [{ provider = \"sim\", model = \"gpt-4.1\" }]\n";

fn office(rest: &str) -> Office {
    Office::of(Scripts::new().otherwise(Reply::text("Hi.")), &format!("{CHAIN}{rest}"))
}

/// One caller, whose key is `key`.
fn with_a_caller(rest: &str) -> Office {
    let hash: String = Sha256::digest("key").iter().map(|byte| format!("{byte:02x}")).collect();
    office(&format!("{rest}\n[callers.a]\nkey_sha256 = [\"{hash}\"]\nrequests_per_minute = 1\n"))
}

async fn post(office: &Office, path: &str, headers: &[(&str, &str)]) -> Told {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Body::from(question("default").to_string());
    ask(office.gateway.public(), request.body(body).unwrap()).await
}

async fn asked(office: &Office, method: Method, path: &str, headers: &[(&str, &str)]) -> Told {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    ask(office.gateway.public(), request.body(Body::empty()).unwrap()).await
}

const CHAT: &str = "/v1/chat/completions";
const HERE: (&str, &str) = ("host", "127.0.0.1:8080");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[tokio::test]
async fn without_callers_no_page_of_the_web_spends_the_machines_money() {
    let office = office("");
    assert_eq!(post(&office, CHAT, &[HERE, JSON]).await.status, 200);
    assert_eq!(post(&office, CHAT, &[HERE]).await.status, 200, "a program without the header");
    let calls = office.upstream.log().total();
    for headers in [
        [("host", "evil.example"), JSON],
        [HERE, ("origin", "http://evil.example")],
        [HERE, ("origin", "null")],
        [HERE, ("sec-fetch-site", "cross-site")],
        [HERE, ("sec-fetch-site", "same-site")],
    ] {
        let told = post(&office, CHAT, &headers).await;
        assert_eq!((told.status.as_u16(), &*told.code()), (403, "foreign_request"), "{headers:?}");
        assert!(told.headers.contains_key("x-request-id"));
        let told = asked(&office, Method::GET, "/v1/models", &headers).await;
        assert_eq!(told.status, 403, "{headers:?}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; a=b"] {
        let told = post(&office, CHAT, &[HERE, ("content-type", kind)]).await;
        let code = told.code();
        assert_eq!((told.status.as_u16(), &*code), (415, "unsupported_content_type"), "{kind}");
    }
    assert_eq!(office.upstream.log().total(), calls);
    let evil = [("host", "evil.example")];
    assert_eq!(asked(&office, Method::GET, "/healthz", &evil).await.status, 200);
}

#[tokio::test]
async fn with_callers_the_key_decides_and_not_the_page() {
    let office = with_a_caller("");
    let page =
        [("host", "llm.example"), ("origin", "http://a.example"), ("content-type", "text/plain")];
    let told = post(&office, CHAT, &page).await;
    assert_eq!((told.status.as_u16(), &*told.code()), (401, "invalid_api_key"));
    assert_eq!(told.headers["www-authenticate"], "Bearer realm=\"ft\"");
    let [host, origin, kind] = page;
    let told = post(&office, CHAT, &[host, origin, kind, ("authorization", "Bearer key")]).await;
    assert_eq!(told.status, 200, "{told:?}");
}

#[tokio::test]
async fn a_listed_page_is_asked_for_no_key_first_and_may_read_our_headers() {
    let office = with_a_caller("[server]\ncors_origins = [\"https://chat.example\"]\n");
    let question = |origin| {
        [
            ("host", "llm.example"),
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ]
    };
    for path in [CHAT, "/v1/models", "/chat/completions", "/v1/nothing"] {
        let told = asked(&office, Method::OPTIONS, path, &question("https://chat.example")).await;
        assert_eq!(told.status, 204, "{path}");
        assert_eq!(told.headers["access-control-allow-origin"], "https://chat.example");
        assert_eq!(told.headers["access-control-allow-headers"], "authorization,content-type");
        assert_eq!(told.headers["access-control-allow-methods"], "GET, HEAD, POST");
        assert_eq!(told.headers["vary"], "origin");
    }
    let told = asked(&office, Method::OPTIONS, CHAT, &question("https://other.example")).await;
    assert_eq!(told.status, 405);
    assert!(!told.headers.contains_key("access-control-allow-origin"));
    let page = ("origin", "https://chat.example");
    for (key, status) in [("Bearer key", 200), ("Bearer wrong", 401)] {
        let told = post(&office, CHAT, &[HERE, page, JSON, ("authorization", key)]).await;
        assert_eq!(told.status, status);
        assert_eq!(told.headers["access-control-allow-origin"], "https://chat.example");
        assert_eq!(told.headers["access-control-expose-headers"], "*");
    }
}

#[tokio::test]
async fn a_listed_page_may_ask_where_there_are_no_callers() {
    let office = office("[server]\ncors_origins = [\"http://localhost:3000\"]\n");
    let page = [HERE, JSON, ("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")];
    assert_eq!(post(&office, CHAT, &page).await.status, 200);
    let rebound = [("host", "evil.example"), JSON, ("origin", "http://localhost:3000")];
    assert_eq!(post(&office, CHAT, &rebound).await.status, 403);
}

#[tokio::test]
async fn nearly_right_paths_are_the_route_that_is_meant() {
    let office = office("");
    for path in [
        "/chat/completions",
        "/v1/chat/completions/",
        "//v1/chat/completions",
        "/v1/v1/chat/completions?api-version=1",
    ] {
        assert_eq!(post(&office, path, &[HERE, JSON]).await.status, 200, "{path}");
    }
    for path in ["/models", "/v1/models/", "/v1/models/sim/gpt-4.1", "/", "/v1/v1/models/default"] {
        assert_eq!(asked(&office, Method::GET, path, &[HERE]).await.status, 200, "{path}");
        assert_eq!(asked(&office, Method::HEAD, path, &[HERE]).await.status, 200, "{path}");
    }
    let models = asked(&office, Method::GET, "/models", &[HERE]).await.json();
    assert!(models["data"][0]["created"].as_u64().unwrap() > 1_700_000_000, "{models}");
}

#[tokio::test]
async fn a_path_that_is_nothing_is_advised_counted_and_written_down() {
    let office = office("");
    for (path, words) in [
        ("/v1/chat/completions/chat/completions", "did you mean /v1/chat/completions?"),
        ("/v1/responses", "instead of the Responses API"),
        ("/v1/messages?beta=true", "not Anthropic's Messages"),
        ("/v1beta/models/m:generateContent", "not Gemini's API"),
        ("/v1/completions", "did you mean /v1/chat/completions?"),
        ("/v1/files", "there is no POST /v1/files here"),
    ] {
        let told = post(&office, path, &[HERE, JSON]).await;
        assert_eq!((told.status.as_u16(), &*told.code()), (404, "unknown_url"), "{path}");
        assert!(told.text.contains(words), "{told:?}");
    }
    let metrics = asked(&office, Method::GET, "/metrics", &[HERE]).await.text;
    let counted = "ai_api_http_requests_total{route=\"other\",status=\"404\"} 6";
    assert!(metrics.contains(counted), "{metrics}");
    let requests = office.look("/admin/requests").await.json();
    assert_eq!(requests["requests"][0]["path"], "/v1/files", "{requests}");
}

#[tokio::test]
async fn strangers_push_nothing_out_of_what_callers_did() {
    let office = with_a_caller("");
    for key in ["Bearer wrong", "Bearer key"] {
        let told = post(&office, "/v1/nothing", &[HERE, ("authorization", key)]).await;
        assert_eq!(told.status, 404);
    }
    let requests = office.look("/admin/requests").await.json();
    assert_eq!(requests["requests"].as_array().unwrap().len(), 1, "{requests}");
}

#[tokio::test]
async fn metrics_take_a_key_where_there_are_callers() {
    let admin: String = Sha256::digest("boss").iter().map(|byte| format!("{byte:02x}")).collect();
    let office = with_a_caller(&format!("[server]\nadmin_key_sha256 = [\"{admin}\"]\n"));
    let bearer = |key| [("host", "llm.example"), ("authorization", key)];
    for (key, status) in [("Bearer key", 200), ("Bearer boss", 200), ("Bearer wrong", 401)] {
        let told = asked(&office, Method::GET, "/metrics", &bearer(key)).await;
        assert_eq!(told.status, status, "{key}");
    }
    assert_eq!(asked(&office, Method::GET, "/metrics", &[]).await.status, 401);
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(asked(&office, Method::GET, path, &[]).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_callers_own_rate_is_worth_waiting_for() {
    let office = with_a_caller("");
    let headers = [HERE, JSON, ("authorization", "Bearer key")];
    assert_eq!(post(&office, CHAT, &headers).await.status, 200);
    let told = post(&office, CHAT, &headers).await;
    assert_eq!((told.status.as_u16(), &*told.code()), (429, "rate_limit_exceeded"));
    assert!(!told.headers.contains_key("x-should-retry"), "{told:?}");
    assert!(told.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_misspelt_header_of_ours_is_refused_by_its_name() {
    let office = office("");
    let told = post(&office, CHAT, &[HERE, JSON, ("x-ft-no-fallbak", "true")]).await;
    assert_eq!(told.status, 400);
    let error = &told.json()["error"];
    assert_eq!(error["param"], json!("x-ft-no-fallbak"));
    assert!(told.text.contains("did you mean `x-ft-no-fallback`?"), "{told:?}");
    let told = post(&office, CHAT, &[HERE, JSON, ("x-ft-priority", "high")]).await;
    assert!(told.text.contains("known are `x-ft-chain`"), "{told:?}");
}

#[tokio::test]
async fn a_wrong_method_is_counted_and_written_down_like_a_wrong_path() {
    let office = office("");
    let request = Request::put("/v1/models").header("host", "localhost").body(Body::empty());
    let told = ask(office.gateway.public(), request.unwrap()).await;
    assert_eq!((told.status.as_u16(), &told.headers["allow"]), (405, &"GET".parse().unwrap()));
    let list = office.look("/admin/requests").await.text;
    assert!(list.contains("method_not_allowed") && list.contains("/v1/models"), "{list}");
    let counted = "ai_api_http_requests_total{route=\"other\",status=\"405\"} 1";
    let metrics = asked(&office, Method::GET, "/metrics", &[HERE]).await.text;
    assert!(metrics.contains(counted), "{metrics}");
}
