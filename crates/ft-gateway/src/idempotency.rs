//! Requests with the same `idempotency-key`, in flight at once, are one call.
//!
//! The call runs in a task of its own, since none of those who wait for it owns it; it is aborted when the last of
//! them has left. Its answer is kept while somebody reads it, and read to all from the beginning; it is read from
//! upstream as fast as the fastest of them reads.

mod registry;
mod told;

/// The locks of the registry; its test brings others, which try every order of threads.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
}

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use hyper::body::Frame;
use tokio::task::AbortHandle;

use self::registry::{Entered, Entry, Registry};
use self::told::Told;
use crate::asked::Overrides;
use crate::meters::Route;
use crate::visit::End;

/// Calls in flight, by caller and key.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    calls: Registry<Name, Work>,
}

type Name = (String, String);

/// What is asked under a key. It is kept as it came: a hash could only say that another one is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) route: Route,
    pub(crate) overrides: Overrides,
    pub(crate) body: Bytes,
}

/// The key stands for another request that is still in flight.
#[derive(Debug)]
pub(crate) struct Conflict;

/// The answer of a call, to one of those who asked for it.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) response: Response<Body>,
    /// How the call ended, once it has.
    pub(crate) end: Arc<OnceLock<End>>,
}

/// A call that several may wait for.
type Call = Entry<Name, Work>;

/// What it asks and what came of it so far. It ends with the last who holds it.
#[derive(Debug)]
struct Work {
    question: Question,
    told: Arc<Told>,
    end: Arc<OnceLock<End>>,
    /// Empty until it was begun.
    task: OnceLock<AbortHandle>,
}

impl Repeats {
    /// Joins the call that is in flight under this name, or makes one, which writes down how it ended.
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
        question: Question,
        make: impl FnOnce(Arc<OnceLock<End>>) -> F,
    ) -> Result<Joined, Conflict>
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let call = self.enter((caller.to_owned(), key.to_owned()), question, make)?;
        let head = poll_fn(|cx| call.value.told.poll_head(cx)).await;
        let end = Arc::clone(&call.value.end);
        Ok(Joined { response: Response::from_parts(head, Body::new(Replay { call, at: 0 })), end })
    }

    fn enter<F>(
        &self,
        name: Name,
        question: Question,
        make: impl FnOnce(Arc<OnceLock<End>>) -> F,
    ) -> Result<Arc<Call>, Conflict>
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let asked = question.clone();
        match self.calls.enter(name, Work::of(question), |work| work.question == asked) {
            Entered::First(call) => {
                call.value.begin(make);
                Ok(call)
            }
            Entered::Same(call) => Ok(call),
            Entered::Other => Err(Conflict),
        }
    }
}

impl Work {
    fn of(question: Question) -> Self {
        let (told, end) = (Arc::default(), Arc::default());
        Self { question, told, end, task: OnceLock::new() }
    }

    /// Begins it. Whoever joins before that waits for its first word.
    fn begin<F>(&self, make: impl FnOnce(Arc<OnceLock<End>>) -> F)
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        // Held until the task has it: should it not come so far, the others are told so.
        let writing = Told::writer(&self.told);
        let answer = make(Arc::clone(&self.end));
        #[expect(clippy::disallowed_methods, reason = "it ends with the last who waits for it")]
        let task = tokio::spawn(writing.write(answer));
        let _ = self.task.set(task.abort_handle());
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(task) = self.task.get() {
            task.abort();
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
        let piece = ready!(self.call.value.told.poll_piece(self.at, cx));
        self.at += usize::from(piece.is_some());
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use http_body_util::BodyExt;

    use super::*;
    use crate::asked::Asked;

    fn question(text: &'static str) -> Question {
        let body = Bytes::from_static(text.as_bytes());
        Question { route: Route::Chat, overrides: Overrides::default(), body }
    }

    async fn read(joined: Joined) -> Bytes {
        joined.response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn two_in_flight_are_one_call() {
        let repeats = Repeats::default();
        let made = Arc::new(AtomicU32::new(0));
        let make = |_| {
            let made = Arc::clone(&made);
            async move {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Response::new(Body::from("one"))
            }
        };
        let asked = question("q");
        let (first, second) = tokio::join!(
            repeats.join("a", "k", asked.clone(), make),
            repeats.join("a", "k", asked.clone(), make)
        );
        assert_eq!(read(first.unwrap()).await, "one");
        assert_eq!(read(second.unwrap()).await, "one");
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(repeats.calls.is_empty());
    }

    #[tokio::test]
    async fn something_else_under_the_same_key_is_a_conflict_and_another_caller_is_not() {
        let repeats = Repeats::default();
        let asked = question("q");
        let pending =
            repeats.join("a", "k", asked.clone(), |_| std::future::pending::<Response<Body>>());
        let mut pending = std::pin::pin!(pending);
        assert!((&mut pending).now_or_never().is_none());
        let answer = |_| async { Response::new(Body::empty()) };
        let body = question("other");
        let route = Question { route: Route::Embeddings, ..asked.clone() };
        let overrides = [
            ("x-ft-chain", "cheap"),
            ("x-ft-deadline", "5s"),
            ("x-ft-no-cache", "true"),
            ("x-ft-no-fallback", "true"),
            ("x-ft-commit", "complete"),
            ("x-ft-mid-stream", "continue"),
            ("x-ft-report", "event"),
        ];
        let overrides = overrides.map(|(name, value)| {
            let header = (HeaderName::from_static(name), HeaderValue::from_static(value));
            let overrides = Asked::of(&HeaderMap::from_iter([header])).unwrap().overrides;
            Question { overrides, ..asked.clone() }
        });
        for other in [&body, &route].into_iter().chain(&overrides) {
            assert!(repeats.join("a", "k", other.clone(), answer).await.is_err(), "{other:?}");
        }
        assert!(repeats.join("b", "k", body, answer).await.is_ok());
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
        let make = |_| {
            let told = Told(Arc::clone(&ended));
            async move {
                let _told = told;
                std::future::pending::<Response<Body>>().await
            }
        };
        let asked = question("q");
        let mut first = Box::pin(repeats.join("a", "k", asked.clone(), make));
        let mut second = Box::pin(repeats.join("a", "k", asked.clone(), make));
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
