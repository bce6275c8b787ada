//! The key is in one header and nowhere else: not in a message, not in `Debug`, whatever the server does.

use std::error::Error;
use std::io::Write;

use ft_core::{ApiKey, Call, ChatRequest, Provider, ProviderError};
use ft_holysheep::{HttpConfig, HttpProvider};
use futures_util::StreamExt;

use super::start;
use crate::server::{EVENTS, JSON, KEY, Reply, answer, send_and_close, stream_begin};

/// Everything that an error can be made to say.
fn said(error: &ProviderError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let fields =
        [error.message(), error.code(), error.vendor_type(), error.param(), error.request_id()];
    text.extend(fields.into_iter().flatten());
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

fn check(how: &str, text: &str) {
    for part in KEY.as_bytes().windows(8) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!text.contains(part), "{how} shows {part}: {text}");
    }
}

/// A server that sends the key back, in the place of each `KEY` of this answer.
fn echo(template: &'static [u8]) -> Reply {
    Box::new(move |request, stream| {
        assert!(request.contains(KEY));
        let text = String::from_utf8(template.to_vec()).unwrap().replace("KEY", KEY);
        let (head, body) = text.split_once("\n\n").unwrap();
        let head = head.replace('\n', "\r\n");
        let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        false
    })
}

#[tokio::test]
async fn a_server_that_echoes_the_key_does_not_get_it_into_an_error() {
    let answers: [&'static [u8]; 12] = [
        b"HTTP/1.1 401 X\ncontent-type: application/json\n\n{\"error\":{\"message\":\"Incorrect API key provided: KEY.\",\"code\":\"KEY\",\"type\":\"KEY\",\"param\":\"KEY\"}}",
        b"HTTP/1.1 500 X\nx-request-id: KEY\n\n{\"detail\":[{\"loc\":[\"body\",\"KEY\"],\"msg\":\"authorization: Bearer KEY\"}]}",
        b"HTTP/1.1 500 X\n\nTraceback: headers={'authorization': 'Bearer KEY'}",
        b"HTTP/1.1 403 X\n\n<html><title>KEY</title></html>",
        b"HTTP/1.1 302 X\nlocation: http://127.0.0.1:1/?key=KEY\n\nmoved to KEY",
        b"HTTP/1.1 200 X\n\n{\"error\":\"KEY\"}",
        b"HTTP/1.1 200 X\n\nKEY",
        b"HTTP/1.1 200 X\ncontent-type: text/event-stream\n\ndata: {\"error\":{\"message\":\"KEY\",\"code\":\"KEY\"}}\n\n",
        b"HTTP/1.1 200 X\ncontent-type: text/event-stream\nx-request-id: KEY\n\nevent: error\ndata: KEY\n\n",
        b"HTTP/1.1 200 X\ncontent-type: text/event-stream\n\ndata: KEY\n\n",
        b"HTTP/1.1 200 X\nKEY KEY\n\nKEY",
        b"HTTP/1.KEY\n\nKEY",
    ];
    for template in answers {
        let how = String::from_utf8_lossy(template);
        let server = start([echo(template), echo(template)]);
        let provider = server.provider();
        let request = ChatRequest::user("Hi");
        let error = provider.chat(&Call::new("m"), &request).await.unwrap_err();
        check(&how, &said(&error));
        let error = match provider.chat_stream(&Call::new("m"), &request).await {
            Err(error) => error,
            Ok(stream) => {
                let mut items: Vec<_> = stream.collect().await;
                items.pop().unwrap().unwrap_err()
            }
        };
        check(&how, &said(&error));
    }
}

#[tokio::test]
async fn failures_of_the_transport_do_not_show_the_key() {
    let cut = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 500\r\n\r\n{KEY}");
    let replies = [
        send_and_close(""),
        send_and_close(cut),
        send_and_close(format!("{KEY}\r\n\r\n")),
        send_and_close(stream_begin(KEY)),
        send_and_close(answer(200, &format!("{EVENTS}content-encoding: gzip\r\n"), KEY)),
    ];
    for reply in replies {
        let server = start([reply]);
        // The key in the query too, as some vendors want it.
        let provider = server.config().with_query("key", KEY).build().unwrap();
        let error = provider.chat(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap_err();
        check("transport", &said(&error));
        assert!(!said(&error).contains(&server.url()), "the URL is not shown either");
    }
    let gone = HttpProvider::openai_compatible("gone", "http://127.0.0.1:1/v1", KEY).unwrap();
    let error = gone.chat(&Call::new("m"), &ChatRequest::user("Hi")).await.unwrap_err();
    check("refused", &said(&error));
}

#[test]
fn settings_show_no_secret() {
    let config = HttpConfig::new("x", "https://example.com/v1")
        .with_key(ApiKey::new(KEY).unwrap())
        .with_header("x-secret", KEY)
        .with_query("api-key", KEY)
        .with_proxy(format!("http://user:{KEY}@proxy.example:3128"));
    check("config", &format!("{config:?} {config:#?}"));
    let provider = config.build().unwrap();
    check("provider", &format!("{provider:?} {provider:#?}"));
    let bad = [
        HttpConfig::new("x", format!("https://user:{KEY}@example.com/v1")),
        HttpConfig::new("x", format!("https://example.com/v1?key={KEY}")),
        HttpConfig::new("x", "https://example.com").with_proxy(format!("socks5://u:{KEY}@h")),
        HttpConfig::new("x", "https://example.com").with_header("authorization\n", KEY),
    ];
    for config in bad {
        check("config", &format!("{config:?}"));
        let error = config.build().unwrap_err();
        check("refusal", &format!("{error} {error:?}"));
    }
}
