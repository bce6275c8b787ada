//! Connections between their calls.

use ft_core::{Call, ChatRequest, Provider};
use ft_holysheep::HttpProvider;
use tokio::sync::oneshot;

use super::start;
use crate::server::{GOOD, JSON, Reply, answer, send};

async fn chat(provider: &HttpProvider) {
    let answer = provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap();
    assert_eq!(answer.text(), "Hi");
}

#[tokio::test]
async fn there_are_as_many_connections_as_calls_at_once() {
    let server = start((0..6).map(|_| send(answer(200, JSON, GOOD))));
    let provider = server.provider();
    chat(&provider).await;
    chat(&provider).await;
    assert_eq!(server.connections(), 1);
    tokio::join!(chat(&provider), chat(&provider));
    tokio::join!(chat(&provider), chat(&provider));
    // A pooled client may find the first one free again before the second one is there.
    assert!(server.connections() <= 2, "{}", server.connections());
    if server.is_direct() {
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_asked_again() {
    let (closed, was_closed) = oneshot::channel();
    let answer_and_close: Reply = Box::new(move |_, stream| {
        use std::io::Write;
        stream.write_all(&answer(200, JSON, GOOD)).unwrap();
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        closed.send(()).unwrap();
        false
    });
    let good = || send(answer(200, JSON, GOOD));
    let server = start([answer_and_close, good(), good(), good()]);
    let provider = server.provider();
    chat(&provider).await;
    was_closed.await.unwrap();
    // The runtime hears of it when it next looks at its sockets, which it does for the calls of another one.
    let other = server.provider();
    chat(&other).await;
    chat(&other).await;
    chat(&provider).await;
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_is_asked_over_new_connections() {
    let close = format!("{JSON}connection: close\r\n");
    let server = start((0..2).map(|_| send(answer(200, &close, GOOD))));
    let provider = server.provider();
    chat(&provider).await;
    chat(&provider).await;
    assert_eq!(server.connections(), 2);
}
