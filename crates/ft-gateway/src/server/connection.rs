//! One connection, from its first byte to its end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use ft_client::TokioClock;
use ft_core::Clock;
use http::Version;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::alarm::Alarm;
use super::answer::answer;
use super::socket::{Io, Shared};
use super::stream::Streams;
use super::watch::{Due, Times};
use super::{ConnectionLimits, Stage};

/// How every connection of HTTP/2 begins, and none of HTTP/1.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves a connection to its end.
///
/// # Cancel safety
/// Dropping it cuts the connection.
pub(super) async fn serve(
    mut socket: TcpStream,
    router: Router,
    limits: ConnectionLimits,
    clock: TokioClock,
    mut stage: watch::Receiver<Stage>,
) {
    // A chunk of a stream must not wait for the next one.
    let _ = socket.set_nodelay(true);
    let began = clock.now();
    let mut first = [0; PREFACE.len()];
    let begins = tokio::time::timeout(limits.head_within, begins(&mut socket, &mut first));
    let begins = tokio::select! {
        biased;
        // Those that have not said a word need not be waited for.
        _ = stage.changed() => return,
        begins = begins => begins,
    };
    let Ok(Some((version, seen))) = begins else { return };
    let times =
        Times { head: limits.head_within, idle: limits.idle_within, write: limits.write_within };
    let shared = Shared::new(socket, &first[..seen], version, times, clock, began);
    let io = TokioIo::new(Io { shared: Arc::clone(&shared) });
    let (most, watched) = (limits.head_bytes, Arc::clone(&shared));
    let service =
        service_fn(move |request| answer(router.clone(), Arc::clone(&watched), most, request));
    if version == Version::HTTP_2 {
        let served = http2(limits, clock).serve_connection(io, service);
        Box::pin(drive(served, http2::Connection::graceful_shutdown, &shared, stage, true)).await;
    } else {
        let served = http1(limits).serve_connection(io, service);
        drive(served, http1::Connection::graceful_shutdown, &shared, stage, false).await;
    }
}

/// By which version it begins, and how many bytes say so; `None` when it ends before that.
///
/// Every prefix of the one may still become the other, so whoever waits for this needs a clock.
///
/// # Cancel safety
/// What was read is lost with the connection.
async fn begins(
    socket: &mut TcpStream,
    first: &mut [u8; PREFACE.len()],
) -> Option<(Version, usize)> {
    let mut seen = 0;
    loop {
        let more = socket.read(&mut first[seen..]).await.ok().filter(|&more| more > 0)?;
        seen += more;
        if !PREFACE.starts_with(&first[..seen]) {
            return Some((Version::HTTP_11, seen));
        }
        if seen == PREFACE.len() {
            return Some((Version::HTTP_2, seen));
        }
    }
}

/// Drives a connection until it ends by itself, its time is up, or nobody is there any more.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    served: C,
    wind_down: impl Fn(Pin<&mut C>),
    shared: &Shared,
    mut stage: watch::Receiver<Stage>,
    is_http2: bool,
) {
    let mut served = pin!(served);
    let mut alarm = Alarm::default();
    loop {
        let ended = poll_fn(|cx| {
            if let Poll::Ready(ended) = served.as_mut().poll(cx) {
                // What went wrong on one connection is its caller's to see.
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended");
                }
                return Poll::Ready(None);
            }
            // Over HTTP/2 the protocol itself reads all the time.
            if !is_http2 && shared.poll_left(cx).is_ready() {
                return Poll::Ready(None);
            }
            shared.poll_due(&mut alarm, cx).map(Some)
        });
        tokio::select! {
            biased;
            told = stage.changed() => match told.map(|()| *stage.borrow_and_update()) {
                Ok(Stage::Cut) => shared.stop_streams(),
                Ok(Stage::Draining) => wind_down(served.as_mut()),
                Ok(Stage::Open) => {}
                Err(_) => return,
            },
            ended = ended => match ended {
                // Who is about to send a request is told beforehand.
                Some(Due::Idle) if is_http2 => {
                    wind_down(served.as_mut());
                    shared.closes();
                }
                Some(why) => {
                    tracing::debug!(?why, "connection closed");
                    return;
                }
                None => return,
            },
        }
    }
}

fn http1(limits: ConnectionLimits) -> http1::Builder {
    let mut server = http1::Builder::new();
    // Whether who sends no more has left is asked here, also behind bytes that nobody wants yet.
    server.half_close(true).max_buf_size(limits.head_bytes);
    server
}

fn http2(limits: ConnectionLimits, clock: TokioClock) -> http2::Builder<Streams> {
    let mut server = http2::Builder::new(Streams { clock, write: limits.write_within });
    server
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.streams)
        .keep_alive_interval(limits.head_within)
        .keep_alive_timeout(limits.head_within);
    server
}
