//! The requests under way: each is polled when something woke it, in the order in which they were woken.
//!
//! `FuturesUnordered` keeps that order too, but it makes a task for each future, and asks to be polled again once
//! it has polled as many as it holds. Few are under way at a time, so that would be a further turn of the runtime
//! for most requests.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Futures under way. Places of those that have ended are given to later ones, with their memory.
pub(crate) struct Open<F> {
    places: Vec<Place<F>>,
    free: Vec<usize>,
    woken: Arc<Woken>,
}

struct Place<F> {
    future: Pin<Box<F>>,
    waker: Waker,
    bell: Arc<Bell>,
    ended: bool,
}

#[derive(Default)]
struct Woken {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    places: VecDeque<usize>,
    /// Whom to tell, while nobody polls.
    task: Option<Waker>,
}

/// What wakes the future of one place.
struct Bell {
    place: usize,
    rung: AtomicBool,
    woken: Arc<Woken>,
}

impl<F: Future> Open<F> {
    pub(crate) fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), woken: Arc::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    /// Adds a future, to be polled after those that were woken before.
    pub(crate) fn push(&mut self, future: F) {
        let at = match self.free.pop() {
            Some(at) => {
                let place = &mut self.places[at];
                place.future.as_mut().set(future);
                place.ended = false;
                at
            }
            None => {
                let at = self.places.len();
                let woken = Arc::clone(&self.woken);
                let bell = Arc::new(Bell { place: at, rung: AtomicBool::new(false), woken });
                let waker = Waker::from(Arc::clone(&bell));
                self.places.push(Place { future: Box::pin(future), waker, bell, ended: false });
                at
            }
        };
        // Whoever adds one polls next: nobody need be told.
        if !self.places[at].bell.rung.swap(true, Ordering::AcqRel) {
            self.woken.lock().places.push_back(at);
        }
    }

    /// What the next one to end came to.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.woken.lock().task = None;
        loop {
            let at = {
                let mut queue = self.woken.lock();
                let Some(at) = queue.places.pop_front() else {
                    queue.task = Some(cx.waker().clone());
                    return Poll::Pending;
                };
                at
            };
            let Place { future, waker, bell, ended } = &mut self.places[at];
            bell.rung.store(false, Ordering::Release);
            // A waker may outlive its future, and its place may be empty.
            if *ended {
                continue;
            }
            if let Poll::Ready(end) = future.as_mut().poll(&mut Context::from_waker(waker)) {
                *ended = true;
                self.free.push(at);
                return Poll::Ready(end);
            }
        }
    }
}

impl Woken {
    // Nothing under this lock calls foreign code, so a poisoned one still holds a sound queue.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let task = {
            let mut queue = self.woken.lock();
            queue.places.push_back(self.place);
            queue.task.take()
        };
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::future::BoxFuture;
    use tokio::sync::oneshot;

    use super::*;

    async fn next(open: &mut Open<BoxFuture<'_, u32>>) -> u32 {
        poll_fn(|cx| open.poll_next(cx)).await
    }

    #[tokio::test]
    async fn futures_end_in_the_order_in_which_they_were_woken() {
        let mut open: Open<BoxFuture<'_, u32>> = Open::new();
        let mut senders = Vec::new();
        for _ in 0..3 {
            let (sender, told) = oneshot::channel();
            senders.push(sender);
            open.push(Box::pin(async move { told.await.unwrap() }));
        }
        assert!(poll_fn(|cx| Poll::Ready(open.poll_next(cx))).await.is_pending());
        let mut senders = senders.into_iter();
        let (first, second, third) =
            (senders.next().unwrap(), senders.next().unwrap(), senders.next().unwrap());
        third.send(3).unwrap();
        first.send(1).unwrap();
        second.send(2).unwrap();
        assert_eq!(
            [next(&mut open).await, next(&mut open).await, next(&mut open).await],
            [3, 1, 2]
        );
        assert!(open.is_empty());
    }

    #[tokio::test]
    async fn a_place_is_used_again_and_a_late_wake_of_its_last_future_harms_nobody() {
        let mut open: Open<BoxFuture<'_, u32>> = Open::new();
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        let keeps = Arc::clone(&kept);
        open.push(Box::pin(poll_fn(move |cx| {
            *keeps.lock().unwrap() = Some(cx.waker().clone());
            Poll::Ready(1)
        })));
        assert_eq!(next(&mut open).await, 1);
        let kept = kept.lock().unwrap().take().unwrap();
        kept.wake_by_ref();
        assert!(poll_fn(|cx| Poll::Ready(open.poll_next(cx))).await.is_pending());
        open.push(Box::pin(async { 2 }));
        kept.wake();
        assert_eq!(next(&mut open).await, 2);
        assert_eq!(open.places.len(), 1);
    }
}
