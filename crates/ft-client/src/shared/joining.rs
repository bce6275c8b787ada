//! How somebody comes to read along with a call, reads, and leaves.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ft_core::chat::Piece;

use super::flow::{Start, Taker};
use super::said::{Ended, Said};

impl Said {
    /// Somebody waits for the call's end, or wants to read `along`: its number then.
    pub(super) fn joins(&self, along: bool) -> Option<u64> {
        let (mut number, mut call) = (None, None);
        self.change(|state| {
            state.followers += 1;
            if along {
                let flow = &mut state.flow;
                number = Some(flow.next);
                flow.takers.insert(flow.next, Taker::default());
                flow.next += 1;
                flow.asked = true;
                call = flow.call.take();
            }
        });
        if let Some(call) = call {
            call.wake();
        }
        number
    }

    /// It leaves.
    pub(super) fn leaves(&self, along: Option<u64>) {
        let mut left = None;
        self.change(|state| {
            state.followers = state.followers.saturating_sub(1);
            let taker = along.and_then(|along| state.flow.takers.remove(&along));
            if let Some(at) = taker.as_ref().and_then(|taker| taker.at) {
                state.flow.begun -= 1;
                left = Some((taker, state.log.leave(at)));
            }
        });
        drop(left);
    }

    /// Those who wait for it begin here.
    pub(super) fn start(&self, start: Start) {
        let start = Arc::new(start);
        let mut state = self.state();
        let end = state.log.end();
        for taker in state.flow.takers.values_mut().filter(|taker| taker.at.is_none()) {
            taker.at = Some(end);
            taker.start = Some(Arc::clone(&start));
        }
        state.flow.begun = state.flow.takers.len();
        let takers = state.flow.take_wakers();
        drop(state);
        takers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn poll_asked(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.flow.asked {
            return Poll::Ready(());
        }
        let known = state.flow.call.as_ref().is_some_and(|known| known.will_wake(cx.waker()));
        let before = if known { None } else { state.flow.call.replace(cx.waker().clone()) };
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Its start; `None` when the call is over without one.
    pub(super) fn poll_start(&self, along: u64, cx: &mut Context<'_>) -> Poll<Option<Arc<Start>>> {
        let mut state = self.state();
        let over = state.over;
        let Some(taker) = state.flow.takers.get_mut(&along) else { return Poll::Ready(None) };
        match taker.start.take() {
            None if over => Poll::Ready(None),
            None => {
                let before = taker.waits(cx);
                drop(state);
                drop(before);
                Poll::Pending
            }
            start => Poll::Ready(start),
        }
    }

    /// The next piece for it; then how the call ended.
    pub(super) fn poll_along(
        &self,
        along: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Piece, Ended>> {
        let mut guard = self.state();
        let state = &mut *guard;
        let taker = state.flow.takers.get_mut(&along);
        let Some((taker, at)) = taker.and_then(|taker| taker.at.map(|at| (taker, at))) else {
            return Poll::Ready(Err(Ended::lost()));
        };
        if let Some(piece) = state.log.take(at) {
            taker.at = Some(at + 1);
            return Poll::Ready(Ok(piece));
        }
        if state.over {
            return Poll::Ready(Err(state.end.clone().unwrap_or_else(Ended::lost)));
        }
        let before = taker.waits(cx);
        drop(guard);
        drop(before);
        Poll::Pending
    }
}
