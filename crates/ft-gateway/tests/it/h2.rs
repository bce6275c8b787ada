//! A client of HTTP/2 by hand: it gives as much window as it likes, and answers pings.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

/// What the server says, as far as the tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Head(u32),
    Data(u32, Vec<u8>),
    Reset(u32),
    GoAway,
}

pub(crate) struct Raw {
    socket: TcpStream,
}

/// A frame with its header.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The preface, and settings that give each stream so much window.
pub(crate) fn hello(window: u32) -> Vec<u8> {
    let mut settings = vec![0, 4];
    settings.extend_from_slice(&window.to_be_bytes());
    [PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat()
}

impl Raw {
    pub(crate) async fn connect(at: std::net::SocketAddr, window: u32) -> Self {
        let mut socket = TcpStream::connect(at).await.unwrap();
        socket.write_all(&hello(window)).await.unwrap();
        Self { socket }
    }

    /// Sends a request with a body, or without one.
    pub(crate) async fn ask(&mut self, stream: u32, head: &[(&str, &str)], body: Option<&str>) {
        let mut block = Vec::new();
        for (name, value) in head {
            // A literal that is not remembered, with its name in full.
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend_from_slice(text.as_bytes());
            }
        }
        let flags = 4 | u8::from(body.is_none());
        let mut request = frame(HEADERS, flags, stream, &block);
        if let Some(body) = body {
            request.extend(frame(DATA, 1, stream, body.as_bytes()));
        }
        self.socket.write_all(&request).await.unwrap();
    }

    /// What it says next, with its pings and settings answered; `None` when it has closed.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            let mut head = [0; 9];
            self.socket.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.socket.read_exact(&mut payload).await.ok()?;
            let answer = match (head[3], head[4] & ACK) {
                (SETTINGS, 0) => frame(SETTINGS, ACK, 0, &[]),
                (PING, 0) => frame(PING, ACK, 0, &payload),
                (HEADERS, _) => return Some(Said::Head(stream)),
                (DATA, _) => return Some(Said::Data(stream, payload)),
                (RST_STREAM, _) => return Some(Said::Reset(stream)),
                (GOAWAY, _) => return Some(Said::GoAway),
                _ => continue,
            };
            self.write(&answer).await.ok()?;
        }
    }

    /// Gives a stream, and the connection, so much more window.
    pub(crate) async fn grant(&mut self, stream: u32, bytes: u32) {
        const WINDOW_UPDATE: u8 = 8;
        let more = bytes.to_be_bytes();
        let both = [stream, 0].map(|stream| frame(WINDOW_UPDATE, 0, stream, &more)).concat();
        self.write(&both).await.unwrap();
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await
    }
}

/// The head of a request for a chat.
pub(crate) const CHAT: [(&str, &str); 5] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/v1/chat/completions"),
    (":authority", "x"),
    ("content-type", "application/json"),
];

/// The head of a request that needs nothing.
pub(crate) const HEALTH: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "http"), (":path", "/healthz"), (":authority", "x")];
