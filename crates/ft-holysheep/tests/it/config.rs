//! Settings that cannot work are refused, by field and rule.

use std::time::Duration;

use ft_core::{ApiKey, ErrorKind};
use ft_holysheep::{Classifier, HttpConfig, HttpProvider, Rule};

fn good() -> HttpConfig {
    HttpConfig::new("x", "https://example.com/v1")
}

#[test]
fn what_cannot_work_is_refused_by_field_and_rule() {
    let key = || ApiKey::new("sk-0123456789").unwrap();
    for (config, field, rule) in [
        (HttpConfig::new(" ", "https://example.com"), "name", "word"),
        (HttpConfig::new("x", ""), "base_url", "is no URL"),
        (HttpConfig::new("x", "example.com/v1"), "base_url", "is no URL"),
        (HttpConfig::new("x", "ftp://example.com"), "base_url", "https://"),
        (HttpConfig::new("x", "http://example.com"), "base_url", "allow_plain_http"),
        (HttpConfig::new("x", "http://10.0.0.1"), "base_url", "allow_plain_http"),
        (HttpConfig::new("x", "http://127.0.0.1.evil.com"), "base_url", "allow_plain_http"),
        (HttpConfig::new("x", "https://u:p@example.com"), "base_url", "`keys`"),
        (HttpConfig::new("x", "https://example.com?a=b"), "base_url", "`query`"),
        (good().with_key(key()).with_key(key()), "keys[1]", "keys[0]"),
        (good().with_auth("api key", ""), "auth_header", "header name"),
        (good().with_key(key()).with_auth("api-key", "a\nb"), "auth_scheme", "header"),
        (good().with_chat_path("chat"), "chat_path", "begin with `/`"),
        (good().with_embeddings_path("/e?x=1"), "embeddings_path", "`query`"),
        (good().with_header("a b", "c"), "headers.a b", "header name"),
        (good().with_header("a", "b\nc"), "headers.a", "value"),
        (good().with_header("Content-Length", "1"), "headers.Content-Length", "adapter"),
        (
            good().with_key(key()).with_header("Authorization", "x"),
            "headers.Authorization",
            "`keys`",
        ),
        (good().with_connect_timeout(Duration::ZERO), "connect_timeout", "zero"),
        (good().with_connect_timeout(Duration::from_secs(86_401)), "connect_timeout", "24 hours"),
        (good().with_max_response_body(0), "max_response_body", "1024"),
        (good().with_max_request_body(0), "max_request_body", "1024"),
        (good().with_max_event(0), "max_event", "1024"),
        (good().with_proxy("nonsense"), "proxy", "http://"),
        (good().with_proxy("socks5://h:1"), "proxy", "http://"),
        (good().with_ca_pem(""), "ca_pem", "no certificate"),
        (
            good().with_ca_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "ca_pem",
            "no certificate",
        ),
    ] {
        let error = config.build().unwrap_err();
        assert_eq!(error.field(), field, "{error}");
        assert!(error.rule().contains(rule), "{error}");
    }
}

#[test]
fn what_works_is_taken() {
    for url in ["http://127.0.0.1:1/v1", "http://localhost:1", "http://[::1]:1/", "https://x.y/v1/"]
    {
        HttpConfig::new("x", url).build().unwrap();
    }
    HttpConfig::new("x", "http://10.0.0.1").with_allow_plain_http(true).build().unwrap();
    HttpProvider::holysheep("sk-0123456789").unwrap();
    let error = HttpProvider::holysheep(" ").unwrap_err();
    assert_eq!(error.field(), "keys[0]");
}

#[test]
fn a_missing_key_is_a_sentence_that_names_its_variable() {
    // The environment of this process has no such key, or a usable one.
    match std::env::var("HOLYSHEEP_API_KEY") {
        Ok(_) => drop(HttpProvider::holysheep_from_env()),
        Err(_) => {
            let error = HttpProvider::holysheep_from_env().unwrap_err();
            assert!(error.to_string().starts_with("HOLYSHEEP_API_KEY: is not set"), "{error}");
        }
    }
}

#[test]
fn a_users_rules_come_first_and_are_checked() {
    let headers = http::HeaderMap::new();
    let wall = ft_core::UnixMillis(0);
    let body = br#"{"error":{"message":"Purple hamsters","code":"insufficient_quota"}}"#;
    let rule: Rule = serde_json::from_str(
        r#"{"code": ["insufficient_quota"], "kind": "overloaded", "scope": "endpoint"}"#,
    )
    .unwrap();
    let mine = Classifier::builtin().with_rules([rule]).unwrap();
    assert_eq!(mine.classify(429, &headers, body, wall).kind, ErrorKind::Overloaded);
    // The last given stand in front.
    let later = mine
        .with_rules([Rule::to(ErrorKind::Conflict).with_words("purple *sters").with_status(429)])
        .unwrap();
    assert_eq!(later.classify(429, &headers, body, wall).kind, ErrorKind::Conflict);
    assert_eq!(later.classify(400, &headers, body, wall).kind, ErrorKind::Overloaded);

    for (text, field) in [
        (r#"{"kind": "auth"}"#, "rules[0]"),
        (r#"{"kind": "auth", "words": [""]}"#, "rules[0].words"),
        (r#"{"kind": "auth", "code": ["*"]}"#, "rules[0].code"),
    ] {
        let rule: Rule = serde_json::from_str(text).unwrap();
        let error = Classifier::builtin().with_rules([rule]).unwrap_err();
        assert_eq!(error.field(), field);
    }
    for text in [r#"{"kind": "purple", "status": [1]}"#, r#"{"kind": "auth", "statuss": [1]}"#] {
        assert!(serde_json::from_str::<Rule>(text).is_err(), "{text}");
    }
}
