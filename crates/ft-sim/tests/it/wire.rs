//! A client of a few lines, which sees exactly what the socket does.

use std::io::ErrorKind;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cases::{PROMPT, pieces};

/// A connection with one request on it, and what has come back so far.
pub(crate) struct Exchange {
    socket: TcpStream,
    bytes: Vec<u8>,
    end: Option<&'static str>,
}

pub(crate) fn chat(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "stream": stream, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": PROMPT}],
    })
}

impl Exchange {
    pub(crate) async fn post(to: SocketAddr, path: &str, head: &str, body: &str) -> Self {
        let length = body.len();
        let request = format!(
            "POST /v1/{path} HTTP/1.1\r\nhost: sim\r\n{head}content-length: {length}\r\n\r\n{body}"
        );
        Self::send(to, &request).await
    }

    pub(crate) async fn send(to: SocketAddr, request: &str) -> Self {
        let mut socket = TcpStream::connect(to).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        Self { socket, bytes: Vec::new(), end: None }
    }

    /// Sends another request on the same connection, whose first answer has been read.
    pub(crate) async fn again(&mut self, request: &str) {
        self.bytes.clear();
        self.socket.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads on until this holds of what is shown, or the connection ends.
    pub(crate) async fn read_until(&mut self, enough: impl Fn(&str) -> bool) -> String {
        loop {
            let shown = self.show();
            if self.end.is_some() || enough(&shown) {
                return shown;
            }
            match self.socket.read_buf(&mut self.bytes).await {
                Ok(0) => self.end = Some("cut"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    self.end = Some("reset")
                }
                Err(error) => panic!("unexpected: {error}"),
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.bytes);
        let head = head.split("\r\n\r\n").next()?.to_owned();
        let line =
            head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line[name.len() + 2..].to_owned())
    }

    /// The JSON of a plain answer that has come whole.
    pub(crate) fn json(&self) -> Value {
        let at = self.bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        serde_json::from_slice(&self.bytes[at..]).unwrap()
    }

    /// The status, the pieces, and how it ended, in the words of the table of cases.
    fn show(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let mut words = Vec::new();
        let mut whole = false;
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            words.push(head.split(' ').nth(1).unwrap().to_owned());
            if self.header("transfer-encoding").is_some() {
                let (data, complete) = dechunk(body);
                whole = complete;
                let events = self.header("content-type").as_deref() == Some("text/event-stream");
                words.extend(if events { show_events(&data) } else { show_plain(&data) });
            } else {
                let length: usize = self.header("content-length").unwrap().parse().unwrap();
                whole = body.len() == length;
                match whole {
                    true => words.extend(show_plain(body)),
                    false if 2 * body.len() + 1 >= length => words.push("half".to_owned()),
                    false => {}
                }
            }
        }
        words.extend(if whole { Some("end".to_owned()) } else { self.end.map(str::to_owned) });
        words.join(" ")
    }
}

fn show_plain(body: &str) -> Vec<String> {
    serde_json::from_str(body).map_or_else(|_| vec!["unreadable".to_owned()], |json| pieces(&json))
}

fn show_events(data: &str) -> Vec<String> {
    let (events, rest) = data.rsplit_once("\n\n").unwrap_or(("", data));
    let mut words = Vec::new();
    for event in events.split("\n\n").filter_map(|event| event.strip_prefix("data: ")) {
        match serde_json::from_str(event) {
            _ if event == "[DONE]" => words.push("done".to_owned()),
            Ok(json) => words.extend(pieces(&json)),
            Err(_) => words.push("malformed".to_owned()),
        }
    }
    if !rest.is_empty() {
        words.push("half".to_owned());
    }
    words
}

/// The data of a chunked body, and whether its end has come.
fn dechunk(mut body: &str) -> (String, bool) {
    let mut data = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (data, true);
        }
        if rest.len() < size + 2 {
            break;
        }
        data.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    (data, false)
}
