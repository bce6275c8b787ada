//! Where and with what a provider is asked: paths, queries, headers, keys, proxies.

use ft_core::ChatRequest;
use ft_sim::Reply;

use crate::raw::{GOOD, JSON, Raw, answer, header};
use crate::world::{WAYS, WELL, a_gives, setup, within};

#[tokio::test]
async fn azures_deployments_get_their_model_in_the_path_and_their_key_bare() {
    let server = Raw::start(|request| match request.contains("/gpt-4o/") {
        true => answer(500, JSON, "{}"),
        false => answer(200, JSON, GOOD),
    });
    let client = server.client(&["gpt-4o", "gpt 4.1/mini"], |provider| {
        provider.base_url = server.base_url().replace("/v1", "");
        provider.auth_header = Some("api-key".to_owned());
        let path = "/openai/deployments/{model}/chat/completions";
        provider.chat_path = Some(path.to_owned());
        provider.query.insert("api-version".to_owned(), "2024-10-21".to_owned());
        provider.headers.insert("x-team".to_owned(), "turtles".to_owned());
    });
    assert_eq!(within(client.generate("hi")).await.unwrap().text(), "Hi");
    let seen = server.seen();
    let lines: Vec<_> = seen.iter().map(|request| request.lines().next().unwrap()).collect();
    let line = |model: &str| {
        format!("POST /openai/deployments/{model}/chat/completions?api-version=2024-10-21 HTTP/1.1")
    };
    assert_eq!(lines, [line("gpt-4o"), line("gpt%204.1%2Fmini")]);
    for request in &seen {
        assert_eq!(header(request, "api-key"), Some("sk-raw-0123456789abcdef"));
        assert_eq!(header(request, "authorization"), None);
        assert_eq!(header(request, "x-team"), Some("turtles"));
    }
}

#[tokio::test]
async fn the_usual_key_is_a_bearer_and_a_provider_without_one_gets_none() {
    let server = Raw::start(|_| answer(200, JSON, GOOD));
    within(server.client(&["a"], |_| {}).generate("hi")).await.unwrap();
    within(server.client(&["a"], |provider| provider.keys.clear()).generate("hi")).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", seen[0]);
    assert_eq!(header(&seen[0], "authorization"), Some("Bearer sk-raw-0123456789abcdef"));
    assert_eq!(header(&seen[1], "authorization"), None);
}

#[tokio::test]
async fn loopback_is_never_proxied() {
    // Whoever asked this proxy would get a refusal, and be seen.
    let proxy = Raw::start(|_| answer(403, JSON, "{}"));
    for way in WAYS {
        let world = setup(way, "one/a", a_gives(Reply::text(WELL)))
            .provider("one", |provider| provider.proxy = Some(proxy.base_url()))
            .build();
        assert_eq!(world.ask().await.unwrap().text(), WELL);
    }
    assert!(proxy.seen().is_empty());
}

#[tokio::test]
async fn another_machine_is_reached_through_the_proxy() {
    let proxy = Raw::start(|_| answer(200, JSON, GOOD));
    let client = Raw::start(|_| Vec::new()).client(&["a"], |provider| {
        provider.base_url = "http://provider.invalid/v1".to_owned();
        provider.allow_plain_http = true;
        provider.proxy = Some(proxy.base_url());
    });
    assert_eq!(within(client.chat(ChatRequest::user("hi"))).await.unwrap().text(), "Hi");
    let seen = proxy.seen();
    assert!(seen[0].starts_with("POST http://provider.invalid/v1/chat/completions"), "{}", seen[0]);
}
