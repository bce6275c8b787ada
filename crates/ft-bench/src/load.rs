//! Load: connections that are kept alive, each with one request at a time.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use ft_core::{Clock, SystemClock, Tick};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::scene::Scene;
use crate::{Outcome, process};

/// How much load, and of which kind.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Who is asked.
    #[arg(long)]
    pub(crate) to: SocketAddr,
    /// The model asked for, such as `plain-1024`, `burst-100`, `paced-100`.
    #[arg(long)]
    pub(crate) model: String,
    /// The scene whose question is asked, where the model's name does not say it.
    #[arg(long)]
    pub(crate) scene: Option<String>,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    pub(crate) connections: usize,
    /// How long, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) millis: u64,
    /// Requests a second over all connections; as many as are answered if none is given.
    #[arg(long)]
    pub(crate) rate: Option<u64>,
    /// Most requests over all connections.
    #[arg(long)]
    pub(crate) requests: Option<u64>,
    /// More headers, as `name: value`.
    #[arg(long = "header")]
    pub(crate) headers: Vec<String>,
}

/// What the callers saw. Times in nanoseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    /// Answers with another status than 200, and bodies that broke off.
    pub(crate) errors: u64,
    pub(crate) bytes: u64,
    /// From the request to the whole answer.
    pub(crate) latency: Percentiles,
    /// From the request to the first piece of the body.
    pub(crate) first: Percentiles,
}

/// The 50th, 99th and 99.9th percentile.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
}

impl Percentiles {
    pub(crate) fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let at = |thousandths: usize| {
            let place = (times.len() * thousandths).div_ceil(1_000).saturating_sub(1);
            times.get(place).copied().unwrap_or(0)
        };
        Self { p50: at(500), p99: at(990), p999: at(999) }
    }
}

/// Puts load on and prints what was seen.
///
/// # Errors
/// When nobody listens there, or the scene is unknown.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seen = runtime.block_on(load(options))?;
    println!("{}", serde_json::to_string(&seen)?);
    Ok(())
}

/// One connection's times.
#[derive(Default)]
struct Times {
    latency: Vec<u64>,
    first: Vec<u64>,
    errors: u64,
    bytes: u64,
}

/// Puts load on for as long as the options say; a request that has begun is waited for.
///
/// # Errors
/// When a connection cannot be made, or the scene is unknown.
pub(crate) async fn load(options: &Options) -> Outcome<Seen> {
    let scene = options.scene.as_deref().unwrap_or(&options.model);
    let scene = Scene::of_model(scene).ok_or("the model stands for no scene")?;
    let question = scene.question(&options.model);
    let clock = SystemClock::new();
    let mut connections = Vec::new();
    for _ in 0..options.connections {
        connections.push(Connection::open(options.to).await?.with_headers(&options.headers)?);
    }
    let begun = clock.now();
    let until = begun.after(Duration::from_millis(options.millis));
    let each = options.requests.map(|all| all.div_ceil(options.connections as u64));
    let pace = options.rate.map(|rate| {
        Duration::from_secs(1) * u32::try_from(options.connections).unwrap_or(u32::MAX)
            / u32::try_from(rate).unwrap_or(u32::MAX).max(1)
    });
    let mut tasks = JoinSet::new();
    for (at, mut connection) in connections.into_iter().enumerate() {
        let (question, clock) = (question.clone(), clock);
        tasks.spawn(async move {
            let mut times = Times::default();
            let mut due = begun;
            if let Some(pace) = pace {
                // The connections take turns.
                due = due.after(pace * u32::try_from(at).unwrap_or(0) / 16);
            }
            let mut made = 0;
            while clock.now() < until && each.is_none_or(|each| made < each) {
                if let Some(pace) = pace {
                    tokio::time::sleep(due.since(clock.now())).await;
                    due = due.after(pace);
                }
                made += 1;
                connection.ask(&question, &clock, &mut times).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
        });
    }
    let mut all = Times::default();
    while let Some(ended) = tasks.join_next().await {
        let times = ended??;
        all.latency.extend(times.latency);
        all.first.extend(times.first);
        all.errors += times.errors;
        all.bytes += times.bytes;
    }
    Ok(Seen {
        requests: all.latency.len() as u64,
        errors: all.errors,
        bytes: all.bytes,
        latency: Percentiles::of(all.latency),
        first: Percentiles::of(all.first),
    })
}

/// A connection to whoever is measured.
pub(crate) struct Connection {
    to: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    headers: HeaderMap,
    _driver: Arc<JoinSet<()>>,
}

impl Connection {
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(to: SocketAddr) -> Outcome<Self> {
        let socket = TcpStream::connect(to).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { to, sender, headers: HeaderMap::new(), _driver: Arc::new(driver) })
    }

    /// The same connection, whose requests have these headers too.
    ///
    /// # Errors
    /// When one is not of the form `name: value`.
    fn with_headers(mut self, headers: &[String]) -> Outcome<Self> {
        for header in headers {
            let (name, value) = header.split_once(':').ok_or("a header without a colon")?;
            self.headers.insert(HeaderName::try_from(name.trim())?, value.trim().try_into()?);
        }
        Ok(self)
    }

    /// Another connection in its place.
    async fn open_again(&mut self) -> Outcome<()> {
        let headers = std::mem::take(&mut self.headers);
        *self = Self { headers, ..Self::open(self.to).await? };
        Ok(())
    }

    /// Sends a question and gives the answer's head.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn send(&mut self, question: &Bytes) -> Outcome<hyper::Response<Incoming>> {
        self.sender.ready().await?;
        let mut request = Request::post("/v1/chat/completions")
            .header(HOST, self.to.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(question.clone()))?;
        let more = self.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        request.headers_mut().extend(more);
        Ok(self.sender.send_request(request).await?)
    }

    async fn ask(
        &mut self,
        question: &Bytes,
        clock: &SystemClock,
        times: &mut Times,
    ) -> Outcome<()> {
        let begun = clock.now();
        let since = |begun: Tick| u64::try_from(clock.now().since(begun).as_nanos());
        let answer = match self.send(question).await {
            Ok(answer) => answer,
            Err(_) => {
                // What closes a connection without an answer has failed this request, not the run.
                times.errors += 1;
                times.latency.push(since(begun)?);
                self.open_again().await?;
                return Ok(());
            }
        };
        let mut failed = !answer.status().is_success();
        let mut body = pin!(answer.into_body());
        let mut first = None;
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    if first.is_none() {
                        first = Some(since(begun)?);
                    }
                    times.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                }
                Err(_) => {
                    failed = true;
                    break;
                }
            }
        }
        times.latency.push(since(begun)?);
        times.first.extend(first);
        if failed {
            times.errors += 1;
            if self.sender.is_closed() {
                self.open_again().await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_occurred() {
        let Percentiles { p50, p99, p999 } = Percentiles::of((1..=1_000).rev().collect());
        assert_eq!((p50, p99, p999), (500, 990, 999));
        assert_eq!(Percentiles::of(vec![7]).p999, 7);
        assert_eq!(Percentiles::of(vec![]).p50, 0);
    }
}
