//! Scripts over real sockets.

use std::sync::Arc;
use std::time::Duration;

use ft_core::{Clock, ManualClock, Tick};
use ft_sim::UpstreamConfig;
use ft_sim::{Log, Model, Outage, Outcome, Profile, Rate, Reply, Script, Scripts, Upstream};
use serde_json::json;

use crate::cases::cases;
use crate::clock::TokioClock;
use crate::wire::{Exchange, chat};

#[tokio::test]
async fn every_reply_is_met_as_written() {
    for case in cases() {
        let upstream = Upstream::start(case.reply).unwrap();
        for (stream, expected) in [(false, case.wire[0]), (true, case.wire[1])] {
            let log = upstream.log();
            log.clear();
            let body = chat("m", stream).to_string();
            let mut exchange =
                Exchange::post(upstream.address(), "chat/completions", "", &body).await;
            // Silence cannot be seen: all that comes before it is, and that the provider was still at it.
            let before = expected.strip_suffix("silent").map(str::trim_end);
            let over = |shown: &str| shown.ends_with(" end");
            let shown = match before {
                Some(before) => {
                    let shown = exchange.read_until(|shown| shown == before || over(shown)).await;
                    log.until(|log| log.total() == 1).await;
                    assert_eq!(log.last().unwrap().outcome, Outcome::Open, "{}", case.name);
                    format!("{shown} silent").trim_start().to_owned()
                }
                None => exchange.read_until(over).await,
            };
            assert_eq!(shown, expected, "{}, stream: {stream}", case.name);
            if before.is_none() {
                assert_eq!(log.last().unwrap().outcome, case.outcome, "{}", case.name);
            }
            drop(exchange);
            log.until(|log| log.open() == 0).await;
            assert_eq!(log.last().unwrap().outcome, case.outcome, "{}", case.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_kept_over_the_socket_too() {
    let ms = Duration::from_millis;
    let reply = Reply::text("a b c").latency(ms(100)).first_token(ms(50)).per_chunk(ms(10));
    let upstream = Upstream::start(reply).unwrap();
    let clock = TokioClock::new();
    let body = chat("m", true).to_string();
    let mut exchange = Exchange::post(upstream.address(), "chat/completions", "", &body).await;
    let mut seen = Vec::new();
    for last in ["role", "a", "b", "c"] {
        let _ = exchange.read_until(|shown| shown.split(' ').any(|piece| piece == last)).await;
        seen.push(clock.now().as_millis());
    }
    assert_eq!(seen, [100, 150, 160, 170]);
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let upstream = Upstream::start(Script::sequence([
        Reply::text("first"),
        Reply::status(500),
        Reply::text("third"),
    ]))
    .unwrap();
    let body = chat("m", false).to_string();
    let mut exchange = Exchange::post(upstream.address(), "chat/completions", "", &body).await;
    let over = |shown: &str| shown.ends_with(" end");
    let first = exchange.read_until(over).await;
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: sim\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange.again(&request).await;
    let second = exchange.read_until(over).await;
    exchange.again(&request).await;
    let third = exchange.read_until(over).await;
    assert!(first.starts_with("200 first"), "{first}");
    assert_eq!(second, "500 error:null end");
    assert!(third.starts_with("200 third"), "{third}");
}

#[tokio::test]
async fn headers_and_who_asked_are_passed_on() {
    let log = Log::with_requests();
    let mut config = UpstreamConfig::default();
    config.log = log.clone();
    let reply = Reply::throttled(Duration::from_millis(2_100)).header("x-tea", "pot");
    let upstream = Upstream::start_with(reply, config).unwrap();
    let head = "authorization: Bearer sk-test-0123456789abcdef\r\nx-request-id: r-9\r\n\
                idempotency-key: k-9\r\n";
    let body = chat("m", false).to_string();
    let mut exchange = Exchange::post(upstream.address(), "chat/completions", head, &body).await;
    let _ = exchange.read_until(|shown| shown.ends_with("end")).await;
    let header = |name| exchange.header(name).unwrap();
    assert_eq!((header("retry-after"), header("retry-after-ms")), ("3".into(), "2100".into()));
    assert_eq!((header("x-tea"), header("x-request-id")), ("pot".into(), "sim-1".into()));
    let seen = log.last().unwrap();
    assert!(seen.credential.starts_with("sk-t…cdef#"), "{}", seen.credential);
    assert_eq!(seen.request_id.as_deref(), Some("r-9"));
    assert_eq!(seen.idempotency_key.as_deref(), Some("k-9"));
    assert_eq!(seen.request.unwrap().messages.len(), 1);
    assert!(!format!("{:?}", log.attempts()).contains("0123456789"), "the key is in the log");
}

#[tokio::test]
async fn outages_come_by_the_clock_and_by_command() {
    let clock = Arc::new(ManualClock::default());
    let mut profile = Profile::default();
    profile.outages = vec![Outage::hard(Tick::from_secs(5), Tick::from_secs(6))];
    profile.requests = Some(Rate::per_minute(3));
    let mut config = UpstreamConfig::default();
    config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let upstream = Upstream::start_with(Model::new(profile).unwrap(), config).unwrap();
    let status = async || {
        let body = chat("m", false).to_string();
        let mut exchange = Exchange::post(upstream.address(), "chat/completions", "", &body).await;
        exchange.read_until(|shown| shown.ends_with(" end")).await[..3].to_owned()
    };
    assert_eq!(status().await, "200");
    clock.set(Tick::from_secs(5));
    assert_eq!(status().await, "503");
    clock.set(Tick::from_secs(6));
    assert_eq!(status().await, "200");
    upstream.outage("m", true);
    assert_eq!(status().await, "503");
    upstream.outage("m", false);
    assert_eq!(status().await, "200");
    assert_eq!(status().await, "429");
    assert_eq!(upstream.log().count("m"), 6);
}

#[tokio::test]
async fn models_vectors_and_wrong_requests_are_answered() {
    let scripts = Scripts::new().model("b", Reply::ok()).model("a", Reply::ok());
    let upstream = Upstream::start(scripts).unwrap();
    let over = |shown: &str| shown.ends_with(" end");
    let get = "GET /v1/models HTTP/1.1\r\nhost: sim\r\n\r\n";
    let mut exchange = Exchange::send(upstream.address(), get).await;
    let _ = exchange.read_until(|shown| shown.ends_with("end")).await;
    let ids: Vec<_> =
        exchange.json()["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(upstream.log().total(), 0);

    let body = json!({"model": "a", "input": ["x", "y"]}).to_string();
    let mut exchange = Exchange::post(upstream.address(), "embeddings", "", &body).await;
    let _ = exchange.read_until(over).await;
    assert_eq!(exchange.json()["data"].as_array().unwrap().len(), 2);

    for (path, body, expected) in [
        ("chat/completions", "{\"model\":", "400 error:null end"),
        ("chat/completions", &chat("c", true).to_string(), "404 error:model_not_found end"),
        ("completions", "{}", "404 error:null end"),
    ] {
        let mut exchange = Exchange::post(upstream.address(), path, "", body).await;
        assert_eq!(exchange.read_until(over).await, expected);
    }
    assert_eq!(upstream.log().total(), 3, "a route that does not exist is no attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_exact_when_many_connections_call() {
    let mut turn = 0;
    let script = Script::from_fn(move |_| {
        turn += 1;
        match turn % 4 {
            0 => Reply::status(500),
            1 => Reply::text("a b c").cut_after(1),
            _ => Reply::ok(),
        }
    });
    let upstream = Upstream::start(script).unwrap();
    let address = upstream.address();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        callers.spawn(async move {
            for n in 0..25 {
                let body = chat("m", n % 2 == 0).to_string();
                let mut exchange = Exchange::post(address, "chat/completions", "", &body).await;
                let _ = exchange.read_until(|shown| shown.ends_with(" end")).await;
            }
        });
    }
    while let Some(joined) = callers.join_next().await {
        joined.unwrap();
    }
    let log = upstream.log();
    assert_eq!((log.total(), log.open()), (200, 0));
    assert_eq!(log.count_of("m", Outcome::Answered), 100);
    assert_eq!(log.count_of("m", Outcome::Status(500)), 50);
    assert_eq!(log.count_of("m", Outcome::Cut), 50);
}

#[tokio::test]
async fn dropping_the_upstream_ends_its_connections_and_frees_its_port() {
    let upstream = Upstream::start(Reply::ok().hang()).unwrap();
    let address = upstream.address();
    let log = upstream.log().clone();
    let body = chat("m", false).to_string();
    let mut exchange = Exchange::post(address, "chat/completions", "", &body).await;
    log.until(|log| log.open() == 1).await;
    drop(upstream);
    let shown = exchange.read_until(|_| false).await;
    assert!(matches!(shown.as_str(), "cut" | "reset"), "{shown}");
    log.until(|log| log.open() == 0).await;
    assert_eq!(log.last().unwrap().outcome, Outcome::CallerLeft);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[test]
fn starting_outside_a_runtime_is_an_error() {
    assert!(Upstream::start(Reply::ok()).is_err());
}
