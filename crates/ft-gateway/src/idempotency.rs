//! Requests with the same `idempotency-key`, in flight at once, are one call.
//!
//! The call runs in a task of its own, since none of those who wait for it owns it; it is aborted when the last of
//! them has left. Its answer is kept while somebody reads it, and read to all from the beginning.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::task::AbortHandle;

/// Calls in flight, by caller and key.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    calls: Arc<Mutex<HashMap<Name, Weak<Call>>>>,
}

type Name = (String, String);

/// The key stands for another request that is still in flight.
#[derive(Debug)]
pub(crate) struct Conflict;

/// A call that several may wait for.
#[derive(Debug)]
struct Call {
    name: Name,
    calls: Arc<Mutex<HashMap<Name, Weak<Call>>>>,
    /// What was asked, as it came: a hash could only say that it is different.
    asked: Bytes,
    told: Arc<Mutex<Told>>,
    task: AbortHandle,
}

/// What the call has said so far.
#[derive(Debug, Default)]
struct Told {
    head: Option<Parts>,
    pieces: Vec<Bytes>,
    over: bool,
    waiting: Vec<Waker>,
}

impl Repeats {
    /// Joins the call that is in flight under this name, or makes one.
    ///
    /// # Errors
    /// [`Conflict`] when the call in flight asks for something else.
    ///
    /// # Cancel safety
    /// Dropping the future or its answer's body leaves the call; the last one to leave ends it.
    pub(crate) async fn join<F>(
        &self,
        caller: &str,
        key: &str,
        asked: &Bytes,
        make: impl FnOnce() -> F,
    ) -> Result<Response<Body>, Conflict>
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let call = self.enter((caller.to_owned(), key.to_owned()), asked, make)?;
        let head = Head(&call).await;
        Ok(Response::from_parts(head, Body::new(Replay { call, at: 0 })))
    }

    fn enter<F>(
        &self,
        name: Name,
        asked: &Bytes,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<Call>, Conflict>
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get(&name).and_then(Weak::upgrade) {
            return if call.asked == asked { Ok(call) } else { Err(Conflict) };
        }
        let told = Arc::new(Mutex::new(Told::default()));
        #[expect(clippy::disallowed_methods, reason = "it ends with the last who waits for it")]
        let task = tokio::spawn(perform(make(), Arc::clone(&told)));
        let call = Arc::new(Call {
            calls: Arc::clone(&self.calls),
            asked: asked.clone(),
            told,
            task: task.abort_handle(),
            name: name.clone(),
        });
        calls.insert(name, Arc::downgrade(&call));
        Ok(call)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have begun another under the same name since.
        if calls.get(&self.name).is_some_and(|call| call.strong_count() == 0) {
            calls.remove(&self.name);
        }
    }
}

async fn perform(answer: impl Future<Output = Response<Body>>, told: Arc<Mutex<Told>>) {
    // A panic inside must not leave the others waiting for ever.
    let end = Over(told);
    let (head, mut body) = answer.await.into_parts();
    end.tell(|told| told.head = Some(head));
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(piece) = frame.into_data() {
            end.tell(|told| told.pieces.push(piece));
        }
    }
}

/// Says that nothing more comes, when it is dropped.
struct Over(Arc<Mutex<Told>>);

impl Over {
    fn tell(&self, change: impl FnOnce(&mut Told)) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut told);
        told.waiting.drain(..).for_each(Waker::wake);
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        self.tell(|told| told.over = true);
    }
}

/// Resolves with the head of a call's answer.
struct Head<'a>(&'a Call);

impl Future for Head<'_> {
    type Output = Parts;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Parts> {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        match &told.head {
            Some(head) => Poll::Ready(head.clone()),
            None if told.over => {
                Poll::Ready(crate::answer::Refusal::internal().response().into_parts().0)
            }
            None => {
                told.waiting.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// A call's answer, from its beginning.
struct Replay {
    call: Arc<Call>,
    at: usize,
}

impl hyper::body::Body for Replay {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let told = Arc::clone(&self.call.told);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.pieces.get(self.at) {
            Some(piece) => {
                self.at += 1;
                Poll::Ready(Some(Ok(Frame::data(piece.clone()))))
            }
            None if told.over => Poll::Ready(None),
            None => {
                told.waiting.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;

    use super::*;

    fn body(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    async fn read(answer: Response<Body>) -> Bytes {
        answer.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn two_in_flight_are_one_call() {
        let repeats = Repeats::default();
        let made = Arc::new(AtomicU32::new(0));
        let make = || {
            let made = Arc::clone(&made);
            async move {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Response::new(Body::from("one"))
            }
        };
        let asked = body("q");
        let (first, second) = tokio::join!(
            repeats.join("a", "k", &asked, make),
            repeats.join("a", "k", &asked, make)
        );
        assert_eq!(read(first.unwrap()).await, "one");
        assert_eq!(read(second.unwrap()).await, "one");
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(repeats.calls.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn another_body_under_the_same_key_is_a_conflict_and_another_caller_is_not() {
        let repeats = Repeats::default();
        let asked = body("q");
        let pending = repeats.join("a", "k", &asked, std::future::pending::<Response<Body>>);
        let mut pending = std::pin::pin!(pending);
        assert!((&mut pending).now_or_never().is_none());
        let answer = || async { Response::new(Body::empty()) };
        assert!(repeats.join("a", "k", &body("other"), answer).await.is_err());
        assert!(repeats.join("b", "k", &body("other"), answer).await.is_ok());
    }

    #[tokio::test]
    async fn the_last_to_leave_ends_the_call() {
        struct Told(Arc<AtomicU32>);
        impl Drop for Told {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let repeats = Repeats::default();
        let ended = Arc::new(AtomicU32::new(0));
        let make = || {
            let told = Told(Arc::clone(&ended));
            async move {
                let _told = told;
                std::future::pending::<Response<Body>>().await
            }
        };
        let asked = body("q");
        let mut first = Box::pin(repeats.join("a", "k", &asked, make));
        let mut second = Box::pin(repeats.join("a", "k", &asked, make));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        tokio::task::yield_now().await;
        assert_eq!(ended.load(Ordering::Relaxed), 0);
        drop(second);
        tokio::task::yield_now().await;
        assert_eq!(ended.load(Ordering::Relaxed), 1);
    }
}
