//! A connection's socket, shared by who speaks its protocol and who watches it.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use ft_client::TokioClock;
use ft_core::{Clock, Tick};
use http::Version;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::alarm::Alarm;
use super::watch::{Due, Times, Watch};
use crate::streaming::{Request, Streaming};

/// The socket, and what is known of its connection.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: TokioClock,
    times: Times,
    state: Mutex<State>,
}

struct State {
    read: Reading,
    write: Option<OwnedWriteHalf>,
    /// What was read before somebody wanted it.
    ahead: Vec<u8>,
    /// The protocol waits for bytes, and is woken by them.
    hungry: bool,
    /// Nothing that was written still waits.
    flushed: bool,
    /// The answer under way has begun.
    answering: bool,
    /// The request under way may be answered by more than one head.
    interim: bool,
    watch: Watch,
    streams: Vec<Streaming>,
}

/// What the other side sends.
enum Reading {
    /// It may send more.
    Open(OwnedReadHalf),
    /// It has sent more than is read ahead: the rest stays in the socket, which tells when it leaves.
    Full(Arc<OwnedReadHalf>, HangUp),
    /// It sends no more, and was asked whether it listens.
    Over(HangUp),
    /// It sends no more.
    Closed,
}

/// Resolves when the socket tells of its other side's end.
type HangUp = Pin<Box<dyn Future<Output = End> + Send>>;

/// Of what the socket tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A reset: nobody is there.
    Gone,
    /// It sends no more.
    SendsNoMore,
}

impl Reading {
    /// As much as may be was read ahead.
    fn full(self) -> Self {
        let Self::Open(half) = self else { return self };
        let half = Arc::new(half);
        let hang_up = Box::pin(end(Arc::clone(&half), EITHER_END));
        Self::Full(half, hang_up)
    }

    /// It sends no more, and was asked whether it listens.
    fn asked(self) -> Self {
        match self {
            Self::Open(half) => Self::Over(Box::pin(end(half, Interest::ERROR))),
            Self::Full(half, _) => {
                let hang_up = Box::pin(end(Arc::clone(&half), Interest::ERROR));
                Self::Full(half, hang_up)
            }
            over @ (Self::Over(_) | Self::Closed) => over,
        }
    }

    /// What was left in the socket is wanted.
    fn open(self) -> Self {
        let Self::Full(half, hang_up) = self else { return self };
        // Its share of the half goes with it.
        drop(hang_up);
        Arc::into_inner(half).map_or(Self::Closed, Self::Open)
    }
}

/// Bytes that may stand behind a request while it is answered; what comes then stays in the socket.
const AHEAD: usize = 16 << 10;

/// That the other side sends no more is told beside bytes that stand before it, where the system does.
#[cfg(any(target_os = "linux", target_os = "android"))]
const EITHER_END: Interest = Interest::PRIORITY.add(Interest::ERROR);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const EITHER_END: Interest = Interest::ERROR;

async fn end(half: impl std::borrow::Borrow<OwnedReadHalf>, of: Interest) -> End {
    match half.borrow().ready(of).await {
        Ok(ready) if !ready.is_error() => End::SendsNoMore,
        // An error of waiting is one of the socket's.
        Ok(_) | Err(_) => End::Gone,
    }
}

/// Asks who sends no more whether they still listen. Every reader of HTTP/1.1 must skip it, and a socket that is closed
/// answers it with a reset.
const ARE_YOU_THERE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl Shared {
    /// A connection of this version, which began at `began` with these bytes.
    pub(super) fn new(
        socket: TcpStream,
        first: &[u8],
        version: Version,
        times: Times,
        clock: TokioClock,
        began: Tick,
    ) -> Arc<Self> {
        let (read, write) = socket.into_split();
        let state = State {
            read: Reading::Open(read),
            write: Some(write),
            ahead: first.to_vec(),
            hungry: false,
            flushed: true,
            answering: false,
            interim: false,
            watch: Watch::new(times, version != Version::HTTP_2, began),
            streams: Vec::new(),
        };
        Arc::new(Self { clock, times, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request's head is whole.
    pub(super) fn begins(&self, version: Version) {
        let mut state = self.state();
        state.watch.request_begins();
        state.answering = false;
        state.interim = version == Version::HTTP_11;
    }

    /// Its answer begins; a stream can be spoken to, and `alone` it bounds the connection.
    pub(super) fn answers(&self, streaming: Option<&Streaming>, alone: bool) {
        let now = streaming.map(|_| self.clock.now());
        let mut state = self.state();
        state.answering = true;
        if let (Some(streaming), Some(now)) = (streaming, now) {
            if alone {
                state.watch.answer_ends_at(now.after(streaming.time_left()));
            }
            state.streams.push(streaming.clone());
        }
    }

    /// Its answer is out, or nobody wants it.
    pub(super) fn ends(&self, streaming: Option<&Streaming>) {
        let now = self.clock.now();
        let mut state = self.state();
        state.watch.request_ends(now);
        let at = streaming.and_then(|ended| state.streams.iter().position(|each| each.is(ended)));
        // Dropped when the lock is not held any more.
        let _ended = at.map(|at| state.streams.swap_remove(at));
        drop(state);
    }

    /// Asks every stream under way to end with an error.
    pub(super) fn stop_streams(&self) {
        let streams = self.state().streams.clone();
        for stream in streams {
            stream.ask(Request::Stop);
        }
    }

    /// It was told to end.
    pub(super) fn closes(&self) {
        let now = self.clock.now();
        self.state().watch.closes(now);
    }

    /// Ready when the connection has been waited for long enough.
    pub(super) fn poll_due(&self, alarm: &mut Alarm, cx: &mut Context<'_>) -> Poll<Due> {
        loop {
            let due = self.state().watch.due();
            let (at, why) = match due {
                Some((at, why)) => (at, Some(why)),
                // Nothing does: it is looked again before an idle connection could end.
                None if alarm.is_set() => (Tick::MAX, None),
                None => (self.clock.now().after(self.times.idle), None),
            };
            ready!(alarm.poll(at, &self.clock, cx));
            if let Some(why) = why {
                return Poll::Ready(why);
            }
        }
    }

    /// Ready when who waits for the answer under way has left.
    ///
    /// Nobody else reads meanwhile, so it does, up to [`AHEAD`]. A reset is a leaver. An end of what the other side
    /// sends is one only if it does not listen either, which it is asked.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.state().poll_left(cx)
    }
}

impl State {
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.watch.is_busy() || self.hungry {
            return Poll::Pending;
        }
        loop {
            match &mut self.read {
                Reading::Closed => return Poll::Pending,
                Reading::Over(gone) => return gone.as_mut().poll(cx).map(|_| ()),
                Reading::Full(_, end) => match ready!(end.as_mut().poll(cx)) {
                    End::Gone => return Poll::Ready(()),
                    End::SendsNoMore if self.has_left() => return Poll::Ready(()),
                    End::SendsNoMore => {}
                },
                Reading::Open(read) => {
                    let mut bytes = [0; 1024];
                    let mut buffer = ReadBuf::new(&mut bytes);
                    if ready!(Pin::new(read).poll_read(cx, &mut buffer)).is_err() {
                        return Poll::Ready(());
                    }
                    if buffer.filled().is_empty() {
                        if self.has_left() {
                            return Poll::Ready(());
                        }
                        continue;
                    }
                    self.ahead.extend_from_slice(buffer.filled());
                    if self.ahead.len() >= AHEAD {
                        self.read = self.take_read().full();
                    }
                }
            }
        }
    }

    fn take_read(&mut self) -> Reading {
        std::mem::replace(&mut self.read, Reading::Closed)
    }

    /// Asks who sends no more whether they listen; who cannot be asked has left.
    fn has_left(&mut self) -> bool {
        if self.answering {
            self.streams.iter().for_each(|stream| stream.ask(Request::Comment));
        } else {
            let asked = match &self.write {
                Some(write) if self.interim && self.flushed => write.try_write(ARE_YOU_THERE),
                _ => return true,
            };
            if !matches!(asked, Ok(written) if written == ARE_YOU_THERE.len()) {
                return true;
            }
        }
        self.read = self.take_read().asked();
        false
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        clock: &TokioClock,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let taken = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead[..taken]);
            match taken == self.ahead.len() {
                true => self.ahead = Vec::new(),
                false => drop(self.ahead.drain(..taken)),
            }
            if self.watch.expects_head() {
                self.watch.head_begins(clock.now());
            }
            return Poll::Ready(Ok(()));
        }
        if matches!(self.read, Reading::Full(..)) {
            self.read = self.take_read().open();
        }
        let Reading::Open(read) = &mut self.read else { return Poll::Ready(Ok(())) };
        let before = buffer.filled().len();
        let polled = Pin::new(read).poll_read(cx, buffer);
        self.hungry = polled.is_pending();
        if buffer.filled().len() > before && self.watch.expects_head() {
            self.watch.head_begins(clock.now());
        }
        polled
    }

    fn poll_write(
        &mut self,
        clock: &TokioClock,
        write: impl FnOnce(Pin<&mut OwnedWriteHalf>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let Some(half) = &mut self.write else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let polled = write(Pin::new(half));
        match polled {
            Poll::Pending => self.watch.stuck(clock.now()),
            Poll::Ready(_) => {
                self.watch.wrote();
                self.flushed = false;
            }
        }
        polled
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Its own drop would say once more that nothing follows, before the socket is closed.
        if let Some(write) = self.write.take() {
            write.forget();
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("watch", &self.watch).finish_non_exhaustive()
    }
}

/// The socket as the protocol sees it.
#[derive(Debug)]
pub(super) struct Io {
    pub(super) shared: Arc<Shared>,
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.shared.state().poll_read(cx, buffer, &self.shared.clock)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.state();
        state.poll_write(&self.shared.clock, |half| half.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.state();
        state.poll_write(&self.shared.clock, |half| half.poll_write_vectored(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket keeps nothing back.
        self.shared.state().flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.shared.state().write {
            Some(write) => Pin::new(write).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
