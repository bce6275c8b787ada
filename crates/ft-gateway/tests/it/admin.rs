//! The admin API: what it tells, what it does, and whom it obeys.

use axum::body::Body;
use ft_sim::{Reply, Scripts};
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::office::{Office, Told, ask};
use crate::stand::question;

/// The second one's name has slashes, as aggregators' names do.
const CHAINS: &str = r#"
    [chains.default]
    cache = { fresh_for = "0s" }

    [[chains.default.tiers]]
    name = "primary"
    targets = [{ provider = "sim", model = "gpt-4.1" }]

    [[chains.default.tiers]]
    name = "degraded"
    targets = [{ provider = "sim", model = "vendor/a/b" }, { provider = "sim", model = "gemini-2.5-flash" }]

    [[chains.upside_down.tiers]]
    name = "first"
    targets = [{ provider = "sim", model = "vendor/a/b" }]

    [[chains.upside_down.tiers]]
    name = "second"
    targets = [{ provider = "sim", model = "gpt-4.1" }]
"#;

fn office(rest: &str) -> Office {
    Office::of(Scripts::new().otherwise(Reply::text("Hi.")), &format!("{CHAINS}{rest}"))
}

fn served_by(told: &Told) -> &str {
    told.headers["x-ft-served-by"].to_str().unwrap()
}

#[tokio::test]
async fn health_has_every_target_in_its_place() {
    let office = office("");
    let health = office.look("/admin/health").await;
    assert_eq!(health.headers["cache-control"], "no-store");
    let health = health.json();
    let places: Vec<_> = health["chains"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|chain| chain["tiers"].as_array().unwrap().iter().map(move |tier| (chain, tier)))
        .flat_map(|(chain, tier)| {
            tier["targets"].as_array().unwrap().iter().map(move |target| {
                [&chain["name"], &tier["name"], &target["model"]].map(|name| name.as_str().unwrap())
            })
        })
        .collect();
    assert_eq!(
        places,
        [
            ["default", "primary", "gpt-4.1"],
            ["default", "degraded", "vendor/a/b"],
            ["default", "degraded", "gemini-2.5-flash"],
            ["upside_down", "first", "vendor/a/b"],
            ["upside_down", "second", "gpt-4.1"],
        ]
    );
    let first = &health["chains"][0]["tiers"][0]["targets"][0];
    assert_eq!(first["health"], "healthy");
    assert_eq!(first["breaker"], "closed");
    assert_eq!(first["in_flight"], 0);
}

#[tokio::test]
async fn a_target_is_taken_by_hand_and_given_back() {
    let office = office("");
    let body = |action: &str| json!({"provider": "sim", "model": "gpt-4.1", "action": action});
    let steps = [
        ("open", "forced_open"),
        ("reset", "closed"),
        ("close", "disabled"),
        ("observe", "observe_only"),
    ];
    for (action, state) in steps {
        let told = office.turn("/admin/breakers", &body(action).to_string()).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(told.json()["breaker"], state, "{action}");
        let answer = office.chat("", &question("default")).await;
        let expected = if action == "open" { "sim/vendor/a/b" } else { "sim/gpt-4.1" };
        assert_eq!(served_by(&answer), expected, "{action}");
    }
}

#[tokio::test]
async fn a_models_slashes_are_no_obstacle() {
    let office = office("");
    let body = json!({"provider": "sim", "model": "vendor/a/b", "action": "open"}).to_string();
    assert_eq!(office.turn("/admin/breakers", &body).await.json()["breaker"], "forced_open");
    assert_eq!(served_by(&office.chat("", &question("upside_down")).await), "sim/gpt-4.1");
}

#[tokio::test]
async fn what_cannot_be_done_is_answered_with_a_sentence() {
    let office = office("");
    for (body, status, code) in [
        (
            json!({"provider": "sim", "model": "none", "action": "open"}).to_string(),
            404,
            "target_not_found",
        ),
        (json!({"provider": "sim", "model": "gpt-4.1", "action": "explode"}).to_string(), 400, ""),
        (json!({"provider": "sim", "model": "gpt-4.1"}).to_string(), 400, "invalid_body"),
        (
            json!({"provider": "sim", "model": "gpt-4.1", "action": "open", "for": 1}).to_string(),
            400,
            "invalid_body",
        ),
        ("open it".to_owned(), 400, "invalid_body"),
        (String::new(), 400, "invalid_body"),
    ] {
        let told = office.turn("/admin/breakers", &body).await;
        assert_eq!((told.status.as_u16(), told.code().as_str()), (status, code), "{body}");
        assert!(told.json()["error"]["message"].as_str().unwrap().len() > 20, "{told:?}");
    }
    let told = office.look("/admin/breakers").await;
    assert_eq!(told.status, 405);
    assert_eq!(told.headers["allow"], "POST");
    let told = office.turn("/admin/health", "").await;
    assert_eq!((told.status.as_u16(), told.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(office.look("/admin/nothing").await.code(), "unknown_url");
    assert_eq!(office.look("/admin/requests?limit=all").await.status, 400);
    assert_eq!(office.chat("", &question("default")).await.status, 200);
}

#[tokio::test]
async fn a_purge_forgets_cached_answers() {
    let office = Office::of(
        Scripts::new().otherwise(Reply::text("Hi.")),
        &CHAINS.replace("fresh_for = \"0s\"", "fresh_for = \"60s\""),
    );
    for (purge, attempts) in [(false, 1), (false, 1), (true, 2)] {
        if purge {
            assert_eq!(office.turn("/admin/cache/purge", "").await.json(), json!({"purged": true}));
        }
        office.chat("", &question("default")).await;
        assert_eq!(office.upstream.log().total(), attempts);
    }
}

#[tokio::test]
async fn budgets_tell_what_may_be_spent_and_what_is() {
    let office = office("[spend]\nlimit = \"$5\"\nper = \"month\"\nunknown_price = \"warn\"\n");
    office.chat("", &question("default")).await;
    let told = office.look("/admin/budgets").await.json();
    let budget = &told["budget"];
    assert_eq!((&budget["limit_usd"], &budget["per"]), (&json!("5.00"), &json!("month")));
    assert_eq!(budget["is_soft"], false);
    let spent = budget["spent_usd"].as_str().unwrap();
    assert_ne!(spent, "0.00");
    let of = |model: &str| {
        let models = told["models"].as_array().unwrap();
        models.iter().find(|row| row["model"] == model).unwrap()["cost_usd"].clone()
    };
    assert_eq!(of("gpt-4.1"), *spent);
    assert_eq!(of("gemini-2.5-flash"), "0.00");
    assert_eq!(told["callers"], json!([]));
}

#[tokio::test]
async fn requests_are_told_newest_first_without_what_was_said() {
    let scripts =
        Scripts::new().model("gpt-4.1", Reply::down()).otherwise(Reply::text("the secret answer"));
    let office = Office::of(scripts, CHAINS);
    office.chat("", &question("nothing-like-it")).await;
    let mut body = question("default");
    body["messages"][0]["content"] = "the secret question".into();
    office.chat("", &body).await;
    let told = office.look("/admin/requests?limit=5").await;
    assert!(!told.text.contains("secret"), "{}", told.text);
    let requests = told.json()["requests"].as_array().unwrap().clone();
    assert_eq!(requests.len(), 2);
    assert_eq!((&requests[0]["model"], &requests[0]["status"]), (&json!("default"), &json!(200)));
    let attempts = requests[0]["report"]["attempts"].as_array().unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt["outcome"].clone()).collect();
    // What fails at once has a second try before its tier is left.
    let overloaded = json!({"failed": "overloaded"});
    assert_eq!(outcomes, [overloaded.clone(), overloaded, json!({"ended": "answered"})]);
    assert_eq!(attempts[1]["manner"], "quick_retry");
    assert_eq!(requests[1]["code"], "model_not_found");
    assert_eq!(requests[1]["report"], Value::Null);
    assert_eq!(office.look("/admin/requests?limit=1").await.json()["requests"][0], requests[0]);
}

#[tokio::test]
async fn a_stream_that_its_caller_left_is_told_with_what_it_had() {
    let scripts = Scripts::new().otherwise(Reply::chunks(["One", " two"]).stall_after(1));
    let office = Office::of(scripts, CHAINS);
    let mut body = question("default");
    body["stream"] = true.into();
    let request = Request::post("/v1/chat/completions").body(Body::from(body.to_string()));
    let response = office.gateway.public().oneshot(request.unwrap()).await.unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let requests = office.look("/admin/requests").await.json()["requests"].clone();
    assert_eq!(requests[0]["status"], 499);
    assert_eq!(requests[0]["report"]["served_by"]["model"], "gpt-4.1");
}

#[tokio::test]
async fn an_explanation_asks_nobody() {
    let office = office("");
    let told = office.turn("/admin/explain", &question("default").to_string()).await;
    assert_eq!(told.status, 200, "{told:?}");
    let told = told.json();
    assert_eq!(told["chain"], "default");
    assert_eq!(told["targets"][0]["model"], "gpt-4.1");
    assert_eq!(told["targets"].as_array().unwrap().len(), 3);
    let told = office.turn("/admin/explain", &question("sim/vendor/a/b").to_string()).await.json();
    assert_eq!(told["targets"].as_array().unwrap().len(), 1);
    for wrong in [question("none").to_string(), "{\"messages\": \"the secret\"}".to_owned()] {
        let told = office.turn("/admin/explain", &wrong).await;
        assert!(told.status.is_client_error() && !told.text.contains("secret"), "{told:?}");
    }
    assert_eq!(office.upstream.log().total(), 0);
    assert_eq!(office.look("/admin/requests").await.json()["requests"], json!([]));
}

#[tokio::test]
async fn a_gateway_without_a_file_cannot_reload() {
    let told = office("").turn("/admin/reload", "").await;
    assert_eq!(told.status, 409, "{told:?}");
}

#[tokio::test]
async fn the_description_is_served() {
    let told = office("").look("/admin/openapi.json").await.json();
    assert_eq!(told["openapi"], "3.1.0");
}

#[tokio::test]
async fn callers_do_not_reach_it() {
    let office = office("");
    // The page is the admin listener's; here it is said what this is.
    assert!(office.get("", "/").await.json()["routes"].is_array());
    for path in ["/admin", "/admin/health", "/admin/budgets", "/admin/requests"] {
        assert_eq!(office.get("", path).await.status, 404, "{path}");
    }
    assert_eq!(office.look("/v1/models").await.status, 404);
}

#[tokio::test]
async fn a_page_of_somebody_else_is_not_obeyed() {
    let office = office("");
    let open = json!({"provider": "sim", "model": "gpt-4.1", "action": "open"}).to_string();
    for (name, value) in [
        ("host", "evil.example"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for path in ["/admin/breakers", "/admin/cache/purge", "/admin/reload"] {
            let mut request = Request::post(path).header("content-type", "text/plain");
            if name != "host" {
                request = request.header("host", "127.0.0.1:8081");
            }
            let request = request.header(name, value).body(Body::from(open.clone())).unwrap();
            let told = ask(office.gateway.admin(), request).await;
            assert_eq!(
                (told.status.as_u16(), told.code().as_str()),
                (403, "foreign_request"),
                "{name}: {value}"
            );
        }
    }
    let rebound = Request::get("/admin/requests").header("host", "evil.example:8081");
    assert_eq!(ask(office.gateway.admin(), rebound.body(Body::empty()).unwrap()).await.status, 403);
    assert_eq!(served_by(&office.chat("", &question("default")).await), "sim/gpt-4.1");
}

#[tokio::test]
async fn with_a_key_who_has_it_is_obeyed_from_anywhere_and_nobody_else() {
    let hash: String =
        Sha256::digest("the-admin-key").iter().map(|byte| format!("{byte:02x}")).collect();
    let office = office(&format!("[server]\nadmin_key_sha256 = [\"{hash}\"]\n"));
    let request = |path: &str, key: Option<&str>| {
        let request = Request::get(path).header("host", "gateway.example");
        let request = match key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        };
        request.body(Body::empty()).unwrap()
    };
    for path in ["/admin/health", "/admin/requests", "/admin/openapi.json", "/admin/nothing"] {
        for key in [None, Some("the-admin-kex"), Some("")] {
            let told = ask(office.gateway.admin(), request(path, key)).await;
            assert_eq!(
                (told.status.as_u16(), told.code().as_str()),
                (401, "invalid_api_key"),
                "{path}"
            );
        }
    }
    let told = ask(office.gateway.admin(), request("/admin/health", Some("the-admin-key"))).await;
    assert_eq!(told.status, 200);
    assert_eq!(ask(office.gateway.admin(), request("/", None)).await.status, 200);
}
