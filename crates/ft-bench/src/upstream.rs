//! The scripted upstream: answers at once, or fails, as the model's name says.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use clap::Args;
use ft_core::{Clock, SystemClock, Tick};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Frame, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::scene::{Fault, PACE, Scene};
use crate::{Outcome, process};

/// Where it tells, and forgets, how long after a fault the next request came.
pub(crate) const GAPS: &str = "/gaps";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is killed.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(options.listen))
}

/// What every connection sees.
struct Shared {
    clock: SystemClock,
    plain: Vec<(usize, Bytes)>,
    events: Vec<Bytes>,
    gaps: Mutex<Gaps>,
}

/// How many chunks most streams have; theirs are made beforehand, so that the upstream keeps nobody waiting.
const CHUNKS: usize = 100;

impl Shared {
    fn events(&self, chunks: usize) -> Vec<Bytes> {
        if chunks == CHUNKS { self.events.clone() } else { Scene::events(chunks) }
    }
}

/// From a fault to the request that came next, in nanoseconds.
#[derive(Default)]
struct Gaps {
    fault: Option<Tick>,
    found: Vec<u64>,
}

async fn serve(listen: SocketAddr) -> Outcome<()> {
    let listener = TcpListener::bind(listen).await?;
    println!("{}", listener.local_addr()?);
    let plain = [1024, 64 * 1024].map(|bytes| (bytes, Scene::answer(bytes))).to_vec();
    let events = Scene::events(CHUNKS);
    let shared = Shared { clock: SystemClock::new(), plain, events, gaps: Mutex::default() };
    let shared = Arc::new(shared);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => {
                let (socket, _) = accepted?;
                socket.set_nodelay(true)?;
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                    // A reader that leaves, and a fault that is meant, both end here.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

type Answer = Response<BoxBody<Bytes, std::io::Error>>;

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Outcome<Answer> {
    let now = shared.clock.now();
    if request.method() == Method::GET {
        let mut gaps = shared.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        let found = std::mem::take(&mut gaps.found);
        return Ok(whole("application/json", serde_json::to_vec(&found)?.into()));
    }
    let body = request.into_body().collect().await?.to_bytes();
    let scene = Scene::of_body(&body).ok_or("the model stands for no scene")?;
    {
        let mut gaps = shared.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = gaps.fault.take() {
            let gap = u64::try_from(now.since(fault).as_nanos())?;
            gaps.found.push(gap);
        }
        if matches!(scene, Scene::Fault(_)) {
            gaps.fault = Some(shared.clock.now());
        }
    }
    Ok(match scene {
        Scene::Plain(bytes) => {
            let kept = shared.plain.iter().find(|(size, _)| *size == bytes);
            let body = kept.map_or_else(|| Scene::answer(bytes), |(_, body)| body.clone());
            whole("application/json", body)
        }
        Scene::Burst(chunks) => streamed(Events::new(shared.events(chunks), Then::End, false)),
        Scene::Paced(chunks) => streamed(Events::new(shared.events(chunks), Then::End, true)),
        Scene::Held => streamed(Events::new(shared.events[..2].to_vec(), Then::Stay, false)),
        Scene::Fault(Fault::Status) => {
            let error = br#"{"error":{"message":"it broke","type":"server_error","code":null}}"#;
            let mut answer = whole("application/json", Bytes::from_static(error));
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer
        }
        Scene::Fault(Fault::Drop) => return Err("it is to break".into()),
        Scene::Fault(Fault::Cut) => {
            streamed(Events::new(shared.events[..1].to_vec(), Then::Break, false))
        }
    })
}

fn whole(kind: &'static str, body: Bytes) -> Answer {
    let body = http_body_util::Full::new(body).map_err(|never: Infallible| match never {}).boxed();
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    answer
}

fn streamed(events: Events) -> Answer {
    let mut answer = Response::new(events.boxed());
    let kind = hyper::header::HeaderValue::from_static("text/event-stream; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// What follows the last event.
#[derive(Clone, Copy, Debug)]
enum Then {
    End,
    Stay,
    Break,
}

/// The body of a stream: each event is a frame of its own.
struct Events {
    left: VecDeque<Bytes>,
    then: Then,
    pace: Option<Interval>,
}

impl Events {
    fn new(events: Vec<Bytes>, then: Then, paced: bool) -> Self {
        let pace = paced.then(|| {
            let mut pace = interval(PACE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        Self { left: events.into(), then, pace }
    }
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        // The end follows the last event at once, as servers send it.
        if !self.left.is_empty()
            && let Some(pace) = &mut self.pace
            && pace.poll_tick(cx).is_pending()
        {
            return Poll::Pending;
        }
        match (self.left.pop_front(), self.then) {
            (Some(event), _) => Poll::Ready(Some(Ok(Frame::data(event)))),
            (None, Then::End) => Poll::Ready(None),
            // Whoever reads it wakes the connection by leaving.
            (None, Then::Stay) => Poll::Pending,
            (None, Then::Break) => Poll::Ready(Some(Err(std::io::ErrorKind::BrokenPipe.into()))),
        }
    }
}
