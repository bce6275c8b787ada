//! What a call has said so far: written by one, read by several, each from the beginning.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body_util::BodyExt;

use crate::answer::Refusal;

/// How many bytes are read before anybody has taken them. Four of the frames in which a stream leaves: whoever reads
/// fast finds the next one there, and what nobody reads stays with the provider.
const AHEAD: usize = 64 << 10;

/// What a call has said so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    head: Option<Parts>,
    /// All of them: who comes late gets the whole.
    pieces: Vec<Bytes>,
    /// How many of them the fastest reader has taken.
    taken: usize,
    /// The bytes of the others.
    ahead: usize,
    over: bool,
    readers: Vec<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// A reader is to be woken when there is more: once, however often it asks.
    fn waits(&mut self, reader: &Waker) {
        if !self.readers.iter().any(|waiting| waiting.will_wake(reader)) {
            self.readers.push(reader.clone());
        }
    }
}

impl Told {
    /// Who writes an answer down. Dropped, it ends what the others read.
    pub(super) fn writer(told: &Arc<Self>) -> Writer {
        Writer { told: Arc::clone(told) }
    }

    /// The answer's head.
    pub(super) fn poll_head(&self, cx: &mut Context<'_>) -> Poll<Parts> {
        let mut state = self.state();
        match &state.head {
            Some(head) => Poll::Ready(head.clone()),
            None if state.over => Poll::Ready(Refusal::internal().response().into_parts().0),
            None => {
                state.waits(cx.waker());
                Poll::Pending
            }
        }
    }

    /// The piece with this number, from 0 on; `None` behind the last one.
    pub(super) fn poll_piece(&self, at: usize, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.state();
        let Some(piece) = state.pieces.get(at).cloned() else {
            if state.over {
                return Poll::Ready(None);
            }
            state.waits(cx.waker());
            return Poll::Pending;
        };
        if at >= state.taken {
            state.taken = at + 1;
            state.ahead -= piece.len();
            let writer = state.writer.take();
            drop(state);
            if let Some(writer) = writer {
                writer.wake();
            }
        }
        Poll::Ready(Some(piece))
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.ahead < AHEAD {
            return Poll::Ready(());
        }
        let before = state.writer.replace(cx.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let readers = std::mem::take(&mut state.readers);
        // A waker is foreign code, and may drop what it wakes.
        drop(state);
        readers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an answer down. Its end, also by a panic, is the end of what the others read: nobody waits for ever.
#[derive(Debug)]
pub(super) struct Writer {
    told: Arc<Told>,
}

impl Writer {
    /// Writes an answer down, piece by piece, and no further than somebody reads.
    ///
    /// # Cancel safety
    /// Dropping it ends what the others read.
    pub(super) async fn write(self, answer: impl Future<Output = Response<Body>>) {
        let told = &self.told;
        let (head, mut body) = answer.await.into_parts();
        told.change(|state| state.head = Some(head));
        loop {
            poll_fn(|cx| told.poll_room(cx)).await;
            let Some(Ok(frame)) = body.frame().await else { break };
            if let Ok(piece) = frame.into_data() {
                told.change(|state| {
                    state.ahead += piece.len();
                    state.pieces.push(piece);
                });
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.told.change(|state| state.over = true);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::FusedFuture;
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    const PIECE: usize = 16 << 10;

    fn taken(told: &Told, at: usize) -> Option<Poll<Option<Bytes>>> {
        poll_fn(|cx| Poll::Ready(told.poll_piece(at, cx))).now_or_never()
    }

    #[test]
    fn what_nobody_reads_is_not_read_and_who_comes_late_gets_the_whole() {
        let told = Arc::<Told>::default();
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let pieces = stream::iter(0..100).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(Bytes::from(vec![b'x'; PIECE]))
        });
        let answer = Response::new(Body::from_stream(pieces));
        let mut writing =
            std::pin::pin!(Told::writer(&told).write(std::future::ready(answer)).fuse());
        for _ in 0..3 {
            assert!((&mut writing).now_or_never().is_none());
            assert_eq!(read.load(Ordering::Relaxed), AHEAD / PIECE);
        }
        // A second reader who is slower takes nothing that is new.
        for at in [0, 1, 0, 1] {
            assert!(matches!(taken(&told, at), Some(Poll::Ready(Some(_)))));
        }
        assert!((&mut writing).now_or_never().is_none());
        assert_eq!(read.load(Ordering::Relaxed), AHEAD / PIECE + 2);
        for at in 2..100 {
            let _ = (&mut writing).now_or_never();
            assert!(matches!(taken(&told, at), Some(Poll::Ready(Some(_)))), "{at}");
        }
        assert!(writing.is_terminated());
        for at in 0..100 {
            assert!(matches!(taken(&told, at), Some(Poll::Ready(Some(_)))), "{at}");
        }
        assert!(matches!(taken(&told, 100), Some(Poll::Ready(None))));
    }
}
