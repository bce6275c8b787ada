//! A server of raw bytes on loopback, so that every fault can be made exactly.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ft_core::ApiKey;
use ft_holysheep::{HttpConfig, HttpProvider};

/// The key that must never be seen again.
pub(crate) const KEY: &str = "sk-FAKE-7Qm2xW9vB4nL8tR5";

/// What the server does with one request; the connection stays open while this says so.
pub(crate) type Reply = Box<dyn FnOnce(&str, &mut TcpStream) -> bool + Send>;

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    direct: bool,
}

impl Server {
    /// Answers one request after the other with these replies, over any number of connections.
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let replies: Arc<Mutex<VecDeque<Reply>>> =
            Arc::new(Mutex::new(replies.into_iter().collect()));
        let (seen_there, count) = (Arc::clone(&seen), Arc::clone(&connections));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                count.fetch_add(1, Ordering::SeqCst);
                let (seen, replies) = (Arc::clone(&seen_there), Arc::clone(&replies));
                std::thread::spawn(move || {
                    while let Some(request) = read_request(&mut stream) {
                        seen.lock().unwrap().push(request.clone());
                        let Some(reply) = replies.lock().unwrap().pop_front() else { return };
                        if !reply(&request, &mut stream) {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, seen, connections, direct: true }
    }

    /// The same, for providers with a pooled client.
    pub(crate) fn pooled(self) -> Self {
        Self { direct: false, ..self }
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.direct
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Settings for this server with [`KEY`].
    pub(crate) fn config(&self) -> HttpConfig {
        HttpConfig::new("test", self.url())
            .with_key(ApiKey::new(KEY).unwrap())
            .with_direct(self.direct)
    }

    pub(crate) fn provider(&self) -> HttpProvider {
        self.config().build().unwrap()
    }

    /// The requests so far, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// One request, as text; `None` when the client closed.
fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8(bytes).unwrap())
}

/// Sends bytes and stays connected.
pub(crate) fn send(bytes: impl Into<Vec<u8>>) -> Reply {
    let bytes = bytes.into();
    Box::new(move |_, stream| stream.write_all(&bytes).is_ok())
}

/// Sends bytes and closes.
pub(crate) fn send_and_close(bytes: impl Into<Vec<u8>>) -> Reply {
    let bytes = bytes.into();
    Box::new(move |_, stream| {
        let _ = stream.write_all(&bytes);
        false
    })
}

/// A complete answer.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len())
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) const JSON: &str = "content-type: application/json\r\n";
pub(crate) const EVENTS: &str = "content-type: text/event-stream\r\n";

/// The head of a stream and these bytes as its first piece; more may follow.
pub(crate) fn stream_begin(piece: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{EVENTS}transfer-encoding: chunked\r\n\r\n");
    format!("{head}{:x}\r\n{piece}\r\n", piece.len()).into_bytes()
}

/// A good answer that says `Hi`.
pub(crate) const GOOD: &str = r#"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;

/// A good stream that says `Hi`.
pub(crate) const GOOD_STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
