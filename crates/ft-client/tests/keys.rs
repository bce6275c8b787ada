//! The key is in one header and nowhere else, whatever fails and whoever listens.
//!
//! Every failure path is driven over loopback, plain and streamed, with every target's logs heard at the finest
//! level: this workspace's, and those of the HTTP client, its connections and its TLS. Everything that came out
//! is searched for the key and for any eight characters of it. One test, since the listener is the process's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_client::config::{ChainConfig, ClientConfig, ProviderConfig, TargetConfig, TierConfig};
use ft_client::telemetry::Prometheus;
use ft_client::{Client, ClientBuilder, Error, FailKind};
use ft_core::{ApiKey, ChatRequest};
use ft_holysheep::HttpConfig;
use ft_sim::{Reply, Upstream};
use futures_util::StreamExt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Without order or repetition, so that no part of it occurs by chance.
const KEY: &str = "sk-Qz7vRk2mXw9LpTj4dNcY6hBsGf3JuE8aVo";

/// Everything that was logged.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Heard {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Fails when `text` shows the key or a part of it, as text, as a list of bytes or in hexadecimal.
fn search(whence: &str, text: &str) {
    for part in KEY.as_bytes().windows(8) {
        let plain = std::str::from_utf8(part).unwrap().to_owned();
        let list = part.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        for form in [plain, list, hex] {
            if let Some(at) = text.find(&form) {
                let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                panic!("{whence} shows `{form}`: {}", &text[line..end]);
            }
        }
    }
}

/// Everything that an error can be made to say.
fn said(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{}\n", error.kind().as_str());
    if let Some(cause) = error.cause() {
        let parts =
            [cause.message(), cause.code(), cause.vendor_type(), cause.param(), cause.request_id()];
        text.extend(parts.into_iter().flatten());
        text.extend(cause.wording());
        text.push_str(&serde_json::to_string(cause.details()).unwrap());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(text, "\n{inner}\n{inner:?}\n{inner:#?}").unwrap();
        cause = inner.source();
    }
    if let Some(report) = error.report() {
        write!(text, "\n{report:?}\n{}", serde_json::to_string(report).unwrap()).unwrap();
    }
    text
}

/// A server that answers every request with this, `KEY` in it replaced by what the request was authorised with,
/// and `PART` by the ends of it, as vendors like to show them.
fn echo(template: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up early is one of the failures.
            let _ = answer(stream, template);
        }
    });
    format!("http://{address}/v1")
}

fn answer(mut stream: TcpStream, template: &str) -> std::io::Result<()> {
    let request = read_request(&mut stream)?;
    let header =
        request.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization:"));
    let key = header.and_then(|line| line.rsplit(' ').next()).unwrap_or("none");
    assert_eq!(key, KEY, "the request carries the key");
    let part = format!("{}****{}", &key[..14], &key[key.len() - 14..]);
    let text = template.replace("KEY", key).replace("PART", &part);
    let (head, body) = text.split_once("\n\n").unwrap();
    let head = head.replace('\n', "\r\n");
    write!(stream, "{head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return Ok(text);
            }
        }
        match stream.read(&mut piece)? {
            0 => return Ok(text),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// What echoing servers answer.
const ECHOES: [&str; 16] = [
    "HTTP/1.1 401 X\ncontent-type: application/json\n\n{\"error\":{\"message\":\"Incorrect API key provided: KEY.\",\"code\":\"KEY\",\"type\":\"KEY\",\"param\":\"KEY\"}}",
    "HTTP/1.1 401 X\ncontent-type: application/json\n\n{\"error\":{\"message\":\"Incorrect API key provided: PART.\",\"code\":\"invalid_api_key\"}}",
    "HTTP/1.1 429 X\nretry-after: 1\nx-request-id: KEY\n\n{\"error\":{\"message\":\"key KEY is limited\",\"code\":\"rate_limit_exceeded\"}}",
    "HTTP/1.1 429 X\nretry-after: KEY\n\n{\"error\":{\"message\":\"no quota: KEY\",\"code\":\"insufficient_quota\"}}",
    "HTTP/1.1 400 X\n\n{\"error\":{\"message\":\"authorization: Bearer KEY\",\"param\":\"KEY\"}}",
    "HTTP/1.1 500 X\nx-request-id: KEY\n\nTraceback: headers={'authorization': 'Bearer KEY'}",
    "HTTP/1.1 503 X\n\n<html><title>KEY</title></html>",
    "HTTP/1.1 302 X\nlocation: http://127.0.0.1:1/?key=KEY\n\nmoved to KEY",
    "HTTP/1.1 200 X\ncontent-type: application/json\nx-request-id: KEY\n\n{\"error\":{\"message\":\"KEY\",\"code\":\"KEY\"}}",
    "HTTP/1.1 200 X\n\nKEY",
    "HTTP/1.1 200 X\ncontent-type: text/event-stream\n\ndata: {\"error\":{\"message\":\"KEY\",\"code\":\"KEY\"}}\n\n",
    "HTTP/1.1 200 X\ncontent-type: text/event-stream\nx-request-id: KEY\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"well\"}}]}\n\ndata: {\"error\":{\"message\":\"KEY\",\"code\":\"KEY\"}}\n\n",
    "HTTP/1.1 200 X\ncontent-type: text/event-stream\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"well\"}}]}\n\ndata: KEY KEY\n\n",
    "HTTP/1.1 KEY\nKEY: KEY\n\nKEY",
    "HTTP/1.1 400 X\n\n{\"error\":{\"message\":\"filtered\",\"code\":\"content_filter\",\"innererror\":{\"KEY\":[\"KEY\",{\"x\":\"PART\"}]}}}",
    "HTTP/1.1 422 X\n\n{\"error\":{\"message\":\"no\",\"status\":422,\"echo\":\"Bearer KEY\"}}",
];

/// What the scripted upstream does, none of which is an answer to the end.
fn faults() -> Vec<Reply> {
    let long = || Reply::text("one two three four five");
    vec![
        Reply::status(401),
        Reply::status(402),
        Reply::status(403),
        Reply::status(404),
        Reply::status(400),
        Reply::throttled(Duration::from_secs(2)),
        Reply::error(429, "insufficient_quota", "You exceeded your current quota."),
        Reply::status(500),
        Reply::down(),
        Reply::error(400, "context_length_exceeded", "maximum context length is 10 tokens"),
        Reply::error(400, "content_filter", "filtered"),
        Reply::status(302).header("location", "http://127.0.0.1:1/elsewhere"),
        Reply::ok().hang(),
        Reply::ok().refuse(),
        Reply::ok().reset(),
        long().reset_after(2),
        long().cut_after(0),
        long().cut_after(2),
        long().cut_inside(2),
        long().stall_after(2),
        long().malformed_at(2),
        long().error_after(2, serde_json::json!({"message": "broke", "code": "server_error"})),
        Reply::ok().error_in_200(serde_json::json!({"message": "broke", "code": "server_error"})),
        Reply::ok().empty_choices(),
        Reply::ok().raw("text/html", "<html>sign in</html>"),
        Reply::ok().raw("application/json", "{\"choices\": ["),
    ]
}

fn builder(base_url: &str) -> ClientBuilder {
    let short = Duration::from_millis(150);
    let target = TargetConfig::new("vendor", "gpt-4.1")
        .with_attempt_timeout(4 * short)
        .with_idle_timeout(short);
    let mut chain = ChainConfig::new([TierConfig::new("only", [target])]);
    chain.rounds = 1;
    let mut config = ClientConfig::default();
    let mut provider = ProviderConfig::new(base_url).with_key(KEY);
    provider.headers.insert("x-team-token".to_owned(), KEY.to_owned());
    config.providers.insert("vendor".to_owned(), provider);
    Client::builder().config(config).chain(chain).seed(1)
}

/// Asks in both ways and searches everything that comes back. Returns how the two ended.
async fn ask_and_search(whence: &str, base_url: &str) -> [Option<FailKind>; 2] {
    let mut ends = [None; 2];
    for (streamed, end) in [false, true].into_iter().zip(&mut ends) {
        let whence = format!("{whence}, streamed: {streamed}");
        let builder = builder(base_url);
        search(&whence, &format!("{builder:?} {builder:#?}"));
        let prometheus = Prometheus::local();
        let client = prometheus.with(|| builder.build()).unwrap();
        let failed = if streamed {
            match client.chat_stream(ChatRequest::user("hi")).await {
                Err(error) => Some(error),
                Ok(mut stream) => {
                    let mut failed = None;
                    while let Some(item) = stream.next().await {
                        failed = item.err();
                    }
                    let report = stream.report();
                    let json = serde_json::to_string(&report).unwrap();
                    search(&whence, &format!("{stream:?} {report:?} {json}"));
                    failed
                }
            }
        } else {
            match client.generate("hi").await {
                Err(error) => Some(error),
                Ok(answer) => {
                    let json = serde_json::to_string(&answer.report).unwrap();
                    search(&whence, &format!("{:?} {json}", answer.report));
                    None
                }
            }
        };
        if let Some(error) = &failed {
            search(&whence, &said(error));
        }
        search(&whence, &format!("{client:?} {client:#?} {:?}", client.health()));
        search(&whence, &serde_json::to_string(&client.health()).unwrap());
        search(&whence, &prometheus.render(&client));
        *end = failed.map(|error| error.kind());
    }
    ends
}

/// Configuration that is wrong, or only shown.
fn search_configuration() {
    let key = ApiKey::new(KEY).unwrap();
    search("a key", &format!("{key:?} {key:#?}"));
    let http = HttpConfig::new("vendor", "https://example.invalid/v1").with_key(key);
    search("the adapter's configuration", &format!("{http:?} {http:#?}"));
    let provider = http.build().unwrap();
    search("the adapter", &format!("{provider:?} {provider:#?}"));
    let config = ProviderConfig::new("https://example.invalid/v1").with_key(KEY);
    search("a provider's configuration", &format!("{config:?} {config:#?}"));

    let with = |keys: &str| {
        format!("[providers.vendor]\nbase_url = \"https://example.invalid/v1\"\n{keys}\n")
    };
    let wrong = [
        with(&format!("keys = [\"{KEY}")),
        with(&format!("keys = \"{KEY}\"")),
        with(&format!("keys = {KEY}")),
        with(&format!("key = \"{KEY}\"")),
        with(&format!("keys = \"\"\"{KEY}\n\\\"odd\"\"\"")),
        with(&format!("keys = [[\"{KEY}\"]]")),
        with(&format!("proxy = [\"{KEY}\"]")),
        with(&format!("kind = \"{KEY}\"")),
        with(&format!("connect_timeout = \"{KEY}\"")),
        with("keys = [\"${NOT_SET}\"]"),
    ];
    for text in wrong {
        let error = ClientConfig::from_toml(&text, |_| None).unwrap_err();
        search(
            &format!("the error about `{}`", text.lines().last().unwrap().replace(KEY, "KEY")),
            &{ format!("{error} {error:?} {error:#?} {:?}", error.source()) },
        );
    }
    for bad in [format!("{KEY}\n{KEY}"), format!("{KEY} "), format!("{KEY}\u{e9}")] {
        let chain = ChainConfig::new([TierConfig::new("t", [TargetConfig::new("vendor", "m")])]);
        let mut config = ClientConfig::default();
        let provider = ProviderConfig::new("https://example.invalid/v1").with_key(bad);
        config.providers.insert("vendor".to_owned(), provider);
        if let Err(error) = Client::builder().config(config).chain(chain).build() {
            search("the error about a key that cannot be one", &format!("{error} {error:?}"));
        }
    }
}

#[tokio::test]
async fn no_failure_shows_the_key_or_a_part_of_it_anywhere() {
    let heard = Heard::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(heard.clone())
        .finish()
        .init();

    search_configuration();

    for template in ECHOES {
        let ends = ask_and_search(template, &echo(template)).await;
        assert!(ends.iter().all(Option::is_some), "{template} is no answer: {ends:?}");
    }

    for fault in faults() {
        let whence = format!("{fault:?}");
        let upstream = Upstream::start(fault).unwrap();
        let ends = ask_and_search(&whence, &upstream.base_url()).await;
        // Some faults are those of a stream, which a plain answer does not have.
        assert!(ends.iter().any(Option::is_some), "{whence} is a failure: {ends:?}");
    }

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = ask_and_search("refused", &format!("http://{free}/v1")).await;
    assert_eq!(refused, [Some(FailKind::Exhausted); 2]);
    // A server that does not speak TLS: the handshake fails, and rustls says why at length.
    let plain = echo(ECHOES[0]).replace("http://", "https://");
    let handshake = ask_and_search("no TLS", &plain).await;
    assert_eq!(handshake, [Some(FailKind::Exhausted); 2]);

    // Those who could tell have told, or this would prove nothing.
    let logs = heard.text();
    for target in ["ft_client", "hyper_util", "reqwest", "rustls"] {
        assert!(logs.contains(&format!(" {target}")), "nothing was heard of {target}");
    }
    assert!(logs.contains("attempt ended") && logs.contains("TRACE"), "nothing was heard");
    search("the log", &logs);

    // Who runs it sees which key was refused.
    let mask = ApiKey::new(KEY).unwrap().masked();
    let told = |line: &str| {
        line.contains("WARN") && line.contains("refused the key") && line.contains(&mask)
    };
    assert!(logs.lines().any(told), "no line names the refused key as {mask}");
}

#[test]
fn the_search_finds_a_part_of_the_key() {
    for leak in [&KEY[5..13], &format!("x{}y", &KEY[KEY.len() - 8..])] {
        assert!(std::panic::catch_unwind(|| search("a leak", leak)).is_err(), "{leak}");
    }
    let bytes = format!("{:?}", &KEY.as_bytes()[3..12]);
    assert!(std::panic::catch_unwind(|| search("a leak", &bytes)).is_err());
    search("a mask", &format!("{:?}", ApiKey::new(KEY).unwrap()));
}
