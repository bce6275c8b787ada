//! An HTTP/2 stream's own clock: what its reader does not take, nobody is asked for, so no poll would end it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use ft_client::TokioClock;
use ft_core::{Clock, Tick};
use hyper::rt::Executor;

use super::alarm::Alarm;

tokio::task_local! {
    /// The stream whose task this is.
    static STREAM: Arc<Progress>;
}

/// The stream whose task asks; `None` over HTTP/1.
pub(super) fn current() -> Option<Arc<Progress>> {
    STREAM.try_with(Arc::clone).ok()
}

/// How far a stream's reader is.
#[derive(Debug)]
pub(super) struct Progress {
    clock: TokioClock,
    write: Duration,
    times: Mutex<Times>,
}

#[derive(Debug, Default)]
struct Times {
    /// When it was handed what it has not taken yet; `None` while it waits for more.
    handed: Option<Tick>,
    /// Until when all of it may take.
    ends_at: Option<Tick>,
}

impl Progress {
    fn new(clock: TokioClock, write: Duration) -> Self {
        Self { clock, write, times: Mutex::default() }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was handed over, and is not taken before more is asked for.
    pub(super) fn handed(&self) {
        let now = self.clock.now();
        self.times().handed = Some(now);
    }

    /// More is asked for.
    pub(super) fn asked(&self) {
        self.times().handed = None;
    }

    /// It ends within this time.
    pub(super) fn ends_within(&self, time: Duration) {
        let now = self.clock.now();
        self.times().ends_at = Some(now.after(time));
    }

    fn due(&self) -> Option<Tick> {
        let times = self.times();
        let since = times.handed?;
        let at = since.after(self.write);
        Some(times.ends_at.map_or(at, |ends| at.min(ends.max(since))))
    }
}

/// Runs the streams of one connection, each under its own clock.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    pub(super) clock: TokioClock,
    pub(super) write: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let progress = Arc::new(Progress::new(self.clock, self.write));
        #[expect(clippy::disallowed_methods, reason = "it ends with its connection, or its clock")]
        tokio::spawn(bounded(stream, progress));
    }
}

/// The stream, unless its reader takes nothing for too long: then it is dropped, which resets it and gives back
/// whatever its answer held.
async fn bounded(stream: impl Future<Output = ()>, progress: Arc<Progress>) {
    let mut stream = pin!(STREAM.scope(Arc::clone(&progress), stream));
    let mut alarm = Alarm::default();
    poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match progress.due() {
            Some(due) => alarm.poll(due, &progress.clock, cx),
            None => Poll::Pending,
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_was_handed_over_and_not_taken_is_due() {
        let clock = TokioClock::new();
        let progress = Progress::new(clock, Duration::from_secs(60));
        let began = clock.now();
        assert_eq!(progress.due(), None);
        progress.ends_within(Duration::from_secs(30));
        assert_eq!(progress.due(), None, "who waits for more is told by the answer itself");
        progress.handed();
        assert_eq!(progress.due(), Some(began.after(Duration::from_secs(30))));
        progress.ends_within(Duration::from_secs(3_600));
        assert_eq!(progress.due(), Some(began.after(Duration::from_secs(60))));
        progress.asked();
        assert_eq!(progress.due(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_whose_reader_stands_still_is_dropped() {
        struct Held(Arc<AtomicU64>);
        impl Drop for Held {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let clock = TokioClock::new();
        let dropped = Arc::new(AtomicU64::new(0));
        let held = Held(Arc::clone(&dropped));
        let stream = async move {
            let _held = held;
            current().unwrap().handed();
            std::future::pending::<()>().await;
        };
        let began = clock.now();
        bounded(stream, Arc::new(Progress::new(clock, Duration::from_secs(60)))).await;
        assert_eq!(clock.now().since(began), Duration::from_secs(60));
        assert_eq!(dropped.load(Ordering::Relaxed), 1);
    }
}
