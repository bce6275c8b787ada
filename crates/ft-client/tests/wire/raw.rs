//! A server of raw bytes on loopback, for what the scripted upstream cannot do or does not show.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ft_client::Client;
use ft_client::config::{ChainConfig, ClientConfig, ProviderConfig, TargetConfig, TierConfig};

/// It answers every request with the bytes that a function makes of it, head and body, and stays connected.
pub(crate) struct Raw {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Raw {
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (requests, answer) = (Arc::clone(&seen), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                std::thread::spawn(move || {
                    while let Some(request) = read_request(&mut stream) {
                        requests.lock().unwrap().push(request.clone());
                        if stream.write_all(&answer(&request)).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests so far, head and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// A client whose only targets are these models at this server, in tiers of one.
    pub(crate) fn client(
        &self,
        models: &[&str],
        change: impl FnOnce(&mut ProviderConfig),
    ) -> Client {
        let mut provider = ProviderConfig::new(self.base_url()).with_key("sk-raw-0123456789abcdef");
        change(&mut provider);
        let tier = |model: &&str| TierConfig::new(*model, [TargetConfig::new("raw", *model)]);
        let mut chain = ChainConfig::new(models.iter().map(tier).collect::<Vec<_>>());
        // Each target is seen once.
        chain.same_target_retries = 0;
        let mut config = ClientConfig::default();
        config.providers.insert("raw".to_owned(), provider);
        config.chains.insert("default".to_owned(), chain);
        Client::builder().config(config).seed(1).build().unwrap()
    }
}

/// The body of a request.
pub(crate) fn body_of(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// The value of a request's header, whose name is given in lower case.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = request.split_once("\r\n\r\n")?;
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
}

/// A complete answer.
pub(crate) fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) const JSON: &str = "content-type: application/json\r\n";
pub(crate) const EVENTS: &str = "content-type: text/event-stream\r\n";

/// A good answer that says `Hi`.
pub(crate) const GOOD: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#;

/// One request as text; `None` when the client closed.
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
    String::from_utf8(bytes).ok()
}
